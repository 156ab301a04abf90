"""States worth continuing from, each with the transactions that led there."""

from collections.abc import Iterable
from random import Random
from typing import Any

import attrs

from properties.engines.fuzz.cells import Cell
from properties.trace.run import Start
from properties.trace.trial import Trial
from statemachine.state import State

CANDIDATES = 12
"""How many entries are compared when one is picked."""


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
    """Those that it was the first to reach; none for a start."""
    depth: int = 0
    """Transactions since the start."""
    picks: int = 0
    """How often the search has gone on from here."""

    def child(self, state: State, since: tuple[Any, ...], cells: tuple[Cell, ...]) -> "Entry":
        """Return an entry that goes on from here."""
        return Entry(state, self.start, self, since, cells, self.depth + len(since))

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
    """The states kept so far, oldest first, and how often each cell was reached."""

    entries: list[Entry] = attrs.field(factory=list)
    reached: dict[Cell, int] = attrs.field(factory=dict)

    def reach(self, cells: Iterable[Cell]) -> tuple[Cell, ...]:
        """Count cells as reached; return those that are new."""
        reached, new = self.reached, []
        for cell in cells:
            known = reached.get(cell, 0)
            reached[cell] = known + 1
            if not known:
                new.append(cell)
        return tuple(new)

    def pick(self, rng: Random) -> Entry:
        """Draw a state to go on from: of some candidates the one with most promise.

        That is one that was seldom picked and has a cell that was seldom reached; then one
        that took fewer transactions.
        """
        entries = self.entries
        chosen = min(rng.choices(entries, k=CANDIDATES), key=self._cost)
        chosen.picks += 1
        return chosen

    def _cost(self, entry: Entry) -> tuple[int, int]:
        reached = self.reached
        rarest = min([reached[cell] for cell in entry.cells], default=NOTHING_NEW)
        return rarest * (1 + entry.picks), entry.depth


NOTHING_NEW = 100
"""As if a start, which reaches no cell itself, had been reached so often."""
