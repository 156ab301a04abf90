"""`stakespec run`: applying a file of transactions."""

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from properties.cli.backends import backend_named, backend_option
from properties.cli.files import (
    STANDARD_INPUT,
    BadInput,
    check_output,
    read_text,
    shown,
    write_atomically,
)
from properties.cli.inputs import genesis_from, protocol_at
from properties.cli.options import json_option, protocol_option
from properties.cli.output import Output
from properties.cli.run_chain import run_chain
from properties.conformance.differences import state_differences
from properties.conformance.rejections import as_jsonable
from properties.conformance.views import map_roots
from properties.devnet.chain_file import is_chain
from properties.laws.describe import changes, describe, wrapped
from properties.laws.views import all_views
from properties.model.design import submitted_types_of
from statemachine.codec import Malformed, from_tagged, parse_json, tagged
from statemachine.errors import Rejected
from statemachine.rules.genesis import genesis as first_state
from statemachine.state import State, state_root


@click.command()
@click.argument("genesis", metavar="GENESIS|CHAIN")
@click.argument("transactions", required=False)
@click.option("--trace", is_flag=True, help="Show what each transaction changed.")
@click.option("--roots", is_flag=True, help="Show the root of each map after each transaction.")
@click.option("--state", "state_file", metavar="OUT", help="Write the state at the end, as JSON.")
@protocol_option()
@backend_option
@json_option("Print JSON lines: one per transaction or block, then a summary.")
@click.pass_context
def run(
    context: click.Context,
    genesis: str,
    transactions: str | None,
    trace: bool,
    roots: bool,
    state_file: str | None,
    path: str,
    backend_name: str,
    as_json: bool,
) -> None:
    """Apply TRANSACTIONS (JSON lines, - for standard input) to the state of GENESIS.

    Prints the state root after each, or why it was rejected, and a summary of the state at
    the end. A rejected transaction changes nothing, and the next is tried. With
    --json, changes have whole addresses and leave nothing out.

    Or apply the blocks of CHAIN, a file as `stakespec devnet` writes it: every signature
    is checked, and every state root. Stops at the first block that is rejected.

    Exit codes: 0 all lines were read, or all blocks applied; 1 a block was rejected; 2 bad
    input or usage (nothing is applied then); 5 a block has another state root than ours.
    """
    if transactions is None:
        text = read_text(genesis)
        if not is_chain(text):
            raise BadInput(
                f"{shown(genesis)}: not a chain; a genesis takes a file of transactions after it"
            )
        for option, asked in (("--trace", trace), ("--roots", roots), ("--state", state_file)):
            if asked:
                raise BadInput(f"{option}: goes with a genesis and transactions, not with a chain")
        backend = backend_named(backend_name)
        context.exit(run_chain(genesis, text, protocol_at(path), backend, as_json))
    if genesis != STANDARD_INPUT and is_chain(read_text(genesis)):
        raise BadInput(f"{shown(genesis)}: a chain takes no transactions; leave them out")
    if genesis == transactions == STANDARD_INPUT:
        raise BadInput("standard input can be read only once; name a file for one of the two")
    if state_file is not None:
        check_output(state_file, "--state")
    protocol = protocol_at(path)
    state = first_state(protocol, genesis_from(genesis))
    orders = _read_lines(transactions, submitted_types_of(protocol))
    console = Output(quiet=as_json)
    accepted = 0
    for number, order in orders:
        before = state
        try:
            state = protocol.apply(state, order)
            root, reason = "0x" + state_root(state).hex(), None
            accepted += 1
        except Rejected as rejection:
            root, reason = None, rejection
        if as_json:
            line = _as_jsonable(number, order, root, reason)
            if root and trace:
                line["changes"] = state_differences(before, state)
            if root and roots:
                line["maps"] = map_roots(state)
            click.echo(json.dumps(line))
            continue
        click.echo(wrapped(f"{number}. {describe(order)}", ""))
        click.echo(f"   {root}" if root else wrapped(f"rejected: {reason}"))
        if trace and root:
            for change in changes(before, state):
                click.echo(wrapped(change))
        if roots and root:
            for place, map_root in map_roots(state).items():
                click.echo(f"   {place}\n     {map_root}")
    if state_file is not None:
        write_atomically(state_file, json.dumps(tagged(state), indent=1) + "\n")
    summary = _summary(state, len(orders), accepted)
    if as_json:
        click.echo(json.dumps({"summary": summary}))
    else:
        _print_summary(console, summary)


