"""Boundaries that are crossed once: whoever draws a block passes slots, and its rule does again."""

from statemachine.events import Event
from statemachine.protocol import EpochStep, Protocol, Transition
from statemachine.state import State

MOST_REMEMBERED = 256
"""Boundaries that are remembered before all are forgotten."""


def crossing_once(protocol: Protocol) -> Protocol:
    """Return the same protocol, with what became of states at its last boundaries remembered.

    Its steps are functions of the state, so nothing changes but the time that it takes.
    """
    return protocol.fork(
        protocol.name,
        closing_steps=(_once(protocol, protocol.closing_steps),),
        opening_steps=(_once(protocol, protocol.opening_steps),),
    )


def _once(protocol: Protocol, steps: tuple[EpochStep, ...]) -> EpochStep:
    """Return some steps as one that remembers what it did."""
    remembered: dict[int, tuple[State, Transition]] = {}

    def take(_protocol: Protocol, state: State) -> Transition:
        before, taken = remembered.get(state.slot, (None, None))
        if taken is not None and before == state:
            return taken
        events: list[Event] = []
        now = state
        for step in steps:
            stepped = step(protocol, now)
            now = stepped.state
            events += stepped.events
        taken = Transition(now, tuple(events))
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        remembered[state.slot] = state, taken
        return taken

    return take
