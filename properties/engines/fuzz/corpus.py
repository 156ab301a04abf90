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


DEFAULT_LIMIT = 10_000
"""How many states a corpus keeps unless told otherwise; in small worlds, about 80 MB."""

SPARED = 0.9
"""The share of a full corpus that stays when the least promising states are dropped."""


def keep_options(limit: int) -> tuple[str, ...]:
    """Return the options of the command that set this limit; none for the default."""
    return () if limit == DEFAULT_LIMIT else ("--keep", str(limit))


@attrs.frozen(eq=False)
class History:
    """How a state was reached. It outlives dropped states, for those that came after them."""

    start: Start
    parent: "History | None" = None
    transactions: tuple[Any, ...] = ()
    """Those accepted since the parent."""
    depth: int = 0
    """Transactions since the start."""

    def then(self, transactions: tuple[object, ...]) -> "History":
        """Return a history that goes on from here."""
        return History(self.start, self, transactions, self.depth + len(transactions))

    def trial(self, further: tuple[object, ...] = ()) -> Trial:
        """Return all that happened since the start, and then some."""
        stretches = [further]
        history: History | None = self
        while history is not None:
            stretches.append(history.transactions)
            history = history.parent
        return Trial(self.start, tuple(tx for stretch in reversed(stretches) for tx in stretch))


@attrs.define(eq=False)
class Entry:
    """A state, and how it was reached.

    What another search has found has its history alone until it is picked.
    """

    _state: State | None
    history: History
    cells: tuple[Cell, ...] = ()
    """Those that it was the first to reach; none for a start."""
    picks: int = 0
    """How often the search has gone on from here."""

    @property
    def is_awake(self) -> bool:
        """Say whether the state is there."""
        return self._state is not None

    @property
    def state(self) -> State:
        """The state. Raises LookupError where it was not worked out yet."""
        if self._state is None:
            raise LookupError("the entry is not awake")
        return self._state

    def wake(self, state: State) -> None:
        """Take the state that the history leads to."""
        self._state = state

    def child(self, state: State, since: tuple[object, ...], cells: tuple[Cell, ...]) -> "Entry":
        """Return an entry that goes on from here."""
        return Entry(state, self.history.then(since), cells)


@attrs.define
class Corpus:
    """The states kept so far, oldest first, and how often each cell was reached."""

    entries: list[Entry] = attrs.field(factory=list)
    reached: dict[Cell, int] = attrs.field(factory=dict)
    limit: int = DEFAULT_LIMIT
    dropped: int = 0
    """States that were kept once, and had to make room."""

    def keep(self, entry: Entry) -> None:
        """Keep an entry; where there are too many then, drop those with the least promise.

        Their cells stay reached, and so no state is ever kept for one of these again.
        """
        self.entries.append(entry)
        if len(self.entries) <= self.limit:
            return
        by_promise = sorted(self.entries, key=self._cost)
        leaving = set(map(id, by_promise[max(1, int(self.limit * SPARED)) :]))
        self.entries = [kept for kept in self.entries if id(kept) not in leaving]
        self.dropped += len(leaving)

    def drop(self, entry: Entry) -> None:
        """Drop an entry that is of no use."""
        self.entries = [kept for kept in self.entries if kept is not entry]

    def reach(self, cells: Iterable[Cell]) -> tuple[Cell, ...]:
        """Count cells as reached; return those that are new."""
        reached, new = self.reached, []
        for cell in cells:
            times = reached.get(cell, 0)
            reached[cell] = times + 1
            if not times:
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
        return rarest * (1 + entry.picks), entry.history.depth


NOTHING_NEW = 100
"""As if a start, which reaches no cell itself, had been reached so often."""
