"""A few steps from arbitrary lawful states, reachable or not."""

from collections.abc import Callable
from random import Random

from properties.engines.engine import Engine, Plan, Result
from properties.engines.numbered import keep, numbered
from properties.generate.states import draw_state
from properties.generate.transactions import draw_profile
from properties.laws.law import CHECKS_OF_STEPS, OnOracle
from properties.trace.run import Run
from properties.trace.trial import Trial

NAME = "one-step"

STEPS = 4
"""Transactions that are drawn from each state."""


def _few_steps(plan: Plan, result: Result, number: int, _go_on: Callable[[], bool]) -> None:
    protocol, rng = plan.protocol, Random(f"{plan.seed}/one-step/{number}")
    start = draw_state(rng, protocol)
    run = Run.start(protocol, start, result.coverage)
    result.runs += 1
    run.walk(rng, draw_profile(protocol, rng, run.state), STEPS)
    result.effort = result.coverage.steps
    keep(plan, result, NAME, number, run.violations, Trial(start, tuple(run.submitted)))


ONE_STEP = Engine(
    name=NAME,
    summary="single steps from arbitrary lawful states, reachable or not",
    unit=("state", "states"),
    effort=("step", "steps"),
    share=0.05,
    checks=CHECKS_OF_STEPS | {OnOracle},
    run=numbered(_few_steps),
    draws=True,
    anywhere=True,
)
