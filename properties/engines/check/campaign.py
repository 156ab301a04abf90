"""Executing a plan: engine after engine, then shrinking what they found."""

import time
from collections.abc import Callable

from properties.engines.branches.smaller import shrunk_in_any_case
from properties.engines.check.outcome import CheckReport
from properties.engines.engine import INTERRUPTED, Engine, Plan, Result
from properties.engines.pool import is_interrupt
from properties.laws.law import OnChance, OnReplay
from properties.model.design import law_of, laws_of
from properties.trace.failures import Budget, Failure, Failures
from statemachine.protocol import Protocol

TOO_SHORT = "its time was too short to do anything"
"""Why an engine was cut short that has finished nothing."""

LEAST = 0.2
"""The least of its own share of the time that an engine has, however late those before it are."""

Progress = Callable[[str, float, str], None]
"""Told now and then what is being done, how much of the time is used, and what was covered."""


def execute(
    plan: Plan,
    progress: Progress = lambda _what, _used, _covered: None,
) -> CheckReport:
    """Run all engines of a plan, collect what they find, and shrink it.

    Ctrl-C ends it early; then the report says what was done by then.
    """
    began = time.monotonic()
    coverage, laws = Result.of(plan).coverage, laws_of(plan.protocol)
    report = CheckReport(plan.path, plan.seed, laws, coverage, asks_every_law=plan.genesis is None)
    try:
        for engine, share in plan.shares():
            _run_engine(plan, report, engine, began, share, progress)
            plan.keep(report.results[engine].failures)
            if report.interrupted or (plan.fail_fast and report.failures):
                break
        report.failures = _shrunk(plan, report, progress)
    except BaseException as error:
        if not is_interrupt(error):
            raise
        report.interrupted = True
    return report


def _run_engine(
    plan: Plan,
    report: CheckReport,
    engine: Engine,
    began: float,
    share: float,
    progress: Progress,
) -> None:
    started = time.monotonic()
    left = share * (began + plan.seconds - started)
    deadline = started + max(left, LEAST * engine.share * plan.seconds)

    def tell(covered: str) -> None:
        progress(engine.name, (time.monotonic() - began) / plan.seconds, covered)

    tell("starting")
    result = report.results[engine] = Result.of(plan)
    try:
        result = report.results[engine] = engine.run(plan, deadline, tell)
        engine.count(plan, result)
        if not (result.runs or result.cut_short or result.failures):
            result.cut_short = TOO_SHORT
    except BaseException as error:
        if is_interrupt(error):
            result.cut_short = INTERRUPTED
        elif isinstance(error, Exception):
            # What an engine raises is no verdict on the protocol.
            result.cut_short = f"{type(error).__name__}: {error}"
        else:
            raise
    finally:
        result.seconds = time.monotonic() - started
        report.interrupted = result.cut_short == INTERRUPTED
        report.take(engine, result)


def _shrunk(plan: Plan, report: CheckReport, progress: Progress) -> Failures:
    """Return what was found, each as small as the time allows."""
    deadline = time.monotonic() + plan.shrink_seconds

    def budget_for(left: int) -> Budget:
        now = time.monotonic()
        until = now + (deadline - now) / left

        def budget() -> bool:
            spare = deadline - time.monotonic()
            used = 1 - spare / plan.shrink_seconds
            progress("shrinking", used, f"{len(report.failures)} found, {left} to go")
            return time.monotonic() < until

        return budget

    if not report.failures:
        return report.failures
    progress("shrinking", 0.0, f"{len(report.failures)} found")
    short = {engine.name for engine in plan.engines if not engine.shrinks}
    as_they_are = Failures()
    to_shrink = Failures(in_vain=report.failures.in_vain)
    for failure in report.failures:
        alone = failure.engine in short or not _can_shrink(plan.protocol, failure)
        (as_they_are if alone else to_shrink).add(failure)
    to_shrink.shrink_all(plan.protocol, budget_for, shrunk_in_any_case)
    for failure in as_they_are:
        to_shrink.add(failure)
    return to_shrink


def _can_shrink(protocol: Protocol, failure: Failure) -> bool:
    """Say whether a law can be seen to break in this process, by transactions alone."""
    return not isinstance(law_of(protocol, failure.violation.law).check, OnReplay | OnChance)
