"""Boundaries that are crossed once: whoever draws a block passes slots, and its rule does again."""

from statemachine.events import Event
from statemachine.protocol import Protocol, Transition
from statemachine.state import State

MOST_REMEMBERED = 256
"""Boundaries that are remembered before all are forgotten."""


def crossing_once(protocol: Protocol) -> Protocol:
    """Return the same protocol, with what became of states at its last boundaries remembered.

    Its steps are functions of the state, so nothing changes but the time that it takes.
    """
    remembered: dict[int, tuple[State, Transition]] = {}

    def cross(_protocol: Protocol, state: State) -> Transition:
        before, crossed = remembered.get(state.slot, (None, None))
        if crossed is not None and before == state:
            return crossed
        events: list[Event] = []
        now = state
        for step in protocol.epoch_steps:
            stepped = step(protocol, now)
            now = stepped.state
            events += stepped.events
        crossed = Transition(now, tuple(events))
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        remembered[state.slot] = state, crossed
        return crossed

    return protocol.fork(protocol.name, closing_steps=(cross,), opening_steps=())
