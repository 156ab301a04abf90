"""What one process does of a search: it expands its share of a level, and keeps what is new."""

import time
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs

from properties.engines.explore.chain import Chain, Edge, Node
from properties.engines.explore.identity import Canonicalizer
from properties.engines.explore.outcome import ACCOUNTABLE_SAFETY
from properties.engines.explore.safety import check_accountable
from properties.engines.explore.world import World
from properties.laws import Law, Violation
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis

Position = tuple[Node, ...]
"""The chains of a world at one moment."""

LOOK_AT_CLOCK = 64
"""Positions expanded between two looks at the clock."""

MOVES = 1 << 20
"""More than there are transactions in an alphabet; a move is branch * MOVES + number."""


@attrs.define
class Found:
    """What expanding a share of a level found."""

    keys: list[bytes]
    """New states, in the order of what they came from."""
    parents: "array[int]"
    moves: "array[int]"
    fired: Counter[str] = attrs.field(factory=Counter)
    refused: int = 0
    broken: tuple[int, int, Violation] | None = None
    """The first step that broke a law: what it came from, its move, and how."""
    complete: bool = True
    """Whether the whole share was expanded."""


@attrs.define(eq=False)
class Share:
    """The part of a level that one process expands, with the chains it needs for that."""

    world: World
    protocol: Protocol
    laws: tuple[Law, ...]
    chains: tuple[Chain, ...]
    canonicalizer: Canonicalizer
    seen: set[bytes]
    """Keys that need not be reported; it may lag behind."""
    level: list[tuple[int, Position]] = attrs.field(factory=list)
    _fresh: list[Position] = attrs.field(factory=list)
    _deadline: float | None = None

    @classmethod
    def of(cls, world: World, protocol: Protocol, laws: tuple[Law, ...]) -> "Share":
        """Begin with nothing; `start` gives the first position."""
        owners = {validator.public_key: validator.address for validator in world.genesis.validators}
        folded = frozenset(name for group in world.interchangeable for name in group)
        canonicalizer = Canonicalizer(
            world.interchangeable, {key: who for key, who in owners.items() if who in folded}
        )
        keeps = len(world.branches) > 1
        chains = tuple(
            Chain(protocol, branch, canonicalizer, laws, {} if keeps else None)
            for branch in world.branches
        )
        return cls(world, protocol, laws, chains, canonicalizer, set())

    def start(self) -> tuple[Position, list[Violation]]:
        """Return the first position, and how it breaks the laws of states."""
        state = genesis(self.protocol, self.world.genesis)
        position = tuple(chain.start(state) for chain in self.chains)
        self.level = [(0, position)]
        violations = [
            violation
            for chain, node in zip(self.chains, position, strict=True)
            for violation in chain.check_start(node)
        ]
        return position, violations or self.check(position)

    def begin_expanding(self, deadline: float | None) -> None:
        """Be told until when to work."""
        self._deadline = deadline

    def end_expanding(self) -> Found:
        """Work out what can follow every position of the level."""
        finds = Found([], array("q"), array("q"))
        fired = finds.fired
        fresh: list[Position] = []
        new: set[bytes] = set()
        looked_at: set[int] = set()
        for place, (number, position) in enumerate(self.level):
            if place % LOOK_AT_CLOCK == 0 and self._is_late():
                finds.complete = False
                break
            spare = _spare(position)
            for branch, node in enumerate(position):
                edges = node.edges or self.chains[branch].edges(node)
                finds.refused += node.refused
                for edge in edges:
                    if edge.name in spare:
                        continue
                    fired[type(edge.transaction).__name__] += 1
                    if edge.violations:
                        move = branch * MOVES + edge.number
                        finds.broken = (number, move, edge.violations[0])
                        return finds
                    after = self.moved(position, branch, edge)
                    if len(after) == 2:
                        # Most positions are reached in several orders: told apart at once.
                        places = after[0].place * MOVES + after[1].place
                        if places in looked_at:
                            continue
                        looked_at.add(places)
                    key = self.key(after)
                    if key in new or key in self.seen:
                        continue
                    new.add(key)
                    fresh.append(after)
                    finds.keys.append(key)
                    finds.parents.append(number)
                    finds.moves.append(branch * MOVES + edge.number)
        self._fresh = fresh
        return finds

    def begin_keeping(self, places: Sequence[int], numbers: Sequence[int]) -> None:
        """Be told which finds are new to all, and their numbers: they are the next level."""
        fresh = self._fresh
        self.level = [(number, fresh[place]) for place, number in zip(places, numbers, strict=True)]
        self._fresh = []

    def end_keeping(self) -> tuple[int, Violation] | None:
        """Return the first state of the level that breaks a law, and how."""
        for number, position in self.level:
            for violation in self.check(position):
                return number, violation
        return None

    def check(self, position: Position) -> list[Violation]:
        """Hold a position against the laws of states, and two chains against their own."""
        violations: list[Violation] = []
        for chain, node in zip(self.chains, position, strict=True):
            if node.arrival is not None:
                violations += chain.check(node)
        if len(position) == 2 and ACCOUNTABLE_SAFETY in self.chains[0].asked:
            violations += check_accountable(self.chains[0].protocol, *position)
        return violations

    @staticmethod
    def moved(position: Position, branch: int, edge: Edge) -> Position:
        """Return the position to which an edge of one branch leads."""
        if len(position) == 1:
            return (edge.after,)
        return (position[0], edge.after) if branch else (edge.after, position[1])

    def key(self, position: Position) -> bytes:
        """Return what a position is known by."""
        if len(position) == 1:
            return self.canonicalizer.key(position[0].canonical)
        first, second = position
        key_of_two = self.canonicalizer.key_of_two
        if not self.world.mirrored or first.rank < second.rank:
            return key_of_two(first.canonical, second.canonical)
        if first.rank > second.rank:
            return key_of_two(second.canonical, first.canonical)
        return min(
            key_of_two(first.canonical, second.canonical),
            key_of_two(second.canonical, first.canonical),
        )

    def edges(self, position: Position) -> Iterator[tuple[int, Edge]]:
        """Return everything that can follow a position, with the branch on which it does."""
        for branch, node in enumerate(position):
            for edge in self.chains[branch].edges(node):
                yield branch, edge

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline


NOBODY: frozenset[bytes | None] = frozenset()


def _spare(position: Position) -> frozenset[bytes | None]:
    """Return the interchangeable who stand exactly like one before them, on both chains.

    They need not move: it would lead to the same states as when the first does, but for
    who is who.
    """
    if len(position) == 1:
        return NOBODY
    first, second = position[0].canonical, position[1].canonical
    if first.knots or second.knots:
        return NOBODY
    spare: list[bytes] = []
    for group, ours, theirs in zip(first.groups, first.columns, second.columns, strict=True):
        columns = list(zip(ours, theirs, strict=True))
        if len(set(columns)) < len(columns):
            spare += [
                name for place, name in enumerate(group) if columns.index(columns[place]) < place
            ]
    return frozenset(spare) if spare else NOBODY
