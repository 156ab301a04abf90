"""Laws of form: equal holdings have equal bytes, so that every client comes to one root.

Source: specs/protocol/holdings.md, "Active, liable, normal".
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from properties.laws.describe import short
from properties.laws.law import Law, OnStep, OnValidator
from properties.laws.views import Step, ValidatorView
from statemachine.protocol import Protocol
from statemachine.state import Bucket, Lot, State, Stay


def _place(start: int, end: int | None, past: tuple[Stay, ...]) -> tuple[object, ...]:
    stays = tuple((stay.validator, stay.start, stay.end) for stay in past)
    return start, end is not None, end or 0, stays


def _place_of_lot(lot: Lot) -> tuple[object, ...]:
    start, has_end, end, stays = _place(lot.start, lot.end, lot.past)
    return start, has_end, end, lot.destination or b"", stays


def _in_order(view: ValidatorView) -> Iterator[str]:
    stored, where = view.stored, short(view.address)
    buckets = [_place(bucket.start, bucket.end, bucket.past) for bucket in stored.buckets]
    yield from _ascending(f"the buckets of {where}", buckets)
    for claim in view.claims:
        # One alone is in order; most delegations have one.
        if len(claim.stored.lots) > 1:
            lots = f"the lots of {short(claim.delegator)} at {where}"
            yield from _ascending(lots, [_place_of_lot(lot) for lot in claim.stored.lots])
    departures = [(departure.destination,) for departure in stored.departures]
    yield from _ascending(f"the departures from {where}", departures)
    if (view.address,) in departures:
        yield f"{where} is noted as departed to itself"


def _ascending(what: str, places: Sequence[tuple[object, ...]]) -> Iterator[str]:
    if any(not first < second for first, second in pairwise(places)):
        yield f"{what} are not in ascending order, each of another history"


def _merged_when_saved(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Look at what was saved in this epoch: what nothing can tell apart any more is one."""
    if step.crossed_epoch:
        return
    oldest = step.after.epoch - step.after.params.evidence_window
    for address, view in step.views_after.items():
        for claim in view.claims:
            key = address + claim.delegator
            if claim.stored is step.before.delegations.get(key):
                continue
            if any(_is_unmerged(lot, oldest) for lot in claim.stored.lots):
                yield f"lots of {short(claim.delegator)} at {short(address)} are not merged"
        if view.stored.buckets != _buckets_before(step.before, address) and any(
            _is_unmerged(bucket, oldest) for bucket in view.stored.buckets
        ):
            yield f"buckets of {short(address)} are not merged"


def _buckets_before(state: State, address: bytes) -> tuple[Bucket, ...]:
    validator = state.validators.get(address)
    return validator.buckets if validator is not None else ()


def _is_unmerged(stake: Lot | Bucket, oldest: int) -> bool:
    """Say whether stake has a history that no admissible evidence can ask for."""
    return stake.start <= oldest and (stake.start, stake.past) != (0, ())


LAWS = (
    Law(
        id="STK-12",
        name="lists in order",
        statement="Lots, buckets and departures are kept in ascending order, none twice, and"
        " no departure to the validator itself.",
        source="specs/protocol/holdings.md",
        check=OnValidator(_in_order),
    ),
    Law(
        id="STK-13",
        name="merged when saved",
        statement="Lots and buckets that a transaction saves are merged: those of histories that"
        " no admissible evidence tells apart are one.",
        source="specs/protocol/holdings.md",
        check=OnStep(_merged_when_saved),
    ),
)
