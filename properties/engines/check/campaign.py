"""Executing a plan: engine after engine, then what was found is made small."""

import time
from collections.abc import Callable, Iterable

from properties.engines.check import searches
from properties.engines.check.outcome import INTERRUPTED, Outcome, Record
from properties.engines.check.plan import Plan, Progress
from properties.engines.check.runs import Part, Standing, make_runs
from properties.engines.pool import is_interrupt
from properties.laws import Law, Violation
from properties.model.design import laws_of
from properties.trace.failures import Budget, Failure, Failures
from properties.trace.processes import differing_message, differing_root
from properties.trace.trial import Trial

SEARCHES = {"fuzz": searches.fuzz, "explore": searches.explore, "prove": searches.prove}

UNSHRUNK = ("explore", "prove")
"""Engines whose counterexamples are shortest as they are."""

AS_FOUND = ("RUN-2", "PRO-1")
"""Laws whose counterexamples stay as they are: a run of another process, and an election."""


def execute(plan: Plan, progress: Progress = lambda _what, _used, _covered: None) -> Outcome:
    """Run all engines of a plan, collect what they find, and make it small.

    Ctrl-C ends it early; then the outcome says what was done by then.
    """
    began = time.monotonic()
    coverage = Part.of(plan).coverage
    outcome = Outcome(plan.path, plan.seed, laws_of(plan.protocol), coverage)
    try:
        for name, part in plan.shares():
            _run_engine(plan, outcome, name, began, part, progress)
            if outcome.interrupted or (plan.fail_fast and outcome.failures):
                break
        outcome.failures = _shrunk(plan, outcome, progress)
    except BaseException as error:
        if not is_interrupt(error):
            raise
        outcome.interrupted = True
    return outcome


def _run_engine(
    plan: Plan, outcome: Outcome, name: str, began: float, part: float, progress: Progress
) -> None:
    record = Record(name)
    outcome.records.append(record)
    started = time.monotonic()
    deadline = started + part * max(0.0, began + plan.seconds - started)

    def tell(covered: str) -> None:
        progress(name, (time.monotonic() - began) / plan.seconds, covered)

    tell("starting")
    try:
        if name in SEARCHES:
            SEARCHES[name](plan, outcome, record, deadline, tell)
        else:
            _make_runs(plan, outcome, record, deadline, tell)
        if not (record.runs or record.cut_short or outcome.failures):
            record.cut_short = "its time was too short to do anything"
    except BaseException as error:
        record.cut_short = INTERRUPTED if is_interrupt(error) else "raised"
        raise
    finally:
        record.seconds = time.monotonic() - started
        outcome.interrupted = record.cut_short == INTERRUPTED


def _make_runs(
    plan: Plan, outcome: Outcome, record: Record, deadline: float, tell: Callable[[str], None]
) -> None:
    def report(standings: Iterable[Standing]) -> None:
        known = tuple(standings)
        steps, epochs = sum(one.steps for one in known), sum(one.epochs for one in known)
        if record.name == "branches":
            tell(f"{sum(one.runs for one in known):,} worlds")
        else:
            tell(f"{steps:,} steps, {epochs:,} epochs")

    done = make_runs(plan, record.name, deadline, report)
    for failure in done.failures:
        outcome.failures.add(failure)
    outcome.coverage.add(done.coverage)
    record.runs, record.steps = done.runs, done.coverage.steps
    record.cut_short = done.cut_short
    if record.name == "branches":
        outcome.branches = done.branches
    if done.walks and not done.cut_short:
        done.extra["RUN-2"] = len(done.walks)
        _replay(plan, outcome, done.walks)
    for law in outcome.laws:
        checks = _checks(record.name, law, done)
        if checks is not None:
            record.checks[law.id] = checks


ONCE_A_RUN = {
    "walk": ("RUN-1", "RUN-2", "LIV-1"),
    "branches": ("SAF-1", "SAF-2", "LIV-1", "PRO-1"),
}
"""The laws that an engine holds a whole run against; other engines never judge them."""


def _checks(name: str, law: Law, done: Part) -> int | None:
    """Return how often a law had something to judge; None where the engine never judges it."""
    if law.id in ONCE_A_RUN.get(name, ()):
        if law.id in ("SAF-1", "SAF-2"):
            return done.runs
        return done.extra[law.id] + (done.branches["way-on"] if law.id == "LIV-1" else 0)
    if name == "branches" or any(law.id in laws for laws in ONCE_A_RUN.values()):
        return None
    return done.coverage.checks(law)


def _replay(plan: Plan, outcome: Outcome, walks: list[tuple[int, Trial]]) -> None:
    """Run walks again in other processes, and compare every state root."""
    found = differing_root(plan.protocol, plan.path, [trial for _, trial in walks])
    if found is None:
        return
    place, step = found
    number, trial = walks[place]
    again = ("check", "--seed", str(plan.seed), "--engine", "walk", "--runs", str(number + 1))
    outcome.failures.add(
        Failure(
            Violation("RUN-2", differing_message(step)),
            Trial(trial.start, trial.transactions[: step + 1]),
            "walk",
            f"run {number + 1}",
            again,
            number + 1,
            len(trial.transactions),
        )
    )


def _shrunk(plan: Plan, outcome: Outcome, progress: Progress) -> Failures:
    """Return what was found, each as small as the time allows."""
    deadline = time.monotonic() + plan.shrink_seconds

    def budget_for(left: int) -> Budget:
        now = time.monotonic()
        until = now + (deadline - now) / left

        def budget() -> bool:
            spare = deadline - time.monotonic()
            used = 1 - spare / plan.shrink_seconds
            progress("shrinking", used, f"{len(outcome.failures)} found, {left} to go")
            return time.monotonic() < until

        return budget

    if not outcome.failures:
        return outcome.failures
    progress("shrinking", 0.0, f"{len(outcome.failures)} found")
    left_alone = Failures()
    to_shrink = Failures(in_vain=outcome.failures.in_vain)
    for failure in outcome.failures:
        alone = failure.engine in UNSHRUNK or failure.violation.law in AS_FOUND
        (left_alone if alone else to_shrink).add(failure)
    to_shrink.shrink_all(plan.protocol, budget_for)
    for failure in left_alone:
        to_shrink.add(failure)
    return to_shrink
