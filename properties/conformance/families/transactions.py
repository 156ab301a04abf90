"""What transactions do and are refused for: found by a search, and made short.

The search is determined by a seed. For each type of transaction it keeps the shortest way
to each reason that it was refused for, and to each thing that it ever announced.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any

import attrs

from properties.conformance.drafts import Draft, Family
from properties.conformance.families.mistakes import pairs_of_mistakes
from properties.conformance.fuzzing import asks_of
from properties.conformance.types import TRANSACTIONS
from properties.engines.fuzz.cells import cells_of_refusal, cells_of_step
from properties.engines.fuzz.corpus import Corpus, Entry, History
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.application import checked_apply
from properties.laws.views import Step
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.trace.trial import Trial
from statemachine import PROTOCOL
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis
from statemachine.state import State

SEED = 13

STEPS = 4_592
"""Transactions that are drawn."""

LONGEST = 32
WORLDS = 24

TRIALS = 60
"""Attempts to make a way shorter."""

RUNS = 4
"""Long random runs."""

RUN_STEPS = 120

Target = tuple[str, str]
"""The type of a transaction, and what came of it: a reason, or what it announced."""


@attrs.define(eq=False)
class Gathering:
    """A search for a way to everything that may come of a transaction."""

    protocol: Protocol
    rng: Random
    corpus: Corpus = attrs.field(factory=Corpus)
    ways: dict[Target, Trial] = attrs.field(factory=dict)

    def run(self, steps: int) -> None:
        """Search for so many transactions."""
        drawn = 0
        while drawn < steps:
            drawn += self._extend(self._pick(), self.rng.randint(1, LONGEST))

    def _pick(self) -> Entry:
        if self.corpus.entries and self.rng.randrange(WORLDS):
            return self.corpus.pick(self.rng)
        start = draw_genesis(self.rng)
        entry = Entry(genesis(self.protocol, start), History(start))
        self.corpus.entries.append(entry)
        return entry

    def _extend(self, entry: Entry, length: int) -> int:
        state = entry.state
        profile, actors = draw_profile(self.protocol, self.rng, state), Actors.of(state)
        accepted: list[object] = []
        for _ in range(length):
            transaction = next_transaction(self.protocol, state, self.rng, profile, actors)
            if type(transaction) not in self.protocol.rules:
                continue
            came = checked_apply(self.protocol, state, transaction)
            if isinstance(came, Step):
                state = came.after
                new = self.corpus.reach(cells_of_step(came))
            elif isinstance(came, Rejected):
                new = self.corpus.reach(cells_of_refusal(transaction, came))
            else:
                raise ValueError(came)
            for target in targets_of(transaction, came):
                way = self.ways.get(target)
                depth = entry.history.depth + len(accepted) + 1
                if way is None or len(way.transactions) > depth:
                    self.ways[target] = entry.history.trial((*accepted, transaction))
            if isinstance(came, Step):
                accepted.append(transaction)
            if new and accepted:
                entry = entry.child(state, tuple(accepted), new)
                self.corpus.entries.append(entry)
                accepted, actors = [], Actors.of(state)
        return length


def targets_of(transaction: object, came: Step | Rejected) -> Iterator[Target]:
    """Return what came of a transaction, each as a target."""
    kind = type(transaction).__name__
    if isinstance(came, Rejected):
        yield kind, f"is refused: {came.reason.value}"
        return
    yield kind, "is accepted"
    for event in came.events:
        yield kind, f"announces {_words(event)}"


def _words(event: Any) -> str:
    """Say what was announced, and what there is in it but names and numbers."""
    name = type(event).__name__
    if name == "StatusChanged":
        return f"StatusChanged from {event.before.value} to {event.after.value}"
    if name == "Slashed":
        return f"Slashed for {event.kind.value}"
    if name == "StakeSlashed":
        suffix = " of leaving stake" if event.end is not None else ""
        return f"StakeSlashed{suffix}{f' that moved {len(event.past)} times' if event.past else ''}"
    return name


def shortened(protocol: Protocol, target: Target, trial: Trial) -> Trial:
    """Leave out transactions for as long as the last one still does what it is there for."""
    kept = list(trial.transactions)
    tried, chunk = 0, max(1, (len(kept) - 1) // 2)
    start = genesis(protocol, trial.start)  # type: ignore[arg-type]
    while chunk:
        place = len(kept) - 1 - chunk
        while place >= 0 and tried < TRIALS:
            candidate = kept[:place] + kept[place + chunk :]
            tried += 1
            if _reaches(protocol, start, candidate, target):
                kept = candidate
            place -= chunk
        chunk //= 2
    return Trial(trial.start, tuple(kept))


def _reaches(protocol: Protocol, state: State, way: list[object], target: Target) -> bool:
    for transaction in way[:-1]:
        came = checked_apply(protocol, state, transaction)
        if not isinstance(came, Step):
            return False
        state = came.after
    came = checked_apply(protocol, state, way[-1])
    return isinstance(came, Step | Rejected) and target in targets_of(way[-1], came)


def gathered(steps: int = STEPS, seed: int = SEED) -> dict[Target, Trial]:
    """Return the short ways to everything that was met."""
    search = Gathering(PROTOCOL, Random(f"vectors/{seed}"))
    search.run(steps)
    return {
        target: shortened(PROTOCOL, target, search.ways[target]) for target in sorted(search.ways)
    }


def families_of_transactions(steps: int = STEPS) -> tuple[Family, ...]:
    """Return a family for each type of transaction, one of several faults, one of long runs."""
    by_type: dict[str, list[tuple[str, Trial]]] = defaultdict(list)
    for (kind, came), trial in gathered(steps).items():
        by_type[kind].append((came, trial))

    def of_type(kind: str) -> Callable[[], Iterable[Draft]]:
        return lambda: [
            Draft(
                f"{kind} {came}",
                "the last transaction is what the case is about",
                tuple(asks_of(trial.start, trial.transactions)),
            )
            for came, trial in by_type[kind]
        ]

    def of_pairs() -> Iterable[Draft]:
        for kind in sorted(by_type):
            yield from pairs_of_mistakes(kind, [trial for _, trial in by_type[kind]])

    kinds = [kind.__name__ for kind in TRANSACTIONS]
    return (
        *(
            Family(f"20-{kind}", f"What {kind} does, and is refused for", of_type(kind))
            for kind in sorted(kinds)
        ),
        Family("30-two-reasons", "Of two reasons the first in order is named", of_pairs),
        Family("40-runs", "Long random runs", _runs),
    )


def _runs() -> Iterator[Draft]:
    for number in range(RUNS):
        rng = Random(f"vectors/run/{number}")
        start = draw_genesis(rng)
        state = genesis(PROTOCOL, start)
        profile = draw_profile(PROTOCOL, rng, state)
        transactions: list[object] = []
        while len(transactions) < RUN_STEPS:
            drawn = next_transaction(PROTOCOL, state, rng, profile, Actors.of(state))
            if type(drawn) not in PROTOCOL.rules:
                continue
            transactions.append(drawn)
            came = checked_apply(PROTOCOL, state, drawn)
            state = came.after if isinstance(came, Step) else state
        yield Draft(
            f"Run {number} of {RUN_STEPS} transactions leads where it does",
            "drawn at random, refusals among them",
            tuple(asks_of(start, tuple(transactions))),
        )
