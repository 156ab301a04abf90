"""Lots, buckets and claims: how stake is held, caught up and put back.

Pots and buckets are eager, lots are lazy. Whoever wants to change a delegation
*touches* it (the lots catch up with the validator's slashes and rewards), works out
the lots that there should be, and *stores* them; storing moves the totals by exactly
the difference between the lots before and after.
"""

from collections.abc import Iterable

import attrs

from statemachine.arithmetic import remaining
from statemachine.events import DustSwept, Event
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.records import evolve
from statemachine.state import (
    Bucket,
    Delegation,
    Lot,
    Slash,
    State,
    Stay,
    Validator,
    delegation_key,
    epoch_key,
)

BucketKey = tuple[int, int | None, tuple[Stay, ...]]


def oldest_admissible(state: State) -> int:
    """Return the first epoch whose infractions can still be punished."""
    return max(0, state.epoch - state.params.evidence_window)


def is_active(start: int, end: int | None, epoch: int) -> bool:
    """Say whether stake with this interval is active in an epoch."""
    return start <= epoch and (end is None or epoch < end)


def answers_for(
    holder: bytes, start: int, end: int | None, past: tuple[Stay, ...], offender: bytes, epoch: int
) -> bool:
    """Say whether stake at a holder was active behind an offender in an epoch."""
    if holder == offender and is_active(start, end, epoch):
        return True
    return any(
        stay.validator == offender and is_active(stay.start, stay.end, epoch) for stay in past
    )


# --- catching up -------------------------------------------------------------------------


def settle_validator(validator: Validator, reward_index: int) -> Validator:
    """Bring a validator's earnings up to the chain's reward index.

    Commission divides the reward units exactly, so nothing is rounded here and it does
    not matter when, or how often, a validator is settled.
    """
    growth = reward_index - validator.settled
    if growth == 0:
        return validator
    if validator.earning == 0:
        return evolve(validator, settled=reward_index)
    net = growth * (BPS - validator.commission_bps)
    return evolve(
        validator,
        settled=reward_index,
        index=validator.index + net,
        commission=validator.commission + validator.earning * growth * validator.commission_bps,
        owed=validator.owed + validator.earning * net,
    )


def catch_up(delegation: Delegation, validator: Validator, holder: bytes, epoch: int) -> Delegation:
    """Apply to a delegation what has happened to its (settled) validator since.

    The lots keep their number and order, so that what they were can be told from what
    they become; one that a slash has emptied stays until the delegation is stored.
    """
    # Invariant: a delegation is touched at every boundary at which one of its lots
    # starts or ends, so the same lots have earned in all epochs since it last was.
    lots, index, reward = delegation.lots, delegation.index, delegation.reward
    if index == validator.index and delegation.slashes_seen == len(validator.slashes):
        return delegation
    for slash in validator.slashes[delegation.slashes_seen :]:
        reward += _earning_amount(lots, epoch) * (slash.index - index)
        index = slash.index
        lots = tuple(_cut(lot, slash, holder) for lot in lots)
    reward += _earning_amount(lots, epoch) * (validator.index - index)
    return Delegation(lots, len(validator.slashes), validator.index, reward)


def _earning_amount(lots: tuple[Lot, ...], epoch: int) -> int:
    return sum(lot.amount for lot in lots if is_active(lot.start, lot.end, epoch - 1))


def _cut(lot: Lot, slash: Slash, holder: bytes) -> Lot:
    if answers_for(holder, lot.start, lot.end, lot.past, slash.offender, slash.epoch):
        return evolve(lot, amount=remaining(lot.amount, slash.fraction_bps))
    return lot


@attrs.frozen
class Touched:
    """A delegation that has caught up, with its settled validator, ready to change."""

    holder: bytes
    delegator: bytes
    validator: Validator
    delegation: Delegation


