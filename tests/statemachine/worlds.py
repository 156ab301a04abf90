"""A small chain to test rules on: short epochs, three validators, round numbers.

Three validators stake 1,000 each and three more accounts hold 10,000. An epoch issues
3,000, so that a unit of stake earns exactly 1 while only the validators' own stake is
active. The churn limits are out of the way unless a test asks for them.
"""

from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Offence,
    OffenceKind,
    Params,
    ProduceBlock,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Status,
    Transition,
    Validator,
    evolve,
    genesis,
)
from statemachine.events import CommissionPaid, Event, RewardPaid
from statemachine.map_keys import epoch_key, epoch_of_key, split_delegation_key
from statemachine.messages import Checkpoint, Vote
from statemachine.primitives import REWARD_UNIT
from statemachine.rules.blocks import pass_slots
from statemachine.rules.holdings import load_delegation
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.rewards import settle_validator
from statemachine.state import PUT_OUT, Lot
from statemachine.transactions import CastVotes

ANNA, BEN, CARA = (bytes([number]) * 20 for number in (1, 2, 3))
"""Operators of the validators, who have 5,000 more in their accounts."""

DORA, EMIL, FAY = (bytes([number]) * 20 for number in (4, 5, 6))
"""Owners of 10,000."""

NOBODY = bytes([9]) * 20
"""Who has nothing and is no validator."""

PARAMS = Params(
    epoch_length=4,
    epoch_reward=3_000,
    min_stake=500,
    unbonding_epochs=3,
    evidence_window=3,
    churn_floor=1_000_000,
    churn_queue_epochs=8,
    max_slot_gap=64,
)


ACCOUNTS = (
    *(GenesisAccount(operator, 5_000) for operator in (ANNA, BEN, CARA)),
    *(GenesisAccount(owner, 10_000) for owner in (DORA, EMIL, FAY)),
)
"""What everybody has to spend."""


def key_of(operator: bytes) -> bytes:
    """Return a validator's public key."""
    return operator[:1] * 48


def described(
    params: Params = PARAMS,
    stakes: dict[bytes, int] | None = None,
    delegations: tuple[GenesisDelegation, ...] = (),
    commission_bps: int = 0,
    **changes: Any,
) -> Genesis:
    """Describe the small chain, with other self-stakes or more delegations where given."""
    own = {ANNA: 1_000, BEN: 1_000, CARA: 1_000} if stakes is None else stakes
    return Genesis(
        **{
            "chain_id": "small-world",
            "params": params,
            "accounts": ACCOUNTS,
            "validators": tuple(
                GenesisValidator(operator, key_of(operator), commission_bps) for operator in own
            ),
            "delegations": (
                *(GenesisDelegation(each, each, stake) for each, stake in own.items() if stake),
                *delegations,
            ),
            **changes,
        }
    )


def world(**changes: Any) -> State:
    """Return the small chain's first state; the changes are those of `described`."""
    return genesis(PROTOCOL, described(**changes))


def tuned(**params: Any) -> State:
    """Return the small chain's first state under other parameters."""
    return world(params=evolve(PARAMS, **params))


def run(state: State, *txs: Any, protocol: Protocol = PROTOCOL) -> State:
    """Apply transactions one after another, and check after each that the tokens add up."""
    for tx in txs:
        state = protocol.apply(state, tx)
        check_tokens(state)
    return state


def elected(state: State, slot: int) -> bytes | None:
    """Return the proposer of a slot ahead."""
    return PROTOCOL.elect(pass_slots(PROTOCOL, state, slot).state, slot)


def produce(state: State, slot: int, reveal: bytes = bytes(32)) -> Transition:
    """Propose a slot's block as whoever is elected; where nobody is, as nobody."""
    return PROTOCOL.transition(state, ProduceBlock(slot, elected(state, slot) or NOBODY, reveal))


def advance_with_events(state: State, epochs: int = 1) -> tuple[State, tuple[Event, ...]]:
    """Produce every block until so many boundaries are crossed; jailed proposers are skipped."""
    events: tuple[Event, ...] = ()
    slot, wanted = state.slot, state.epoch + epochs
    while state.epoch < wanted:
        slot += 1
        passed = pass_slots(PROTOCOL, state, slot).state
        proposer = PROTOCOL.elect(passed, slot)
        if proposer is not None and passed.validators[proposer].status in PUT_OUT:
            continue
        moved = produce(state, slot)
        state = moved.state
        events += moved.events
        check_tokens(state)
    return state, events


