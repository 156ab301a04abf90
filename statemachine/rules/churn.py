"""The bound on how much stake may join, and leave, in one epoch.

Stake is booked for the first epochs that have room, first come first served, and knows
at once when its turn is.
"""

from statemachine.arithmetic import share
from statemachine.errors import Rejected, RejectionReason
from statemachine.state import Booking, State


def churn_limit(state: State) -> int:
    """Return the stake that may join, and the stake that may leave, in one epoch."""
    params = state.params
    return max(params.churn_floor, share(state.snapshot.total_weight, params.churn_bps))


def book(
    state: State, bookings: tuple[Booking, ...], amount: int
) -> tuple[tuple[Booking, ...], tuple[Booking, ...]]:
    """Find room for an amount in the epochs ahead.

    Returns the bookings with it, and its own parts by epoch.
    Rejects: churn_queue_full (needed, available).
    """
    limit = churn_limit(state)
    first = state.epoch + 1
    booked = {booking.epoch: booking for booking in bookings if booking.epoch >= first}
    parts = []
    left = amount
    epoch = first
    last = state.epoch + state.params.churn_queue_epochs
    while left and epoch <= last:
        known = booked.get(epoch)
        taken = 0 if known is None else known.amount
        room = limit - taken
        if room > 0:
            part = min(room, left)
            parts.append(Booking(epoch, part))
            booked[epoch] = Booking(epoch, taken + part)
            left -= part
        epoch += 1
    if left:
        raise Rejected(
            RejectionReason.CHURN_QUEUE_FULL, needed=amount, available=amount - left, through=last
        )
    return tuple(booked[epoch] for epoch in sorted(booked)), tuple(parts)
