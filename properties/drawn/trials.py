"""Trying drawn mutations: a check alone, and for what survives it a differential search.

Each is tried in a process of its own, which is ended when it outstays its time by far: a
mistake may well make a rule run for ever.
"""

import time
import typing
from collections.abc import Callable, Iterable
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

import attrs

from properties.conformance.protocols import Found, ProtocolSearch
from properties.engines.check import execute
from properties.engines.engine import Engine, Plan
from properties.trace.worker import Worker
from statemachine import PROTOCOL
from statemachine.protocol import Protocol

PATIENCE_SECONDS = 120.0
"""How far a process may outstay the time of its check: making small takes time as well."""

SLOWEST_RUN = 10.0
"""Seconds that a run may take, with those of the other engines, on the busiest machine."""

MOMENT = 0.1
"""How long a counterexample is made small: that a law broke is enough."""

SHRINK_SECONDS = 20.0
"""How long a difference may be made small."""


class Fate(StrEnum):
    """What became of a mutation."""

    CAUGHT = "caught"
    """A law broke."""
    DIFFERS = "survived"
    """No law broke, and yet it does something else than the original."""
    SAME = "no difference found"
    """No law broke, and no difference was found."""
    ENDLESS = "runs on and on"
    """It had to be stopped: a check of it does not come to an end."""
    FAILED = "failed"
    """Its process ended without an answer, or an engine did."""


@attrs.frozen
class Trial:
    """What is known of a mutation once it was tried."""

    fate: Fate
    seconds: float
    """To the catch, or of the whole check."""
    law: str = ""
    engine: str = ""
    message: str = ""
    """How the law broke; or why there is no answer."""
    steps: int = 0
    """Transactions that were put to it and to the original."""
    difference: Found | None = None


@attrs.frozen
class Effort:
    """How hard each is tried."""

    seed: int
    seconds: float
    """For the check."""
    steps: int
    """For the differential search."""
    engines: tuple[Engine, ...]
    runs: int | None = None
    """So many runs of each engine, instead of as many as fit into the time."""


class Tried(typing.Protocol):
    """Anything that has a protocol with a mistake in it, and the path that it is loaded by."""

    @property
    def protocol(self) -> Protocol:
        """The protocol."""

    @property
    def path(self) -> str:
        """What other processes load it by."""


T = TypeVar("T", bound=Tried)


def trial_of(mutation: Tried, effort: Effort) -> Trial:
    """Put a mutation to a check, and if that holds to a differential search."""
    began = time.monotonic()
    plan = Plan(
        mutation.protocol,
        mutation.path,
        effort.seed,
        effort.seconds,
        runs=effort.runs,
        engines=effort.engines,
        fail_fast=True,
        shrink_seconds=MOMENT,
    )
    report = execute(plan)
    seconds = time.monotonic() - began
    for failure in report.failures:
        broken = failure.violation
        return Trial(Fate.CAUGHT, seconds, broken.law, failure.engine, broken.message)
    search = ProtocolSearch(PROTOCOL, mutation.protocol, effort.seed)
    deadline: float | None = None

    def budget() -> bool:
        nonlocal deadline
        deadline = deadline or time.monotonic() + SHRINK_SECONDS
        return time.monotonic() < deadline

    difference = search.run(effort.steps, lambda: True, budget)
    fate = Fate.SAME if difference is None else Fate.DIFFERS
    told = report.cut_short if report.cut_short and difference is None else ""
    return Trial(fate, seconds, message=told, steps=search.covered.steps, difference=difference)


@attrs.define(eq=False)
class _Trying(Generic[T]):
    mutation: T
    worker: Worker
    deadline: float


def try_all(
    mutations: Iterable[T],
    effort: Effort,
    workers: int,
    tell: Callable[[T, Trial], None],
    tick: Callable[[], None] = lambda: None,
) -> bool:
    """Try mutations, several at a time; say whether Ctrl-C ended it early."""
    left, working = list(mutations), list[_Trying[T]]()
    try:
        while left or working:
            while left and len(working) < workers:
                working.append(_started(left.pop(0), effort))
            wait([one.worker.connection for one in working], timeout=0.2)
            for one in list(working):
                trial = _collected(one)
                if trial is not None:
                    working.remove(one)
                    one.worker.end()
                    tell(one.mutation, trial)
            tick()
    except KeyboardInterrupt:
        return True
    finally:
        for one in working:
            one.worker.end()
    return False


def _started(mutation: T, effort: Effort) -> _Trying[T]:
    # A step of the search takes less than a hundredth of a second, however busy the machine.
    patience = effort.seconds + effort.steps / 100 + PATIENCE_SECONDS
    patience += (effort.runs or 0) * SLOWEST_RUN
    worker = Worker.start(_try, mutation, effort)
    return _Trying(mutation, worker, time.monotonic() + patience)


def _try(mutation: Tried, effort: Effort, connection: Connection) -> None:
    try:
        answer = trial_of(mutation, effort)
    except Exception as error:
        answer = Trial(Fate.FAILED, 0.0, message=f"{type(error).__name__}: {error}")
    connection.send(answer)


def _collected(trying: _Trying[T]) -> Trial | None:
    """Return what a process came to; None while it is at work."""
    if trying.worker.connection.poll():
        try:
            answer: Any = trying.worker.connection.recv()
        except EOFError:
            return Trial(Fate.FAILED, 0.0, message="its process ended")
        assert isinstance(answer, Trial)
        return answer
    if time.monotonic() > trying.deadline:
        return Trial(Fate.ENDLESS, 0.0)
    return None
