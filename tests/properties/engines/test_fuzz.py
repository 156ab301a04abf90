"""Novelty search: always the same, exact in its steps, honest in what it keeps and finds."""

import functools
import weakref
from random import Random
from statistics import median

import pytest

from properties.engines.fuzz import Search
from properties.engines.fuzz.cells import cells_of_refusal, cells_of_step
from properties.engines.fuzz.corpus import Corpus
from properties.engines.fuzz.outcome import merged, where_checked
from properties.engines.fuzz.workers import SearchPlan, fuzz, run_shard
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws import LAWS
from properties.laws.accusation import with_accusations
from properties.laws.application import checked_apply
from properties.laws.views import Step
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.mutants import MUTANTS
from properties.trace.processes import roots_of
from properties.trace.run import state_at
from properties.trace.trial import run_trial
from statemachine import PROTOCOL, Protocol, State, evolve
from statemachine.errors import Rejected
from statemachine.state import state_root
from tests.statemachine.worlds import described, world

pytestmark = pytest.mark.xdist_group("fuzz")

STEPS = 1_500


def protocol_of(mutant_id: str) -> Protocol:
    return next(mutant.protocol for mutant in MUTANTS if mutant.id == mutant_id)


def searched(protocol: Protocol, steps: int = STEPS, seed: int = 1, shard: int = 0) -> Search:
    search = Search(protocol, seed, shard)
    search.run(steps)
    return search


@functools.cache
def lawful() -> Search:
    return searched(PROTOCOL)


@functools.cache
def broken(mutant_id: str) -> Search:
    return searched(protocol_of(mutant_id))


def summary(search: Search) -> object:
    outcome = search.outcome
    entries = [(entry.history.depth, state_root(entry.state)) for entry in search.corpus.entries]
    failures = [(failure.violation, failure.trial, failure.effort) for failure in outcome.failures]
    return outcome.tally, outcome.coverage, outcome.cells, entries, failures


# --- determined by seed and shard --------------------------------------------------------


@pytest.mark.parametrize(
    "protocol", [PROTOCOL, protocol_of("S9")], ids=lambda protocol: protocol.name
)
def test_the_same_seed_and_shard_do_the_same(protocol: Protocol) -> None:
    assert summary(searched(protocol, 400)) == summary(searched(protocol, 400))


def test_other_seeds_and_other_shards_do_something_else() -> None:
    first = summary(searched(PROTOCOL, 200))
    assert summary(searched(PROTOCOL, 200, shard=1)) != first
    assert summary(searched(PROTOCOL, 200, seed=2)) != first


@pytest.mark.parametrize("steps", [1, 2, 33, 500])
def test_exactly_as_many_transactions_are_drawn_as_were_asked_for(steps: int) -> None:
    search = searched(PROTOCOL, steps)
    coverage = search.outcome.coverage
    refused = sum(sum(reasons.values()) for reasons in coverage.rejected.values())
    assert search.outcome.tally.drawn == steps == coverage.steps + refused
    assert search.outcome.shards == {0: steps}


def test_it_ends_when_it_is_told_to() -> None:
    asked = iter([True, True, False])
    search = Search(PROTOCOL, 1)
    search.run(None, lambda: next(asked))
    assert search.outcome.tally.extensions == 2


# --- what is kept ------------------------------------------------------------------------


def test_a_kept_state_is_reached_again_by_its_trial() -> None:
    for entry in lawful().corpus.entries[::7]:
        trial = entry.history.trial()
        assert len(trial.transactions) == entry.history.depth
        roots = roots_of(PROTOCOL, state_at(PROTOCOL, trial.start), trial.transactions)
        assert [state_root(entry.state)] == roots[-1:] or not roots


def test_a_state_is_kept_for_cells_that_nobody_reached_before() -> None:
    corpus = lawful().corpus
    founders = [cell for entry in corpus.entries for cell in entry.cells]
    assert len(founders) == len(set(founders))
    assert set(founders) <= set(corpus.reached)
    assert all(entry.cells for entry in corpus.entries if entry.history.parent is not None)


def test_the_search_goes_on_from_states_that_it_found_itself() -> None:
    corpus = lawful().corpus
    assert any(entry.picks for entry in corpus.entries if entry.history.parent is not None)
    assert max(entry.history.depth for entry in corpus.entries) > 32


def test_of_two_entries_the_one_picked_less_often_is_picked() -> None:
    corpus = searched(PROTOCOL, 300).corpus
    del corpus.entries[2:]
    often, seldom = corpus.entries
    often.cells = seldom.cells = ()
    often.picks, seldom.picks = 3, 0
    assert [corpus.pick(Random(1)) for _ in range(3)] == [seldom] * 3
    assert seldom.picks == 3


# --- how much is kept --------------------------------------------------------------------


def test_a_full_corpus_drops_the_states_with_the_least_promise() -> None:
    search = Search(PROTOCOL, 1, corpus=Corpus(limit=100))
    search.run(1_000)
    corpus = search.corpus
    assert len(corpus.entries) <= 100
    assert corpus.dropped == search.outcome.dropped > 100
    assert search.outcome.kept == len(corpus.entries)
    for entry in corpus.entries[::9]:
        trial = entry.history.trial()
        roots = roots_of(PROTOCOL, state_at(PROTOCOL, trial.start), trial.transactions)
        assert [state_root(entry.state)] == roots[-1:] or not roots


