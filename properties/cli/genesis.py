"""`stakespec genesis`: making the genesis that a chain starts from."""

import json
import os

import click

from properties.cli.files import STANDARD_INPUT, BadInput, read_json, shown, write_atomically
from properties.cli.import_report import as_jsonable, print_export, print_report
from properties.cli.options import json_option, settings_option
from properties.cli.output import print_json
from properties.cli.packed import unpacked
from properties.cli.progress import Bar
from properties.cosmos import (
    DEFAULT_UNBONDING_EPOCHS,
    BadSetting,
    CosmosError,
    CosmosImport,
    read_cosmos,
)
from properties.cosmos.export import Target, to_cosmos
from properties.cosmos.leftovers import is_kept
from properties.ethereum.beacon import is_kept as beacon_part_is_kept
from properties.ethereum.genesis import EthereumImport, read_ethereum
from properties.foreign.fields import Field, Unreadable
from properties.foreign.stream import Kept, read_stream
from statemachine import PROTOCOL, Genesis, OutOfRange, State
from statemachine import genesis as first_state
from statemachine.codec import Malformed, from_jsonable, to_jsonable

IMPORT_LIMIT = 2**36
"""Bytes in the largest import, uncompressed."""


@click.group()
def genesis() -> None:
    """Make the genesis that a chain starts from."""


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
    help="Count remaining times from this time (RFC 3339) instead of FILE's own.",
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

    FILE may be compressed with gzip, zip, bzip2 or xz. Writes a genesis to OUT, and reports
    what was read, what was changed, what has no counterpart here, and a balance of tokens
    in and tokens out.

    Exit codes: 0 done, 2 bad input or usage (nothing is written).
    """
    _check_output(file, output)
    document = _read_document(file, "app_state", is_kept)
    try:
        imported = read_cosmos(
            document, unbonding_epochs=unbonding_epochs, at=at, settings=settings
        )
    except CosmosError as error:
        source = "" if str(error).startswith("--") else f"{click.format_filename(file)}: "
        raise BadInput(f"{source}{error}") from error
    except BadSetting as error:
        raise BadInput(f"--set: {error}") from error
    _write(imported, output, as_json)


@genesis.command("from-ethereum")
@click.argument("file")
@click.option("-o", "--output", metavar="OUT", required=True, help="Where to write the genesis.")
@click.option("--chain-id", default="ethereum", show_default=True, help="What to call the chain.")
@click.option(
    "--epoch",
    type=click.IntRange(0, 2**48),
    help="Epoch in which FILE was made, instead of the one it states.",
)
@settings_option("Replace a parameter of the genesis, as in min_stake=3.")
@json_option("Print the report as JSON.")
def from_ethereum(
    file: str,
    output: str,
    chain_id: str,
    epoch: int | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Read the validators of a beacon chain (FILE, or - for standard input).

    FILE is a response of the Beacon API, from /eth/v1/beacon/states/{id}/validators or, as
    JSON, from /eth/v2/debug/beacon/states/{id}. It may be compressed with gzip, zip, bzip2
    or xz. Writes a genesis to OUT, and reports what was read, changed, and left out.

    Exit codes: 0 done, 2 bad input or usage (nothing is written).
    """
    _check_output(file, output)
    document = _read_document(file, "data", beacon_part_is_kept)
    try:
        imported = read_ethereum(document, chain_id=chain_id, epoch=epoch, settings=settings)
    except Unreadable as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    except BadSetting as error:
        raise BadInput(f"--set: {error}") from error
    _write(imported, output, as_json)


@genesis.command("to-cosmos")
@click.argument("file")
@click.option("-o", "--output", metavar="OUT", required=True, help="Where to write the document.")
@click.option("--time", "moment", required=True, help="Its genesis_time (RFC 3339).")
@click.option("--prefix", default="cosmos", show_default=True, help="What addresses begin with.")
@click.option("--denom", default="stake", show_default=True, help="The staked denomination.")
@click.option(
    "--epoch-seconds",
    type=click.IntRange(1, 2**32),
    default=86_400,
    show_default=True,
    help="Seconds in an epoch there.",
)
@json_option("Print the report as JSON.")
def to_cosmos_command(
    file: str,
    output: str,
    moment: str,
    prefix: str,
    denom: str,
    epoch_seconds: int,
    as_json: bool,
) -> None:
    """Write a genesis, or a state, in the layout of the Cosmos SDK 0.50.

    FILE is a genesis or a state of ours, as JSON. Writes the document to OUT, and lists what
    it cannot express.

    Exit codes: 0 done, 2 bad input or usage (nothing is written).
    """
    _check_output(file, output)
    state = _read_state(file)
    try:
        now = Field("--time", moment).instant()
    except Unreadable as error:
        raise BadInput(str(error)) from error
    if not prefix.isascii() or not prefix.isalnum() or prefix != prefix.lower():
        raise BadInput(f"--prefix {prefix!r}: must be lower-case letters and digits")
    if not denom.strip():
        raise BadInput("--denom: must not be empty")
    document, unsaid = to_cosmos(state, Target(now, prefix, denom, epoch_seconds))
    write_atomically(output, json.dumps(document, indent=1) + "\n")
    print_export(state, unsaid, output, as_json)


def _read_state(file: str) -> State:
    """Read a genesis or a state. Raises BadInput."""
    document = read_json(file)
    is_state = isinstance(document, dict) and "pots" in document
    try:
        if is_state:
            return from_jsonable(document, State)
        return first_state(PROTOCOL, from_jsonable(document, Genesis))
    except (Malformed, OutOfRange) as error:
        raise BadInput(f"{shown(file)}: {error}") from error


def _write(imported: CosmosImport | EthereumImport, output: str, as_json: bool) -> None:
    """Write the genesis, and print the report."""
    state = first_state(PROTOCOL, imported.genesis)
    report = as_jsonable(imported, state, output)
    write_atomically(output, json.dumps(to_jsonable(imported.genesis), indent=1) + "\n")
    if as_json:
        print_json("genesis-import", report)
    else:
        print_report(report)


def _read_document(file: str, state: str, is_kept: Kept) -> object:
    """Read a document of any length, and show progress. Raises BadInput."""
    with Bar(timed=file != STANDARD_INPUT) as bar:

        def show(count: int, size: int | None) -> None:
            bar.update("reading", count / size if size else 0.0, f"{count / 2**20:,.0f} MB")

        with unpacked(file, IMPORT_LIMIT, show) as content:
            try:
                return read_stream(content, state, is_kept)
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
