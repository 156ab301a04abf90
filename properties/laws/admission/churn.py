"""Admission to the queues for joining and leaving: whose turn comes while there are epochs."""

from properties.laws.admission.objection import Objections
from properties.laws.churn import Queue
from statemachine.errors import RejectionReason
from statemachine.primitives import MAX_SLOT
from statemachine.state import State


def no_room_to_join(state: State, amount: int) -> Objections:
    """Object that the turn of an amount to join would never come."""
    return _no_room(state, Queue.of(state, state.joining), amount)


def no_room_to_leave(
    state: State, validator: bytes, amount: int, destination: bytes | None = None
) -> Objections:
    """Object that the turn of an amount to leave a validator would never come.

    Stake that is not active takes no room to leave; but if it moves to another validator, it
    joins the active stake, and takes room for that.
    """
    if validator in state.snapshot:
        return _no_room(state, Queue.of(state, state.leaving), amount)
    return iter(()) if destination is None else no_room_to_join(state, amount)


def _no_room(state: State, queue: Queue, amount: int) -> Objections:
    turn, last = queue.turn_of(amount), MAX_SLOT // state.params.epoch_length
    if turn > last:
        yield RejectionReason.CHURN_QUEUE_FULL, f"its turn would come in epoch {turn:,} of {last:,}"
