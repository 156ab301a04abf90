"""Breadth-first search: every state of a world, each once, the nearest first.

States are numbered in the order in which they are found: by their distance, then by the
number of the state before them, then by what happened. So the numbers, and with them the
counterexample, are the same however many processes share the work.
"""

import gc
import heapq
import time
from array import array
from collections.abc import Callable, Sequence
from itertools import count, repeat

import attrs

from properties.engines.explore.outcome import Counted, Exploration, Refutation
from properties.engines.explore.share import MOVES, Found, Share
from properties.engines.explore.workers import RemoteShare, send_out
from properties.engines.explore.world import World
from properties.laws import Law, Violation
from properties.model.design import begun_with, laws_of, settings_of
from properties.model.settings import BadSetting, setting_names
from statemachine.errors import OutOfRange
from statemachine.protocol import Protocol
from statemachine.records import evolve, extend

Progress = Callable[[Exploration], None]


@attrs.frozen
class Budget:
    """How much a search may use, and by how many processes."""

    states: int | None = None
    seconds: float | None = None
    workers: int = 1


def explore(
    world: World,
    protocol: Protocol,
    budget: Budget = Budget(),
    *,
    depth: int | None = None,
    folded: bool = True,
    laws: tuple[Law, ...] | None = None,
    progress: Progress = lambda _outcome: None,
) -> Exploration:
    """Visit every state of a world within its bound (or another), until a law is broken.

    Laws that take a second machine are checked by the oracle, a step at a time.
    Ctrl-C ends the search like a budget that has run out.
    """
    started = time.monotonic()
    bound = world.depth if depth is None else depth
    if not folded:
        world = attrs.evolve(world, interchangeable=(), mirrored=False)
    outcome = Exploration(world, protocol.name, folded, budget.workers, bound)
    try:
        world = outcome.world = _begun(world, protocol)
    except (BadSetting, OutOfRange) as error:
        outcome.ended = f"the world does not go with --set: {error}"
        return outcome
    home = Share.of(world, protocol, laws_of(protocol) if laws is None else laws)
    search = Search(world, protocol, budget, outcome, progress, started, home)
    # Nothing here refers to itself, and to look for what does would take a tenth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        search.run()
    except KeyboardInterrupt:
        outcome.ended = "interrupted"
    finally:
        if collecting:
            gc.enable()
        search.close()
        outcome.seconds = time.monotonic() - started
    return outcome


def _begun(world: World, protocol: Protocol) -> World:
    """Return a world as a protocol's worlds begin. Raises BadSetting, OutOfRange."""
    settings = settings_of(protocol)
    fixed = sorted(world.needs & setting_names(settings))
    if fixed:
        raise BadSetting(f"it needs its own {', '.join(fixed)}")
    genesis = extend(world.genesis, protocol.description)
    params = begun_with(protocol, genesis.params)
    return attrs.evolve(world, genesis=evolve(genesis, params=params))


WORTH_SHARING = {1: 32, 2: 16_384}
"""Positions for each process in a level that is worth sharing, by the number of chains.

Every process needs nearly all states of two chains, so they had better be known before.
"""


