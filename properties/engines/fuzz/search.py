"""A novelty search over a protocol: go on from kept states, keep what reaches a new cell.

States are values that share what they have in common, so a corpus of them is cheap, and the
search can continue from one without repeating what led to it. All that a search does is
determined by its seed and its shard; for how long it goes on is all that time can decide.

Every step is held against all laws but the oracle's. The oracle follows an extension, from
the kept state where it began, to the last new cell that it reached, and one extension in
`FOLLOWED` to its end: no state is kept that was not reached under the oracle's eyes.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import attrs

from properties.engines.fuzz.cells import Cell, cells_of_refusal, cells_of_step
from properties.engines.fuzz.corpus import Corpus, Entry, History, keep_options
from properties.engines.fuzz.outcome import SearchReport
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws import Law, Violation, check_state
from properties.laws.accusation import with_accusations
from properties.laws.application import Misbehaved, checked_apply
from properties.laws.judge import judge_rejection, judge_step, unreadable
from properties.laws.leaving import MANY
from properties.laws.views import Step, all_views
from properties.model.design import asked, laws_of, types_of
from properties.model.draw_context import Actors
from properties.model.passing import crossing_once
from properties.model.worlds import draw_genesis
from properties.oracle import Oracle
from properties.trace.failures import broken_by, found_by_fuzz
from properties.trace.run import Start, state_at
from properties.trace.trial import Trial, check_end
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State

LONGEST = 32
"""Transactions drawn from a kept state, at most, before another is picked."""

WORLDS = 24
"""One in so many times a search begins in a new world instead."""

FOLLOWED = 4
"""One in so many extensions the oracle follows in any case."""

LEFT = 64
"""From one in so many kept states everybody is made to leave."""

SAMPLES = 12
"""Trials that are run again in other processes."""


@attrs.define(eq=False)
class Extension:
    """Some transactions drawn from a kept state on."""

    entry: Entry
    trail: list[tuple[State, object, Step | Rejected]] = attrs.field(factory=list)
    """Where each transaction was drawn, and what came of it."""
    novel: list[tuple[int, tuple[Cell, ...]]] = attrs.field(factory=list)
    """Where in the trail new cells were reached, and which."""
    violations: list[Violation] = attrs.field(factory=list)
    last: object = None
    """The transaction that broke a law."""

    def accepted(self, upto: int | None = None) -> tuple[object, ...]:
        """Return what was not refused of the first so many, or of all."""
        return tuple(tx for _, tx, response in self.trail[:upto] if isinstance(response, Step))


@attrs.define(eq=False)
class Search:
    """One shard of a search."""

    protocol: Protocol
    seed: int
    shard: int = 0
    start: Start | None = None
    """Where every history begins; None for small worlds, each drawn anew."""
    laws: tuple[Law, ...] = attrs.field(
        default=attrs.Factory(lambda self: laws_of(self.protocol), takes_self=True)
    )
    corpus: Corpus = attrs.field(factory=Corpus)
    outcome: SearchReport = attrs.field(factory=SearchReport)
    rng: Random = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Prepare the shard."""
        self.protocol = crossing_once(with_accusations(self.protocol))
        self.outcome.coverage.types = types_of(self.protocol)
        self.rng = Random(f"{self.seed}/fuzz/{self.shard}")

    def run(self, steps: int | None, go_on: Callable[[], bool] = lambda: True) -> None:
        """Search until so many transactions were drawn, or for as long as `go_on` says."""
        outcome, corpus = self.outcome, self.corpus
        try:
            with unhurried_collector():
                while go_on() and (steps is None or outcome.tally.drawn < steps):
                    entry = self._pick()
                    if entry is not None:
                        left = LONGEST if steps is None else steps - outcome.tally.drawn
                        self._extend(entry, min(self.rng.randint(1, LONGEST), left))
        finally:
            outcome.shards[self.shard] = outcome.tally.drawn
            outcome.cells = set(corpus.reached)
            outcome.kept = len(corpus.entries)
            outcome.dropped = corpus.dropped

    def adopt(self, trial: Trial) -> bool:
        """Go through a history of another search, as if this one had drawn it.

        Its states are kept where they reach what is new here, and what breaks is a failure.
        Returns whether all of its transactions still apply.
        """
        state = state_at(self.protocol, trial.start)
        violations = check_state(self.laws, state, all_views(state))
        if violations:
            self._found(violations, Trial(trial.start, ()))
            return True
        entry = Entry(state, History(trial.start))
        self.corpus.keep(entry)
        extension = Extension(entry)
        for tx in trial.transactions:
            state, applies = self._submit(extension, state, tx)
            if not applies:
                break
        accepted = len(extension.accepted())
        self._conclude(extension, followed=True)
        return bool(extension.violations) or accepted == len(trial.transactions)

    def know(self, trial: Trial, cells: tuple[Cell, ...]) -> Entry:
        """Take over a history of another search without going through it before it is picked.

        What it reaches counts as reached.
        """
        self.corpus.reach(cells)
        history = History(trial.start).then(trial.transactions)
        entry = Entry(None, history, cells)
        self.corpus.keep(entry)
        return entry

    def samples(self) -> list[Trial]:
        """Return some trials that lead to kept states, evenly spread."""
        entries = self.corpus.entries
        every = max(1, len(entries) // SAMPLES)
        return [entry.history.trial() for entry in entries[every - 1 :: every]][:SAMPLES]

    # --- where to go on from -------------------------------------------------------------

    def _pick(self) -> Entry | None:
        """Return a state to go on from; None where a new world is broken from its start."""
        entries = self.corpus.entries
        if entries and (self.start is not None or self.rng.randrange(WORLDS)):
            entry = self.corpus.pick(self.rng)
            return entry if entry.is_awake or self._wake(entry) else None
        start = self.start or draw_genesis(self.rng, self.protocol)
        tally = self.outcome.tally
        tally.worlds += 1
        state = state_at(self.protocol, start)
        violations = check_state(self.laws, state, all_views(state))
        if violations:
            tally.drawn += 1
            self._found(violations, Trial(start, ()))
            return None
        entry = Entry(state, History(start))
        self.corpus.keep(entry)
        return entry

    def _wake(self, entry: Entry) -> bool:
        """Work out the state that a history leads to; drop one that no longer applies."""
        trial = entry.history.trial()
        state = state_at(self.protocol, trial.start)
        for tx in trial.transactions:
            response = checked_apply(self.protocol, state, tx)
            if not isinstance(response, Step):
                self.corpus.drop(entry)
                return False
            state = response.after
        entry.wake(state)
        return True

    # --- going on ------------------------------------------------------------------------

    def _extend(self, entry: Entry, length: int) -> None:
        tally = self.outcome.tally
        tally.extensions += 1
        followed = self.rng.randrange(FOLLOWED) == 0
        extension = Extension(entry)
        self._draw(extension, length)
        self._conclude(extension, followed)

    def _conclude(self, extension: Extension, followed: bool) -> None:
        """Have the oracle follow an extension, and keep what it found."""
        entry = extension.entry
        last_novel = max((place for place, _ in extension.novel), default=-1)
        self._follow(extension, len(extension.trail) if followed else last_novel + 1)
        if extension.violations:
            further = (*extension.accepted(), extension.last)
            trial = entry.history.trial(further)
            self._found(extension.violations, trial, Trial(entry.state, further))
        self._keep(extension)

    def _draw(self, extension: Extension, length: int) -> None:
        """Draw transactions until one breaks a law."""
        state, tally = extension.entry.state, self.outcome.tally
        profile = draw_profile(self.protocol, self.rng, state)
        actors, sizes = Actors.of(state), _sizes(state)
        for _ in range(length):
            if _sizes(state) != sizes:
                actors, sizes = Actors.of(state), _sizes(state)
            tx = next_transaction(self.protocol, state, self.rng, profile, actors)
            tally.drawn += 1
            state, _ = self._submit(extension, state, tx)
            if extension.violations:
                return

    def _submit(self, extension: Extension, state: State, tx: object) -> tuple[State, bool]:
        """Submit a transaction; return the state after it, and whether it was accepted."""
        coverage = self.outcome.coverage
        response = checked_apply(self.protocol, state, tx)
        extension.last = tx
        if isinstance(response, Misbehaved):
            extension.violations = [*response.violations]
            return state, False
        if isinstance(response, Rejected):
            extension.violations = judge_rejection(self.laws, self.protocol, state, tx, response)
        else:
            extension.violations = judge_step(self.laws, self.protocol, response)
        if extension.violations:
            return state, False
        if isinstance(response, Rejected):
            coverage.reject(tx, response)
            cells = cells_of_refusal(tx, response)
        else:
            coverage.accept(self.protocol, response)
            cells = cells_of_step(response)
        new = self.corpus.reach(cells)
        if new:
            extension.novel.append((len(extension.trail), new))
        extension.trail.append((state, tx, response))
        return (response.after, True) if isinstance(response, Step) else (state, False)

    def _follow(self, extension: Extension, end: int) -> None:
        """Have the oracle follow to an end; cut the extension off where it complains."""
        if not end:
            return
        oracle = Oracle.at(extension.entry.state, self.protocol)
        tally = self.outcome.tally
        for place, (state, tx, response) in enumerate(extension.trail[:end]):
            tally.followed[type(tx).__name__] += 1
            try:
                if isinstance(response, Step):
                    violations = oracle.follow(response)
                else:
                    violations = oracle.refused(state, tx, response)
            except Exception as error:
                violations = [unreadable(error)]
            violations = asked(self.protocol, violations, tx)
            if violations:
                extension.violations, extension.last = violations, tx
                del extension.trail[place:]
                return

    # --- what came of it -----------------------------------------------------------------

    def _keep(self, extension: Extension) -> None:
        """Keep the states after new cells, each as a child of the one before."""
        parent, covered = extension.entry, 0
        for place, cells in extension.novel:
            accepted = extension.accepted(place + 1)
            if place >= len(extension.trail) or len(accepted) == covered:
                continue
            state, _, response = extension.trail[place]
            if isinstance(response, Step):
                state = response.after
            parent = parent.child(state, accepted[covered:], cells)
            covered = len(accepted)
            self.corpus.keep(parent)
            if self.rng.randrange(LEFT) == 0 and len(state.delegations) <= MANY:
                self._end(parent)

    def _end(self, entry: Entry) -> None:
        """Have everybody leave from a state, and have finality go on.

        From large states it takes seconds, and would leave no time to search: a walk does it.
        """
        tally = self.outcome.tally
        judged, violations = check_end(self.protocol, entry.state)
        tally.ends.update(judged)
        if violations:
            self._found(violations, entry.history.trial())

    def _found(self, violations: list[Violation], trial: Trial, near: Trial | None = None) -> None:
        """Keep a failure of a new kind, if it can be seen again.

        It is looked for from the start of its history, and then from the kept state: an
        oracle that has followed a whole history allows for more rounding.
        """
        failures, tally = self.outcome.failures, self.outcome.tally
        if not any(failures.is_news(violation, trial) for violation in violations):
            return
        for candidate in (trial, near):
            if candidate is None:
                continue
            again, broken = broken_by(self.protocol, candidate)
            options = keep_options(self.corpus.limit)
            for violation in broken:
                failures.add(
                    found_by_fuzz(violation, again, self.seed, self.shard, tally.drawn, options)
                )
            if broken:
                return
        failures.in_vain += 1


@contextmanager
def unhurried_collector() -> Iterator[None]:
    """Keep the garbage collector from looking through the corpus again and again.

    States and transitions make no cycles; what does is left to a collection afterwards.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _sizes(state: State) -> tuple[int, int, int]:
    return len(state.accounts), len(state.validators), len(state.delegations)
