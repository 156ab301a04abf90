"""Hypothesis as an engine among others. The library is imported when the engine runs."""

from collections.abc import Callable

from properties.engines.engine import Engine, Plan, Result
from properties.engines.numbered import keep, numbered
from properties.laws.law import CHECKS_OF_STEPS, OnOracle

NAME = "hypothesis"


def _run_examples(plan: Plan, result: Result, number: int, _go_on: Callable[[], bool]) -> None:
    from properties.engines.stateful import hypothesis_finds

    breach = hypothesis_finds(
        plan.protocol, result.coverage, None, f"{plan.seed}/hypothesis/{number}"
    )
    result.runs += 1
    result.effort = result.coverage.steps
    if breach is not None:
        keep(plan, result, NAME, number, [breach[0]], breach[1])


HYPOTHESIS = Engine(
    name=NAME,
    summary="worlds and transactions drawn by Hypothesis",
    unit=("run of 20 examples", "runs of 20 examples"),
    effort=("step", "steps"),
    share=0.05,
    checks=CHECKS_OF_STEPS | {OnOracle},
    run=numbered(_run_examples),
    draws=True,
)
