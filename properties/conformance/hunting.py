"""Ways to planted bugs that the other vectors miss: found slowly, and then kept.

Filling must be quick and the same everywhere, so it reads what was kept; `stakespec vectors
hunt` looks again. A way that does not lead to its bug any more is still a good vector.
"""

import json
from collections.abc import Callable, Iterator
from importlib import resources
from random import Random
from typing import Any

import attrs

from properties.conformance.drafts import Draft
from properties.conformance.fuzzing import asks_of
from properties.conformance.kills import same
from properties.conformance.types import TRANSACTIONS
from properties.engines.fuzz.cells import cells_of_step
from properties.engines.fuzz.corpus import Corpus, Entry, History
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.application import checked_apply
from properties.laws.views import Step
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.mutants import MUTANTS, Mutant
from properties.trace.repair import repaired
from properties.trace.trial import Trial
from statemachine import PROTOCOL, Genesis, genesis
from statemachine.codec import from_jsonable, from_tagged, tagged, to_jsonable
from statemachine.messages import Checkpoint, Header
from statemachine.protocol import Protocol
from statemachine.records import fields_of
from statemachine.state import State

FILE = "hunted.json"

LONGEST = 32
WORLDS = 8
TRIALS = 400
"""Attempts to make a way shorter."""


def hunt(mutant: Mutant, steps: int, seed: int = 1) -> Trial | None:
    """Search for a way to where a bug shows itself first; None where none is met."""
    rng = Random(f"hunt/{mutant.id}/{seed}")
    corpus = Corpus()
    drawn = 0
    while drawn < steps:
        if corpus.entries and rng.randrange(WORLDS):
            entry = corpus.pick(rng)
        else:
            start = draw_genesis(rng)
            entry = Entry(genesis(PROTOCOL, start), History(start))
            corpus.entries.append(entry)
        length = rng.randint(1, LONGEST)
        drawn += length
        trial = _extended(mutant.protocol, corpus, entry, rng, length)
        if trial is not None:
            return _shortened(mutant.protocol, trial)
    return None


def _extended(
    mutant: Protocol, corpus: Corpus, entry: Entry, rng: Random, length: int
) -> Trial | None:
    state = entry.state
    profile, actors = draw_profile(PROTOCOL, rng, state), Actors.of(state)
    accepted: list[Any] = []
    new: tuple[Any, ...] = ()
    for _ in range(length):
        transaction = next_transaction(PROTOCOL, state, rng, profile, actors)
        if type(transaction) not in TRANSACTIONS:
            continue
        came = checked_apply(PROTOCOL, state, transaction)
        if not same(came, checked_apply(mutant, state, transaction)):
            return entry.history.trial((*accepted, transaction))
        if isinstance(came, Step):
            accepted.append(transaction)
            state = came.after
            new += corpus.reach(cells_of_step(came))
    if new:
        corpus.entries.append(entry.child(state, tuple(accepted), new))
    return None


def _shortened(mutant: Protocol, trial: Trial) -> Trial:
    assert isinstance(trial.start, Genesis)
    kept, tried = list(trial.transactions), 0
    start = genesis(PROTOCOL, trial.start)
    chunk = max(1, (len(kept) - 1) // 2)
    while chunk:
        place = len(kept) - 1 - chunk
        while place >= 0 and tried < TRIALS:
            candidate = kept[:place] + kept[place + chunk :]
            tried += 1
            if _shows(mutant, start, candidate):
                kept = candidate
            place -= chunk
        chunk //= 2
    return Trial(trial.start, tuple(kept))


def _shows(mutant: Protocol, state: State, way: list[Any]) -> bool:
    for transaction in way[:-1]:
        came = checked_apply(PROTOCOL, state, transaction)
        if not isinstance(came, Step):
            return False
        state = came.after
    return not same(checked_apply(PROTOCOL, state, way[-1]), checked_apply(mutant, state, way[-1]))


# --- what was kept -----------------------------------------------------------------------


def to_text(ways: dict[str, Trial]) -> str:
    """Return the text of the file of ways, by bug."""
    return (
        json.dumps(
            {
                bug: {
                    "genesis": to_jsonable(trial.start),
                    "transactions": [tagged(tx) for tx in trial.transactions],
                }
                for bug, trial in ways.items()
            },
            indent=0,
        )
        + "\n"
    )


def kept() -> dict[str, Trial]:
    """Return the ways that were kept, by bug."""
    text = resources.files("properties.conformance").joinpath(FILE).read_text()
    return {
        bug: Trial(
            from_jsonable(way["genesis"], Genesis),
            tuple(from_tagged(tx, TRANSACTIONS) for tx in way["transactions"]),
        )
        for bug, way in json.loads(text).items()
    }


def fitting(trial: Trial) -> Trial:
    """Return a way whose blocks and checkpoints are those that there are by now.

    A change to the protocol gives every chain another head, and so other checkpoints. One that
    still goes as it is stays as it is.
    """
    assert isinstance(trial.start, Genesis)
    if _still_goes(trial.start, trial.transactions[:-1]):
        return trial
    roots = {checkpoint.root for tx in trial.transactions for checkpoint in _checkpoints(tx)}
    state = genesis(PROTOCOL, trial.start)
    transactions = []
    for kept_one in trial.transactions:
        transaction = repaired(PROTOCOL, state, kept_one, set(roots))
        transactions.append(transaction)
        came = checked_apply(PROTOCOL, state, transaction)
        state = came.after if isinstance(came, Step) else state
    return Trial(trial.start, tuple(transactions))


def _still_goes(start: Genesis, transactions: tuple[Any, ...]) -> bool:
    state = genesis(PROTOCOL, start)
    for transaction in transactions:
        came = checked_apply(PROTOCOL, state, transaction)
        if not isinstance(came, Step):
            return False
        state = came.after
    return True


def _checkpoints(content: Any) -> Iterator[Checkpoint]:
    if isinstance(content, Checkpoint):
        yield content
    elif isinstance(content, Header):
        yield Checkpoint(0, content.checkpoint)
    elif attrs.has(type(content)):
        for field in fields_of(type(content)):
            yield from _checkpoints(getattr(content, field.name))


def hunted() -> Iterator[Draft]:
    """Return the cases of the ways that were kept."""
    mistakes = {mutant.id: mutant.mistake for mutant in MUTANTS}
    for bug, way in kept().items():
        trial = fitting(way)
        yield Draft(
            f"The bug {bug} does not show itself",
            mistakes.get(bug, "a bug that is not planted any more"),
            tuple(asks_of(trial.start, trial.transactions)),
        )


def hunt_all(
    bugs: list[str], steps: int, show: Callable[[str], None] = lambda _: None
) -> dict[str, Trial]:
    """Hunt some bugs; return the ways to those that were met."""
    ways = {}
    for mutant in MUTANTS:
        if mutant.id in bugs:
            show(f"hunting {mutant.id}")
            trial = hunt(mutant, steps)
            if trial is not None:
                ways[mutant.id] = trial
    return ways
