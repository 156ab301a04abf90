"""Printing the outcome of `stakespec conform`."""

import json
from collections import Counter
from textwrap import fill

import attrs
import click
from rich.table import Table

from properties.cli.output import WIDTH, Output
from properties.conformance.block_fuzzing import BlocksParted
from properties.conformance.comparison import Divergence
from properties.conformance.differences import Difference
from properties.conformance.fuzzing import Covered, Parted
from properties.conformance.running import Failure, Outcome
from properties.laws.describe import describe, wrapped
from properties.trace.plurals import counted
from statemachine.codec import tagged

MOST_SHOWN = 10
"""Failures and differences shown; all are in the JSON."""

Sides = tuple[str, str]
"""What the two sides are called."""

OURS_AND_THEIRS: Sides = ("ours", "theirs")


Memory = tuple[int, int | None, int | None]
"""Transactions put so far, and megabytes of our side and of the client's, where they are seen."""


@attrs.define
class Report:
    """The outcome of testing a client against our machine."""

    seed: int
    client: str = ""
    repeat: str = ""
    cases: int = 0
    skipped: int = 0
    failures: list[tuple[str, Failure]] = attrs.field(factory=list)
    covered: Covered | None = None
    seconds: float = 0.0
    parted: Parted | None = None
    original_length: int = 0
    tried: int = 0
    differences: tuple[Difference, ...] = ()
    output: str | None = None
    blocks_parted: BlocksParted | None = None
    memory: list[Memory] = attrs.field(factory=list)

    @property
    def differs(self) -> bool:
        """Whether the client differs anywhere."""
        return bool(self.failures or self.parted or self.blocks_parted)

    def add(self, file: str, outcome: Outcome) -> None:
        """Count the outcome of a file of vectors."""
        self.cases += outcome.passed
        self.skipped += outcome.skipped
        self.failures += [(file, failure) for failure in outcome.failures]

    @property
    def last_word(self) -> str:
        """The verdict in a line."""
        return "DIFFERENT" if self.differs else "NO DIFFERENCE"

    def as_jsonable(self) -> dict[str, object]:
        """Return it as JSON's own types."""
        return {
            "client": self.client,
            "verdict": "differs" if self.differs else "no difference",
            "seed": self.seed,
            "repeat": self.repeat,
            "vectors": {
                "passed": self.cases,
                "skipped": self.skipped,
                "failed": [
                    {
                        "file": file,
                        "case": failure.case.id,
                        "step": failure.step,
                        **_divergence(failure.divergence),
                    }
                    for file, failure in self.failures
                ],
            },
            **covered_as_jsonable(self.covered or Covered()),
            "memory": [
                {"steps": steps, "ours": ours, "theirs": theirs}
                for steps, ours, theirs in self.memory
            ],
            "divergence": None
            if self.parted is None
            else {
                **divergence_as_jsonable(self.parted),
                "original_length": self.original_length,
                "differences": list(self.differences),
                "file": self.output,
            },
            "block_divergence": None
            if self.blocks_parted is None
            else {
                **_divergence(self.blocks_parted.divergence),
                "asks": list(self.blocks_parted.asks),
                "original_length": self.blocks_parted.original_length,
                "file": self.output,
            },
        }


def covered_as_jsonable(covered: Covered) -> dict[str, object]:
    """Return what both were compared on as JSON's own types."""
    return {
        "steps": covered.steps,
        "worlds": covered.worlds,
        "cells": len(covered.cells),
        "accepted": dict(sorted(covered.accepted.items())),
        "rejected": {
            kind: dict(sorted(reasons.items()))
            for kind, reasons in sorted(covered.rejected.items())
        },
    }


def divergence_as_jsonable(parted: Parted) -> dict[str, object]:
    """Return a divergence and the transactions that lead to it, as JSON's own types."""
    return {
        **_divergence(parted.divergence),
        "start": tagged(parted.trial.start),
        "transactions": [tagged(tx) for tx in parted.trial.transactions],
    }


def _divergence(divergence: Divergence) -> dict[str, object]:
    return {
        "kind": divergence.kind,
        "ask": divergence.ask,
        "ours": divergence.ours,
        "theirs": divergence.theirs,
        "places": list(divergence.differences),
    }


