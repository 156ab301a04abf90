"""A history as a file: how a state was reached that is worth going on from, and why."""

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any, TypeVar

import attrs

from properties.campaign.names import name_of
from properties.engines.fuzz.cells import Cell
from properties.laws.accusation import DRAWN_TYPES
from properties.trace.counterexample import read_start, read_transactions
from properties.trace.trial import Trial
from statemachine.codec import Malformed, parse_json, tagged

FORMAT = "stakespec/history/1"


@attrs.frozen
class Kept:
    """A history, and the cells for which it is kept."""

    trial: Trial
    cells: tuple[str, ...]
    """Sorted; each as `text_of` writes it."""

    @cached_property
    def name(self) -> str:
        """The name of its file, which says what is in it but not why it is kept."""
        return _name_of(_as_jsonable(self.trial))

    @property
    def cost(self) -> tuple[int, str]:
        """Return what decides between two histories that reach one cell: the shorter stays."""
        return len(self.trial.transactions), self.name

    def kept_for(self, cells: tuple[str, ...]) -> "Kept":
        """Return the same history, kept for other cells."""
        return Kept(self.trial, cells)

    def to_text(self) -> str:
        """Return the file's text."""
        return json.dumps(self.as_jsonable(), indent=1) + "\n"

    def as_jsonable(self) -> dict[str, Any]:
        """Return what the file says, as JSON's own types."""
        return {"format": FORMAT, "cells": list(self.cells), **_as_jsonable(self.trial)}

    @classmethod
    def from_text(cls, text: str, types: tuple[type, ...] = DRAWN_TYPES) -> "Kept":
        """Read the file's text. Raises Malformed with the place and the reason."""
        return cls.from_jsonable(parse_json(text), types)

    @classmethod
    def from_jsonable(cls, document: object, types: tuple[type, ...] = DRAWN_TYPES) -> "Kept":
        """Read what a file says. Raises Malformed with the place and the reason."""
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Malformed(f'.format: a history says "format": "{FORMAT}"')
        if set(document) != {"format", "cells", "start", "transactions"}:
            raise Malformed("a history has the fields format, cells, start, transactions")
        cells, transactions = document["cells"], document["transactions"]
        if not isinstance(cells, list) or not all(isinstance(cell, str) for cell in cells):
            raise Malformed(".cells: must be a list of texts")
        if not isinstance(transactions, list):
            raise Malformed(".transactions: must be a list")
        start = read_start(document["start"])
        trial = Trial(start, tuple(read_transactions(transactions, types)))
        return cls(trial, tuple(sorted(set(cells))))


@attrs.frozen
class Written:
    """A history as a file says it: all that a merge needs, without making transactions of it."""

    document: dict[str, Any]
    """What the file says, as JSON's own types."""

    @cached_property
    def name(self) -> str:
        """The name of its file, as that of what it says."""
        return _name_of({part: self.document[part] for part in ("start", "transactions")})

    @property
    def cells(self) -> tuple[str, ...]:
        """Return the cells for which it is kept."""
        return tuple(self.document["cells"])

    @property
    def cost(self) -> tuple[int, str]:
        """Return what decides between two histories, as that of what it says."""
        return len(self.document["transactions"]), self.name

    def kept_for(self, cells: tuple[str, ...]) -> "Written":
        """Return the same history, kept for other cells."""
        return Written({**self.document, "cells": list(cells)})

    def to_text(self) -> str:
        """Return the file's text."""
        return json.dumps(self.document, indent=1) + "\n"


def _name_of(content: dict[str, Any]) -> str:
    return name_of(json.dumps(content, sort_keys=True).encode())


def _as_jsonable(trial: Trial) -> dict[str, Any]:
    return {
        "start": tagged(trial.start),
        "transactions": [tagged(transaction) for transaction in trial.transactions],
    }


def text_of(cell: Cell) -> str:
    """Return a cell as one text, the same in every process."""
    return json.dumps(cell, default=lambda member: member.value, separators=(",", ":"))


H = TypeVar("H", Kept, Written)


def reduced(histories: Iterable[H]) -> list[H]:
    """Return for each cell the shortest history that reaches it, by name.

    This is the least upper bound in a semilattice: histories may be put together in any
    order, any number of times, in any groups, and the same stay.
    """
    best: dict[str, H] = {}
    for history in histories:
        for cell in history.cells:
            rival = best.get(cell)
            if rival is None or history.cost < rival.cost:
                best[cell] = history
    cells: dict[str, list[str]] = {}
    named = {history.name: history for history in best.values()}
    for cell, history in best.items():
        cells.setdefault(history.name, []).append(cell)
    return [named[name].kept_for(tuple(sorted(cells[name]))) for name in sorted(cells)]
