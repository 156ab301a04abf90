"""What a search costs, and how far it gets: pytest tests/benchmarks --benchmark-enable."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.engines.fuzz import Search
from properties.laws import LAWS, Law
from properties.mutants import MUTANTS
from properties.trace.shrink import shrink
from statemachine import PROTOCOL, Protocol
from tests.properties.engines.deep_forks import FROM_JAIL, RELEASE

STEPS = 5_000
"""Transactions drawn in what is timed as one round: read seconds times 200 as microseconds."""

MOST = 20_000
"""Steps after which a mistake counts as not found."""

LAW_SETS: dict[str, tuple[Law, ...]] = {"every-law": LAWS, "no-law": ()}


def searched(protocol: Protocol, steps: int, laws: tuple[Law, ...] = LAWS, seed: int = 1) -> Search:
    search = Search(protocol, seed, laws=laws)
    search.run(steps)
    return search


@pytest.mark.parametrize("name", LAW_SETS)
def test_five_thousand_steps(name: str, benchmark: BenchmarkFixture) -> None:
    steps = STEPS if benchmark.enabled else 200
    search = benchmark.pedantic(  # type: ignore[no-untyped-call]
        searched, args=(PROTOCOL, steps, LAW_SETS[name]), rounds=3 if benchmark.enabled else 1
    )
    assert search.outcome.tally.drawn == steps
    assert not search.outcome.failures
    benchmark.extra_info["cells"] = len(search.corpus.reached)
    benchmark.extra_info["states kept"] = len(search.corpus.entries)
    benchmark.extra_info["followed by the oracle"] = search.outcome.tally.followed.total()


def until_found(protocol: Protocol, seed: int) -> int:
    search = Search(protocol, seed, laws=())
    search.run(MOST, lambda: not search.outcome.failures)
    return search.outcome.tally.drawn


@pytest.mark.parametrize("protocol", [RELEASE, FROM_JAIL], ids=lambda protocol: protocol.name)
def test_until_a_deep_mistake_is_found(protocol: Protocol, benchmark: BenchmarkFixture) -> None:
    seeds = iter(range(1_000))
    taken: list[int] = []

    def next_search() -> None:
        taken.append(until_found(protocol, next(seeds)))

    rounds = 7 if benchmark.enabled else 1
    benchmark.pedantic(next_search, rounds=rounds)  # type: ignore[no-untyped-call]
    assert min(taken) < MOST
    benchmark.extra_info["steps"] = sorted(taken)


@pytest.mark.parametrize("mutant_id", ["S5", "S9", "S12", "S25"])
def test_shrinking_a_failure(mutant_id: str, benchmark: BenchmarkFixture) -> None:
    protocol = next(mutant.protocol for mutant in MUTANTS if mutant.id == mutant_id)
    search = Search(protocol, 1)
    search.run(MOST, lambda: not search.outcome.failures)
    failure = next(iter(search.outcome.failures))
    law = failure.violation.law
    small = benchmark.pedantic(  # type: ignore[no-untyped-call]
        shrink, args=(protocol, failure.trial, law), rounds=5 if benchmark.enabled else 1
    )
    assert len(small.transactions) <= len(failure.trial.transactions)
    benchmark.extra_info["transactions"] = (
        f"{len(failure.trial.transactions)} to {len(small.transactions)}"
    )
