"""A search over several processes, each with a shard of its own.

Shards have nothing to do with each other: what each does is determined by the seed and
its number. Each process begins as a copy of the first (fork), so that any protocol can be
searched, also one that no module has by a name.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

import attrs

from properties.fuzz.failures import Failures
from properties.fuzz.outcome import Outcome, merged
from properties.fuzz.search import Search
from properties.runner import Start
from statemachine.protocol import Protocol

REPORT_SECONDS = 0.25
"""How often a shard says where it stands."""

SHRINKING_SECONDS = 20.0
"""How long a shard may work on its counterexamples."""


@attrs.frozen
class Standing:
    """Where a shard stands."""

    drawn: int = 0
    cells: int = 0
    corpus: int = 0
    failures: int = 0
    shrinking: bool = False


Report = Callable[[list[Standing]], None]
"""Told now and then where each shard stands."""


@attrs.frozen
class Plan:
    """What is searched, and for how long."""

    protocol: Protocol
    seed: int
    start: Start | None = None
    shard: int = 0
    """The first shard."""
    workers: int = 1
    seconds: float | None = None
    steps: int | None = None
    """Transactions to draw in each shard."""
    fail_fast: bool = False


def fuzz(plan: Plan, report: Report = lambda _standings: None) -> Outcome:
    """Search all shards of a plan; Ctrl-C ends it like a time that has run out."""
    began = time.monotonic()
    outcome = _here(plan, report) if plan.workers == 1 else _away(plan, report)
    outcome.seconds = time.monotonic() - began
    return outcome


def _here(plan: Plan, report: Report) -> Outcome:
    def report_one(standing: Standing) -> bool:
        report([standing])
        return False

    return run_shard(plan, plan.shard, report_one)


def run_shard(plan: Plan, shard: int, report: Callable[[Standing], bool]) -> Outcome:
    """Search one shard, and shrink what it found; `report` may say that it is enough."""
    search = Search(plan.protocol, plan.seed, shard, plan.start)
    outcome = search.outcome
    began = last = time.monotonic()
    told_to_stop = False

    def standing(shrinking: bool = False) -> Standing:
        return Standing(
            outcome.tally.drawn,
            len(search.corpus.reached),
            len(search.corpus.entries),
            len(outcome.failures),
            shrinking,
        )

    def go_on() -> bool:
        nonlocal last, told_to_stop
        now = time.monotonic()
        if now - last > REPORT_SECONDS:
            last = now
            told_to_stop = report(standing())
        if told_to_stop or (plan.fail_fast and outcome.failures):
            return False
        return plan.seconds is None or now - began < plan.seconds

    try:
        search.run(plan.steps, go_on)
        _shrink(plan, outcome.failures, lambda: report(standing(shrinking=True)))
    except BaseException as error:
        if not is_interrupt(error):
            raise
        outcome.interrupted = True
    outcome.samples = search.samples()
    return outcome


def _shrink(plan: Plan, failures: Failures, report: Callable[[], bool]) -> None:
    began = last = time.monotonic()
    stop = False

    def budget() -> bool:
        nonlocal last, stop
        now = time.monotonic()
        if now - last > REPORT_SECONDS:
            last = now
            stop = report()
        return not stop and now - began < SHRINKING_SECONDS

    failures.shrink_all(plan.protocol, budget)


def is_interrupt(error: BaseException) -> bool:
    """Say whether somebody pressed Ctrl-C, also where it was turned into another error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


# --- over processes ----------------------------------------------------------------------


def _away(plan: Plan, report: Report) -> Outcome:
    context = multiprocessing.get_context("fork")
    workers: list[tuple[BaseProcess, Connection]] = []
    for number in range(plan.workers):
        ours, theirs = context.Pipe()
        process: BaseProcess = context.Process(
            target=_work, args=(plan, plan.shard + number, theirs), daemon=True
        )
        process.start()
        theirs.close()
        workers.append((process, ours))
    try:
        outcomes, interrupted = _gather(plan, [ours for _, ours in workers], report)
    finally:
        for process, ours in workers:
            ours.close()
            process.terminate()
            process.join()
    whole = merged(outcomes)
    whole.interrupted = whole.interrupted or interrupted
    return whole


def _gather(
    plan: Plan, connections: list[Connection], report: Report
) -> tuple[list[Outcome], bool]:
    """Return what the shards found, in their order, and whether Ctrl-C was pressed."""
    standings = [Standing() for _ in connections]
    outcomes: dict[int, Outcome] = {}
    interrupted = False
    while len(outcomes) < len(connections):
        waiting = [one for number, one in enumerate(connections) if number not in outcomes]
        try:
            for connection in wait(waiting):
                assert isinstance(connection, Connection)
                number = connections.index(connection)
                try:
                    message = connection.recv()
                except EOFError:
                    message = Outcome(lost=[plan.shard + number])
                if isinstance(message, Outcome):
                    outcomes[number] = message
                else:
                    standings[number] = message
            report(standings)
            if plan.fail_fast and any(one.failures for one in standings):
                _stop(connections)
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            _stop(connections)
    return [outcomes[number] for number in range(len(connections))], interrupted


def _stop(connections: list[Connection]) -> None:
    for connection in connections:
        try:
            connection.send("stop")
        except OSError:
            continue


def _work(plan: Plan, shard: int, connection: Connection) -> None:
    """Search one shard in this process."""
    # Ctrl-C reaches the whole group; the first process says what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def report(standing: Standing) -> bool:
        connection.send(standing)
        return connection.poll()

    connection.send(run_shard(plan, shard, report))
    connection.close()
