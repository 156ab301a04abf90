"""Buckets: the totals of lots with one history, kept eagerly and to the unit."""

import attrs

from statemachine.records import evolve
from statemachine.rules.lots import BucketKey, SortablePast, bucket_key, is_active, sortable_past
from statemachine.state import Bucket, Lot, Validator


def merge_buckets(buckets: tuple[Bucket, ...], oldest: int) -> tuple[Bucket, ...]:
    """Return buckets with those that evidence can no longer tell apart as one."""
    if not any(0 < bucket.start <= oldest for bucket in buckets):
        return buckets
    merged: dict[BucketKey, Bucket] = {}
    for bucket in buckets:
        key = bucket_key(bucket.start, bucket.end, bucket.past, oldest)
        same = merged.get(key)
        amount = bucket.amount + (same.amount if same else 0)
        lots = bucket.lots + (same.lots if same else 0)
        merged[key] = Bucket(*key, amount, lots)
    return tuple(sorted(merged.values(), key=_bucket_order))


def _bucket_order(bucket: Bucket) -> tuple[int, int, int, SortablePast]:
    return bucket.start, bucket.end is not None, bucket.end or 0, sortable_past(bucket.past)


def active_stake(buckets: tuple[Bucket, ...], epoch: int) -> int:
    """Return the stake in buckets that is active in an epoch."""
    return sum(bucket.amount for bucket in buckets if is_active(bucket.start, bucket.end, epoch))


def with_buckets(validator: Validator, buckets: tuple[Bucket, ...], epoch: int) -> Validator:
    """Give a settled validator other buckets, and what they leave it to earn with."""
    earning = active_stake(buckets, epoch) if validator.earning else 0
    if buckets is validator.buckets and earning == validator.earning:
        return validator
    return evolve(validator, buckets=buckets, earning=earning)


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
    amounts, counts = _differences(before, after, oldest)
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
            # A slash rounds a bucket up and its lots down. What that left belongs to
            # nobody once the last lot is gone; staying, it would never leave the pot.
            left = 0
        if bucket.end is None:
            bonded += left - bucket.amount
            bonded_dust += amount - left
        else:
            unbonding += left - bucket.amount
            unbonding_dust += amount - left
    # What is still in `amounts` had no bucket: the first lots with their history.
    for key, amount in amounts.items():
        kept.append(Bucket(*key, amount, counts[key]))
        if key[1] is None:
            bonded += amount
        else:
            unbonding += amount
    if amounts:
        kept.sort(key=_bucket_order)
    return Exchange(tuple(kept), bonded, unbonding, bonded_dust, unbonding_dust)


def _differences(
    before: tuple[Lot, ...], after: tuple[Lot, ...], oldest: int
) -> tuple[dict[BucketKey, int], dict[BucketKey, int]]:
    """Return by how much the amount, and the number of lots, of each bucket changes.

    A history that only swaps one lot for an equal one is listed with a change of 0: its
    bucket must be looked at, since its last lot may have gone.
    """
    amounts: dict[BucketKey, int] = {}
    counts: dict[BucketKey, int] = {}
    # Lots that are the very same objects cancel out. Most changes are at the end, so
    # skipping the shared front makes adding a lot to many cost one lot.
    same = _count_shared(before, after)
    for lots, sign in ((before, -1), (after, 1)):
        for lot in lots[same:]:
            key = bucket_key(lot.start, lot.end, lot.past, oldest)
            amounts[key] = amounts.get(key, 0) + sign * lot.amount
            counts[key] = counts.get(key, 0) + sign
    return amounts, counts


def _count_shared(before: tuple[Lot, ...], after: tuple[Lot, ...]) -> int:
    """Return how many lots, from the front, are the very same."""
    shared = 0
    for old, new in zip(before, after, strict=False):
        if old is not new:
            break
        shared += 1
    return shared
