"""Election by lot: everybody draws for a slot, and may lead it with the odds of the own stake.

As in Algorand's sortition and Ouroboros Praos there may be several leaders of a slot, or none. A
verifiable random function is a digest here, since what is proved with it is the border's affair.
"""

from properties.model.design import Design
from statemachine import PROTOCOL, Protocol, State
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key

EXPECTED = 1
"""Leaders of a slot, in the mean."""

ASIDE = {"PRO-1": "a slot has as many leaders as have drawn well, and often none"}


def lot_of(state: State, slot: int, one: bytes) -> int:
    """Return what somebody draws for a slot, in 2**-256."""
    return int.from_bytes(digest("vrf/lot", state.seed, slot.to_bytes(8, "big"), one), "big")


def drawn_well(state: State, slot: int) -> tuple[bytes, ...]:
    """Return who may lead a slot, the best lot first."""
    record = state.finality.history.get(epoch_key(state.epoch))
    electors = state.snapshot if record is None else record.electors
    lots = {
        one: lot_of(state, slot, one)
        for one, stake in electors.items()
        if lot_of(state, slot, one) * electors.total_weight < EXPECTED * stake << 256
    }
    return tuple(sorted(lots.keys() & set(state.snapshot), key=lambda one: (lots[one], one)))


def elect(state: State, slot: int) -> bytes | None:
    """Name the leader with the best lot, who has missed the slot if nobody comes."""
    return next(iter(drawn_well(state, slot)), None)


def leaders(_protocol: Protocol, state: State, slot: int) -> tuple[bytes, ...] | None:
    """Name all who may lead a slot; anybody may where nobody has stake, so that time goes on."""
    return drawn_well(state, slot) if state.snapshot else None


DESIGN = Design.of(PROTOCOL.fork("vrf", elect=elect, leaders=leaders), set_aside=ASIDE)
