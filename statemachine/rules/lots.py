"""Lots: when stake is active, what it is liable for, and which histories share a bucket."""

from collections.abc import Iterable

from statemachine.records import evolve
from statemachine.state import Lot, State, Stay

BucketKey = tuple[int, int | None, tuple[Stay, ...]]
"""The history that the lots of one bucket share: start, end, past."""

SortablePast = tuple[tuple[bytes, int, int], ...]


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


def bucket_key(start: int, end: int | None, past: tuple[Stay, ...], oldest: int) -> BucketKey:
    """Return the bucket that stake with this history belongs to.

    Histories that no admissible evidence can tell apart share one.
    """
    if start <= oldest:
        return 0, end, ()
    return start, end, past


def merge_lots(lots: Iterable[Lot], oldest: int) -> tuple[Lot, ...]:
    """Return lots in order, merged by history, without empty ones."""
    merged: dict[tuple[int, int | None, bytes | None, tuple[Stay, ...]], Lot] = {}
    for lot in lots:
        if lot.amount == 0:
            continue
        start, end, past = bucket_key(lot.start, lot.end, lot.past, oldest)
        key = (start, end, lot.destination, past)
        same = merged.get(key)
        if same is not None:
            merged[key] = evolve(same, amount=same.amount + lot.amount)
        elif start != lot.start or past != lot.past:
            merged[key] = evolve(lot, start=start, past=past)
        else:
            merged[key] = lot
    if len(merged) < 2:
        return tuple(merged.values())
    return tuple(sorted(merged.values(), key=_lot_order))


def _lot_order(lot: Lot) -> tuple[int, int, int, bytes, SortablePast]:
    return (
        lot.start,
        lot.end is not None,
        lot.end or 0,
        lot.destination or b"",
        sortable_past(lot.past),
    )


def sortable_past(past: tuple[Stay, ...]) -> SortablePast:
    """Return stays as tuples, which compare as records do not."""
    return tuple((stay.validator, stay.start, stay.end) for stay in past) if past else ()
