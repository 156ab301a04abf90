"""The grid itself: which parameters are set to what, and what came of each choice."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import attrs

from properties.engines.check import execute
from properties.engines.engine import Plan
from properties.engines.registry import ENGINES
from properties.model.design import with_settings
from properties.model.settings import BadSetting
from properties.model.worlds import try_settings
from properties.weighing.prices import PRICES
from statemachine.errors import OutOfRange
from statemachine.protocol import Protocol

ASKED = ("walk", "one-step", "branches")
"""The engines that each cell is checked with: those whose runs do not depend on the time."""

MOST_CELLS = 10_000
"""Cells of the largest grid."""

WORDS = {0: "held", 1: "refuted", 3: "held", 4: "undetermined"}
"""What an exit code of a brief check says; it need not reach every witness."""


VERDICTS = (*WORDS.values(), "refused")
"""What a cell can come to."""


@attrs.frozen
class Axis:
    """A parameter, and the numbers that it is set to."""

    name: str
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "Axis":
        """Read `NAME=1,3,7`. Raises BadSetting."""
        name, separator, written = text.partition("=")
        numbers = tuple(part.strip() for part in written.split(","))
        if not separator or not name.strip() or not all(numbers):
            raise BadSetting(f"{text!r} is no axis; write NAME=1,3,7")
        if len(set(numbers)) < len(numbers):
            raise BadSetting(f"{text!r} has a number twice; leave one")
        return cls(name.strip(), numbers)


@attrs.frozen
class Question:
    """What is asked of each cell: another question is another sweep."""

    protocol: str
    axes: tuple[Axis, ...]
    price: str
    runs: int
    seed: int

    def cells(self) -> Iterator[tuple[str, ...]]:
        """Go through the settings of all cells, in order; the last axis moves first."""
        for numbers in product(*(axis.numbers for axis in self.axes)):
            yield tuple(
                f"{axis.name}={number}" for axis, number in zip(self.axes, numbers, strict=True)
            )

    def as_jsonable(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        axes = {axis.name: list(axis.numbers) for axis in self.axes}
        return {**attrs.asdict(self, recurse=False), "axes": axes}


@attrs.frozen
class Cell:
    """What came of one choice."""

    settings: tuple[str, ...]
    verdict: str
    """held, refuted, undetermined or refused."""
    broken: tuple[str, ...] = ()
    """The laws that were broken, the cause first."""
    price: int | None = None
    refused: str = ""
    """Why the parameters do not go together."""

    def as_jsonable(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        return {
            **attrs.asdict(self, recurse=False),
            "settings": dict(setting.split("=") for setting in self.settings),
            "broken": list(self.broken),
        }

    @classmethod
    def from_jsonable(cls, jsonable: dict[str, Any]) -> "Cell":
        """Read it back. Raises KeyError, TypeError or AttributeError for what is no cell."""
        settings = tuple(f"{name}={number}" for name, number in jsonable["settings"].items())
        broken, price, refused = (jsonable[name] for name in ("broken", "price", "refused"))
        if jsonable["verdict"] not in VERDICTS or not isinstance(broken, list):
            raise TypeError("no verdict, or no list of laws")
        if not all(isinstance(text, str) for text in (*broken, refused)):
            raise TypeError("no text")
        if price is not None and type(price) is not int:
            raise TypeError("no price")
        return cls(settings, jsonable["verdict"], tuple(broken), price, refused)


def cell_of(question: Question, protocol: Protocol, settings: tuple[str, ...]) -> Cell:
    """Check a protocol with some parameters set, and work out its price."""
    try:
        chosen = with_settings(protocol, settings)
        try_settings(chosen)
    except (BadSetting, OutOfRange) as error:
        return Cell(settings, "refused", refused=str(error))
    engines = tuple(engine for engine in ENGINES if engine.name in ASKED)
    plan = Plan(
        chosen, question.protocol, question.seed, 60.0, None, question.runs, engines, workers=1
    )
    report = execute(plan)
    price = PRICES[question.price].work_out(chosen, question.seed, report)
    broken = tuple(dict.fromkeys(failure.violation.law for failure in report.failures))
    return Cell(settings, WORDS[report.exit_code()], broken, price)


def heads_of(question: Question) -> list[str]:
    """Return the names of what `row_of` gives."""
    return [*(axis.name for axis in question.axes), "verdict", "broken", question.price]


def row_of(cell: Cell) -> list[str]:
    """Return a cell as text: its numbers, its verdict, the laws that broke, and its price."""
    numbers = [setting.partition("=")[2] for setting in cell.settings]
    price = "" if cell.price is None else str(cell.price)
    return [*numbers, cell.verdict, " ".join(cell.broken), price]


def table_of(question: Question, cells: Sequence[Cell]) -> tuple[list[str], list[list[Cell | str]]]:
    """Lay cells out: two axes as rows and columns, any other number as a list.

    Returns the heads of the columns, and the rows, each beginning with what it is of.
    """
    if len(question.axes) != 2:
        heads = [*(axis.name for axis in question.axes), "outcome"]
        rows: list[list[Cell | str]] = [
            [*(setting.partition("=")[2] for setting in cell.settings), cell] for cell in cells
        ]
        return heads, rows
    down, along = question.axes
    heads = [f"{down.name} \\ {along.name}", *along.numbers]
    width = len(along.numbers)
    rows = [
        [number, *cells[place * width : (place + 1) * width]]
        for place, number in enumerate(down.numbers)
    ]
    return heads, rows
