"""The oracle: small histories beside numbers worked out by hand, and forks it must notice."""

from fractions import Fraction
from random import Random
from typing import Any

import attrs
import pytest

from properties.generate.transactions import draw_profile
from properties.laws.accusation import Accuse, with_accusations
from properties.laws.views import Step
from properties.model.worlds import draw_genesis
from properties.oracle import Oracle
from properties.trace.run import Run
from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Delegate,
    GenesisDelegation,
    Offence,
    OffenceKind,
    ProduceBlock,
    Protocol,
    Redelegate,
    State,
    Transition,
    Undelegate,
    evolve,
)
from statemachine.map_keys import delegation_key
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.rules import claims, epochs, rewards, slashing
from statemachine.rules.holdings import load_delegation, save_delegation
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    NOBODY,
    PARAMS,
    elected,
    tuned,
    world,
)

INVALID_BLOCK = OffenceKind.INVALID_BLOCK


@attrs.define
class Watched:
    """A state, and an oracle that follows it."""

    state: State
    oracle: Oracle
    protocol: Protocol
    complaints: list[tuple[str, str]] = attrs.field(factory=list)

    @classmethod
    def at(cls, state: State, protocol: Protocol = PROTOCOL) -> "Watched":
        return cls(state, Oracle.at(state, protocol), with_accusations(protocol))

    def do(self, *txs: Any) -> None:
        for tx in txs:
            outcome = self.protocol.transition(self.state, tx)
            step = Step(self.state, tx, outcome.state, outcome.events)
            self.complaints += [
                (violation.law, violation.message) for violation in self.oracle.follow(step)
            ]
            self.state = outcome.state

    def pass_epochs(self, count: int) -> None:
        length = self.state.params.epoch_length
        for _ in range(count):
            slot = (self.state.epoch + 1) * length
            self.do(ProduceBlock(slot, elected(self.state, slot) or NOBODY, bytes(32)))

    def stake(self, validator: bytes, delegator: bytes) -> tuple[Any, Any]:
        """Return what is bonded and what is leaving."""
        holding = self.oracle.ledger.holdings[validator, delegator]
        return holding.bonded(), holding.leaving()

    def reward(self, validator: bytes, delegator: bytes) -> Fraction:
        """Return a reward in tokens."""
        return Fraction(self.oracle.ledger.holdings[validator, delegator].reward) / REWARD_UNIT

    def commission(self, validator: bytes) -> Fraction:
        return Fraction(self.oracle.ledger.commissions[validator]) / REWARD_UNIT


def watched(protocol: Protocol = PROTOCOL, **params: Any) -> Watched:
    """Watch the small chain: three times 1,000 at stake, 3,000 issued an epoch."""
    return Watched.at(tuned(**params), protocol)


def nearly(exact: Fraction, amount: Fraction) -> bool:
    """Compare up to what one division of the index leaves of an epoch's reward."""
    return abs(exact - amount) < Fraction(1, 2**80)


def test_delegated_tokens_are_bonded_at_once_and_earn_from_the_next_epoch_on() -> None:
    chain = watched()
    chain.do(Delegate(DORA, ANNA, 1_000))
    assert chain.stake(ANNA, DORA) == (1_000, 0)
    assert chain.oracle.ledger.balances[DORA] == 9_000
    chain.pass_epochs(1)
    assert chain.reward(ANNA, DORA) == 0
    assert nearly(chain.reward(ANNA, ANNA), Fraction(1_000))
    chain.pass_epochs(1)
    # 3,000 for 4,000 staked: three quarters of a token each.
    assert nearly(chain.reward(ANNA, DORA), Fraction(750))
    assert nearly(chain.reward(BEN, BEN), Fraction(1_750))
    assert chain.complaints == []


