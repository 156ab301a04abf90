"""The agenda: which delegations and validators a boundary must look at, and no others."""

from statemachine.map_keys import agenda_key, epoch_key, split_agenda_key
from statemachine.records import evolve
from statemachine.state import State


def schedule(state: State, epoch: int, validator: bytes, delegator: bytes) -> State:
    """Have the boundary before an epoch look at a delegation, and at its validator."""
    return evolve(state, agenda=state.agenda.set(agenda_key(epoch, validator, delegator), True))


def schedule_review(state: State, validator: bytes) -> State:
    """Have the next boundary work out a validator's place in the active set."""
    return schedule(state, state.epoch + 1, validator, validator)


def due_now(state: State) -> tuple[tuple[bytes, bytes], ...]:
    """Return the validators and delegators on the agenda of the epoch that begins."""
    due = state.agenda.with_prefix(epoch_key(state.epoch))
    return tuple(split_agenda_key(key)[1:] for key, _ in due)
