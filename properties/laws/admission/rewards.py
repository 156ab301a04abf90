"""Admission of claims: there must be a token to pay, or an empty delegation to close."""

from properties.laws.admission.objection import Objections, unknown_validator
from properties.laws.admission.stake import lots_after_slashes, was_behind
from properties.laws.describe import short
from statemachine.errors import RejectionReason
from statemachine.map_keys import delegation_key
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.protocol import Protocol
from statemachine.state import Lot, State
from statemachine.transactions import ClaimRewards


def claim_rewards(_protocol: Protocol, state: State, transaction: ClaimRewards) -> Objections:
    """Object to a claim."""
    validator, delegator = transaction.validator, transaction.delegator
    yield from unknown_validator(state, validator)
    has_delegation = delegation_key(validator, delegator) in state.delegations
    if not has_delegation and delegator != validator:
        facts = f"{short(delegator)} has nothing at {short(validator)}"
        yield RejectionReason.NO_DELEGATION, facts
    reward = _reward(state, validator, delegator)
    commission = _commission(state, validator) if delegator == validator else 0
    left = sum(amount for _, amount in lots_after_slashes(state, validator, delegator))
    closes = has_delegation and left == 0
    pays = _whole(state, reward, left)
    if delegator == validator and validator in state.validators:
        pays = pays or _whole(state, commission, state.validators[validator].earning)
    if not pays and not closes:
        tokens = f"{reward / REWARD_UNIT:.6f} and {commission / REWARD_UNIT:.6f} tokens"
        facts = f"reward and commission are {tokens}"
        yield RejectionReason.NOTHING_TO_CLAIM, facts


def _whole(state: State, earned: int, stake: int) -> bool:
    """Say whether earnings are a whole token, if need be with what divisions have left.

    A division by the stake leaves less than one step of the index for each unit of it.
    """
    carried = min(state.undistributed, stake * BPS) if earned else 0
    return earned + carried >= REWARD_UNIT


def _commission(state: State, address: bytes) -> int:
    """Return what an operator has earned as commission, in reward units."""
    validator = state.validators[address]
    growth = state.reward_index - validator.settled
    return validator.commission + validator.earning * growth * validator.commission_bps


def _reward(state: State, address: bytes, delegator: bytes) -> int:
    """Return what a delegation has earned, in reward units, slash by slash."""
    delegation = state.delegations.get(delegation_key(address, delegator))
    if delegation is None:
        return 0
    validator = state.validators[address]
    index = validator.index
    if validator.earning:
        index += (state.reward_index - validator.settled) * (BPS - validator.commission_bps)
    reward, since = delegation.reward, delegation.index
    earning = [_earned_with(lot, state.epoch) for lot in delegation.lots]
    for slash in validator.slashes[delegation.slashes_seen :]:
        reward += sum(earning) * (slash.index - since)
        since = slash.index
        earning = [
            amount * (BPS - slash.fraction_bps) // BPS
            if was_behind(lot, address, slash.offender, slash.epoch)
            else amount
            for lot, amount in zip(delegation.lots, earning, strict=True)
        ]
    return reward + sum(earning) * (index - since)


def _earned_with(lot: Lot, epoch: int) -> int:
    """Return what of a lot was active in the epoch before, the last that was paid for."""
    return lot.amount if lot.start < epoch and (lot.end is None or epoch <= lot.end) else 0