@attrs.define
class Search:
    """A search under way."""

    world: World
    protocol: Protocol
    budget: Budget
    outcome: Exploration
    progress: Progress
    started: float
    home: Share
    """What is expanded in this process."""
    away: list[RemoteShare] = attrs.field(factory=list)
    """The processes that took over from it."""
    seen: set[bytes] = attrs.field(factory=set)

    def run(self) -> None:
        """Expand level after level."""
        outcome = self.outcome
        self.home.seen = self.seen
        try:
            position, violations = self.home.start()
        except Exception as error:
            outcome.ended = f"the world cannot begin: {type(error).__name__}: {error}"
            return
        self.seen.add(self.home.key(position))
        outcome.levels.append(1)
        outcome.parents.append(-1)
        outcome.moves.append(-1)
        if violations:
            self._refute(violations[0], [])
            return
        while outcome.levels[-1] and outcome.depth_bound != outcome.depth:
            if not self._next_level():
                return
        if not outcome.levels[-1]:
            outcome.levels.pop()

    def close(self) -> None:
        """End the other processes."""
        for share in self.away:
            share.close()

    def _next_level(self) -> bool:
        """Expand a level, keep what is new, and say whether to go on."""
        outcome, workers = self.outcome, self.budget.workers
        worth = WORTH_SHARING[len(self.world.branches)]
        if not self.away and workers > 1 and outcome.levels[-1] >= worth * workers:
            self.away = send_out(self.home, workers)
        shares: Sequence[Share | RemoteShare] = self.away or [self.home]
        deadline = None if self.budget.seconds is None else self.started + self.budget.seconds
        for share in shares:
            share.begin_expanding(deadline)
        all_finds = [share.end_expanding() for share in shares]
        broken = [finds.broken for finds in all_finds if finds.broken is not None]
        if broken:
            parent, move, violation = min(broken, key=lambda breach: breach[:2])
            self._refute(violation, [*self._moves_to(parent), move])
            return False
        for finds in all_finds:
            outcome.fired.update(finds.fired)
            outcome.refused += finds.refused
        if not all(finds.complete for finds in all_finds):
            outcome.ended = f"{self.budget.seconds:g} seconds are over"
        first = len(outcome.parents)
        for share, (places, numbers) in zip(shares, self._accepted(all_finds), strict=True):
            share.begin_keeping(places, numbers)
        unlawful = [breach for share in shares if (breach := share.end_keeping()) is not None]
        outcome.levels.append(len(outcome.parents) - first)
        outcome.seconds = time.monotonic() - self.started
        self.progress(outcome)
        if unlawful:
            number, violation = min(unlawful, key=lambda breach: breach[0])
            self._refute(violation, self._moves_to(number))
        return outcome.refutation is None and outcome.ended is None

    def _accepted(self, all_finds: list[Found]) -> list[tuple["array[int]", "array[int]"]]:
        """Number what is new among the finds; return their places and numbers, by share."""
        outcome, seen, limit = self.outcome, self.seen, self.budget.states
        accepted = [(array("q"), array("q")) for _ in all_finds]
        rows = (
            zip(finds.parents, finds.moves, repeat(share), count(), finds.keys, strict=False)
            for share, finds in enumerate(all_finds)
        )
        for parent, move, share, place, key in heapq.merge(*rows):
            if key in seen:
                continue
            number = len(outcome.parents)
            if limit is not None and number >= limit:
                outcome.ended = f"{limit:,} states are seen"
                break
            seen.add(key)
            outcome.parents.append(parent)
            outcome.moves.append(move)
            accepted[share][0].append(place)
            accepted[share][1].append(number)
        return accepted

    def _moves_to(self, number: int) -> list[int]:
        """Return the moves that lead to a state."""
        moves: list[int] = []
        while self.outcome.parents[number] >= 0:
            moves.append(self.outcome.moves[number])
            number = self.outcome.parents[number]
        return moves[::-1]

    def _refute(self, violation: Violation, moves: list[int]) -> None:
        """Tell how a law was broken, by doing it again."""
        share = Share.of(self.world, self.protocol, self.home.laws)
        position, _ = share.start()
        story: list[Counted] = []
        for move in moves:
            branch, number = divmod(move, MOVES)
            edges = share.chains[branch].edges(position[branch])
            edge = next(edge for edge in edges if edge.number == number)
            position = share.moved(position, branch, edge)
            story.append(Counted(branch, edge.transaction))
        chains = tuple(
            (*chain.prelude, *(step.transaction for step in story if step.branch == branch))
            for branch, chain in enumerate(share.chains)
        )
        self.outcome.refutation = Refutation(violation, tuple(story), chains)
