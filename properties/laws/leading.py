"""Finding somebody who may propose a block, by what a protocol says of its slots."""

from properties.laws.patience import PATIENCE
from statemachine.protocol import Protocol
from statemachine.state import PUT_OUT, State

NOBODY = bytes(20)
"""Proposes where anybody may."""


def who_can_lead(protocol: Protocol, state: State, slot: int) -> tuple[bytes, ...]:
    """Return who may propose in a slot of a state's epoch, and is not put out."""
    with PATIENCE:
        leaders = protocol.leaders(protocol, state, slot)
    if leaders is None:
        return (NOBODY,)
    return tuple(one for one in leaders if not is_put_out(state, one))


def is_put_out(state: State, address: bytes) -> bool:
    """Say whether a validator has a status with which it may not propose."""
    validator = state.validators.get(address)
    return validator is not None and validator.status in PUT_OUT