def touch(state: State, holder: bytes, delegator: bytes) -> Touched:
    """Catch a delegation up; a new one is empty. The validator must exist."""
    validator = settle_validator(state.validators[holder], state.reward_index)
    known = state.delegations.get(delegation_key(holder, delegator))
    if known is None:
        new = Delegation((), len(validator.slashes), validator.index, 0)
        return Touched(holder, delegator, validator, new)
    caught_up = catch_up(known, validator, holder, state.epoch)
    credited = caught_up.reward - known.reward
    if credited:
        validator = evolve(validator, owed=validator.owed - credited)
    return Touched(holder, delegator, validator, caught_up)


# --- storing -----------------------------------------------------------------------------


def bucket_key(start: int, end: int | None, past: tuple[Stay, ...], oldest: int) -> BucketKey:
    """Return the bucket that stake with this history belongs to.

    Histories that no admissible evidence can tell apart share one.
    """
    if start <= oldest:
        return 0, end, ()
    return start, end, past


def _sortable_past(past: tuple[Stay, ...]) -> tuple[tuple[bytes, int, int], ...]:
    return tuple((stay.validator, stay.start, stay.end) for stay in past) if past else ()


def _bucket_order(bucket: Bucket) -> tuple[int, int, int, tuple[tuple[bytes, int, int], ...]]:
    return bucket.start, bucket.end is not None, bucket.end or 0, _sortable_past(bucket.past)


def merge_lots(lots: Iterable[Lot], oldest: int) -> tuple[Lot, ...]:
    """Return lots in order, those of one history as one, and the empty ones gone."""
    merged: dict[tuple[int, int | None, bytes | None, tuple[Stay, ...]], Lot] = {}
    for lot in lots:
        if lot.amount == 0:
            continue
        start, end, past = bucket_key(lot.start, lot.end, lot.past, oldest)
        key = (start, end, lot.destination, past)
        known = merged.get(key)
        if known is not None:
            merged[key] = evolve(known, amount=known.amount + lot.amount)
        elif start != lot.start or past != lot.past:
            merged[key] = evolve(lot, start=start, past=past)
        else:
            merged[key] = lot
    if len(merged) < 2:
        return tuple(merged.values())
    return tuple(sorted(merged.values(), key=_lot_order))


def _lot_order(
    lot: Lot,
) -> tuple[int, int, int, bytes, tuple[tuple[bytes, int, int], ...]]:
    return (
        lot.start,
        lot.end is not None,
        lot.end or 0,
        lot.destination or b"",
        _sortable_past(lot.past),
    )


def merge_buckets(buckets: tuple[Bucket, ...], oldest: int) -> tuple[Bucket, ...]:
    """Return buckets with those that evidence can no longer tell apart as one."""
    if not any(0 < bucket.start <= oldest for bucket in buckets):
        return buckets
    merged: dict[BucketKey, Bucket] = {}
    for bucket in buckets:
        key = bucket_key(bucket.start, bucket.end, bucket.past, oldest)
        known = merged.get(key)
        amount = bucket.amount + (known.amount if known else 0)
        lots = bucket.lots + (known.lots if known else 0)
        merged[key] = Bucket(*key, amount, lots)
    return tuple(sorted(merged.values(), key=_bucket_order))


@attrs.frozen
class Exchange:
    """What becomes of a validator's buckets when lots take the place of others."""

    buckets: tuple[Bucket, ...]
    bonded: int
    """By how much bonded stake grows; negative where it shrinks."""
    unbonding: int
    """By how much unbonding stake grows."""
    bonded_dust: int
    """What was left in bonded buckets that no lot shares any more, and has left them."""
    unbonding_dust: int
    """The same of unbonding buckets."""

    @property
    def dust(self) -> int:
        """All that no lot shares any more; in neither of the growths above."""
        return self.bonded_dust + self.unbonding_dust


