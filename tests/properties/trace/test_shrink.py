"""Shrinking: shorter, simpler, still broken, within its budget, and always the same."""

import functools
from random import Random
from typing import Any

import pytest

from properties.generate.states import draw_state
from properties.generate.transactions import draw_profile
from properties.model.worlds import draw_genesis
from properties.mutants import MUTANTS
from properties.trace.run import Run
from properties.trace.shrink import Trial, run_trial, shrink
from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    ProduceBlock,
    Protocol,
    Transfer,
    Transition,
    evolve,
    genesis,
)
from statemachine.state import State
from statemachine.transactions import CastVotes
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    NOBODY,
    advance,
    described,
    elected,
    votes,
    world,
)

pytestmark = pytest.mark.xdist_group("shrink")

EXAMPLES = {"S5": 5, "S9": 1, "S12": 3, "S15b": 6, "S25": 3, "E1": 3}
"""Mutants, with the most transactions that it should take to show each."""


def protocol_of(mutant_id: str) -> Protocol:
    return next(mutant.protocol for mutant in MUTANTS if mutant.id == mutant_id)


@functools.cache
def broken_walk(mutant_id: str) -> tuple[Trial, str]:
    """Walk until the mutant breaks a law that it takes some transactions to break."""
    for number in range(200):
        rng = Random(f"shrink/{number}")
        description = draw_genesis(rng)
        run = Run.start(protocol_of(mutant_id), description)
        profile = draw_profile(run.protocol, rng, run.state)
        if run.walk(rng, profile, 120) and 15 < len(run.submitted) < 60:
            return Trial(description, tuple(run.submitted)), run.violations[0].law
    raise AssertionError(f"no walk breaks {mutant_id}")


@functools.cache
def shrunk(mutant_id: str) -> Trial:
    trial, law = broken_walk(mutant_id)
    return shrink(protocol_of(mutant_id), trial, law)


all_examples = pytest.mark.parametrize("mutant_id", EXAMPLES)


@all_examples
def test_a_walk_shrinks_to_a_short_trial_that_breaks_the_same_law(mutant_id: str) -> None:
    trial, law = broken_walk(mutant_id)
    small = shrunk(mutant_id)
    assert len(small.transactions) < len(trial.transactions)
    assert len(small.transactions) <= EXAMPLES[mutant_id]
    assert run_trial(protocol_of(mutant_id), small, law, repair=False) is not None


@all_examples
def test_no_transaction_of_a_shrunk_trial_can_be_dropped(mutant_id: str) -> None:
    _, law = broken_walk(mutant_id)
    small = shrunk(mutant_id)
    for place in range(len(small.transactions)):
        fewer = small.transactions[:place] + small.transactions[place + 1 :]
        candidate = Trial(small.start, fewer)
        assert run_trial(protocol_of(mutant_id), candidate, law, repair=True) is None


@all_examples
def test_shrinking_twice_changes_nothing_more(mutant_id: str) -> None:
    _, law = broken_walk(mutant_id)
    small = shrunk(mutant_id)
    assert shrink(protocol_of(mutant_id), small, law) == small


def test_shrinking_the_same_trial_gives_the_same() -> None:
    trial, law = broken_walk("S12")
    assert shrink(protocol_of("S12"), trial, law) == shrunk("S12")


@all_examples
def test_a_shrunk_genesis_is_no_larger_than_the_first(mutant_id: str) -> None:
    (trial, _), small = broken_walk(mutant_id), shrunk(mutant_id)
    assert isinstance(trial.start, Genesis)
    assert isinstance(small.start, Genesis)
    assert len(small.start.accounts) <= len(trial.start.accounts)
    assert len(small.start.validators) <= len(trial.start.validators)
    assert len(small.start.delegations) <= len(trial.start.delegations)


def test_nobody_who_is_not_needed_is_left_in_a_shrunk_genesis() -> None:
    _, law = broken_walk("S9")
    start = shrunk("S9").start
    assert isinstance(start, Genesis)
    assert (len(start.accounts), len(start.validators)) == (1, 1)
    assert law == "ACC-1"
    assert start.accounts[0].balance == 1
    (tx,) = shrunk("S9").transactions
    assert isinstance(tx, Delegate)
    assert tx.amount == 1


@pytest.mark.parametrize("calls", [0, 1, 10, 100])
def test_no_more_candidates_are_tried_than_the_budget_allows(calls: int) -> None:
    trial, law = broken_walk("S12")
    asked = 0

    def budget() -> bool:
        nonlocal asked
        asked += 1
        return asked <= calls

    small = shrink(protocol_of("S12"), trial, law, budget)
    # Once it is used up, no loop asks more than once again on its way out.
    assert asked <= calls + 6
    assert run_trial(protocol_of("S12"), small, law, repair=False) is not None


def test_without_a_budget_a_trial_only_loses_what_was_refused() -> None:
    trial, law = broken_walk("S12")
    small = shrink(protocol_of("S12"), trial, law, lambda: False)
    assert small.start == trial.start
    ran = run_trial(protocol_of("S12"), trial, law, repair=True)
    assert ran is not None
    assert list(small.transactions) == ran.accepted


