"""How long a boundary takes at which a thousand validators have changed."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from statemachine import PROTOCOL, State
from statemachine.rules.blocks import pass_slots
from tests.benchmarks.worlds import (
    Size,
    large_state,
    long_lived,
    measured,
    million_wanted,
    with_changes,
)

CHANGED = 1_000

SIZES = [
    Size(4_000, 2_000, 2_000),
    Size(102_000, 100_000, 2_000),
    pytest.param(Size(1_002_000, 1_000_000, 2_000), marks=million_wanted),
]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_epoch_transition(size: Size, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    with long_lived():
        state = with_changes(large_state(size), size, min(CHANGED, size.validators))

    def cross() -> State:
        return pass_slots(PROTOCOL, state, state.slot + 1).state

    assert benchmark(cross).epoch == state.epoch + 1


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_epoch_transition_at_which_nothing_changed(
    size: Size, benchmark: BenchmarkFixture
) -> None:
    state = with_changes(large_state(measured(size, benchmark)), size, 0)

    def cross() -> State:
        return pass_slots(PROTOCOL, state, state.slot + 1).state

    assert benchmark(cross).epoch == state.epoch + 1
