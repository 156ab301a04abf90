"""Engines that make numbered runs, and how the runs are dealt out to processes.

A run is determined by the seed and its number, whichever process makes it.
"""

import time
from collections.abc import Callable, Iterable
from itertools import count

import attrs

from properties.engines.engine import INTERRUPTED, Plan, Report, Result, Run
from properties.engines.pool import Report as Tell
from properties.engines.pool import in_shards, is_interrupt
from properties.laws import Violation
from properties.trace.failures import Failure, Key, first_of_kind
from properties.trace.trial import Trial

REPORT_SECONDS = 0.2
"""How often a shard says where it stands."""

MakeRun = Callable[[Plan, Result, int, Callable[[], bool]], None]
"""Makes the run of a number; a run that has no end of its own goes on for as long as told."""

Finish = Callable[[Plan, Result], None]
"""Looks once more at what all runs came to."""


@attrs.frozen
class Standing:
    """Where a shard stands."""

    runs: int
    steps: int
    epochs: int
    failures: int
    found: tuple[Failure, ...] = ()
    """Those of a kind that it had not found before."""


def numbered(make_run: MakeRun, finish: Finish = lambda _plan, _result: None) -> Run:
    """Return what runs an engine of numbered runs."""

    def run(plan: Plan, deadline: float, report: Report) -> Result:
        result = _make_runs(plan, make_run, deadline, report)
        finish(plan, result)
        return result

    return run


def _make_runs(plan: Plan, make_run: MakeRun, deadline: float, report: Report) -> Result:
    def shard(number: int, show: Tell[Standing]) -> Result:
        return _shard(plan, make_run, deadline, number, show).portable()

    def report_all(standings: dict[int, Standing]) -> bool:
        for standing in standings.values():
            if news := first_of_kind(standing.found, met):
                plan.keep(news)
        report(_in_words(standings.values()))
        return plan.fail_fast and any(standing.failures for standing in standings.values())

    met: set[Key] = set()
    whole = Result.of(plan)
    if plan.workers == 1:
        whole.add(_shard(plan, make_run, deadline, 0, lambda standing: report_all({0: standing})))
        return whole
    shards = in_shards(shard, range(plan.workers), report_all)
    for number in sorted(shards.outcomes):
        whole.add(shards.outcomes[number])
    if shards.interrupted:
        whole.cut_short = INTERRUPTED
    elif shards.lost:
        whole.cut_short = "a process of it ended"
    return whole


def _in_words(standings: Iterable[Standing]) -> str:
    counts = [(standing.runs, standing.steps, standing.epochs) for standing in standings]
    runs, steps, epochs = map(sum, zip(*counts, strict=True)) if counts else (0, 0, 0)
    return f"{steps:,} steps, {epochs:,} epochs" if steps else f"{runs:,} runs"


def _shard(
    plan: Plan, make_run: MakeRun, deadline: float, shard: int, show: Tell[Standing]
) -> Result:
    """Make every so many-th run, as many as there are processes."""
    result = Result.of(plan)
    last = time.monotonic()
    stopped = False
    met: set[Key] = set()

    def go_on() -> bool:
        nonlocal last, stopped
        now = time.monotonic()
        if now - last > REPORT_SECONDS:
            last = now
            coverage = result.coverage
            found = first_of_kind(result.failures, met)
            failures = len(result.failures)
            stopped = show(Standing(result.runs, coverage.steps, coverage.epochs, failures, found))
        if stopped or (plan.fail_fast and result.failures):
            return False
        return plan.runs is not None or now < deadline

    try:
        for number in _numbers(plan, shard):
            if not go_on():
                break
            make_run(plan, result, number, go_on)
    except BaseException as error:
        if is_interrupt(error):
            result.cut_short = INTERRUPTED
        elif isinstance(error, Exception):
            result.cut_short = f"{type(error).__name__}: {error}"
        else:
            raise
    return result


def _numbers(plan: Plan, shard: int) -> Iterable[int]:
    """Return the numbers of the runs that a process makes."""
    if plan.genesis is not None:
        return (shard,)
    if plan.runs is not None:
        return range(shard, plan.runs, plan.workers)
    return count(shard, plan.workers)


def keep(
    plan: Plan,
    result: Result,
    engine: str,
    number: int,
    violations: Iterable[Violation],
    trial: Trial,
) -> None:
    """Keep what a run of an engine found."""
    for violation in violations:
        result.failures.add(failure_of_run(plan, engine, number, violation, trial))


def failure_of_run(
    plan: Plan, engine: str, number: int, violation: Violation, trial: Trial
) -> Failure:
    """Return a law that the run of a number broke, with the command that finds it again."""
    again = ["check", "--seed", str(plan.seed), "--engine", engine, "--runs", str(number + 1)]
    if plan.genesis is not None:
        again += ["--workers", str(plan.workers)]
    where, length = f"run {number + 1}", len(trial.transactions)
    return Failure(violation, trial, engine, where, tuple(again), number + 1, length)
