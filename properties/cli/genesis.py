"""`stakespec genesis`: making the description that a chain starts from."""

import json
import os

import click

from properties.cli.cosmos_report import as_jsonable, print_report
from properties.cli.files import STANDARD_INPUT, BadInput, shown, write_atomically
from properties.cli.options import json_option, settings_option
from properties.cli.packed import unpacked
from properties.cli.progress import Bar
from properties.cosmos import DEFAULT_UNBONDING_EPOCHS, BadSetting, CosmosError, read_cosmos
from properties.cosmos.leftovers import is_kept
from properties.foreign.stream import read_stream
from statemachine import PROTOCOL
from statemachine import genesis as first_state
from statemachine.codec import Malformed, to_jsonable

COSMOS_LIMIT = 2**36
"""Bytes in the largest Cosmos file that is read, unpacked."""


@click.group()
def genesis() -> None:
    """Make the description that a chain starts from."""


@genesis.command("from-cosmos")
@click.argument("file")
@click.option("-o", "--output", metavar="OUT", required=True, help="Where to write the genesis.")
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
    help="Count remaining times from this time (RFC 3339), not from that which FILE tells.",
)
@settings_option("Replace a parameter of the genesis, as in unbonding_epochs=3.")
@json_option("Print the report as JSON.")
def from_cosmos(
    file: str,
    output: str,
    unbonding_epochs: int,
    at: str | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read a Cosmos SDK genesis or export (FILE, or - for standard input).

    FILE may be packed by gzip, zip, bzip2 or xz. Writes a genesis of ours to OUT, and
    prints what was read, what was changed on the way, and row by row what has no
    counterpart here; tokens in and tokens out.

    Exit codes: 0 done, 2 bad input or usage (and then nothing is written).
    """
    _check_output(file, output)
    document = _read_document(file)
    try:
        imported = read_cosmos(
            document, unbonding_epochs=unbonding_epochs, at=at, settings=settings
        )
    except CosmosError as error:
        source = "" if str(error).startswith("--") else f"{click.format_filename(file)}: "
        raise BadInput(f"{source}{error}") from error
    except BadSetting as error:
        raise BadInput(f"--set: {error}") from error
    state = first_state(PROTOCOL, imported.genesis)
    report = as_jsonable(imported, state, output)
    write_atomically(output, json.dumps(to_jsonable(imported.genesis), indent=1) + "\n")
    if as_json:
        click.echo(json.dumps(report, indent=1))
    else:
        print_report(report)


def _read_document(file: str) -> object:
    """Read a document of any length, and show how far it is. Raises BadInput."""
    with Bar(timed=file != STANDARD_INPUT) as bar:

        def show(count: int, size: int | None) -> None:
            bar.update("reading", count / size if size else 0.0, f"{count / 2**20:,.0f} MB")

        with unpacked(file, COSMOS_LIMIT, show) as content:
            try:
                return read_stream(content, "app_state", is_kept)
            except Malformed as error:
                raise BadInput(f"{shown(file)}: {error}") from error


def _check_output(file: str, output: str) -> None:
    if output == STANDARD_INPUT:
        raise BadInput("-o -: the report goes to standard output; name a file for the genesis")
    try:
        same = file != STANDARD_INPUT and os.path.samefile(file, output)
    except (OSError, ValueError):
        return
    if same:
        raise BadInput(
            f"-o {click.format_filename(output)}: is the file that is read; name another"
        )
