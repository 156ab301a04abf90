"""`stakespec sweep`: a verdict and a price for each choice of parameters."""

import csv
import io
import json
import os
import secrets
import shlex
from collections import Counter
from typing import Any

import click
from rich.table import Table

from properties.cli.files import BadInput, check_output, read_json, shown, write_atomically
from properties.cli.inputs import protocol_at
from properties.cli.options import json_option, protocol_option, quiet_option, seed_option
from properties.cli.output import Output, is_quiet, note, print_json
from properties.cli.progress import Line
from properties.exports.sweep_page import sweep_page
from properties.laws.describe import wrapped
from properties.model.settings import BadSetting
from properties.weighing.grid import (
    MOST_CELLS,
    Axis,
    Cell,
    Question,
    cell_of,
    heads_of,
    row_of,
    table_of,
)
from properties.weighing.prices import PRICES

DEFAULT_RUNS = 40

FORMAT = "stakespec/sweep/1"


@click.command()
@protocol_option()
@click.option(
    "--set",
    "axes",
    multiple=True,
    required=True,
    metavar="NAME=N,N...",
    help="An axis: a parameter, and the numbers it is set to. Repeatable.",
)
@click.option(
    "--price",
    type=click.Choice(list(PRICES)),
    default="slashed",
    show_default=True,
    help="; ".join(f"{price.name}: {price.statement}" for price in PRICES.values()) + ".",
)
@click.option(
    "--runs",
    type=click.IntRange(1, 1_000_000),
    default=DEFAULT_RUNS,
    show_default=True,
    help="Runs of each engine in each cell.",
)
@seed_option()
@click.option("-o", "--output", metavar="FILE", help="Keep the cells here; go on from them.")
@click.option("--csv", "table", metavar="FILE", help="Write the cells as CSV.")
@click.option("--page", metavar="FILE", help="Write the cells as a page for a browser.")
@quiet_option()
@json_option()
@click.pass_context
def sweep(
    context: click.Context,
    path: str,
    axes: tuple[str, ...],
    price: str,
    runs: int,
    seed: int | None,
    output: str | None,
    table: str | None,
    page: str | None,
    as_json: bool,
) -> None:
    """Check a protocol briefly for every choice of parameters, and say what each costs.

    Each --set is an axis of a grid. A cell is checked by walks, single steps and worlds of two
    branches, --runs of each, and has a price. With -o FILE an interrupted sweep goes on where
    it was; a file of another sweep is left alone.

    Exit codes: 0 every law held in every cell, 1 a law was broken in one, 2 bad input or
    usage, 4 a cell is undetermined, or the sweep was interrupted.
    """
    protocol = protocol_at(path)
    question = _question(path, axes, price, runs, seed, output)
    for option, file in (("--output", output), ("--csv", table), ("--page", page)):
        if file is not None and not (option == "--output" and os.path.exists(file)):
            check_output(file, option)
    cells = _known(output, question)
    everything = list(question.cells())
    note(
        f"sweeping {protocol.name} ({path}), seed {question.seed}, {len(cells)} of"
        f" {len(everything)} cells known"
    )
    with Line() as line:
        for number, settings in enumerate(everything[len(cells) :], start=len(cells) + 1):
            line.show(f"cell {number} of {len(everything)}: {' '.join(settings)}")
            cells.append(cell_of(question, protocol, settings))
            if output is not None:
                write_atomically(output, _as_text(question, cells))
    if table is not None:
        write_atomically(table, _as_csv(question, cells))
    if page is not None:
        write_atomically(page, sweep_page(question, cells))
    code = _exit_code(cells)
    if as_json:
        print_json("sweep", {**_as_jsonable(question, cells), "exit_code": code})
    elif is_quiet():
        Output().conclude(_last_word(cells))
    else:
        _print(question, cells)
    context.exit(code)