def test_commission_is_taken_from_what_delegators_earn() -> None:
    state = tuned()
    anna = evolve(state.validators[ANNA], commission_bps=1_000, next_commission_bps=1_000)
    chain = Watched.at(evolve(state, validators=state.validators.set(ANNA, anna)))
    chain.do(Delegate(DORA, ANNA, 500))
    chain.pass_epochs(2)
    # The second epoch pays 3,000 for 3,500: 6/7 each, of which Dora keeps nine tenths.
    assert nearly(chain.reward(ANNA, DORA), Fraction(500 * 6 * 9, 7 * 10))
    assert nearly(chain.reward(ANNA, ANNA), Fraction(900) + Fraction(1_000 * 6 * 9, 7 * 10))
    assert nearly(chain.commission(ANNA), Fraction(100) + Fraction(1_500 * 6, 7 * 10))
    chain.do(ClaimRewards(DORA, ANNA), ClaimRewards(ANNA, ANNA))
    # 385 5/7 and 1,671 3/7, with commission of 228 4/7: whole tokens are paid.
    assert nearly(chain.reward(ANNA, DORA), Fraction(5, 7))
    assert nearly(chain.commission(ANNA), Fraction(4, 7))
    assert chain.oracle.ledger.balances[DORA] == 9_500 + 385
    assert chain.oracle.ledger.balances[ANNA] == 5_000 + 1_671 + 228
    assert chain.complaints == []


def test_a_slash_takes_exact_fractions_and_counts_what_rounding_can_make_of_them() -> None:
    chain = watched(invalid_block_bps=3_333)
    chain.do(Delegate(DORA, ANNA, 101))
    chain.pass_epochs(1)
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 1, 0))
    assert chain.stake(ANNA, DORA) == (Fraction(101 * 6_667, 10_000), 0)
    assert chain.stake(ANNA, ANNA) == (Fraction(6_667, 10), 0)
    assert chain.oracle.ledger.holdings[ANNA, DORA].slack == 1
    # 1,101 in one bucket: 366.96 rounded down is taken.
    assert chain.oracle.ledger.pots["burned"] == 366
    assert chain.complaints == []


def test_two_slashes_of_one_stake_multiply() -> None:
    chain = watched(invalid_block_bps=1_000)
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 0, 0), Accuse(EMIL, ANNA, INVALID_BLOCK, 0, 1))
    assert chain.stake(ANNA, ANNA) == (810, 0)
    assert chain.oracle.ledger.holdings[ANNA, ANNA].slack == 2
    assert chain.complaints == []


def test_a_reporter_is_paid_out_of_what_is_taken() -> None:
    chain = watched(reporter_bps=2_500)
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 0, 0))
    assert chain.oracle.ledger.balances[EMIL] == 10_000 + 25
    assert chain.oracle.ledger.pots["burned"] == 75
    assert chain.complaints == []


def test_redelegated_stake_arrives_at_the_next_epoch_and_still_answers_for_its_source() -> None:
    chain = watched()
    chain.do(Delegate(DORA, ANNA, 1_000))
    chain.pass_epochs(1)
    chain.do(Redelegate(DORA, ANNA, BEN, 400))
    assert chain.stake(ANNA, DORA) == (600, 400)
    chain.pass_epochs(1)
    assert chain.stake(ANNA, DORA) == (600, 0)
    assert chain.stake(BEN, DORA) == (400, 0)
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 1, 0))
    assert chain.stake(BEN, DORA) == (360, 0)
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 2, 0))
    assert chain.stake(BEN, DORA) == (360, 0)
    assert chain.stake(ANNA, DORA) == (486, 0)
    assert chain.complaints == []


