"""Walks: drawn transactions through small worlds, or on and on from a genesis.

At the end of a walk everybody must be able to leave, and a new checkpoint to become final.
Some walks are made again in other processes with other hash seeds.
"""

import time
from collections.abc import Callable
from random import Random

from properties.engines.engine import Engine, Plan, Report, Result
from properties.engines.numbered import keep, numbered
from properties.generate.transactions import draw_profile, long_profile
from properties.laws import Violation
from properties.laws.law import CHECKS_OF_STEPS, OnEnd, OnOracle, OnReplay
from properties.model.design import laws_of
from properties.model.worlds import draw_genesis
from properties.trace.failures import Failure
from properties.trace.processes import differing_message, differing_root
from properties.trace.run import Run
from properties.trace.trial import Trial, check_end

NAME = "walk"

WALK_STEPS = 120
"""Transactions drawn in a walk through a small world."""

LONG_STRETCH = 100
"""Transactions drawn between two looks at the clock in a long walk."""

REPLAYED_WALKS = 12
"""Walks that are run again in other processes, with other hash seeds."""


WALKING = 0.65
"""The share of its time that a long walk walks; then everybody leaves, and others repeat it."""


def _run(plan: Plan, deadline: float, report: Report) -> Result:
    if plan.genesis is not None:
        now = time.monotonic()
        deadline = now + WALKING * (deadline - now)
    return _walks(plan, deadline, report)


def _walk(plan: Plan, result: Result, number: int, go_on: Callable[[], bool]) -> None:
    if plan.genesis is not None:
        _long_walk(plan, result, number, go_on)
    else:
        _short_walk(plan, result, number)


def _short_walk(plan: Plan, result: Result, number: int) -> None:
    """Walk through a small world."""
    protocol, rng = plan.protocol, Random(f"{plan.seed}/walk/{number}")
    description = draw_genesis(rng, protocol)
    run = Run.start(protocol, description, result.coverage)
    result.runs += 1
    if not run.walk(rng, draw_profile(protocol, rng, run.state), WALK_STEPS):
        _check_the_end(result, run)
    _keep(plan, result, number, number, Trial(description, tuple(run.submitted)), run)


def _long_walk(plan: Plan, result: Result, number: int, go_on: Callable[[], bool]) -> None:
    """Walk on and on from the one state that was given."""
    assert plan.genesis is not None
    rng = Random(f"{plan.seed}/walk/{number}")
    run = Run.start(plan.protocol, plan.genesis, result.coverage)
    profile = long_profile(plan.protocol, rng, run.state)
    while go_on() and (plan.runs is None or result.runs < plan.runs):
        result.runs += 1
        if run.walk(rng, profile, LONG_STRETCH, actors_every=LONG_STRETCH):
            break
    if not result.runs:
        return
    if not run.violations:
        _check_the_end(result, run)
    trial = Trial(plan.genesis, tuple(run.submitted))
    _keep(plan, result, number, result.runs - 1, trial, run)


def _keep(plan: Plan, result: Result, number: int, last: int, trial: Trial, run: Run) -> None:
    result.effort = result.coverage.steps
    keep(plan, result, NAME, last, run.violations, trial)
    if not run.violations and len(result.samples) < REPLAYED_WALKS:
        result.samples.append((number, trial))


def _check_the_end(result: Result, run: Run) -> None:
    """Hold the end of a run against the laws about what can come after it."""
    judged, violations = check_end(run.protocol, run.state)
    result.looked.update(judged)
    run.violations += violations


def _replay(plan: Plan, result: Result) -> None:
    """Run walks again in other processes, and compare every state root."""
    walks = result.samples[:REPLAYED_WALKS]
    if not walks or result.cut_short:
        return
    for law in laws_of(plan.protocol):
        if isinstance(law.check, OnReplay):
            result.looked[law.id] += len(walks)
    difference = differing_root(plan.protocol, plan.path, [trial for _, trial in walks])
    if difference is None:
        return
    place, step = difference
    number, trial = walks[place]
    violation = Violation("RUN-2", differing_message(step))
    short = Trial(trial.start, trial.transactions[: step + 1])
    again = ("check", "--seed", str(plan.seed), "--engine", NAME, "--runs", str(number + 1))
    failure = Failure(
        violation, short, NAME, f"run {number + 1}", again, number + 1, len(trial.transactions)
    )
    result.failures.add(failure)


_walks = numbered(_walk, _replay)

WALK = Engine(
    name=NAME,
    summary="random transactions in small worlds, or from a genesis",
    unit=("walk", "walks"),
    effort=("step", "steps"),
    share=0.26,
    checks=CHECKS_OF_STEPS | {OnOracle, OnEnd, OnReplay},
    run=_run,
    # Its long walk ends with everybody leaving, which takes long on a large state.
    from_genesis=2,
    draws=True,
)
