"""Holdings: a delegation is loaded, changed and saved.

Pots and buckets are eager, lots are lazy. A rule that changes a delegation *loads* it (the
lots catch up with the validator's slashes and rewards), works out the lots that there
should be, and *saves* them; saving moves the totals by exactly the difference between the
lots before and after.
"""

from collections.abc import Iterable

import attrs

from statemachine.arithmetic import remaining
from statemachine.events import DustSwept, Event
from statemachine.map_keys import delegation_key
from statemachine.primitives import REWARD_UNIT
from statemachine.records import evolve, extend, held_by
from statemachine.rules.agenda import schedule_review
from statemachine.rules.buckets import exchange, merge_buckets, with_buckets
from statemachine.rules.lots import answers_for, is_active, merge_lots, oldest_admissible
from statemachine.rules.rewards import settle_validator
from statemachine.state import Delegation, Lot, Slash, State, Validator


@attrs.frozen
class LoadedDelegation:
    """A delegation that has caught up, with its settled validator, ready to change."""

    holder: bytes
    """The validator that the stake is behind."""
    delegator: bytes
    validator: Validator
    delegation: Delegation


def load_delegation(state: State, holder: bytes, delegator: bytes) -> LoadedDelegation:
    """Catch a delegation up; a new one is empty. The validator must exist."""
    validator = settle_validator(state.validators[holder], state.reward_index)
    stored = state.delegations.get(delegation_key(holder, delegator))
    if stored is None:
        ours = Delegation((), len(validator.slashes), validator.index, 0)
        new = extend(ours, held_by(type(state), "delegations"))
        return LoadedDelegation(holder, delegator, validator, new)
    caught_up = catch_up(stored, validator, holder, state.epoch)
    credited = caught_up.reward - stored.reward
    if credited:
        validator = evolve(validator, owed=validator.owed - credited)
    return LoadedDelegation(holder, delegator, validator, caught_up)


def catch_up(delegation: Delegation, validator: Validator, holder: bytes, epoch: int) -> Delegation:
    """Apply to a delegation what has happened to its (settled) validator since.

    The lots keep their number and order, so that what they were can be told from what
    they become; one that a slash has emptied stays until the delegation is saved.
    """
    # Invariant: a delegation is loaded and saved at every boundary at which one of its
    # lots starts or ends, so the same lots have earned in all epochs since.
    lots, index, reward = delegation.lots, delegation.index, delegation.reward
    if index == validator.index and delegation.slashes_seen == len(validator.slashes):
        return delegation
    for slash in validator.slashes[delegation.slashes_seen :]:
        # Until the slash the lots earned with what they were before it.
        reward += _earning_amount(lots, epoch) * (slash.index - index)
        index = slash.index
        lots = tuple(_cut(lot, slash, holder) for lot in lots)
    reward += _earning_amount(lots, epoch) * (validator.index - index)
    return evolve(
        delegation,
        lots=lots,
        slashes_seen=len(validator.slashes),
        index=validator.index,
        reward=reward,
    )


def _earning_amount(lots: tuple[Lot, ...], epoch: int) -> int:
    return sum(lot.amount for lot in lots if is_active(lot.start, lot.end, epoch - 1))


def _cut(lot: Lot, slash: Slash, holder: bytes) -> Lot:
    if answers_for(holder, lot.start, lot.end, lot.past, slash.offender, slash.epoch):
        return evolve(lot, amount=remaining(lot.amount, slash.fraction_bps))
    return lot


def save_delegation(
    state: State, loaded: LoadedDelegation, lots: Iterable[Lot], reward: int | None = None
) -> tuple[State, tuple[Event, ...]]:
    """Put a loaded delegation back with other lots, and another reward if one is given.

    Moves the buckets and pots along. Dust goes to the treasury with the last lot of its
    bucket; fractions of a reward unit go back into the next epoch's reward with the last
    claim to them. The tokens in new lots must have been taken from somewhere.
    """
    oldest = oldest_admissible(state)
    merged = merge_lots(lots, oldest)
    moved = exchange(
        merge_buckets(loaded.validator.buckets, oldest), loaded.delegation.lots, merged, oldest
    )
    validator = with_buckets(loaded.validator, moved.buckets, state.epoch)
    undistributed = state.undistributed
    if not moved.buckets and validator.owed:
        undistributed += validator.owed
        validator = evolve(validator, owed=0)
    kept = loaded.delegation.reward if reward is None else reward
    key = delegation_key(loaded.holder, loaded.delegator)
    delegations = state.delegations
    if merged or kept >= REWARD_UNIT:
        delegations = delegations.set(key, evolve(loaded.delegation, lots=merged, reward=kept))
    else:
        undistributed += kept
        if key in delegations:
            delegations = delegations.remove(key)
    pots = state.pots
    if moved.bonded or moved.unbonding or moved.dust:
        pots = evolve(
            pots,
            bonded=pots.bonded + moved.bonded,
            unbonding=pots.unbonding + moved.unbonding,
            treasury=pots.treasury + moved.dust,
        )
    state = evolve(
        state,
        validators=state.validators.set(loaded.holder, validator),
        delegations=delegations,
        pots=pots,
        undistributed=undistributed,
    )
    if not moved.dust:
        return state, ()
    # The validator has less stake behind it than its place in the set says.
    state = schedule_review(state, loaded.holder)
    return state, (DustSwept(loaded.holder, moved.bonded_dust, moved.unbonding_dust),)