def test_undelegated_stake_earns_until_its_end_answers_until_its_release_and_comes_back() -> None:
    chain = watched()
    chain.do(Delegate(DORA, ANNA, 1_000))
    chain.pass_epochs(1)
    chain.do(Undelegate(DORA, ANNA, 1_000))
    assert chain.stake(ANNA, DORA) == (0, 1_000)
    chain.pass_epochs(1)
    assert nearly(chain.reward(ANNA, DORA), Fraction(750))
    chain.pass_epochs(2)
    assert nearly(chain.reward(ANNA, DORA), Fraction(750))
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 1, 0))
    assert chain.stake(ANNA, DORA) == (0, 900)
    chain.pass_epochs(1)
    assert chain.stake(ANNA, DORA) == (0, 0)
    assert chain.oracle.ledger.balances[DORA] == 9_900
    assert chain.complaints == []


@pytest.mark.parametrize("number", range(30))
def test_the_oracle_follows_a_walk_without_complaint(number: int) -> None:
    rng = Random(f"oracle/{number}")
    run = Run.start(PROTOCOL, draw_genesis(rng))
    run.walk(rng, draw_profile(run.protocol, rng, run.state), 80)
    assert run.violations == []


def complaints_of(protocol: Protocol, **params: Any) -> list[tuple[str, str]]:
    """Have a fork do what the histories above do, and return the complaints."""
    chain = watched(protocol, invalid_block_bps=3_333, **params)
    chain.do(Delegate(DORA, ANNA, 1_001))
    chain.pass_epochs(1)
    chain.do(Undelegate(DORA, ANNA, 500))
    chain.do(Accuse(EMIL, ANNA, INVALID_BLOCK, 1, 0))
    chain.pass_epochs(1)
    chain.do(ClaimRewards(DORA, ANNA))
    chain.pass_epochs(4)
    return chain.complaints


def test_the_protocol_gives_no_cause_for_complaint() -> None:
    assert complaints_of(PROTOCOL) == []


def _slash_rounded_up(protocol: Protocol, state: State, offence: Offence) -> Transition:
    """Cut every lot by a token more than its share."""
    transition = slashing.slash(protocol, state, offence)
    after = transition.state
    for delegator in (ANNA, DORA):
        touched = load_delegation(after, offence.validator, delegator)
        lots = tuple(evolve(lot, amount=lot.amount - 2) for lot in touched.delegation.lots)
        after, _ = save_delegation(after, touched, lots)
    return Transition(after, transition.events)


def test_rounding_a_slash_the_wrong_way_is_noticed() -> None:
    complaints = complaints_of(PROTOCOL.fork("rounded-up", slash=_slash_rounded_up))
    assert complaints[0] == ("SLA-2", "0x01010101 at 0x01010101 lost 336 of 333.300 due")


def _slash_more(protocol: Protocol, state: State, offence: Offence) -> Transition:
    harder = evolve(state.params, invalid_block_bps=3_334)
    transition = slashing.slash(protocol, evolve(state, params=harder), offence)
    return Transition(evolve(transition.state, params=state.params), transition.events)


def test_a_wrong_fraction_is_noticed() -> None:
    complaints = complaints_of(PROTOCOL.fork("more", slash=_slash_more))
    assert complaints[0] == ("SLA-2", "invalid_block cost 3334 bps instead of 3333")


