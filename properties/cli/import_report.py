"""The account of an import from another chain, as JSON and as tables."""

import shlex
from collections.abc import Iterable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from properties.cli.output import WIDTH, Output, print_json
from properties.cosmos import CosmosImport
from properties.ethereum.genesis import EthereumImport
from properties.foreign.rows import Row
from statemachine import State, state_root

Report = dict[str, Any]
"""The account in JSON's own types; amounts are decimal strings."""


def as_jsonable(imported: CosmosImport | EthereumImport, state: State, output: str) -> Report:
    """Return the account of an import, and of the state that it leads to."""
    balance, findings = imported.balance, imported.findings
    pots = state.pots
    held = state.accounts.total_weight + pots.bonded + pots.unbonding + pots.rewards + pots.treasury
    return {
        **(_of_cosmos(imported) if isinstance(imported, CosmosImport) else _of_ethereum(imported)),
        "read": _rows(findings.read),
        "changed": _rows(findings.changed),
        "no_counterpart": _rows(findings.missing),
        "parameters": [
            {"name": row.name, "number": str(row.number), "source": row.source}
            for row in imported.params
        ],
        "tokens": {
            "in": _rows(balance.tokens_in),
            "out": _rows(balance.tokens_out),
            "total_in": str(balance.total_in),
            "total_out": str(balance.total_out),
            "difference": str(balance.total_in - balance.total_out),
            "stated": None if balance.stated is None else str(balance.stated),
            "stated_by": balance.stated_by,
        },
        "state": {
            "epoch": state.epoch,
            "slot": state.slot,
            "validators": len(state.validators),
            "active_validators": len(state.snapshot),
            "active_stake": str(state.snapshot.total_weight),
            "supply": str(state.supply.genesis),
            "held": str(held),
            "state_root": "0x" + state_root(state).hex(),
        },
        "output": output,
        "next": f"stakespec check --genesis {shlex.quote(output)}",
    }


def _of_cosmos(imported: CosmosImport) -> Report:
    return {
        "chain_id": imported.chain_id,
        "genesis_time": imported.genesis_time,
        "time": imported.now,
        "time_source": imported.now_source,
        "denom": imported.denom,
        "layout": imported.layout,
    }


def _of_ethereum(imported: EthereumImport) -> Report:
    return {
        "chain_id": imported.genesis.chain_id,
        "epoch": imported.epoch,
        "epoch_source": imported.epoch_source,
        "denom": "Gwei",
        "layout": imported.layout,
    }


def _rows(rows: Iterable[Row]) -> list[Report]:
    return [
        {
            "subject": row.subject.strip(),
            "count": row.count,
            "amount": None if row.amount is None else str(row.amount),
            "note": row.note,
        }
        for row in rows
    ]


def print_report(report: Report) -> None:
    """Print an account as tables."""
    console = Output(markup=False)
    began = f", {_plain(report['genesis_time'])}" if "genesis_time" in report else ""
    moment = "time" if "time" in report else "epoch"
    console.print(
        f"{_plain(report['chain_id'])}{began}, amounts in {_plain(report['denom'])}\n"
        f"layout: {report['layout']}\n"
        f"{moment}: {report[moment]}, {report[moment + '_source']}\n"
    )
    for title, name in (
        ("Read", "read"),
        ("Changed on the way", "changed"),
        ("No counterpart here", "no_counterpart"),
    ):
        _print_rows(console, title, report[name])
    _print_params(console, report["parameters"])
    _print_tokens(console, report["tokens"])
    state = report["state"]
    console.print(
        f"State: epoch {state['epoch']}, {state['active_validators']:,} of"
        f" {state['validators']:,} validators active,\n"
        f"       active stake {_grouped(state['active_stake'])}\n"
        f"       supply {_grouped(state['supply'])} = held {_grouped(state['held'])}\n"
        f"       root {state['state_root']}\n\n"
        f"Written to {_plain(report['output'])}. Next:"
    )
    console.print(f"  {_plain(report['next'])}", soft_wrap=True)


def print_export(state: State, unsaid: tuple[Row, ...], output: str, as_json: bool) -> None:
    """Print the account of a state that was written for another chain."""
    report = {
        "chain_id": state.chain_id,
        "supply": str(state.supply.genesis + state.supply.issued - state.supply.burned),
        "validators": len(state.validators),
        "unsaid": _rows(unsaid),
        "output": output,
        "next": f"stakespec genesis from-cosmos {shlex.quote(output)} -o BACK",
    }
    if as_json:
        print_json("genesis-export", report)
        return
    console = Output(markup=False)
    console.print(
        f"{_plain(state.chain_id)}: {len(state.validators):,} validators, supply"
        f" {_grouped(str(report['supply']))}\n"
    )
    _print_rows(console, "Cannot be said there", _rows(unsaid))
    console.print(f"Written to {_plain(output)}. To read it back:")
    console.print(f"  {_plain(str(report['next']))}", soft_wrap=True)


def _print_rows(console: Console, title: str, rows: list[Report]) -> None:
    table = _table(title)
    table.add_column("count", justify="right", no_wrap=True)
    table.add_column("tokens", justify="right", no_wrap=True)
    for row in rows:
        indent = "  " if row["subject"].startswith("of them") else ""
        table.add_row(
            _described(indent + row["subject"], row["note"]),
            "" if row["count"] is None else f"{row['count']:,}",
            _grouped(row["amount"]),
        )
    console.print(table)
    console.print()


def _print_params(console: Console, rows: list[Report]) -> None:
    table = _table("Parameters")
    table.add_column("number", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(_described(row["name"], row["source"]), _grouped(row["number"]))
    console.print(table)
    console.print()


def _print_tokens(console: Console, tokens: Report) -> None:
    table = _table("Balance")
    table.add_column("tokens", justify="right", no_wrap=True)
    for side in ("in", "out"):
        for row in tokens[side]:
            table.add_row(Text(f"  {row['subject']}"), _grouped(row["amount"]))
        table.add_row(f"tokens {side}", _grouped(tokens[f"total_{side}"]), end_section=True)
    table.add_row("difference", _grouped(tokens["difference"]))
    if tokens["stated"] is not None:
        table.add_row(f"supply stated by {tokens['stated_by']}", _grouped(tokens["stated"]))
    console.print(table)
    console.print()


def _table(title: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, width=WIDTH)
    table.add_column(title, ratio=1, overflow="fold")
    return table


def _described(name: str, note: str) -> Text:
    return Text(f"{name}: {note}" if note else name)


def _grouped(number: str | None) -> str:
    return "" if number is None else f"{int(number):,}"


def _plain(text: str) -> str:
    return text if text.isprintable() else ascii(text)
