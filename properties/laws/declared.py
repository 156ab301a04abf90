"""What a protocol declares in the place of ours: laws follow that, and believe nothing of ours.

Where a part is the one of `statemachine`, a law states by itself what it has to do; a mistake in
it is no declaration. Where it is a designer's own, there is nobody else to ask.
"""

from collections.abc import Callable
from typing import Any

from properties.laws.patience import PATIENCE
from statemachine.protocol import Protocol
from statemachine.state import State


def is_ours(part: Callable[..., Any]) -> bool:
    """Say whether a part of a protocol is the one that `statemachine` has."""
    return part.__module__.partition(".")[0] == "statemachine"


def leaders_of(protocol: Protocol, state: State, slot: int) -> tuple[bytes, ...] | None:
    """Return who may propose in a slot; None for anybody, because nobody is elected."""
    with PATIENCE:
        if not is_ours(protocol.leaders):
            return protocol.leaders(protocol, state, slot)
        elected = protocol.elect(state, slot)
    return None if elected is None else (elected,)
