"""`stakespec compare A B`: the same life on two protocols, and what differs at its end."""

import secrets
import shlex
from typing import Any

import click
from rich.table import Table

from properties.cli.diff import DIFFERENT
from properties.cli.files import check_output, write_atomically
from properties.cli.inputs import beginning, protocol_at
from properties.cli.options import (
    genesis_option,
    json_option,
    quiet_option,
    seed_option,
    settings_option,
)
from properties.cli.output import Output, is_quiet, note, print_json
from properties.cli.progress import Bar
from properties.exports.comparison_page import comparison_page
from properties.laws.describe import short, wrapped
from properties.weighing.side_by_side import Comparison, Side, compare

DEFAULT_STEPS = 2_000

SHOWN = 10
"""Rows of rewards and slashes that are shown, those that differ most."""


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@genesis_option
@settings_option()
@click.option(
    "--steps",
    type=click.IntRange(1, 1_000_000),
    default=DEFAULT_STEPS,
    show_default=True,
    help="Transactions that are drawn.",
)
@seed_option()
@click.option("--page", metavar="FILE", help="Write a page for a browser, with both over time.")
@quiet_option()
@json_option()
@click.pass_context
def compare_command(
    context: click.Context,
    first: str,
    second: str,
    genesis: str | None,
    settings: tuple[str, ...],
    steps: int,
    seed: int | None,
    page: str | None,
    as_json: bool,
) -> None:
    """Put the same transactions to protocols A and B, each MODULE:NAME, and compare the outcome.

    Transactions are drawn for A. On each chain a block is proposed by somebody who may, and
    everybody votes when an epoch begins. Says where the two part first, and how stake, rewards,
    slashes and finality differ at the end. To find a first difference, and make it small, use
    stakespec diff.

    Exit codes: 0 no difference, 2 bad input or usage, 5 they differ.
    """
    if page is not None:
        check_output(page, "--page")
    ours, start = beginning(first, genesis, settings, "A")
    theirs = protocol_at(second, "B")
    chosen = secrets.randbelow(2**32) if seed is None else seed
    note(f"comparing {first} with {second}, seed {chosen}")
    with Bar() as bar:

        def progress(at: Comparison) -> None:
            epoch = at.left.state.epoch
            bar.update(
                "transactions", at.steps / steps, f"{at.steps:,} of {steps:,}, epoch {epoch:,}"
            )

        comparison = compare(ours, theirs, chosen, steps, start, progress)
    if page is not None:
        write_atomically(page, comparison_page((first, second), comparison))
    repeat = ["stakespec", "compare", first, second]
    repeat += ["--genesis", genesis] if genesis is not None else []
    repeat += [word for setting in settings for word in ("--set", setting)]
    repeat += ["--steps", str(steps), "--seed", str(chosen)]
    code = DIFFERENT if comparison.differs else 0
    if as_json:
        document = _as_jsonable((first, second), comparison)
        tail = {"seed": chosen, "repeat": shlex.join(repeat), "exit_code": code}
        print_json("compare", {**document, **tail})
    elif is_quiet():
        Output().conclude(_last_word(comparison))
    else:
        _print((first, second), comparison)
        click.echo(f"repeat: {shlex.join(repeat)}")
    context.exit(code)


def _side_as_jsonable(side: Side) -> dict[str, Any]:
    return {
        "accepted": side.accepted,
        "refused": dict(sorted(side.refused.items())),
        "epoch": side.state.epoch,
        "final": side.state.finality.finalised.epoch,
        "lag_percent": round(100 * side.mean_lag),
        "staked": str(side.state.pots.bonded + side.state.pots.unbonding),
        "issued": str(side.state.supply.issued),
        "burned": str(side.state.supply.burned),
        "earned": [
            {
                "validator": f"0x{pair[0].hex()}",
                "delegator": f"0x{pair[1].hex()}",
                "amount": str(amount),
            }
            for pair, amount in sorted(side.earned().items())
            if amount
        ],
        "slashed": {f"0x{one.hex()}": str(amount) for one, amount in sorted(side.taken.items())},
    }