def print_report(report: Report) -> None:
    """Print it for people."""
    console = Output()
    click.echo(wrapped(f"client: {report.client}", ""))
    if report.cases or report.skipped or report.failures:
        click.echo(
            f"vectors: {counted(report.cases, 'case')} passed, {len(report.failures)} failed,"
            f" {report.skipped} skipped (unsupported by the client)"
        )
    for file, failure in report.failures[:MOST_SHOWN]:
        click.echo(wrapped(f"{file}: {failure.case.id}", ""))
        click.echo(wrapped(f"step {failure.step}: {failure.divergence.kind}"))
        click.echo(wrapped(f"asked: {_short(failure.divergence.ask)}"))
        _print_divergence(failure.divergence, OURS_AND_THEIRS)
    if len(report.failures) > MOST_SHOWN:
        click.echo(f"and {len(report.failures) - MOST_SHOWN} more (all with --json)")
    if report.covered is not None:
        print_covered(console, report.covered, report.seconds)
    if report.parted is not None:
        lengths = report.original_length, report.tried
        print_parted(report.parted, lengths, report.differences, OURS_AND_THEIRS)
    if report.blocks_parted is not None:
        _print_blocks_parted(report.blocks_parted)
    if report.output is not None:
        click.echo(f"written to {report.output}")
    console.print()
    console.conclude(report.last_word)
    # Not wrapped: it is there to be copied.
    click.echo(f"repeat: {report.repeat}")


def _print_blocks_parted(parted: BlocksParted) -> None:
    last = parted.asks[-1]
    click.echo(
        f"\n{parted.divergence.kind}, after {counted(len(parted.asks), 'ask')}"
        f" (of {parted.original_length}); asked last:"
    )
    click.echo(wrapped(f"{last['do']} {_short(last.get('block', last.get('genesis')))}"))
    _print_divergence(parted.divergence, OURS_AND_THEIRS)


def print_covered(console: Output, covered: Covered, seconds: float) -> None:
    """Print what both were compared on."""
    rate = covered.steps / seconds if seconds else 0.0
    console.print(
        f"fuzzing: {counted(covered.steps, 'transaction')} in"
        f" {counted(covered.worlds, 'world')}, {counted(len(covered.cells), 'cell')} reached;"
        f" {rate:,.0f} a second"
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("transaction")
    table.add_column("accepted", justify="right")
    table.add_column("rejected, by reason")
    for kind in sorted({*covered.accepted, *covered.rejected}):
        reasons = sorted(covered.rejected.get(kind, Counter()).items())
        shown = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
        table.add_row(kind, f"{covered.accepted[kind]:,}", shown)
    console.print(table)


def print_parted(
    parted: Parted, lengths: tuple[int, int], differences: tuple[Difference, ...], sides: Sides
) -> None:
    """Print a divergence and the way to it; the lengths are of the way met, and of the search."""
    transactions = parted.trial.transactions
    original, tried = lengths
    click.echo(
        f"\n{parted.divergence.kind}, after {counted(len(transactions), 'transaction')}"
        f" (of {original}; {counted(tried, 'trial')}):"
    )
    for number, transaction in enumerate(transactions, start=1):
        click.echo(wrapped(f"{number}. {describe(transaction)}", ""))
    _print_divergence(parted.divergence, sides)
    for difference in differences[:MOST_SHOWN]:
        _print_place(difference, sides)


def _print_divergence(divergence: Divergence, sides: Sides) -> None:
    if not divergence.differences:
        click.echo(wrapped(f"{sides[0]}: {_short(divergence.ours)}"))
        click.echo(wrapped(f"{sides[1]}: {_short(divergence.theirs)}"))
    for difference in divergence.differences[:MOST_SHOWN]:
        _print_place(difference, sides)


def _print_place(difference: Difference, sides: Sides) -> None:
    # The key of an entry alone may be longer than a line.
    click.echo(fill(difference["place"], WIDTH, initial_indent="   ", subsequent_indent="      "))
    click.echo(wrapped(f"  {sides[0]}: {_short(difference['before'])}"))
    click.echo(wrapped(f"  {sides[1]}: {_short(difference['after'])}"))


def _short(content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return text if len(text) <= 300 else text[:297] + "..."
