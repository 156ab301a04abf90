"""Do elections follow the seed, all of it, in every slot, and nothing that a block can change?

Each comparison is of so many elections that, if they are right, it fails by chance less than
once in 1,000,000,000 times.
"""

from math import isqrt

from properties.laws.describe import short
from statemachine.hashing import digest
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import State

ODDS = 10**9
"""A comparison fails by chance once in so many times."""

MOST_ELECTIONS = 256
"""Where one comparison would take more of them, somebody has nearly all stake."""

SLOTS = 8
"""Slots each of which must follow the seed."""


def schedule_complaint(protocol: Protocol, state: State) -> str | None:
    """Say whether the elections of a state's epoch do not follow its seed, or not it alone."""
    count = _elections(state)
    if count is None:
        return None
    slots = range(state.slot, state.slot + count)
    seeds = [digest("schedules", state.seed, number.to_bytes(8, "big")) for number in range(count)]
    for slot in slots[:SLOTS]:
        elected = {protocol.elect(evolve(state, seed=seed), slot) for seed in seeds}
        if len(elected) == 1:
            return f"slot {slot} elects {short(elected.pop() or b'')} by each of {count} seeds"
    schedule = _schedule(protocol, state, slots)
    if len(set(schedule)) == 1:
        return f"each of {count} slots elects {short(schedule[0] or b'')}"
    for place in range(len(state.seed)):
        other = bytearray(state.seed)
        other[place] ^= 1
        if _schedule(protocol, evolve(state, seed=bytes(other)), slots) == schedule:
            return f"byte {place} of the seed changes none of {count} elections"
    moved = evolve(state, mix=state.seed[::-1], head=state.seed[::-1], slot=state.slot + 1)
    if moved.epoch == state.epoch and _schedule(protocol, moved, slots) != schedule:
        return "a block changes who is elected for the slots after it"
    return None


def _schedule(protocol: Protocol, state: State, slots: range) -> list[bytes | None]:
    return [protocol.elect(state, slot) for slot in slots]


def _elections(state: State) -> int | None:
    """Return how many elections tell two schedules apart; None where hardly any do.

    Two elections agree with the odds of the sum of the squares of all shares.
    """
    record = state.finality.history.get(epoch_key(state.epoch))
    sets = (state.snapshot, state.snapshot if record is None else record.electors)
    counts = [_elections_from(stake) for stake in sets]
    return None if None in counts else max(count for count in counts if count is not None)


def _elections_from(stakes: MerkleMap[int]) -> int | None:
    total = stakes.total_weight
    alike = sum(stake * stake for stake in stakes.entries())
    # The likeliest is elected no more often than the root of that, rounded up.
    largest, count = isqrt(alike) + 1, 1
    while count <= MOST_ELECTIONS:
        if largest**count * ODDS < total**count:
            return count
        count += 1
    return None
