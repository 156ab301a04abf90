"""The exhaustive search of all shipped worlds as an engine among others."""

import time

from properties.engines.engine import INTERRUPTED, Engine, Plan, Report, Result
from properties.engines.explore.outcome import ACCOUNTABLE_SAFETY, Exploration
from properties.engines.explore.tour import explore_all
from properties.engines.explore.worlds import WORLDS
from properties.laws import Law
from properties.laws.coverage import judged
from properties.laws.law import (
    CHECKS_OF_STATES,
    CHECKS_OF_STEPS,
    OnAttempt,
    OnOracle,
    OnRejection,
)
from properties.model.design import laws_of
from properties.trace.failures import Failure
from properties.trace.trial import Trial

STATES_A_RUN = 1_000
"""States of each world that are visited for a run."""

CHECKS = CHECKS_OF_STEPS | {OnOracle}


def _visit(plan: Plan, deadline: float, report: Report) -> Result:
    """Visit every state of small worlds."""

    def progress(at: Exploration) -> None:
        report(f"{at.world.name}: {at.states:,} states")

    states = None if plan.runs is None else STATES_A_RUN * plan.runs
    seconds = None if states is not None else max(0.0, deadline - time.monotonic())
    exhausted = 0
    result = Result.of(plan)
    laws = [law for law in laws_of(plan.protocol) if _is_explored(law)]
    for law in laws:
        result.looked[law.id] = 0
    for visited in explore_all(plan.protocol, seconds, states, plan.workers, progress):
        result.runs += 1
        result.coverage.steps += visited.transitions
        result.effort += visited.states
        exhausted += visited.exhausted
        for law in laws:
            result.looked[law.id] += _judged(law, visited)
        if visited.refutation is not None:
            result.failures.add(_failure(visited, plan.path))
            if plan.fail_fast:
                break
        if visited.ended == "interrupted":
            result.cut_short = INTERRUPTED
    result.covered = f"{exhausted} of {len(WORLDS)} worlds exhausted, {result.effort:,} states"
    return result


def _is_explored(law: Law) -> bool:
    """Say whether exploration holds a law against what it sees."""
    return type(law.check) in CHECKS or law.id == ACCOUNTABLE_SAFETY


def _judged(law: Law, visited: Exploration) -> int:
    """Return how often a law had something to judge in a world."""
    if law.id == ACCOUNTABLE_SAFETY:
        return visited.states if len(visited.world.branches) == 2 else 0
    if type(law.check) in CHECKS_OF_STATES:
        return visited.states
    if isinstance(law.check, OnRejection):
        return visited.refused if not law.about else 0
    refused = visited.refused if isinstance(law.check, OnAttempt) else 0
    return judged(law, visited.fired) + refused


def _failure(visited: Exploration, path: str) -> Failure:
    refutation = visited.refutation
    assert refutation is not None
    package = refutation.package(visited.world, path)
    trial = Trial(package.start, package.transactions)
    again = ("explore", visited.world.name)
    where = f"world {visited.world.name}, depth {len(refutation.story)}"
    length = len(package.transactions) + len(package.other or ())
    return Failure(
        refutation.violation, trial, "explore", where, again, visited.states, length, package.other
    )


EXPLORE = Engine(
    name="explore",
    summary="every state of small worlds, nearest first",
    unit=("world", "worlds"),
    effort=("state", "states"),
    share=0.20,
    checks=CHECKS,
    run=_visit,
    shrinks=False,
)
