"""The bound on how much stake may join, and leave, in one epoch.

A transaction is always taken: it waits its turn behind those that came first, and knows at
once when that is.
"""

from statemachine.errors import Rejected, RejectionReason
from statemachine.primitives import MAX_SLOT
from statemachine.state import Booking, State


def churn_limit(state: State) -> int:
    """Return the stake that may join, and the stake that may leave, in one epoch."""
    return state.params.churn_limit(state.snapshot.total_weight)


def book(
    state: State, bookings: tuple[Booking, ...], amount: int
) -> tuple[tuple[Booking, ...], tuple[Booking, ...]]:
    """Find a turn for an amount, behind all that was booked before.

    It is spread over the next epochs with room, `churn_queue_epochs` of them at most; what
    is left then moves as a whole when its turn has come. So a transaction costs no more for
    a long queue, and nobody who fills the queue keeps another out of it.
    Returns the bookings with it (of the last booked epoch alone: those before it are full),
    and its own parts by epoch.
    Rejects: churn_queue_full (the turn would come after the last epoch there is).
    """
    limit = churn_limit(state)
    epoch, taken = state.epoch + 1, 0
    if bookings and bookings[-1].epoch >= epoch:
        epoch, taken = bookings[-1].epoch, bookings[-1].amount
    parts = []
    left = amount
    for _ in range(state.params.churn_queue_epochs):
        # The limit may have fallen below what was booked before.
        part = min(left, max(0, limit - taken))
        if part:
            parts.append(Booking(epoch, part))
        taken += part
        left -= part
        if not left:
            break
        epoch, taken = epoch + 1, 0
    if left:
        full_epochs = (left - 1) // limit
        epoch, taken = epoch + full_epochs, left - full_epochs * limit
    last = MAX_SLOT // state.params.epoch_length
    if epoch > last:
        raise Rejected(RejectionReason.CHURN_QUEUE_FULL, needed=amount, last=last)
    if left:
        parts.append(Booking(epoch, left))
    return (Booking(epoch, taken),), tuple(parts)
