"""How long the container takes: pytest tests/benchmarks --benchmark-enable.

A million entries take minutes and 400 MB; STAKESPEC_BENCH_MILLION=1 asks for them.
"""

import gc
import random
from collections.abc import Iterator
from itertools import cycle

import attrs
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from statemachine.merkle_map import MapLayout, MerkleMap
from tests.benchmarks.worlds import million_wanted

LAYOUT = MapLayout[int](
    "benchmark", 20, weigh=lambda amount: amount, encode=lambda amount: amount.to_bytes(16, "big")
)

BATCH = 1000
"""Operations in what is timed as one round; times are printed for all of them together."""

million = pytest.param(
    1_000_000,
    marks=million_wanted,
)


@attrs.frozen
class Filled:
    """A map whose root is known, and enough of its keys, in random order, to keep asking."""

    map: MerkleMap[int]
    keys: list[bytes]


@pytest.fixture(scope="module", params=[1_000, 100_000, million])
def filled(request: pytest.FixtureRequest) -> Iterator[Filled]:
    source = random.Random(request.param)
    pairs = [(source.randbytes(20), source.randrange(2**60)) for _ in range(request.param)]
    built = MerkleMap.from_items(LAYOUT, pairs)
    built.root()
    keys = [key for key, _ in source.choices(pairs, k=50 * BATCH)]
    # Otherwise the collector visits every node of the map again and again.
    gc.collect()
    gc.freeze()
    yield Filled(built, keys)
    gc.unfreeze()


def batches(filled: Filled) -> Iterator[list[bytes]]:
    return cycle(filled.keys[start : start + BATCH] for start in range(0, 50 * BATCH, BATCH))


def test_get_a_thousand_times(filled: Filled, benchmark: BenchmarkFixture) -> None:
    remaining = batches(filled)

    def get_each() -> int | None:
        get = filled.map.get
        entry = None
        for key in next(remaining):
            entry = get(key)
        return entry

    assert benchmark(get_each) is not None


def test_set_a_thousand_times(filled: Filled, benchmark: BenchmarkFixture) -> None:
    remaining = batches(filled)

    def set_each() -> MerkleMap[int]:
        changed = filled.map
        for amount, key in enumerate(next(remaining)):
            changed = changed.set(key, amount)
        return changed

    assert len(benchmark(set_each)) == len(filled.map)


def test_set_and_bring_the_root_up_to_date_a_thousand_times(
    filled: Filled, benchmark: BenchmarkFixture
) -> None:
    remaining = batches(filled)

    def set_each() -> MerkleMap[int]:
        changed = filled.map
        for amount, key in enumerate(next(remaining)):
            changed = changed.set(key, amount)
            changed.root()
        return changed

    assert len(benchmark(set_each)) == len(filled.map)


VOTE_LAYOUT = attrs.evolve(LAYOUT, name="votes", key_length=36)

COMMITTEE = 1562
"""Keys that come at once: 50,000 validators in 32 slots."""


@attrs.frozen
class Tallied:
    """Two times 100,000 keys, each under its 16 bytes, and more for the first of them."""

    map: MerkleMap[int]
    prefix: bytes
    both: MerkleMap[int]
    run: list[tuple[bytes, int]]


@pytest.fixture(scope="module")
def tallied() -> Iterator[Tallied]:
    source = random.Random(36)
    ours, theirs = source.randbytes(16), source.randbytes(16)
    votes = [(ours + source.randbytes(20), 1) for _ in range(100_000)]
    others = [(theirs + source.randbytes(20), 1) for _ in range(100_000)]
    built = MerkleMap.from_items(VOTE_LAYOUT, votes)
    both = MerkleMap.from_items(VOTE_LAYOUT, votes + others)
    run = sorted((ours + source.randbytes(20), 2) for _ in range(COMMITTEE))
    gc.collect()
    gc.freeze()
    yield Tallied(built, ours, both, run)
    gc.unfreeze()


def test_set_a_committee_at_once(tallied: Tallied, benchmark: BenchmarkFixture) -> None:
    changed = benchmark(tallied.map.set_sorted, tallied.run)
    assert len(changed) == len(tallied.map) + COMMITTEE


def test_set_a_committee_one_by_one(tallied: Tallied, benchmark: BenchmarkFixture) -> None:
    def set_each() -> MerkleMap[int]:
        changed = tallied.map
        for key, amount in tallied.run:
            changed = changed.set(key, amount)
        return changed

    assert benchmark(set_each) == tallied.map.set_sorted(tallied.run)


def test_set_a_committee_at_once_under_a_prefix_of_its_own(
    tallied: Tallied, benchmark: BenchmarkFixture
) -> None:
    fresh = [(bytes(16) + key[16:], amount) for key, amount in tallied.run]
    changed = benchmark(tallied.map.set_sorted, fresh)
    assert changed.without_prefix(bytes(16)) == tallied.map


def test_cut_off_a_prefix_of_half_the_map(tallied: Tallied, benchmark: BenchmarkFixture) -> None:
    rest = benchmark(tallied.both.without_prefix, tallied.prefix)
    assert len(rest) == 100_000
