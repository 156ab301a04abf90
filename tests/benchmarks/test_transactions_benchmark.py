"""How long user transactions take: pytest tests/benchmarks --benchmark-enable.

What is timed is a thousand of them, one after another: read milliseconds as microseconds.
"""

from itertools import cycle

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from statemachine import State
from tests.benchmarks.worlds import (
    KINDS,
    LARGE,
    MILLION,
    ORDINARY,
    SMALLEST,
    Size,
    apply_all,
    drawn,
    large_state,
    measured,
    million_wanted,
)

TIMED = 1_000
"""Transactions in what is timed as one round."""

SIZES = [SMALLEST, ORDINARY, LARGE, pytest.param(MILLION, marks=million_wanted)]


@pytest.mark.parametrize("kind", [*KINDS, "mix"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_thousand_transactions(size: Size, kind: str, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    # Where there are fewer delegators, a row begins anew at the start state.
    length = min(TIMED, size.delegators) * 9 // 10
    rows = cycle([drawn(kind, size, length, seed) for seed in range(10)])

    def apply_each() -> State:
        left, last = TIMED, state
        while left > 0:
            last = apply_all(state, next(rows)[:left])
            left -= length
        return last

    assert benchmark(apply_each) is not state
