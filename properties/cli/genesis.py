"""`stakespec genesis`: making the description that a chain starts from."""

import json
import time
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from properties.cli.files import STANDARD_INPUT, BadInput, read_json, write_atomically
from properties.cosmos import (
    DEFAULT_UNBONDING_EPOCHS,
    BadSetting,
    CosmosError,
    CosmosImport,
    Row,
    read_cosmos,
)
from statemachine import PROTOCOL, State, state_root
from statemachine.codec import to_jsonable
from statemachine.genesis import genesis as first_state
from statemachine.primitives import Duration

COSMOS_LIMIT = 2**30
"""Bytes in the largest Cosmos file that is read."""

WIDTH = 80
"""Columns that the report is made for."""


@click.group()
def genesis() -> None:
    """Make the description that a chain starts from."""


@genesis.command("from-cosmos")
@click.argument("file", type=str)
@click.option("-o", "--output", required=True, type=str, help="Where to write the genesis.")
@click.option(
    "--unbonding-epochs",
    type=click.IntRange(1, 2**20),
    default=DEFAULT_UNBONDING_EPOCHS,
    show_default=True,
    help="Epochs into which the chain's unbonding time is divided.",
)
@click.option(
    "--at",
    metavar="TIME",
    help="Count remaining times from this time (RFC 3339), not from genesis_time.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Replace a parameter; may be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def from_cosmos(
    file: str,
    output: str,
    unbonding_epochs: int,
    at: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read a Cosmos SDK genesis or export (FILE, or - for standard input).

    Writes a genesis of ours, and prints what was read, what was changed on the way, and
    row by row what has no counterpart here. Exit codes: 0 done, 2 bad input or usage.
    """
    _check_output(file, output)
    document = read_json(file, floats=True, limit_bytes=COSMOS_LIMIT)
    try:
        imported = read_cosmos(
            document, unbonding_epochs=unbonding_epochs, at=at, settings=settings
        )
    except CosmosError as error:
        raise BadInput(f"{_source(file)}: {error}") from error
    except BadSetting as error:
        raise BadInput(f"--set: {error}") from error
    state = first_state(PROTOCOL, imported.genesis)
    text = json.dumps(to_jsonable(imported.genesis), indent=1)
    report = _report(imported, state, output)
    write_atomically(output, text + "\n")
    if as_json:
        click.echo(json.dumps(report, indent=1))
    else:
        _print(Console(width=WIDTH, highlight=False, markup=False, emoji=False), imported, report)
