"""Laws of churn: what joins or leaves the active stake was booked, within the bound.

Stake is scheduled by its lots: one joins at its start, and leaves, or moves, at its end.
"""

from collections.abc import Iterable, Iterator

import attrs

from properties.laws.law import Law, OnState, OnStep
from properties.laws.views import Step, ValidatorView
from statemachine.primitives import BPS
from statemachine.protocol import Protocol
from statemachine.state import Booking, Lot, State


@attrs.define
class Scheduled:
    """Tokens that join, leave or move at an epoch."""

    joining: int = 0
    leaving: int = 0
    moving: int = 0


def churn_bound(protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of bookings beyond the bound, and of stake that moves without one."""
    yield from _bookings_within_bound(protocol, step)
    yield from _nothing_unbooked(protocol, step)


def _bookings_within_bound(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of more than the bound booked for an epoch."""
    if step.crossed_epoch:
        return
    before = step.before
    params = before.params
    limit = max(params.churn_floor, before.snapshot.total_weight * params.churn_bps // BPS)
    for name, was, now in (
        ("join", before.joining, step.after.joining),
        ("leave", before.leaving, step.after.leaving),
    ):
        booked_before = _by_epoch(was)
        for epoch, amount in _by_epoch(now).items():
            if amount > max(limit, booked_before.get(epoch, 0)):
                yield f"{amount:,} is booked to {name} at epoch {epoch}; at most {limit:,} may"


def _nothing_unbooked(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of stake that is scheduled to join, leave or move without a booking.

    Within an epoch by what a step has added; across a boundary by all that there is.
    """
    after = step.after
    if step.crossed_epoch:
        scheduled = _scheduled(after, step.all_views_after.values())
        joining, leaving = _by_epoch(after.joining), _by_epoch(after.leaving)
        yield from _unbooked(scheduled, joining, leaving, "")
        yield from _joined_unbooked(step)
        return
    scheduled = _scheduled(after, step.views_after.values())
    for epoch, amounts in _scheduled(step.before, step.views_before.values()).items():
        grown = scheduled.setdefault(epoch, Scheduled())
        grown.joining -= amounts.joining
        grown.leaving -= amounts.leaving
        grown.moving -= amounts.moving
    joining = _growth(step.before.joining, after.joining)
    leaving = _growth(step.before.leaving, after.leaving)
    yield from _unbooked(scheduled, joining, leaving, " more")


def _unbooked(
    scheduled: dict[int, Scheduled],
    joining: dict[int, int],
    leaving: dict[int, int],
    more: str,
) -> Iterator[str]:
    """Compare by epoch. Moving stake is booked to leave, or to join where it was not active."""
    for epoch, amounts in sorted(scheduled.items()):
        join, leave = joining.get(epoch, 0), leaving.get(epoch, 0)
        if amounts.joining > join:
            yield f"{amounts.joining:,}{more} will join at epoch {epoch}, but {join:,} was booked"
        if amounts.leaving > leave:
            yield f"{amounts.leaving:,}{more} will leave at epoch {epoch}, but {leave:,} was booked"
        total = amounts.joining + amounts.leaving + amounts.moving
        if total > join + leave:
            yield (
                f"{total:,}{more} will join, leave or move at epoch {epoch}, but"
                f" {join + leave:,} was booked"
            )


def _scheduled(state: State, views: Iterable[ValidatorView]) -> dict[int, Scheduled]:
    """Return by epoch what lots will do in the epochs to come."""
    scheduled: dict[int, Scheduled] = {}
    for view in views:
        active = view.address in state.snapshot
        for _, lot in view.lots:
            if lot.start > state.epoch and _ever_active(lot):
                scheduled.setdefault(lot.start, Scheduled()).joining += lot.amount
            if lot.end is None or lot.end <= state.epoch or lot.end == lot.start:
                continue
            if lot.destination is not None:
                scheduled.setdefault(lot.end, Scheduled()).moving += lot.amount
            elif active:
                scheduled.setdefault(lot.end, Scheduled()).leaving += lot.amount
    return scheduled


def _ever_active(lot: Lot) -> bool:
    """Say whether a lot becomes active: not if it leaves for good before it does."""
    return lot.end != lot.start or lot.destination is not None


def _joined_unbooked(step: Step) -> Iterator[str]:
    """Compare what became active at the boundaries of a step with what was booked for them."""
    booked = _by_epoch((*step.before.joining, *step.before.leaving))
    oldest = step.after.epoch - step.after.params.evidence_window
    joined: dict[int, int] = {}
    for view in step.all_views_after.values():
        for _, lot in view.lots:
            # Of older stake it is not remembered when it became active.
            began = max(step.before.epoch, oldest) < lot.start <= step.after.epoch
            if began and (lot.end is None or lot.end > lot.start):
                joined[lot.start] = joined.get(lot.start, 0) + lot.amount
    for epoch, amount in sorted(joined.items()):
        if amount > booked.get(epoch, 0):
            yield f"{amount:,} joined at epoch {epoch}, but {booked.get(epoch, 0):,} was booked"


def _by_epoch(bookings: tuple[Booking, ...]) -> dict[int, int]:
    amounts: dict[int, int] = {}
    for booking in bookings:
        amounts[booking.epoch] = amounts.get(booking.epoch, 0) + booking.amount
    return amounts


def _growth(before: tuple[Booking, ...], after: tuple[Booking, ...]) -> dict[int, int]:
    grown = _by_epoch(after)
    for epoch, amount in _by_epoch(before).items():
        grown[epoch] = grown.get(epoch, 0) - amount
    return grown


def _bookings_ahead(state: State) -> Iterator[str]:
    for booking in (*state.joining, *state.leaving):
        if booking.epoch <= state.epoch:
            yield f"a booking for epoch {booking.epoch} is kept in epoch {state.epoch}"


LAWS = (
    Law(
        id="STK-8",
        name="churn bound",
        statement="No more stake is booked to join, or to leave, at an epoch than the churn"
        " bound allows, and none joins, leaves or moves unbooked, whatever transaction or"
        " boundary has it do so.",
        source="design, finality",
        check=OnStep(churn_bound),
    ),
    Law(
        id="STK-9",
        name="bookings lie ahead",
        statement="Bookings are for epochs that are still to come.",
        source="design, finality",
        check=OnState(_bookings_ahead, reads=("joining", "leaving")),
    ),
)
