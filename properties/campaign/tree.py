"""Histories of one search as a tree: what two of them share is written once.

    starts     the geneses that they begin with
    steps      [parent, transaction]: the step before it, or null for the first
    histories  name, start, last step (null if there is none), length, cells

Most of a search's histories are others with a step more, so a tree takes a tenth of the bytes.
Their names are worked out where the search ran, so that who merges many results need not.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from properties.campaign.history import Written, content_of, name_of_content
from properties.engines.fuzz.corpus import History
from properties.trace.run import Start
from statemachine.codec import tagged

Cost = tuple[int, str]


@attrs.define
class Tree:
    """What is written of a search's histories."""

    known: Mapping[str, Cost]
    """The cost at which each cell was reached before the search began."""
    starts: list[Any] = attrs.field(factory=list)
    steps: list[tuple[int | None, Any]] = attrs.field(factory=list)
    histories: list[dict[str, Any]] = attrs.field(factory=list)
    _start_places: dict[Start, int] = attrs.field(factory=dict, init=False)
    _last: dict[int, int | None] = attrs.field(factory=dict, init=False)
    """The last step of each history that was written, by its identity."""

    def add(self, history: History, cells: Sequence[str]) -> None:
        """Write a history that reaches cells, unless all were reached at no higher cost before."""
        length = history.depth
        known = {cell: self.known[cell] for cell in cells if cell in self.known}
        if all(cell in known and known[cell][0] < length for cell in cells):
            return
        trial = history.trial()
        content = {
            "start": self.starts[self._start(trial.start)],
            "transactions": [tagged(tx) for tx in trial.transactions],
        }
        name = name_of_content(content)
        cheaper = [cell for cell in cells if cell not in known or (length, name) < known[cell]]
        if cheaper:
            self.histories.append(
                {
                    "name": name,
                    "start": self._start(trial.start),
                    "last": self._grow(history),
                    "length": length,
                    "cells": sorted(cheaper),
                }
            )

    def as_jsonable(self) -> dict[str, Any]:
        """Return the tree as JSON's own types."""
        return {"starts": self.starts, "steps": self.steps, "histories": self.histories}

    def _start(self, start: Start) -> int:
        if start not in self._start_places:
            self._start_places[start] = len(self.starts)
            self.starts.append(tagged(start))
        return self._start_places[start]

    def _grow(self, history: History) -> int | None:
        """Write the steps of a history that are not written yet; return its last."""
        missing: list[History] = []
        at: History | None = history
        while at is not None and id(at) not in self._last:
            missing.append(at)
            at = at.parent
        last = None if at is None else self._last[id(at)]
        for part in reversed(missing):
            for tx in part.transactions:
                self.steps.append((last, tagged(tx)))
                last = len(self.steps) - 1
            self._last[id(part)] = last
        return last


def histories_of(result: Mapping[str, Any]) -> Iterator["Grown"]:
    """Return the histories of a result."""
    return (Grown(result, document) for document in result["histories"])


@attrs.frozen
class Grown:
    """A history in a tree."""

    tree: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells for which it may be kept."""
        return tuple(self.document["cells"])

    @property
    def cost(self) -> Cost:
        """Return what decides between two histories that reach one cell."""
        return self.document["length"], self.document["name"]

    def written(self) -> Written:
        """Return it for itself, whatever becomes of the tree."""
        content = {
            "start": self.tree["starts"][self.document["start"]],
            "transactions": _path(self.tree["steps"], self.document["last"]),
        }
        length, name = self.cost
        return Written(name, length, self.cells, content_of(content))


def _path(steps: Any, last: int | None) -> list[Any]:
    path = []
    while last is not None:
        last, transaction = steps[last]
        path.append(transaction)
    return path[::-1]
