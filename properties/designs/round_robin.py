"""Round-robin: the electors propose in turn, whatever their stake."""

from properties.model.design import Design
from statemachine import PROTOCOL, State
from statemachine.map_keys import epoch_key

ASIDE = {
    "PRO-1": "everybody's turn comes as often, whatever the stake",
    "RND-3": "the turns do not depend on any seed",
}


def in_turn(state: State, slot: int) -> bytes | None:
    """Name the elector whose turn a slot is; for one that has left, somebody who has not."""
    record = state.finality.history.get(epoch_key(state.epoch))
    electors = tuple(state.snapshot if record is None else record.electors)
    active = tuple(state.snapshot)
    if not active:
        return None
    elector = electors[slot % len(electors)] if electors else active[0]
    return elector if elector in state.snapshot else active[slot % len(active)]


DESIGN = Design.of(PROTOCOL.fork("round-robin", elect=in_turn), set_aside=ASIDE)
"""Proposing pays nothing here, so that the smallest validator may as well have its turn."""
