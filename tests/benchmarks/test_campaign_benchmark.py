"""What the engines of a check cost: pytest tests/benchmarks --benchmark-enable.

A row of runs is so many runs of one engine, in one process; what they came to is named in it.
A row of a catch is the time until an engine finds the canary, its start included.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.engines.check import Outcome, Plan, execute
from properties.engines.check.runs import RUNS
from properties.mutants.canary import CANARY
from properties.mutants.engines import ENGINES, UNITS, Look
from statemachine import PROTOCOL

MEASURED = {"walk": 20, "one-step": 200, "branches": 100, "hypothesis": 2}
"""Runs in a round."""


def made(engine: str, runs: int) -> Outcome:
    return execute(Plan(PROTOCOL, "statemachine:PROTOCOL", 1, 60.0, runs=runs, engines=(engine,)))


@pytest.mark.parametrize("engine", RUNS)
def test_runs(engine: str, benchmark: BenchmarkFixture) -> None:
    runs = MEASURED[engine] if benchmark.enabled else 1
    rounds = 3 if benchmark.enabled else 1
    outcome = benchmark.pedantic(made, args=(engine, runs), rounds=rounds)  # type: ignore[no-untyped-call]
    (record,) = outcome.records
    assert (record.runs, record.cut_short) == (runs, "")
    assert not outcome.failures
    benchmark.extra_info["runs"] = runs
    benchmark.extra_info["steps"] = record.steps


@pytest.mark.parametrize("engine", ENGINES)
def test_a_catch(engine: str, benchmark: BenchmarkFixture) -> None:
    def caught() -> Look:
        return ENGINES[engine](CANARY, 1, 60.0)

    rounds = 3 if benchmark.enabled else 1
    look = benchmark.pedantic(caught, rounds=rounds)  # type: ignore[no-untyped-call]
    assert look.law in CANARY.laws
    benchmark.extra_info[UNITS.get(engine, "steps")] = look.steps
