"""A history as a file: how a state was reached that is worth going on from, and why."""

import json
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeVar

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
        return name_of_content(_as_jsonable(self.trial))

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
        start = read_start(document["start"], types)
        trial = Trial(start, tuple(read_transactions(transactions, types)))
        return cls(trial, tuple(sorted(set(cells))))


@attrs.frozen
class Written:
    """A history as a file says it: all that a merge needs, without making transactions of it."""

    name: str
    length: int
    """The number of its transactions."""
    cells: tuple[str, ...]
    content: str
    """Its start and its transactions, as JSON."""

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Written":
        """Return what a file says."""
        content = {part: document[part] for part in ("start", "transactions")}
        length = len(document["transactions"])
        name = name_of_content(content)
        return cls(name, length, tuple(document["cells"]), content_of(content))

    @property
    def cost(self) -> tuple[int, str]:
        """Return what decides between two histories, as that of what it says."""
        return self.length, self.name

    def kept_for(self, cells: tuple[str, ...]) -> "Written":
        """Return the same history, kept for other cells."""
        return attrs.evolve(self, cells=cells)

    def to_text(self) -> str:
        """Return the file's text."""
        document = {"format": FORMAT, "cells": list(self.cells), **json.loads(self.content)}
        return json.dumps(document, indent=1) + "\n"


def content_of(content: dict[str, Any]) -> str:
    """Return a start and transactions as a text that takes little room."""
    return json.dumps(content, separators=(",", ":"))


def name_of_content(content: dict[str, Any]) -> str:
    """Return the name of a start and transactions, as JSON's own types."""
    return name_of(json.dumps(content, sort_keys=True).encode())


def _as_jsonable(trial: Trial) -> dict[str, Any]:
    return {
        "start": tagged(trial.start),
        "transactions": [tagged(transaction) for transaction in trial.transactions],
    }


def text_of(cell: Cell) -> str:
    """Return a cell as one text, the same in every process."""
    return json.dumps(cell, default=lambda member: member.value, separators=(",", ":"))


def cell_of(text: str) -> Cell:
    """Return the cell that a text stands for."""
    cell = _hashable(json.loads(text))
    assert isinstance(cell, tuple)
    return cell


def _hashable(content: object) -> Hashable:
    """Return JSON's own types with tuples for lists, as cells have them."""
    return tuple(map(_hashable, content)) if isinstance(content, list) else content


H = TypeVar("H", Kept, Written)


@attrs.define
class Best(Generic[H]):
    """For each cell the shortest history that reaches it; of two equally short, the first by name.

    This is the least upper bound in a semilattice: histories may be put together in any
    order, any number of times, in any groups, and the same stay.
    """

    by_cell: dict[str, H] = attrs.field(factory=dict)

    def won(self, cost: tuple[int, str], cells: Iterable[str]) -> list[str]:
        """Return the cells that a history of this cost would be kept for."""
        held = self.by_cell
        return [cell for cell in cells if cell not in held or cost < held[cell].cost]

    def keep(self, history: H, cells: Iterable[str]) -> None:
        """Keep a history for cells that it has won."""
        self.by_cell.update(dict.fromkeys(cells, history))

    def add(self, histories: Iterable[H]) -> None:
        """Keep each history for the cells that it wins."""
        for history in histories:
            self.keep(history, self.won(history.cost, history.cells))

    def histories(self) -> list[H]:
        """Return all that are kept, by name, each for the cells that it is kept for."""
        cells: dict[str, list[str]] = {}
        named = {history.name: history for history in self.by_cell.values()}
        for cell, history in self.by_cell.items():
            cells.setdefault(history.name, []).append(cell)
        return [named[name].kept_for(tuple(sorted(cells[name]))) for name in sorted(cells)]


def reduced(histories: Iterable[H]) -> list[H]:
    """Return for each cell the shortest history that reaches it, by name."""
    best: Best[H] = Best()
    best.add(histories)
    return best.histories()