def _as_jsonable(sides: tuple[str, str], comparison: Comparison) -> dict[str, Any]:
    parting = comparison.parting
    return {
        "protocols": list(sides),
        "steps": comparison.steps,
        "differ": comparison.differs,
        "parting": None
        if parting is None
        else {
            "number": parting.number,
            "transaction": parting.transaction,
            "answers": list(parting.answers),
        },
        "sides": [_side_as_jsonable(side) for side in (comparison.left, comparison.right)],
    }


def _last_word(comparison: Comparison) -> str:
    if comparison.parting is None:
        return f"the same after {comparison.steps:,} transactions"
    return f"THEY DIFFER from transaction {comparison.parting.number:,} on"


def _print(sides: tuple[str, str], comparison: Comparison) -> None:
    console = Output()
    left, right = comparison.left, comparison.right
    table = Table(box=None, pad_edge=False)
    console.print(f"A: {sides[0]}", markup=False)
    console.print(f"B: {sides[1]}", markup=False)
    for head in ("", "A", "B"):
        table.add_column(head, justify="right" if head else "left", overflow="fold")
    for name, here, there in _rows(left, right):
        table.add_row(name, here, there)
    console.print(table)
    for title, pairs in (
        ("rewards earned", (_named(left.earned()), _named(right.earned()))),
        ("slashed behind", (_named(left.taken), _named(right.taken))),
    ):
        rows = _most_apart(*pairs)
        if rows:
            console.print()
            more = Table(box=None, pad_edge=False)
            for head in (title, "A", "B", "B - A"):
                more.add_column(head, justify="left" if head == title else "right", overflow="fold")
            for name, here_amount, there_amount in rows:
                change = f"{there_amount - here_amount:+,}"
                more.add_row(name, f"{here_amount:,}", f"{there_amount:,}", change)
            console.print(more)
    console.print()
    parting = comparison.parting
    if parting is not None:
        told = f"first parted by transaction {parting.number:,}: {parting.transaction}"
        console.print(wrapped(told, ""), markup=False)
        console.print(f"  A: {parting.answers[0]}; B: {parting.answers[1]}", markup=False)
    console.conclude(_last_word(comparison))


def _rows(left: Side, right: Side) -> list[tuple[str, str, str]]:
    def of(side: Side) -> list[tuple[str, str]]:
        state = side.state
        return [
            ("accepted", f"{side.accepted:,}"),
            ("refused", f"{side.refused.total():,}"),
            ("epoch", f"{state.epoch:,}"),
            ("latest final epoch", f"{state.finality.finalised.epoch:,}"),
            ("epochs of lag, mean", f"{side.mean_lag:.2f}"),
            ("staked", f"{state.pots.bonded + state.pots.unbonding:,}"),
            ("issued", f"{state.supply.issued:,}"),
            ("burned", f"{state.supply.burned:,}"),
            ("rewards not paid out", f"{state.pots.rewards:,}"),
        ]

    return [
        (name, here, there) for (name, here), (_, there) in zip(of(left), of(right), strict=True)
    ]


def _named(amounts: dict[Any, int]) -> dict[str, int]:
    return {
        " to ".join(short(one) for one in (key if isinstance(key, tuple) else (key,))): amount
        for key, amount in amounts.items()
    }


def _most_apart(here: dict[str, int], there: dict[str, int]) -> list[tuple[str, int, int]]:
    """Return what differs, the most first."""
    names = sorted({*here, *there})
    rows = [(name, here.get(name, 0), there.get(name, 0)) for name in names]
    apart = [row for row in rows if row[1] != row[2]]
    return sorted(apart, key=lambda row: (-abs(row[1] - row[2]), row[0]))[:SHOWN]
