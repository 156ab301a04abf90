"""What a search found, and how much it covered."""

from array import array
from collections import Counter
from typing import Any

import attrs

from properties.engines.explore.world import World
from properties.laws import Violation
from properties.trace.counterexample import Counterexample
from properties.trace.plurals import counted

ACCOUNTABLE_SAFETY = "SAF-1"
"""The id of the law of two chains."""


@attrs.frozen
class Counted:
    """A transaction on one of the chains, and the number of the branch."""

    branch: int
    transaction: Any


@attrs.frozen
class Refutation:
    """A law that was broken, and a shortest way to break it."""

    violation: Violation
    story: tuple[Counted, ...]
    """What happened, in order, after the preludes."""
    chains: tuple[tuple[object, ...], ...]
    """For each branch all its transactions, the prelude included."""

    def package(self, world: World, path: str) -> Counterexample:
        """Return it as a file has it; the path is that of the protocol.

        A law of two runs takes both chains; any other is broken on the chain that moved last.
        """
        both = self.violation.law == ACCOUNTABLE_SAFETY
        told = 0 if both or not self.story else self.story[-1].branch
        return Counterexample(
            path,
            self.violation.law,
            self.violation.message,
            f"explore {world.name}, depth {len(self.story)}",
            world.genesis,
            self.chains[told],
            self.chains[1] if both else None,
        )


@attrs.define
class Exploration:
    """What a search found, and how much it covered."""

    world: World
    protocol: str
    folded: bool
    workers: int
    depth_bound: int | None
    levels: list[int] = attrs.field(factory=list)
    """New states, by how many transactions it takes to reach them."""
    fired: Counter[str] = attrs.field(factory=Counter)
    """Transactions that were not refused, by type."""
    refused: int = 0
    seconds: float = 0.0
    ended: str | None = None
    """Which budget ended the search before it was done; None where none did."""
    refutation: Refutation | None = None
    parents: "array[int]" = attrs.field(factory=lambda: array("q"), repr=False)
    moves: "array[int]" = attrs.field(factory=lambda: array("q"), repr=False)

    @property
    def transitions(self) -> int:
        """Transactions that were not refused."""
        return self.fired.total()

    @property
    def states(self) -> int:
        """Distinct states that every law was held against."""
        return sum(self.levels)

    @property
    def depth(self) -> int:
        """The distance of the farthest of them."""
        return max(0, len(self.levels) - 1)

    @property
    def exhausted(self) -> bool:
        """Whether nothing within the bound is left to see."""
        return self.ended is None and self.refutation is None

    def exit_code(self) -> int:
        """Return 0 held, 1 refuted, 4 undetermined."""
        if self.refutation is not None:
            return 1
        return 0 if self.ended is None else 4

    def verdict(self) -> str:
        """Return the verdict in a line."""
        size = f"{counted(self.states, 'state')}, depth {self.depth}"
        if self.refutation is not None:
            return f"refuted {self.refutation.violation.law} ({size})"
        if self.ended is not None:
            return f"undetermined ({self.ended}: {size})"
        return f"held (exhausted: {size})"
