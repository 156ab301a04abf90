"""What there is in a state: supply, validators, and stake that is being released."""

from typing import Any

import click
from rich.console import Console
from rich.table import Table

from properties.laws.views import all_views
from statemachine.state import State, state_root
from statemachine.weak_subjectivity import safe_checkpoint_age

LONGEST_TABLE = 20
"""Rows shown; all are in the JSON."""


def summary_of(state: State, submitted: int, accepted: int) -> dict[str, object]:
    """Return what there is in a state, and how many transactions led there."""
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
        "safe_checkpoint_age": safe_checkpoint_age(state.params, state.snapshot.total_weight),
        "supply": _supply(state),
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


def _supply(state: State) -> dict[str, str]:
    pots, supply = state.pots, state.supply
    return {
        "accounts": str(state.accounts.total_weight),
        "bonded": str(pots.bonded),
        "unbonding": str(pots.unbonding),
        "rewards": str(pots.rewards),
        "treasury": str(pots.treasury),
        "total": str(supply.genesis + supply.issued - supply.burned),
        "issued": str(supply.issued),
        "burned": str(supply.burned),
    }


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """Print a summary as tables."""
    console.print(
        f"\n{summary['accepted']:,} of {summary['submitted']:,} accepted; slot {summary['slot']:,},"
        f" epoch {summary['epoch']:,}"
    )
    click.echo(f"root {summary['root']}")
    click.echo(
        "a client may trust a final checkpoint of this state for"
        f" {summary['safe_checkpoint_age']:,} epochs"
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("supply")
    table.add_column("tokens", justify="right")
    for name, amount in summary["supply"].items():
        table.add_row(name, f"{int(amount):,}")
    console.print(table)
    console.print()
    _print_validators(console, summary["validators"])
    if summary["unbonding"]:
        console.print()
        _print_unbonding(console, summary["unbonding"])


def _print_validators(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("validator")
    table.add_column("status")
    for name in ("bonded", "active", "delegators"):
        table.add_column(name, justify="right")
    for row in rows[:LONGEST_TABLE]:
        table.add_row(
            row["address"][:14],
            row["status"],
            f"{int(row['bonded']):,}",
            f"{int(row['active']):,}",
            f"{row['delegators']:,}",
        )
    console.print(table)
    _print_rest(console, len(rows))


def _print_unbonding(console: Console, rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("unbonding", "from", "tokens", "released in epoch"):
        table.add_column(name, justify="right" if name == "tokens" else "left")
    for row in rows[:LONGEST_TABLE]:
        table.add_row(
            row["delegator"][:14],
            row["validator"][:14],
            f"{int(row['amount']):,}",
            str(row["release_epoch"]),
        )
    console.print(table)
    _print_rest(console, len(rows))


def _print_rest(console: Console, rows: int) -> None:
    if rows > LONGEST_TABLE:
        console.print(f"and {rows - LONGEST_TABLE:,} more (all with --json)")