def test_what_was_dropped_is_freed() -> None:
    search = Search(PROTOCOL, 1, corpus=Corpus(limit=100))
    search.run(100)
    states = [weakref.ref(entry) for entry in search.corpus.entries]
    search.run(1_500)
    alive = {id(entry) for entry in search.corpus.entries}
    assert any(entry() is None for entry in states)
    assert all(id(entry()) in alive for entry in states if entry() is not None)


def test_a_corpus_with_room_drops_nothing() -> None:
    assert lawful().corpus.dropped == 0


# --- what is found -----------------------------------------------------------------------


def test_nothing_is_found_against_the_protocol() -> None:
    outcome = lawful().outcome
    assert not outcome.failures
    assert outcome.failures.in_vain == 0
    for law in LAWS:
        if where_checked(law) in ("every step", "a sample"):
            assert outcome.verdict(law) == "held", law.id
        else:
            assert outcome.verdict(law) == "undetermined"


@pytest.mark.parametrize("mutant_id", ["S5", "S7", "S9", "S12"])
def test_every_failure_is_seen_again_from_its_start(mutant_id: str) -> None:
    failures = list(broken(mutant_id).outcome.failures)
    assert failures
    for failure in failures:
        law = failure.violation.law
        run = run_trial(protocol_of(mutant_id), failure.trial, law, repair=False)
        assert run is not None
        assert failure.violation in run.violations
        assert run_trial(PROTOCOL, failure.trial, law, repair=False) is None


def test_the_search_goes_on_and_keeps_one_failure_for_each_law_and_last_transaction() -> None:
    search = broken("S5")
    assert search.outcome.tally.drawn == STEPS
    keys = [failure.key for failure in search.outcome.failures]
    assert len(set(keys)) == len(keys) > 1
    lengths = [len(failure.trial.transactions) for failure in search.outcome.failures]
    assert lengths == sorted(lengths)


def test_no_state_after_a_failure_is_kept() -> None:
    protocol = protocol_of("S9")
    for entry in broken("S9").corpus.entries:
        assert run_trial(protocol, entry.history.trial(), "ACC-1", repair=False) is None


def test_shrinking_leaves_the_laws_and_makes_the_trials_short() -> None:
    search = searched(protocol_of("S9"), 500)
    failures = search.outcome.failures
    laws = {failure.violation.law for failure in failures}
    failures.shrink_all(protocol_of("S9"), lambda _left: lambda: True)
    assert {failure.violation.law for failure in failures} == laws
    assert all(len(failure.trial.transactions) == 1 for failure in failures)


def test_a_start_that_is_broken_is_a_failure_without_transactions() -> None:
    state = world()
    start = evolve(state, pots=evolve(state.pots, treasury=state.pots.treasury + 1))
    search = Search(PROTOCOL, 1, start=start)
    search.run(5)
    (failure,) = search.outcome.failures
    assert failure.key == ("ACC-1", "Genesis")
    assert failure.trial.transactions == ()
    assert not search.corpus.entries


def test_a_search_from_a_genesis_begins_there_only() -> None:
    search = Search(PROTOCOL, 1, start=described())
    search.run(300)
    assert {entry.history.start for entry in search.corpus.entries} == {described()}
    assert search.outcome.tally.worlds == 1


# --- processes ---------------------------------------------------------------------------


def test_two_processes_find_what_their_shards_find_alone_in_their_order() -> None:
    plan = SearchPlan(protocol_of("S9"), 3, workers=2, steps=200)
    together = fuzz(plan)
    alone = merged(run_shard(plan, shard, lambda _standing: False) for shard in (0, 1))
    assert together.shards == alone.shards == {0: 200, 1: 200}
    assert together.tally == alone.tally
    assert together.cells == alone.cells
    assert list(together.failures) == list(alone.failures)
    assert together.samples == alone.samples


def test_fail_fast_stops_at_the_first_failure() -> None:
    outcome = fuzz(SearchPlan(protocol_of("S9"), 1, steps=100_000, fail_fast=True))
    assert outcome.failures
    assert outcome.tally.drawn < 2_000


# --- how well ----------------------------------------------------------------------------


def cells_of_walks(seed: int, most: int) -> int:
    """Return how many cells walks through small worlds reach in so many steps."""
    corpus, steps, number = Corpus(), 0, 0
    while steps < most:
        rng = Random(f"{seed}/walk/{number}")
        number += 1
        protocol = with_accusations(PROTOCOL)
        state: State = state_at(protocol, draw_genesis(rng))
        profile = draw_profile(protocol, rng, state)
        for _ in range(120):
            steps += 1
            tx = next_transaction(protocol, state, rng, profile, Actors.of(state))
            outcome = checked_apply(protocol, state, tx)
            if isinstance(outcome, Step):
                corpus.reach(cells_of_step(outcome))
                state = outcome.after
            elif isinstance(outcome, Rejected):
                corpus.reach(cells_of_refusal(tx, outcome))
    return len(corpus.reached)


def cells_of_a_search(seed: int, most: int) -> int:
    search = Search(PROTOCOL, seed, laws=())
    search.run(most)
    return len(search.corpus.reached)


def test_a_search_reaches_more_situations_than_walks_of_as_many_steps() -> None:
    searched = [cells_of_a_search(seed, 4_000) for seed in range(3)]
    walked = [cells_of_walks(seed, 4_000) for seed in range(3)]
    assert 10 * median(searched) > 11 * median(walked), (searched, walked)