def _read_lines(path: str, types: tuple[type, ...]) -> list[tuple[int, Any]]:
    """Read all transactions before any is applied. Raises BadInput with the line."""
    orders = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            orders.append((number, from_tagged(parse_json(line), types)))
        except Malformed as error:
            raise BadInput(f"{shown(path)}, line {number}: {error}") from error
    return orders


def _as_jsonable(
    number: int, order: Any, root: str | None, reason: Rejected | None
) -> dict[str, Any]:
    line: dict[str, Any] = {"line": number, "type": type(order).__name__}
    if reason is None:
        return {**line, "root": root}
    return {**line, "rejected": reason.reason.value, "details": as_jsonable(reason)}


def _summary(state: State, submitted: int, accepted: int) -> dict[str, Any]:
    pots, supply = state.pots, state.supply
    validators = sorted(
        (
            (
                sum(bucket.amount for bucket in view.stored.buckets if bucket.end is None),
                address,
                view,
            )
            for address, view in all_views(state).items()
        ),
        key=lambda row: (-row[0], row[1]),
    )
    return {
        "submitted": submitted,
        "accepted": accepted,
        "slot": state.slot,
        "epoch": state.epoch,
        "root": "0x" + state_root(state).hex(),
        "supply": {
            "accounts": str(state.accounts.total_weight),
            "bonded": str(pots.bonded),
            "unbonding": str(pots.unbonding),
            "rewards": str(pots.rewards),
            "treasury": str(pots.treasury),
            "total": str(supply.genesis + supply.issued - supply.burned),
            "issued": str(supply.issued),
            "burned": str(supply.burned),
        },
        "validators": [
            {
                "address": "0x" + address.hex(),
                "status": view.stored.status.value,
                "bonded": str(bonded),
                "active": str(state.snapshot.get(address, 0)),
                "delegators": len(view.claims),
            }
            for bonded, address, view in validators
        ],
        "unbonding": [
            {
                "delegator": "0x" + delegator.hex(),
                "validator": "0x" + address.hex(),
                "amount": str(lot.amount),
                "release_epoch": lot.end + state.params.unbonding_epochs,
            }
            for _, address, view in validators
            for delegator, lot in view.lots
            if lot.end is not None and lot.destination is None
        ],
    }


def _print_summary(console: Console, summary: dict[str, Any]) -> None:
    console.print(
        f"\n{summary['accepted']:,} of {summary['submitted']:,} accepted; slot {summary['slot']:,},"
        f" epoch {summary['epoch']:,}"
    )
    click.echo(f"root {summary['root']}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("supply")
    table.add_column("tokens", justify="right")
    for name, amount in summary["supply"].items():
        table.add_row(name, f"{int(amount):,}")
    console.print(table)
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("validator")
    table.add_column("status")
    for name in ("bonded", "active", "delegators"):
        table.add_column(name, justify="right")
    for row in summary["validators"][:LONGEST_TABLE]:
        table.add_row(
            row["address"][:14],
            row["status"],
            f"{int(row['bonded']):,}",
            f"{int(row['active']):,}",
            f"{row['delegators']:,}",
        )
    console.print(table)
    _print_rest(console, len(summary["validators"]))
    if summary["unbonding"]:
        console.print()
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for name in ("unbonding", "from", "tokens", "released in epoch"):
            table.add_column(name, justify="right" if name == "tokens" else "left")
        for row in summary["unbonding"][:LONGEST_TABLE]:
            table.add_row(
                row["delegator"][:14],
                row["validator"][:14],
                f"{int(row['amount']):,}",
                str(row["release_epoch"]),
            )
        console.print(table)
        _print_rest(console, len(summary["unbonding"]))


LONGEST_TABLE = 20
"""Rows shown; all are in the JSON."""


def _print_rest(console: Console, rows: int) -> None:
    if rows > LONGEST_TABLE:
        console.print(f"and {rows - LONGEST_TABLE:,} more (all with --json)")