def advance(state: State, epochs: int = 1) -> State:
    """Produce every block until so many boundaries are crossed."""
    return advance_with_events(state, epochs)[0]


def rejected(state: State, tx: object) -> Rejected:
    """Return the refusal of a transaction."""
    with pytest.raises(Rejected) as caught:
        PROTOCOL.apply(state, tx)
    return caught.value


def accuse(
    offender: bytes,
    epoch: int,
    kind: OffenceKind = OffenceKind.DOUBLE_BLOCK,
    slot: int = 0,
    reporter: bytes | None = None,
) -> Offence:
    """Name an offence."""
    return Offence(offender, kind, epoch, slot, reporter)


def punish(state: State, offence: Offence) -> Transition:
    """Slash for an offence, and check that the tokens add up."""
    slashed = PROTOCOL.slash(PROTOCOL, state, offence)
    check_tokens(slashed.state)
    return slashed


def unpunishable(state: State, offence: Offence) -> Rejected:
    """Return the refusal to slash for an offence."""
    with pytest.raises(Rejected) as caught:
        PROTOCOL.slash(PROTOCOL, state, offence)
    return caught.value


def checkpoint(state: State, epoch: int) -> Checkpoint:
    """Return the checkpoint of an epoch that a state remembers."""
    return Checkpoint(epoch, state.finality.history[epoch_key(epoch)].root)


def votes(state: State, source: int, target: int, *signers: bytes) -> CastVotes:
    """Vote to go from the checkpoint of one epoch to that of another."""
    return CastVotes(Vote(checkpoint(state, source), checkpoint(state, target)), signers)


def refusal(reason: RejectionReason, **details: object) -> tuple[object, ...]:
    """Return what `explained` makes of a refusal with these values."""
    return reason, details


def explained(refused: Rejected) -> tuple[object, ...]:
    """Return a refusal's reason and values."""
    return refused.reason, dict(refused.details)


def lots_of(state: State, validator: bytes, delegator: bytes) -> tuple[Lot, ...]:
    """Return the lots that a delegator has behind a validator, caught up."""
    return load_delegation(state, validator, delegator).delegation.lots


def stake_of(state: State, validator: bytes, delegator: bytes) -> int:
    """Return what a delegator has behind a validator, active, leaving or not yet there."""
    return sum(lot.amount for lot in lots_of(state, validator, delegator))


def claimed(state: State, delegator: bytes, validator: bytes) -> tuple[int, int]:
    """Return the reward and the commission that a claim would pay now."""
    paid = PROTOCOL.transition(state, ClaimRewards(delegator, validator))
    check_tokens(paid.state)
    reward = sum(event.amount for event in paid.events if isinstance(event, RewardPaid))
    commission = sum(event.amount for event in paid.events if isinstance(event, CommissionPaid))
    return reward, commission


def validator_of(state: State, operator: bytes) -> Validator:
    """Return a validator."""
    return state.validators[operator]


def status_of(state: State, operator: bytes) -> Status:
    """Return where a validator stands."""
    return state.validators[operator].status


def active_set(state: State) -> dict[bytes, int]:
    """Return the snapshot as a dictionary."""
    return dict(state.snapshot.items())


def check_tokens(state: State) -> None:
    """Check that the pots add up, and that no claim exceeds its pot."""
    pots, supply = state.pots, state.supply
    held = state.accounts.total_weight + sum(
        (pots.bonded, pots.unbonding, pots.rewards, pots.treasury)
    )
    assert held == supply.genesis + supply.issued - supply.burned
    bonded = unbonding = owned = 0
    claims = state.undistributed
    for operator, validator in state.validators.items():
        for bucket in validator.buckets:
            bonded += bucket.amount if bucket.end is None else 0
            unbonding += bucket.amount if bucket.end is not None else 0
        settled = settle_validator(validator, state.reward_index)
        claims += settled.commission + settled.owed
        dust = sum(bucket.amount for bucket in validator.buckets)
        for key, _ in state.delegations.with_prefix(operator):
            dust -= stake_of(state, operator, split_delegation_key(key)[1])
            owned += 1
        assert 0 <= dust <= validator.dust_bound
    for _, delegation in state.delegations.items():
        claims += delegation.reward
    assert owned == len(state.delegations)
    assert (pots.bonded, pots.unbonding) == (bonded, unbonding)
    assert claims == pots.rewards * REWARD_UNIT
    assert all(balance > 0 for balance in state.accounts.entries())
    assert all(epoch_of_key(key) > state.epoch for key, _ in state.agenda.items())
    assert all(epoch_of_key(key) >= oldest_admissible(state) for key, _ in state.punished.items())