def test_a_trial_that_breaks_nothing_comes_back_as_it_was() -> None:
    trial = Trial(described(), (Transfer(DORA, EMIL, 5),))
    assert shrink(PROTOCOL, trial, "ACC-1") == trial


def test_a_trial_from_a_lawful_state_keeps_its_state() -> None:
    protocol = protocol_of("S9")
    rng = Random("shrink/a state")
    start = draw_state(rng)
    run = Run.start(protocol, start)
    assert run.walk(rng, draw_profile(run.protocol, rng, run.state), 500)
    law = run.violations[0].law
    small = shrink(protocol, Trial(start, tuple(run.submitted)), law)
    assert isinstance(small.start, State)
    assert small.start is start
    assert len(small.transactions) == 1


def test_votes_are_about_the_checkpoints_of_the_chain_that_is_left() -> None:
    protocol = protocol_of("S18d")
    txs: list[Any] = []
    state = genesis(protocol, described())
    for slot in (1, 2, 4):
        txs.append(ProduceBlock(slot, elected(state, slot) or NOBODY, bytes(32)))
        state = protocol.apply(state, txs[-1])
    txs.append(votes(state, 0, 1, ANNA, BEN))
    trial = Trial(described(), tuple(txs))
    assert run_trial(protocol, trial, "FIN-2", repair=False) is not None
    small = shrink(protocol, trial, "FIN-2")
    assert [type(tx) for tx in small.transactions] == [ProduceBlock, CastVotes]
    assert small.transactions[-1] != txs[-1]
    assert run_trial(protocol, small, "FIN-2", repair=False) is not None


def test_who_need_not_have_signed_is_left_out() -> None:
    protocol = protocol_of("S20")
    state = advance(world())
    trial = Trial(state, (votes(state, 0, 1, ANNA, BEN, CARA, NOBODY),))
    (tx,) = shrink(protocol, trial, "FIN-5").transactions
    assert len(tx.signers) == 2
    assert tx.signers[-1] == NOBODY


def test_another_law_that_breaks_first_does_not_count() -> None:
    state = world()
    trial = Trial(state, (Delegate(DORA, ANNA, 100),))
    assert run_trial(protocol_of("S9"), trial, "ACC-1", repair=False) is not None
    assert run_trial(protocol_of("S9"), trial, "TIM-1", repair=False) is None


def test_blocks_are_handed_to_whoever_is_elected_where_that_is_asked_for() -> None:
    state = world()
    right = elected(state, 1)
    wrong = ANNA if right != ANNA else BEN
    trial = Trial(state, (ProduceBlock(1, wrong, bytes(32)), Delegate(DORA, ANNA, 100)))
    repaired = run_trial(protocol_of("S9"), trial, "ACC-1", repair=True)
    assert repaired is not None
    assert repaired.submitted[0] == ProduceBlock(1, right or NOBODY, bytes(32))
    assert repaired.coverage.fired["ProduceBlock"] == 1
    as_given = run_trial(protocol_of("S9"), trial, "ACC-1", repair=False)
    assert as_given is not None
    assert as_given.coverage.fired["ProduceBlock"] == 0


def _gain_from_company(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    """Take stake; where other stake is on its way to the same validator, a unit appears."""
    transition = PROTOCOL.rules[Delegate](protocol, state, tx)
    buckets = state.validators[tx.validator].buckets
    if not any(bucket.start > state.epoch for bucket in buckets):
        return transition
    pots = evolve(transition.state.pots, treasury=transition.state.pots.treasury + 1)
    return Transition(evolve(transition.state, pots=pots), transition.events)


COMPANY = PROTOCOL.fork("company", {Delegate: _gain_from_company})


def test_where_one_actor_will_do_for_two_there_is_one() -> None:
    trial = Trial(described(), (Delegate(DORA, ANNA, 500), Delegate(EMIL, ANNA, 700)))
    small = shrink(COMPANY, trial, "ACC-1")
    first, second = small.transactions
    assert (first.delegator, first.amount) == (second.delegator, second.amount)
    assert first.amount == 1


def test_candidates_are_taken_up_where_they_begin_to_differ() -> None:
    applied = 0

    def counted(protocol: Protocol, state: State, tx: Transfer) -> Transition:
        nonlocal applied
        applied += 1
        return PROTOCOL.rules[Transfer](protocol, state, tx)

    protocol = COMPANY.fork("counted", {Transfer: counted})
    many = tuple(Transfer(DORA, EMIL, number + 1) for number in range(40))
    last = (Delegate(DORA, ANNA, 500), Delegate(DORA, ANNA, 700))
    small = shrink(protocol, Trial(described(), (*many, *last)), "ACC-1")
    assert len(small.transactions) == 2
    # All forty go at the first candidates, and are run whole no more than a few times.
    assert applied < 250
