"""What the real machine is asked where a tie is broken: states of contracts, and what follows.

They are lawful states in which stake leaves, has left, moves or has moved; each trial accuses
somebody, or crosses a boundary, or both.
"""

from collections.abc import Iterator
from itertools import product

from properties.engines.explore.worlds import next_block
from properties.engines.prove.holdings import HOLDINGS
from properties.engines.prove.hops import HOPS
from properties.engines.prove.moved import MOVED
from properties.engines.prove.shapes import BOUNDARY, DELEGATOR, EPOCH, FIRST, OTHER, WINDOW, due
from properties.laws.accusation import Accuse, with_accusations
from properties.theorems.liability import AROUND
from properties.trace.failures import broken_by
from properties.trace.trial import Trial
from statemachine.protocol import Protocol
from statemachine.state import Booking, OffenceKind, State

QUIET = {"epoch_reward": 0}


def _at_boundary() -> Iterator[State]:
    """Return states in which the next block begins an epoch."""
    released = HOLDINGS.state(params=QUIET, slot=BOUNDARY - 1, ended=EPOCH - WINDOW + 1)
    looked_at = (due(EPOCH + 1, FIRST, DELEGATOR),)
    yield released
    yield HOLDINGS.state(params=QUIET, slot=BOUNDARY - 1, agenda=looked_at)
    booked = (Booking(EPOCH + 1, MOVED.moved),)
    yield MOVED.state(params=QUIET, slot=BOUNDARY - 1, moving=True, joining=booked, leaving=booked)


def _accusations() -> Iterator[Accuse]:
    for epoch in AROUND:
        yield Accuse(OTHER, FIRST, OffenceKind.DOUBLE_VOTE, epoch, 0)


def _trials(protocol: Protocol) -> Iterator[Trial]:
    for state, accusation in product(
        (HOLDINGS.state(), MOVED.state(), HOPS.state()), _accusations()
    ):
        yield Trial(state, (accusation,))
    for state in _at_boundary():
        block = next_block(protocol, state)
        yield Trial(state, (block,))
        for accusation in _accusations():
            yield Trial(state, (block, accusation))


def confirming(protocol: Protocol) -> Trial | None:
    """Return a trial in which a protocol breaks a law; None where there is none."""
    protocol = with_accusations(protocol)
    for trial in _trials(protocol):
        if broken_by(protocol, trial)[1]:
            return trial
    return None
