"""Admission to the queue for joining and leaving: what the churn bound leaves room for."""

from properties.laws.admission.objection import Objections
from statemachine.errors import RejectionReason
from statemachine.primitives import BPS
from statemachine.state import Booking, State


def no_room_to_join(state: State, amount: int) -> Objections:
    """Object that an amount does not fit into the epochs ahead in which stake may join."""
    return _no_room(state, state.joining, amount)


def no_room_to_leave(
    state: State, validator: bytes, amount: int, destination: bytes | None = None
) -> Objections:
    """Object that an amount cannot leave a validator within the churn bound.

    Stake that is not active takes no room to leave; but if it moves to another validator, it
    joins the active stake, and takes room for that.
    """
    if validator in state.snapshot:
        return _no_room(state, state.leaving, amount)
    return iter(()) if destination is None else no_room_to_join(state, amount)


def _no_room(state: State, bookings: tuple[Booking, ...], amount: int) -> Objections:
    params, now = state.params, state.epoch
    limit = max(params.churn_floor, state.snapshot.total_weight * params.churn_bps // BPS)
    room = limit * params.churn_queue_epochs - sum(
        min(limit, booking.amount)
        for booking in bookings
        if now < booking.epoch <= now + params.churn_queue_epochs
    )
    if amount > room:
        yield RejectionReason.CHURN_QUEUE_FULL, f"there is room for {room:,} of {amount:,}"