def exchange(
    buckets: tuple[Bucket, ...], before: tuple[Lot, ...], after: tuple[Lot, ...], oldest: int
) -> Exchange:
    """Move the totals in (merged) buckets by the difference of lots."""
    amounts: dict[BucketKey, int] = {}
    counts: dict[BucketKey, int] = {}
    same = _count_shared(before, after)
    for lots, sign in ((before, -1), (after, 1)):
        for lot in lots[same:]:
            key = bucket_key(lot.start, lot.end, lot.past, oldest)
            amounts[key] = amounts.get(key, 0) + sign * lot.amount
            counts[key] = counts.get(key, 0) + sign
    if not amounts:
        return Exchange(buckets, 0, 0, 0, 0)
    bonded = unbonding = bonded_dust = unbonding_dust = 0
    kept = []
    for bucket in buckets:
        key = (bucket.start, bucket.end, bucket.past)
        if key not in amounts:
            kept.append(bucket)
            continue
        amount = bucket.amount + amounts.pop(key)
        lots_left = bucket.lots + counts.pop(key)
        left = amount
        if lots_left:
            kept.append(Bucket(*key, amount, lots_left))
        else:
            left = 0
        if bucket.end is None:
            bonded += left - bucket.amount
            bonded_dust += amount - left
        else:
            unbonding += left - bucket.amount
            unbonding_dust += amount - left
    for key, amount in amounts.items():
        kept.append(Bucket(*key, amount, counts[key]))
        if key[1] is None:
            bonded += amount
        else:
            unbonding += amount
    if amounts:
        kept.sort(key=_bucket_order)
    return Exchange(tuple(kept), bonded, unbonding, bonded_dust, unbonding_dust)


def _count_shared(before: tuple[Lot, ...], after: tuple[Lot, ...]) -> int:
    """Return how many lots, from the front, are the very same."""
    shared = 0
    for one, other in zip(before, after, strict=False):
        if one is not other:
            break
        shared += 1
    return shared


def active_stake(buckets: tuple[Bucket, ...], epoch: int) -> int:
    """Return the stake in buckets that is active in an epoch."""
    return sum(bucket.amount for bucket in buckets if is_active(bucket.start, bucket.end, epoch))


def with_buckets(validator: Validator, buckets: tuple[Bucket, ...], epoch: int) -> Validator:
    """Give a settled validator other buckets, and what they leave it to earn with."""
    earning = active_stake(buckets, epoch) if validator.earning else 0
    if buckets is validator.buckets and earning == validator.earning:
        return validator
    return evolve(validator, buckets=buckets, earning=earning)


def schedule_review(state: State, validator: bytes) -> State:
    """Have the next boundary work out a validator's place in the active set."""
    key = epoch_key(state.epoch + 1) + delegation_key(validator, validator)
    return evolve(state, agenda=state.agenda.set(key, True))


def store(
    state: State, touched: Touched, lots: Iterable[Lot], reward: int | None = None
) -> tuple[State, tuple[Event, ...]]:
    """Put a touched delegation back with other lots, and another reward where given.

    Moves the buckets and pots along. Dust goes to the treasury with the last lot of its
    bucket; fractions of a reward unit go back into the next epoch's reward with the last
    claim to them. The tokens in new lots must have been taken from somewhere.
    """
    oldest = oldest_admissible(state)
    merged = merge_lots(lots, oldest)
    moved = exchange(
        merge_buckets(touched.validator.buckets, oldest), touched.delegation.lots, merged, oldest
    )
    validator = with_buckets(touched.validator, moved.buckets, state.epoch)
    undistributed = state.undistributed
    if not moved.buckets and validator.owed:
        undistributed += validator.owed
        validator = evolve(validator, owed=0)
    kept = touched.delegation.reward if reward is None else reward
    key = delegation_key(touched.holder, touched.delegator)
    delegations = state.delegations
    if merged or kept >= REWARD_UNIT:
        delegations = delegations.set(key, evolve(touched.delegation, lots=merged, reward=kept))
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
        validators=state.validators.set(touched.holder, validator),
        delegations=delegations,
        pots=pots,
        undistributed=undistributed,
    )
    if moved.dust:
        # The validator has less stake behind it than its place in the set says.
        state = schedule_review(state, touched.holder)
    return state, (
        (DustSwept(touched.holder, moved.bonded_dust, moved.unbonding_dust),) if moved.dust else ()
    )
