"""How long it takes to bring the state root up to date after one transaction.

What is timed is a hundred roots, each of a state one transaction away from one state
whose root is known.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from statemachine import PROTOCOL, State, state_root
from tests.benchmarks.worlds import (
    LARGE,
    MILLION,
    ORDINARY,
    SMALLEST,
    Size,
    drawn,
    large_state,
    long_lived,
    measured,
    million_wanted,
)

TIMED = 100

SIZES = [SMALLEST, ORDINARY, LARGE, pytest.param(MILLION, marks=million_wanted)]


@pytest.mark.parametrize("kind", ["transfer", "delegate"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_hundred_roots(size: Size, kind: str, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    with long_lived():
        before = state_root(state)
    txs = drawn(kind, size, TIMED)

    def changed() -> tuple[tuple[list[State]], dict[str, object]]:
        return ([PROTOCOL.apply(state, tx) for tx in txs],), {}

    def root_each(states: list[State]) -> list[bytes]:
        return [state_root(state) for state in states]

    rounds = 20 if benchmark.enabled else 1
    roots = benchmark.pedantic(root_each, setup=changed, rounds=rounds)  # type: ignore[no-untyped-call]
    assert before not in roots
