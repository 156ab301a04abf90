"""What the engines of a check cost: pytest tests/benchmarks --benchmark-enable.

A row of runs is so many runs of one engine, in one process; what they came to is named in it.
A row of a catch is the time until an engine finds the canary, its start included.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.engines.check import CheckReport, execute
from properties.engines.engine import Engine, Plan
from properties.engines.registry import ENGINES, engine_named
from properties.mutants.canary import CANARY
from properties.mutants.look import Look, look
from statemachine import PROTOCOL

MEASURED = {"walk": 20, "one-step": 200, "branches": 100, "hypothesis": 2}
"""Runs in a round."""


def made(engine: str, runs: int) -> CheckReport:
    engines = (engine_named(engine),)
    return execute(Plan(PROTOCOL, "statemachine:PROTOCOL", 1, 60.0, runs=runs, engines=engines))


@pytest.mark.parametrize("engine", MEASURED)
def test_runs(engine: str, benchmark: BenchmarkFixture) -> None:
    runs = MEASURED[engine] if benchmark.enabled else 1
    rounds = 3 if benchmark.enabled else 1
    outcome = benchmark.pedantic(made, args=(engine, runs), rounds=rounds)  # type: ignore[no-untyped-call]
    (result,) = outcome.results.values()
    assert (result.runs, result.cut_short) == (runs, "")
    assert not outcome.failures
    benchmark.extra_info["runs"] = runs
    benchmark.extra_info["steps"] = result.coverage.steps


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_catch(engine: Engine, benchmark: BenchmarkFixture) -> None:
    def caught() -> Look:
        return look(engine, CANARY, 1, 60.0)

    rounds = 3 if benchmark.enabled else 1
    seen = benchmark.pedantic(caught, rounds=rounds)  # type: ignore[no-untyped-call]
    assert seen.law in CANARY.laws
    benchmark.extra_info[engine.effort[1]] = seen.steps
