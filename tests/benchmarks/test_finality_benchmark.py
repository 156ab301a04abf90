"""How long votes take to count, without their signatures, and how long to forget.

An epoch of votes is those of all validators in 64 aggregates, each drawn over the whole set.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from statemachine import PROTOCOL, State, evolve, state_root
from statemachine.map_keys import epoch_key, link_key
from statemachine.messages import Checkpoint, Vote
from statemachine.rules.blocks import pass_slots
from statemachine.rules.signers import require_in_order, weigh_signers
from statemachine.transactions import CastVotes
from tests.benchmarks.worlds import (
    Size,
    account,
    apply_all,
    large_state,
    long_lived,
    measured,
    million_wanted,
)

AGGREGATES = 64

SIGNERS = 1_562
"""What one aggregate of 64 holds of 100,000 validators."""

SIZES = [
    Size(10_010, 10_000, 10),
    Size(100_010, 100_000, 10),
    pytest.param(Size(1_000_010, 1_000_000, 10), marks=million_wanted),
]


def checkpoint(state: State, epoch: int) -> Checkpoint:
    return Checkpoint(epoch, state.finality.history[epoch_key(epoch)].root)


def aggregates(state: State, size: Size, parts: int) -> list[CastVotes]:
    """Return everybody's votes for the epoch's checkpoint, in so many parts."""
    vote = Vote(checkpoint(state, 0), checkpoint(state, 1))
    operators = sorted(account(number) for number in range(size.validators))
    return [CastVotes(vote, tuple(operators[part::parts])) for part in range(parts)]


@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_an_epoch_of_votes(size: Size, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    txs = aggregates(state, size, min(AGGREGATES, size.validators))
    with long_lived():
        after = benchmark(apply_all, state, txs)
    assert after.finality.justified.epoch == 1
    assert after.finality.votes.prefix_count(link_key(0, 1)) == size.validators


@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_weighing_the_signers_of_an_epoch(size: Size, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    txs = aggregates(state, size, min(AGGREGATES, size.validators))

    def weigh_each() -> int:
        return sum(sum(weigh_signers(state.snapshot, tx.signers)) for tx in txs)

    assert benchmark(weigh_each) == state.snapshot.total_weight


@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_the_order_of_the_signers_of_an_epoch(size: Size, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    txs = aggregates(large_state(size), size, min(AGGREGATES, size.validators))

    def check_each() -> int:
        for tx in txs:
            require_in_order(tx.signers)
        return len(txs)

    assert benchmark(check_each) > 1


@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_the_root_after_an_epoch_of_votes(size: Size, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    with long_lived():
        before = state_root(state)
    txs = aggregates(state, size, min(AGGREGATES, size.validators))

    def voted() -> tuple[tuple[State], dict[str, object]]:
        return (apply_all(state, txs),), {}

    rounds = 5 if benchmark.enabled else 1
    root = benchmark.pedantic(state_root, setup=voted, rounds=rounds)  # type: ignore[no-untyped-call]
    assert root != before


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_first_aggregate(size: Size, benchmark: BenchmarkFixture) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    parts = max(1, size.validators // SIGNERS)
    tx = aggregates(state, size, parts)[0]
    tx = evolve(tx, signers=tx.signers[:SIGNERS])
    after = benchmark(PROTOCOL.apply, state, tx)
    assert len(after.finality.votes) == len(tx.signers)


@pytest.mark.parametrize("voters", ["nobody", "everybody"])
@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_a_boundary_that_forgets_the_votes_of(
    voters: str, size: Size, benchmark: BenchmarkFixture
) -> None:
    size = measured(size, benchmark)
    state = large_state(size)
    if voters == "everybody":
        state = apply_all(state, aggregates(state, size, 1))
    # Of epoch 1 nothing is remembered once it lies beyond the window.
    last = 1 + state.params.evidence_window
    state = evolve(state, slot=(last + 1) * state.params.epoch_length - 1)
    with long_lived():
        state_root(state)

    def cross() -> State:
        return pass_slots(PROTOCOL, state, state.slot + 1).state

    assert len(benchmark(cross).finality.votes) == 0
