"""Prints the outcome of a search, as text and as JSON."""

import click
from rich.console import Console
from rich.table import Table

from properties.cli.coverage_table import print_rules
from properties.cli.failure_report import failures_as_jsonable, print_failures
from properties.cli.known import known_as_jsonable, refutation
from properties.cli.output import Output
from properties.engines.fuzz.outcome import SearchReport, where_checked
from properties.laws import Law
from properties.model.design import laws_of
from properties.trace.failures import Key, Origin
from properties.trace.plurals import counted
from statemachine.protocol import Protocol

WORDS = {0: "held", 1: "refuted", 3: "not all reached", 4: "undetermined"}


def as_jsonable(
    outcome: SearchReport,
    protocol: Protocol,
    origin: Origin,
    seed: int,
    repeat: str,
    files: dict[Key, str],
) -> dict[str, object]:
    """Return an outcome as JSON's own types."""
    tally, coverage = outcome.tally, outcome.coverage
    return {
        "protocol": origin.protocol,
        "verdict": WORDS[outcome.exit_code()],
        "exit_code": outcome.exit_code(),
        "seed": seed,
        "repeat": repeat,
        "seconds": round(outcome.seconds, 3),
        "steps": tally.drawn,
        "shards": {str(shard): drawn for shard, drawn in sorted(outcome.shards.items())},
        "accepted": coverage.steps,
        "epochs": coverage.epochs,
        "cells": len(outcome.cells),
        "corpus": outcome.kept,
        "dropped": outcome.dropped,
        "worlds": tally.worlds,
        "followed_by_oracle": tally.followed.total(),
        "laws": [
            {
                "id": law.id,
                "name": law.name,
                "verdict": outcome.verdict(law),
                "checks": outcome.checks(law),
                "where": where_checked(law),
            }
            for law in laws_of(protocol)
        ],
        "fired": dict(sorted(coverage.fired.items())),
        "rejected": {
            name: dict(sorted(reasons.items()))
            for name, reasons in sorted(coverage.rejected.items())
        },
        "never_fired": coverage.never_fired(),
        "lost_shards": outcome.lost,
        "not_seen_again": outcome.failures.in_vain,
        "known": known_as_jsonable(outcome.known),
        "failures": failures_as_jsonable(outcome.failures, origin, files),
    }


def print_outcome(
    outcome: SearchReport, protocol: Protocol, origin: Origin, repeat: str, files: dict[Key, str]
) -> None:
    """Print an outcome for people."""
    console = Output()
    _print_laws(console, outcome, laws_of(protocol))
    print_rules(console, outcome.coverage)
    tally = outcome.tally
    seconds = max(outcome.seconds, 0.001)
    dropped = f" ({outcome.dropped:,} dropped)" if outcome.dropped else ""
    console.print(
        f"\n{len(outcome.cells):,} cells, {outcome.kept:,} states kept{dropped},"
        f" {counted(tally.worlds, 'world')}"
    )
    console.print(
        f"{counted(len(outcome.shards), 'shard')}, {tally.drawn:,} steps"
        f" ({outcome.coverage.steps:,} accepted, {tally.followed.total():,} followed by the oracle)"
    )
    console.print(f"{outcome.seconds:.1f} s, {tally.drawn / seconds:,.0f} steps a second")
    print_failures(console, protocol, outcome.failures, origin, files)
    console.print()
    console.conclude(last_word(outcome, protocol))
    click.echo(f"repeat: {repeat}")


def _print_laws(console: Console, outcome: SearchReport, laws: tuple[Law, ...]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("law", "name", "verdict"):
        table.add_column(name)
    table.add_column("checks", justify="right")
    table.add_column("where")
    for law in laws:
        verdict = outcome.verdict(law)
        style = {"refuted": "bold red", "undetermined": "yellow"}.get(verdict, "green")
        table.add_row(
            law.id,
            law.name,
            f"[{style}]{verdict}[/{style}]",
            f"{outcome.checks(law):,}",
            where_checked(law),
        )
    console.print(table)


def last_word(outcome: SearchReport, protocol: Protocol) -> str:
    """Return the verdict in a line."""
    code = outcome.exit_code()
    if code == 1:
        return refutation(protocol, outcome.failures, outcome.known)
    if code == 3:
        shards = counted(len(outcome.shards), "shard")
        return (
            f"NOT ALL REACHED: rules {', '.join(outcome.coverage.never_fired())}"
            f" (accepted nothing in {shards}; search longer, or in more)"
        )
    if code == 4:
        if outcome.lost:
            return f"UNDETERMINED: the process of shard {outcome.lost[0]} ended before it was done"
        return "UNDETERMINED: interrupted" if outcome.interrupted else "UNDETERMINED: nothing done"
    return "HELD"
