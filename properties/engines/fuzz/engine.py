"""The novelty search as an engine among others."""

import time

from properties.engines.engine import INTERRUPTED, Engine, Plan, Report, Result
from properties.engines.fuzz import workers as fuzzing
from properties.engines.fuzz.outcome import HERE
from properties.engines.fuzz.replays import replay_elsewhere
from properties.laws.law import OnReplay
from properties.model.design import laws_of

STEPS_A_RUN = 100
"""Transactions that each shard draws for a run."""


def _search(plan: Plan, deadline: float, report: Report) -> Result:
    """Search on from whatever was new."""
    steps = None if plan.runs is None else STEPS_A_RUN * plan.runs
    search = fuzzing.SearchPlan(
        plan.protocol,
        plan.seed,
        plan.genesis,
        workers=plan.workers,
        seconds=None if steps is not None else max(0.0, deadline - time.monotonic()),
        steps=steps,
        fail_fast=plan.fail_fast,
        shrink_seconds=0.0,
        keep_failures=plan.keep,
    )

    def show(standings: list[fuzzing.Standing]) -> None:
        drawn = sum(standing.drawn for standing in standings)
        report(
            f"{drawn:,} steps, {max((standing.cells for standing in standings), default=0):,} cells"
        )

    searched = fuzzing.fuzz(search, show)
    alone = len(plan.engines) == 1
    if alone and not searched.failures:
        # Other engines replay as well, and two processes more take seconds.
        replay_elsewhere(plan.protocol, plan.path, plan.seed, searched)
    result = Result.of(plan)
    result.add(Result(searched.coverage, searched.failures))
    result.runs = -(-searched.tally.drawn // STEPS_A_RUN)
    result.effort = min(
        (failure.effort for failure in searched.failures), default=searched.tally.drawn
    )
    result.covered = f"{len(searched.cells):,} cells, {searched.kept:,} states kept"
    result.cut_short = INTERRUPTED if searched.interrupted else ""
    if searched.lost:
        result.cut_short = "a process of it ended"
    for law in laws_of(plan.protocol):
        if type(law.check) in HERE and (alone or not isinstance(law.check, OnReplay)):
            result.looked[law.id] = searched.checks(law)
    return result


FUZZ = Engine(
    name="fuzz",
    summary="a search that continues from states reached in new ways",
    unit=("stretch of 100 steps", "stretches of 100 steps"),
    effort=("step", "steps"),
    share=0.11,
    # It counts by itself how often it judged a law, the replay included where it replays.
    checks=frozenset(),
    run=_search,
    from_genesis=1,
    draws=True,
    sharded=True,
)
