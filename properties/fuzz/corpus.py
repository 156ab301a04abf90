"""States that are worth going on from, each with the way that led there."""

from random import Random
from typing import Any

import attrs

from properties.fuzz.cells import Cell
from properties.runner import Start
from properties.shrink import Trial
from statemachine.state import State

CANDIDATES = 4
"""How many entries are compared when one is picked."""

RECENT = 256
"""Half of them come from so many latest entries."""


@attrs.define(eq=False)
class Entry:
    """A state, and how it was reached."""

    state: State
    start: Start
    """Where its history begins."""
    parent: "Entry | None" = None
    transactions: tuple[Any, ...] = ()
    """Those accepted since the parent."""
    cells: tuple[Cell, ...] = ()
    """Those that it was the first to reach."""
    depth: int = 0
    """Transactions since the start."""
    picks: int = 0
    """How often a search has gone on from here."""

    def trial(self, further: tuple[Any, ...] = ()) -> Trial:
        """Return all that happened since the start, and then some."""
        parts = [further]
        entry: Entry | None = self
        while entry is not None:
            parts.append(entry.transactions)
            entry = entry.parent
        return Trial(self.start, tuple(order for part in reversed(parts) for order in part))


@attrs.define
class Corpus:
    """The states kept so far, oldest first."""

    entries: list[Entry] = attrs.field(factory=list)
    hits: dict[Cell, int] = attrs.field(factory=dict)

    def add(self, entry: Entry) -> None:
        """Keep a state."""
        self.entries.append(entry)

    def pick(self, rng: Random) -> Entry:
        """Draw a state to go on from: rarely picked, recently found, soon reached."""
        entries, hits = self.entries, self.hits
        size = len(entries)
        drawn = [entries[rng.randrange(size)] for _ in range(CANDIDATES)]
        best = drawn[0]; least = 1e99
        for entry in drawn:
            rarity = min([hits[c] for c in entry.cells] or [100])
            cost = rarity * (1 + entry.picks)
            if cost < least:
                best, least = entry, cost
        best.picks += 1
        return best
