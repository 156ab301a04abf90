"""A shard: a pure function from a task, and the corpus that it begins with, to one text."""

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from properties.campaign.history import Kept, cell_of, text_of
from properties.campaign.names import name_of
from properties.campaign.tree import Tree
from properties.engines.fuzz.cells import REFUSED
from properties.engines.fuzz.corpus import Corpus, Entry
from properties.engines.fuzz.search import Search
from properties.trace.failures import Budget, Failure, Origin
from properties.trace.run import Start
from statemachine.protocol import Protocol

FORMAT = "stakespec/shard/2"

CANDIDATES = 2_000
"""How many candidates a shard tries, at most, to make a counterexample smaller: counted, not
timed, so that it ends in the same on every machine."""


@attrs.frozen
class Task:
    """Everything, the corpus apart, that decides what a shard does."""

    protocol: str
    """Where the protocol is, as MODULE:NAME."""
    settings: tuple[str, ...]
    version: str
    """Names the sources of the protocol and of the engines."""
    seed: int
    steps: int
    """Transactions that it draws."""
    keep: int
    """States that it keeps at most."""
    corpus: str
    """Names the corpus that it begins with."""
    shard: int
    shards: int = 1
    """How many shards there are beside it, and itself: each goes through its part of the corpus."""

    @property
    def name(self) -> str:
        """Return the name of its result."""
        content = json.dumps(attrs.asdict(self), sort_keys=True)
        return name_of(content.encode())


def run_shard(
    task: Task,
    protocol: Protocol,
    start: Start | None,
    corpus: Sequence[Kept],
    go_on: Callable[[], bool] = lambda: True,
) -> str:
    """Search, beginning with a corpus; return the text of the result.

    It goes through its part of the corpus under the eyes of all laws, as if it had drawn it.
    Of the rest it knows what is reached, and works out a state only when it goes on from there.
    What `go_on` ends early is no result of this task, and must be thrown away.
    """
    search = Search(protocol, task.seed, task.shard, start, corpus=Corpus(limit=task.keep))
    own = corpus[task.shard % task.shards :: task.shards]
    # Kept alive, so that no other entry takes over the identity of one.
    given: dict[int, Entry] = {}
    for place, kept in enumerate(corpus):
        if place % task.shards != task.shard % task.shards:
            entry = search.know(kept.trial, tuple(map(cell_of, kept.cells)))
            given[id(entry)] = entry
    stale = [kept.name for kept in own if not search.adopt(kept.trial)]
    search.run(task.steps, go_on)
    search.outcome.failures.shrink_all(protocol, lambda _left: _budget())
    # Without spaces: a result has a thousand histories.
    document = _as_jsonable(task, search, corpus, given, stale)
    return json.dumps(document, separators=(",", ":")) + "\n"


def _budget() -> Budget:
    tries = itertools.count()
    return lambda: next(tries) < CANDIDATES


def _as_jsonable(
    task: Task, search: Search, corpus: Sequence[Kept], given: dict[int, Entry], stale: list[str]
) -> dict[str, Any]:
    outcome, origin = search.outcome, Origin(task.protocol, None, task.settings)
    tree = Tree({cell: kept.cost for kept in corpus for cell in kept.cells})
    for entry in search.corpus.entries:
        if id(entry) in given:
            continue
        # A history has what was accepted alone: it cannot reach the cell of a refusal again.
        tree.add(entry.history, [text_of(cell) for cell in entry.cells if cell[0] != REFUSED])
    return {
        "format": FORMAT,
        "task": attrs.asdict(task),
        "tally": {"drawn": outcome.tally.drawn, "worlds": outcome.tally.worlds},
        "accepted": dict(sorted(outcome.coverage.fired.items())),
        "rejected": {
            name: dict(sorted(reasons.items()))
            for name, reasons in sorted(outcome.coverage.rejected.items())
        },
        "judged": {law.id: outcome.checks(law) for law in search.laws},
        "cells": sorted(map(text_of, outcome.cells)),
        "stale": sorted(stale),
        **tree.as_jsonable(),
        "failures": [_failure(failure, origin) for failure in outcome.failures],
    }


def _failure(failure: Failure, origin: Origin) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(failure.package(origin).to_text())
    return document


def corpus_name(corpus: Sequence[Kept]) -> str:
    """Return the name of a corpus, whatever the order of its histories."""
    return corpus_named(kept.name for kept in corpus)


def corpus_named(names: Iterable[str]) -> str:
    """Return the name of a corpus whose histories have these names."""
    return name_of(*sorted(name.encode() for name in names))
