"""Adapts a transaction to a chain that changed after it was drawn."""

from typing import Any

import attrs

from properties.laws.patience import PATIENCE, state_at_slot
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import State
from statemachine.transactions import ProduceBlock


def repaired(protocol: Protocol, state: State, transaction: object, roots: set[bytes]) -> object:
    """Have a block produced by somebody who may; put a checkpoint's root as it is here.

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
        with PATIENCE:
            passed = state_at_slot(protocol, state, block.slot)
            leaders = protocol.leaders(protocol, passed, block.slot)
        if not leaders or block.proposer in leaders:
            return block
        return evolve(block, proposer=leaders[0])
    except Exception:
        return block


def _put_right(state: State, content: Any, others: set[bytes]) -> Any:
    if isinstance(content, Checkpoint):
        return evolve(content, root=_root_here(state, content.epoch, content.root, others))
    if isinstance(content, Header):
        epoch = content.slot // state.params.epoch_length
        return evolve(content, checkpoint=_root_here(state, epoch, content.checkpoint, others))
    if not attrs.has(type(content)):
        return content
    changed = {}
    for field in attrs.fields(type(content)):
        inner = getattr(content, field.name)
        if attrs.has(type(inner)):
            changed[field.name] = _put_right(state, inner, others)
    return evolve(content, **changed) if changed else content


def _root_here(state: State, epoch: int, root: bytes, others: set[bytes]) -> bytes:
    """Return the root that a checkpoint has on this chain."""
    if root not in others:
        return root
    finality = state.finality
    record = finality.history.get(epoch_key(epoch))
    if record is not None:
        return record.root
    told = {
        checkpoint.epoch: checkpoint.root for checkpoint in (finality.finalised, finality.justified)
    }
    return told.get(epoch, root)