def _question(
    path: str,
    axes: tuple[str, ...],
    price: str,
    runs: int,
    seed: int | None,
    output: str | None,
) -> Question:
    """Return the question; without a seed, that of the file to go on from, or a new one."""
    try:
        read = tuple(Axis.of(text) for text in axes)
    except BadSetting as error:
        raise BadInput(f"--set: {error}") from error
    twice = [name for name, count in Counter(axis.name for axis in read).items() if count > 1]
    if twice:
        raise BadInput(f"--set: {twice[0]} is an axis twice; put its numbers into one")
    count = 1
    for axis in read:
        count *= len(axis.numbers)
    if count > MOST_CELLS:
        raise BadInput(f"--set: {count:,} cells; at most {MOST_CELLS:,} are swept at once")
    if seed is None and output is not None and os.path.exists(output):
        seed = _read(output).get("seed")
        if not isinstance(seed, int):
            raise BadInput(f"--output {shown(output)}: .seed must be a whole number; remove it")
    return Question(path, read, price, runs, secrets.randbelow(2**32) if seed is None else seed)


def _read(output: str) -> dict[str, Any]:
    document = read_json(output)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadInput(f"--output {shown(output)}: is there, and no sweep; name another file")
    return document


def _known(output: str | None, question: Question) -> list[Cell]:
    """Return the cells that a file has already. Raises BadInput for those of another sweep."""
    if output is None or not os.path.exists(output):
        return []
    document = _read(output)
    asked = question.as_jsonable().items()
    other = [name for name, content in asked if document.get(name) != content]
    if other:
        raise BadInput(
            f"--output {shown(output)}: has a sweep with another {other[0]}; name another file"
        )
    try:
        cells = [Cell.from_jsonable(cell) for cell in document["cells"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"--output {shown(output)}: .cells cannot be read; remove it") from error
    expected = list(question.cells())[: len(cells)]
    if [cell.settings for cell in cells] != expected:
        raise BadInput(f"--output {shown(output)}: .cells are not those of the sweep; remove it")
    return cells


def _as_jsonable(question: Question, cells: list[Cell]) -> dict[str, Any]:
    repeat = ["stakespec", "sweep", "--protocol", question.protocol]
    for axis in question.axes:
        repeat += ["--set", f"{axis.name}={','.join(axis.numbers)}"]
    repeat += ["--price", question.price, "--runs", str(question.runs)]
    repeat += ["--seed", str(question.seed)]
    return {
        **question.as_jsonable(),
        "cells": [cell.as_jsonable() for cell in cells],
        "repeat": shlex.join(repeat),
    }


def _as_text(question: Question, cells: list[Cell]) -> str:
    return json.dumps({"format": FORMAT, **_as_jsonable(question, cells)}, indent=1) + "\n"


def _as_csv(question: Question, cells: list[Cell]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*heads_of(question), "refused"])
    writer.writerows([*row_of(cell), cell.refused] for cell in cells)
    return text.getvalue()


def _exit_code(cells: list[Cell]) -> int:
    verdicts = {cell.verdict for cell in cells}
    if "refuted" in verdicts:
        return 1
    # Where every choice was refused, nothing was judged.
    return 4 if "undetermined" in verdicts or verdicts <= {"refused"} else 0


def _last_word(cells: list[Cell]) -> str:
    counts = Counter(cell.verdict for cell in cells)
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def _print(question: Question, cells: list[Cell]) -> None:
    console = Output()
    price = PRICES[question.price]
    heads, rows = table_of(question, cells)
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(_cell_text(question, cell) for cell in row))
    console.print(table)
    console.print()
    console.print(
        wrapped(f"a number: {price.statement} ({price.unit}); -: nothing tells", ""), markup=False
    )
    for reason in dict.fromkeys(cell.refused for cell in cells if cell.refused):
        console.print(wrapped(f"refused: {reason}", ""), markup=False)
    console.conclude(_last_word(cells))
    click.echo(f"repeat: {_as_jsonable(question, cells)['repeat']}")


def _cell_text(question: Question, cell: Cell | str) -> str:
    if isinstance(cell, str):
        return cell
    if cell.verdict == "refused":
        return "refused"
    number = "-" if cell.price is None else f"{cell.price:,}"
    return f"{' '.join(cell.broken) or cell.verdict} {number}"
