"""Work that is dealt out to processes, a shard to each.

Shards have nothing to do with each other: what each does is determined by its number.
"""

import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Generic, TypeVar

import attrs

from properties.trace.worker import Worker

S = TypeVar("S")
T = TypeVar("T")

Report = Callable[[S], bool]
"""Takes where a shard stands; says whether it is to stop."""

Work = Callable[[int, Report[S]], T]
"""Does a shard, by its number, and reports now and then."""


GRACE_SECONDS = 30.0
"""How long a shard that is told to stop may take: one that takes longer is lost."""


@attrs.define
class Shards(Generic[S, T]):
    """What became of several shards."""

    standings: dict[int, S] = attrs.field(factory=dict)
    """Where each stands, by its number; of those that have said so."""
    outcomes: dict[int, T] = attrs.field(factory=dict)
    """What each came to, of those that are done."""
    lost: list[int] = attrs.field(factory=list)
    """Those whose process ended before it was done."""
    interrupted: bool = False
    """Whether Ctrl-C was pressed; each had time to come to an end then."""


def in_shards(
    work: Work[S, T], numbers: Sequence[int], report: Callable[[dict[int, S]], bool]
) -> Shards[S, T]:
    """Do shards, each in a process of its own; `report` may say that all are to stop."""
    workers = {number: Worker.start(_do, work, number) for number in numbers}
    try:
        return _gather({number: worker.connection for number, worker in workers.items()}, report)
    finally:
        for worker in workers.values():
            worker.end()


def _gather(
    connections: dict[int, Connection], report: Callable[[dict[int, S]], bool]
) -> Shards[S, T]:
    shards: Shards[S, T] = Shards()
    waiting = dict(connections)
    last: float | None = None
    while waiting:
        if last is not None and time.monotonic() > last:
            shards.lost += waiting
            break
        try:
            ready = wait(list(waiting.values()), timeout=1.0)
            for number in [number for number, connection in waiting.items() if connection in ready]:
                _take(shards, number, waiting)
            if report(shards.standings):
                last = last or _stop(waiting)
        except KeyboardInterrupt:
            if shards.interrupted:
                raise
            shards.interrupted = True
            last = _stop(waiting)
    return shards


def _take(shards: Shards[S, T], number: int, waiting: dict[int, Connection]) -> None:
    try:
        is_done, message = waiting[number].recv()
    except EOFError:
        shards.lost.append(number)
        del waiting[number]
        return
    if is_done:
        shards.outcomes[number] = message
        del waiting[number]
    else:
        shards.standings[number] = message


def _stop(waiting: dict[int, Connection]) -> float:
    """Tell shards to stop; return the time by which they must have."""
    for connection in waiting.values():
        try:
            connection.send("stop")
        except OSError:
            continue
    return time.monotonic() + GRACE_SECONDS


def _do(work: Work[object, object], number: int, connection: Connection) -> None:
    """Do one shard in this process."""

    def report(standing: object) -> bool:
        connection.send((False, standing))
        return connection.poll()

    connection.send((True, work(number, report)))


def is_interrupt(error: BaseException) -> bool:
    """Say whether somebody pressed Ctrl-C, also where it was turned into another error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
