"""Hypothesis over a protocol: the state machine, the strategies, and single steps."""

from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from properties.engines.stateful import LawBroken, hypothesis_finds, machine_for
from properties.generate.states import draw_state
from properties.generate.strategies import lawful_states, parameters, transactions, worlds
from properties.generate.transactions import draw_profile
from properties.laws import LAWS, check_state
from properties.laws.coverage import Coverage
from properties.laws.views import all_views
from properties.laws.witnesses import STEP_WITNESSES
from properties.mutants import MUTANTS
from properties.trace.run import Run
from properties.trace.shrink import run_trial
from statemachine import PROTOCOL, Genesis, Params, State, genesis, state_root
from statemachine.codec import canonical_bytes, from_canonical_bytes
from statemachine.errors import Rejected

FREE_STAKE = next(mutant for mutant in MUTANTS if mutant.id == "S9")

TestProtocol = machine_for(PROTOCOL).TestCase
TestProtocol.settings = settings(max_examples=15, stateful_step_count=30)


def test_a_machine_counts_what_it_has_seen() -> None:
    coverage = Coverage()
    assert hypothesis_finds(PROTOCOL, coverage, LAWS, "counting", examples=8, steps=30) is None
    refused = sum(sum(reasons.values()) for reasons in coverage.rejected.values())
    assert coverage.runs >= 8
    assert coverage.steps == sum(coverage.fired.values()) > 50
    assert refused > 0
    assert coverage.reached["active"] > 0
    assert set(coverage.reached) <= {witness.id for witness in STEP_WITNESSES}


def test_what_is_counted_is_decided_by_the_seed() -> None:
    counts = []
    for seed in ("one", "one", "other"):
        coverage = Coverage()
        hypothesis_finds(PROTOCOL, coverage, LAWS, seed, examples=5, steps=20)
        counts.append((coverage.fired, coverage.rejected, coverage.reached))
    assert counts[0] == counts[1] != counts[2]


def test_a_planted_bug_is_found_with_a_trial_that_breaks_the_law() -> None:
    failure = hypothesis_finds(FREE_STAKE.protocol, Coverage(), LAWS, "planted")
    assert failure is not None
    violation, trial = failure
    assert violation.law in FREE_STAKE.laws
    run = run_trial(FREE_STAKE.protocol, trial, violation.law, repair=False)
    assert run is not None
    assert violation in run.violations
    assert run_trial(PROTOCOL, trial, violation.law, repair=False) is None


def test_a_machine_over_a_mutant_fails_with_the_law_in_its_message() -> None:
    case = machine_for(FREE_STAKE.protocol).TestCase
    # Hypothesis's own shrinking would take half a minute.
    case.settings = settings(max_examples=50, stateful_step_count=20, phases=[Phase.generate])
    with pytest.raises(LawBroken) as caught:
        case().runTest()
    broken = caught.value
    assert broken.violation.law in FREE_STAKE.laws
    assert str(broken) == f"{broken.violation.law}: {broken.violation.message}"
    assert run_trial(FREE_STAKE.protocol, broken.trial, broken.violation.law, repair=False)


@given(parameters())
def test_drawn_parameters_are_parameters(params: Params) -> None:
    assert from_canonical_bytes(canonical_bytes(params), Params) == params
    assert params.max_slot_gap > params.epoch_length


@given(worlds())
@settings(max_examples=50)
def test_drawn_worlds_begin_lawfully(description: Genesis) -> None:
    state = genesis(PROTOCOL, description)
    assert check_state(LAWS, state, all_views(state)) == []
    assert from_canonical_bytes(canonical_bytes(description), Genesis) == description


@given(lawful_states())
@settings(max_examples=50)
def test_drawn_states_are_lawful(state: State) -> None:
    assert check_state(LAWS, state, all_views(state)) == []
    encoded = canonical_bytes(state)
    assert state_root(from_canonical_bytes(encoded, State)) == state_root(state)


@given(st.data())
@settings(max_examples=50)
def test_drawn_transactions_are_applied_or_refused(choices: st.DataObject) -> None:
    state = choices.draw(lawful_states())
    tx = choices.draw(transactions(Run.start(PROTOCOL, state).protocol, state))
    run = Run.start(PROTOCOL, state)
    try:
        expected = run.protocol.apply(state, tx)
    except Rejected:
        expected = state
    run.submit(tx)
    assert run.violations == []
    assert state_root(run.state) == state_root(expected)


STATES = 300


def test_single_steps_from_lawful_states_lead_to_lawful_states() -> None:
    accepted = 0
    for number in range(STATES):
        rng = Random(f"single-steps/{number}")
        run = Run.start(PROTOCOL, draw_state(rng))
        assert run.violations == [], f"state {number} is not lawful"
        run.walk(rng, draw_profile(run.protocol, rng, run.state), 4)
        assert run.violations == [], f"a step from state {number} breaks a law"
        accepted += run.coverage.steps
    assert accepted > STATES


def test_lawful_states_hold_what_walks_reach_only_late() -> None:
    states = [draw_state(Random(f"rare/{number}")) for number in range(100)]
    validators = [validator for state in states for validator in state.validators.entries()]
    delegations = [entry for state in states for entry in state.delegations.entries()]
    assert any(len(validator.slashes) >= 3 for validator in validators)
    assert any(validator.departures for validator in validators)
    assert any(validator.dust_bound > 0 for validator in validators)
    assert any(lot.destination for entry in delegations for lot in entry.lots)
    assert any(lot.past for entry in delegations for lot in entry.lots)
    assert {validator.status.value for validator in validators} == {
        "pending", "active", "jailed", "exiting", "exited", "tombstoned",
    }  # fmt: skip


def test_the_same_seed_draws_the_same_lawful_state() -> None:
    first, again, different = (draw_state(Random(seed)) for seed in ("a", "a", "b"))
    assert state_root(first) == state_root(again) != state_root(different)
