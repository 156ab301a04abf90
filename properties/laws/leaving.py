"""The law that everyone can leave, and the procedure that has everyone leave."""

from collections.abc import Sequence
from typing import Any

from properties.laws.law import Law, OnEnd
from properties.laws.leading import who_can_lead
from properties.laws.patience import patient, state_at_slot
from properties.laws.views import claim_of
from statemachine.errors import Rejected, RejectionReason
from statemachine.map_keys import split_delegation_key
from statemachine.primitives import REWARD_UNIT
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import ClaimRewards, ProduceBlock, Undelegate

PATIENCE = 4_096
"""Epochs after which a way out that has not been found does not exist.

They are on top of those in which the churn lets all stake out.
"""

FOLLOWED = 4_096
"""Epochs that a way out is followed to its end; of one that takes longer nothing is known."""


MANY = 256
"""Delegations above which they are told to leave in one sequence only.

Two show that no sequence matters in small worlds, in which all kinds of stake meet. With
more of them the second shows what the first has shown, for seconds of work.
"""


class _TooLong(Exception):
    """The churn lets stake out, but so little at a time that the end is not waited for."""


def everyone_can_leave(protocol: Protocol, state: State) -> list[str] | None:
    """Have all delegators leave, in key order and in the reverse; say who cannot.

    Where they are many, in the reverse alone. None where it takes too long to be known:
    that one waits for one's turn refutes nothing, as long as turns come.
    """
    pairs = tuple(split_delegation_key(key) for key in state.delegations)
    sequences = (pairs, pairs[::-1]) if len(pairs) <= MANY else (pairs[::-1],)
    for sequence in sequences:
        try:
            complaint = _all_leave(protocol, state, sequence)
        except _TooLong:
            return None
        except Exception as error:
            complaint = f"leaving raised {type(error).__name__}: {error}"
        if complaint is not None:
            return [complaint]
    return []


def _all_leave(
    protocol: Protocol, state: State, pairs: Sequence[tuple[bytes, bytes]]
) -> str | None:
    # Each token can wait to join, and then to leave, and no epoch has less room than the floor.
    tokens, params = state.pots.bonded + state.pots.unbonding, state.params
    patience = PATIENCE + 2 * (tokens // params.churn_floor) + params.unbonding_epochs
    for validator, delegator in pairs:
        claim = claim_of(state, validator, delegator)
        if claim is None or not claim.bonded:
            continue
        try:
            state = patient(protocol, state, Undelegate(delegator, validator, claim.bonded)).state
        except Rejected as rejection:
            return _stuck(validator, delegator, rejection)
    waits = epochs_until_out(state)
    if waits > patience:
        return f"who leaves now waits {waits:,} epochs, more than {patience:,}"
    if waits > FOLLOWED:
        raise _TooLong
    for _ in range(waits):
        state = next_epoch(protocol, state)
    # Stake that was on its way to another validator has arrived there by now.
    if any(claim is not None and claim.bonded for claim in _claims(state)):
        return _all_leave(protocol, state, tuple(_pairs(state)))
    for validator, delegator in [*_pairs(state), *((one, one) for one in state.validators)]:
        try:
            state = patient(protocol, state, ClaimRewards(delegator, validator)).state
        except Rejected as rejection:
            if rejection.reason not in (
                RejectionReason.NOTHING_TO_CLAIM,
                RejectionReason.NO_DELEGATION,
            ):
                return _stuck(validator, delegator, rejection)
    return _left_behind(state)


def _pairs(state: State) -> list[tuple[bytes, bytes]]:
    return [split_delegation_key(key) for key in state.delegations]


def _claims(state: State) -> list[Any]:
    return [claim_of(state, *pair) for pair in _pairs(state)]


def epochs_until_out(state: State) -> int:
    """Return after how many epochs all that was told to leave is out: the last in a queue."""
    queues = (*state.joining, *state.leaving)
    last = max((booking.epoch for booking in queues), default=state.epoch)
    return last - state.epoch + state.params.unbonding_epochs + 1


def _stuck(validator: bytes, delegator: bytes, rejection: Rejected) -> str:
    return f"0x{delegator.hex()[:8]} cannot leave 0x{validator.hex()[:8]}: {rejection}"


def _left_behind(state: State) -> str | None:
    pots = state.pots
    if state.delegations:
        return f"{len(state.delegations)} delegations are left when everyone has left"
    if pots.bonded or pots.unbonding:
        return f"{pots.bonded + pots.unbonding:,} is left staked when everyone has left"
    owed = state.undistributed + sum(
        validator.commission + validator.owed for validator in state.validators.entries()
    )
    if owed != pots.rewards * REWARD_UNIT:
        return f"{pots.rewards:,} of rewards is left, {owed / REWARD_UNIT:,.6f} of it accounted for"
    return None


def next_epoch(protocol: Protocol, state: State) -> State:
    """Produce the first block that can be produced after the next boundary."""
    length = state.params.epoch_length
    slot = (state.epoch + 1) * length
    furthest = state.slot + state.params.max_slot_gap
    passed = state
    while slot <= furthest:
        passed = state_at_slot(protocol, state, slot)
        for leader in who_can_lead(protocol, passed, slot):
            return patient(protocol, state, ProduceBlock(slot, leader, bytes(32))).state
        slot += 1
    return passed


LAW = Law(
    id="RUN-1",
    name="everyone can leave",
    statement="From any reachable state all delegators, in any order, can take back all"
    " their stake and rewards.",
    source="catalogue 1; B8, S10",
    check=OnEnd(everyone_can_leave),
)
