"""Adapting a transaction to a chain that changed after it was drawn."""

from typing import Any

import attrs

from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules.blocks import pass_slots
from statemachine.state import State
from statemachine.transactions import ProduceBlock


def repaired(protocol: Protocol, state: State, transaction: Any, roots: set[bytes]) -> Any:
    """Have a block produced by whoever is elected; put a checkpoint's root as it is here.

    That is done where a message has the root of a checkpoint that another chain had, one
    of the `roots`. Those that this chain remembers are added to them.
    """
    own = {record.root for record in state.finality.history.entries()}
    others = roots - own
    roots |= own
    if isinstance(transaction, ProduceBlock):
        return _handed_over(protocol, state, transaction)
    return _put_right(state, transaction, others)


def _handed_over(protocol: Protocol, state: State, block: ProduceBlock) -> ProduceBlock:
    gap = block.slot - state.slot
    if not 0 < gap <= state.params.max_slot_gap:
        return block
    try:
        passed = pass_slots(protocol, state, block.slot).state
        return evolve(block, proposer=protocol.elect(passed, block.slot) or block.proposer)
    except Exception:
        return block


def _put_right(state: State, part: Any, others: set[bytes]) -> Any:
    if isinstance(part, Checkpoint):
        return evolve(part, root=_root_here(state, part.epoch, part.root, others))
    if isinstance(part, Header):
        epoch = part.slot // state.params.epoch_length
        return evolve(part, checkpoint=_root_here(state, epoch, part.checkpoint, others))
    if not attrs.has(type(part)):
        return part
    changed = {}
    for field in attrs.fields(type(part)):
        inner = getattr(part, field.name)
        if attrs.has(type(inner)):
            changed[field.name] = _put_right(state, inner, others)
    return evolve(part, **changed) if changed else part


def _root_here(state: State, epoch: int, root: bytes, others: set[bytes]) -> bytes:
    """Return the root that a checkpoint has on this chain."""
    if root not in others:
        return root
    finality = state.finality
    record = finality.history.get(epoch_key(epoch))
    if record is not None:
        return record.root
    told = {one.epoch: one.root for one in (finality.finalised, finality.justified)}
    return told.get(epoch, root)