def _pay_the_operator(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    transition = claims.claim_rewards(protocol, state, tx)
    paid = transition.state.accounts[tx.delegator] - state.accounts[tx.delegator]
    accounts = transition.state.accounts.set(tx.delegator, state.accounts[tx.delegator])
    accounts = accounts.set(tx.validator, accounts[tx.validator] + paid)
    return Transition(evolve(transition.state, accounts=accounts), transition.events)


def test_a_reward_that_is_paid_to_somebody_else_is_noticed() -> None:
    complaints = complaints_of(PROTOCOL.fork("others", {ClaimRewards: _pay_the_operator}))
    assert [law for law, _ in complaints[:2]] == ["ORA-2", "ORA-2"]
    assert complaints[0][1] == "0x01010101 has 5,599, the oracle says 5,000"


def _release_early(protocol: Protocol, state: State) -> Transition:
    hurried = evolve(state.params, unbonding_epochs=1, evidence_window=1)
    agenda = state.agenda.set(state.epoch.to_bytes(8, "big") + ANNA + DORA, True)
    transition = epochs.process_due_delegations(
        protocol, evolve(state, params=hurried, agenda=agenda)
    )
    return Transition(evolve(transition.state, params=state.params), transition.events)


def test_an_early_release_is_noticed() -> None:
    steps = (rewards.pay_epoch_reward, _release_early)
    complaints = complaints_of(PROTOCOL.fork("early", closing_steps=steps))
    assert complaints[0] == (
        "ORA-1",
        "what epoch 3 released to 0x04040404 from 0x01010101 is 333.000000, the oracle says"
        " 0.000000 (bound 2)",
    )


def _reward_rounded_up(protocol: Protocol, state: State) -> Transition:
    """Let the index grow by one part too much."""
    transition = rewards.pay_epoch_reward(protocol, state)
    event: Any = transition.events[0]
    index = event.reward_index + 1
    return Transition(
        evolve(transition.state, reward_index=index), (evolve(event, reward_index=index),)
    )


def test_rounding_a_reward_the_wrong_way_is_noticed() -> None:
    steps = (_reward_rounded_up, *PROTOCOL.closing_steps[1:])
    complaints = complaints_of(PROTOCOL.fork("index-up", closing_steps=steps))
    assert complaints[0][0] == "ORA-1"
    assert "was shared" in complaints[0][1]


def test_the_oracle_counts_basis_points_as_the_machine_does() -> None:
    assert REWARD_UNIT % BPS == 0


def test_nothing_is_to_lose_behind_a_validator_without_stake() -> None:
    chain = watched()
    assert chain.oracle.ledger.losses([(NOBODY, 0, 5_000)]) == {}
    assert chain.oracle.ledger.losses([(CARA, 0, 5_000)]) == {(CARA, CARA): (500, 1)}
    assert chain.oracle.ledger.losses([(CARA, 1, 3_333)]) == {(CARA, CARA): (Fraction(3333, 10), 1)}


def test_cuts_are_made_one_after_another() -> None:
    chain = watched()
    cuts = [(CARA, 0, 5_000), (ANNA, 0, 1_000), (CARA, 0, 1_000)]
    assert chain.oracle.ledger.losses(cuts) == {(CARA, CARA): (550, 2), (ANNA, ANNA): (100, 1)}


def test_a_commission_may_be_completed_by_what_the_same_claim_gives_back() -> None:
    # Ben's stake is so much that a step of the index is more than a token. Anna is slashed to
    # nothing, and closes her delegation with 9,999 units of a reward that is no whole token.
    start = world(
        params=evolve(PARAMS, min_stake=1, invalid_block_bps=BPS),
        stakes={ANNA: 1, CARA: 1_000},
        delegations=(GenesisDelegation(BEN, ANNA, 2**115, start=3),),
        epoch=3,
    )
    slashed = with_accusations(PROTOCOL).apply(start, Accuse(EMIL, ANNA, INVALID_BLOCK, 2, 0))
    given, kept = 9_999, 1
    key = delegation_key(ANNA, ANNA)
    state = evolve(
        slashed,
        pots=evolve(slashed.pots, rewards=1),
        supply=evolve(slashed.supply, issued=1),
        undistributed=REWARD_UNIT - given - kept,
        validators=slashed.validators.set(ANNA, evolve(slashed.validators[ANNA], commission=kept)),
        delegations=slashed.delegations.set(key, evolve(slashed.delegations[key], reward=given)),
    )
    chain = Watched.at(state)
    chain.do(ClaimRewards(ANNA, ANNA))
    assert chain.state.accounts[ANNA] == state.accounts[ANNA] + 1
    assert key not in chain.state.delegations and chain.state.undistributed == 0
    assert chain.commission(ANNA) == 0
    chain.do(Accuse(EMIL, CARA, INVALID_BLOCK, 3, 0))
    assert chain.complaints == []
