"""Admission of blocks: in time, and by whom was elected, if that one may propose."""

from properties.laws.admission.objection import Objections
from properties.laws.declared import leaders_of
from properties.laws.describe import short
from properties.laws.patience import PATIENCE
from statemachine.errors import RejectionReason
from statemachine.protocol import Offence, Protocol
from statemachine.records import evolve
from statemachine.state import OffenceKind, State, Status
from statemachine.transactions import ProduceBlock

PUT_OUT = (Status.JAILED, Status.EXITED, Status.TOMBSTONED)
"""The statuses of those who may not propose, and of whom no block is missed."""


def produce_block(
    protocol: Protocol, state: State, transaction: ProduceBlock, after: State | None = None
) -> Objections:
    """Object to a block, in the light of the state after it where it was accepted.

    That has the set and the seed of the slot's epoch. Of a block that was rejected there is
    none: time passes here as the steps of the protocol say.
    """
    slot, params = transaction.slot, state.params
    if slot <= state.slot:
        facts = f"slot {slot} is not after slot {state.slot}"
        yield RejectionReason.SLOT_NOT_AFTER_LAST, facts
    if slot > state.slot + params.max_slot_gap:
        facts = f"slot {slot} is more than {params.max_slot_gap} after slot {state.slot}"
        yield RejectionReason.SLOT_TOO_FAR, facts
    with PATIENCE:
        then = _at_slot(protocol, state, slot) if after is None else after
    leaders = leaders_of(protocol, then, slot)
    if leaders is None:
        return
    if transaction.proposer not in leaders:
        named = ", ".join(map(short, leaders)) or "nobody"
        facts = f"{named} is elected for slot {slot}, not {short(transaction.proposer)}"
        yield RejectionReason.WRONG_PROPOSER, facts
        return
    status = then.validators[transaction.proposer].status
    if status in PUT_OUT:
        yield RejectionReason.PROPOSER_JAILED, f"{short(transaction.proposer)} is {status.value}"


def _at_slot(protocol: Protocol, state: State, slot: int) -> State:
    """Let time pass until a slot has come, by the steps that the protocol declares."""
    for now in range(state.slot + 1, slot + 1):
        state = evolve(state, slot=now)
        if now % state.params.epoch_length == 0:
            for step in protocol.epoch_steps:
                state = step(protocol, state).state
        if now < slot:
            state = _missed(protocol, state)
    return state


def _missed(protocol: Protocol, state: State) -> State:
    """Count a missed block against whoever is elected for a state's slot."""
    elected = protocol.elect(state, state.slot)
    if elected is None or state.validators[elected].status in PUT_OUT:
        return state
    counted = evolve(state.validators[elected], missed=state.validators[elected].missed + 1)
    state = evolve(state, validators=state.validators.set(elected, counted))
    if counted.missed <= state.params.downtime_threshold:
        return state
    downtime = Offence(elected, OffenceKind.DOWNTIME, state.epoch, state.slot)
    return protocol.slash(protocol, state, downtime).state
