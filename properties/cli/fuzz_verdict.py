"""Printing what a search found, for people and for programs."""

from collections import Counter
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from properties.accusation import TRANSACTION_TYPES
from properties.cli.tell import tell, tell_violation
from properties.coverage import Coverage
from properties.fuzz.failures import Failure, Key
from properties.fuzz.outcome import Outcome, where_checked
from properties.invariants import LAWS, law_by_id
from properties.trial import Trial
from statemachine.codec import tagged
from statemachine.protocol import Protocol
from statemachine.state import State

STORIES = 3
"""Failures that are told whole; of the others a line must do."""

WORDS = {0: "held", 1: "refuted", 3: "not all reached", 4: "undetermined"}


def as_jsonable(
    outcome: Outcome, path: str, seed: int, repeat: str, files: dict[Key, str]
) -> dict[str, Any]:
    """Return an outcome as JSON's own types."""
    tally, coverage = outcome.tally, outcome.coverage
    return {
        "protocol": path,
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
        "worlds": tally.worlds,
        "followed_by_oracle": tally.followed,
        "laws": [
            {
                "id": law.id,
                "name": law.name,
                "verdict": outcome.verdict(law),
                "checks": outcome.checks(law),
                "where": where_checked(law),
            }
            for law in LAWS
        ],
        "fired": dict(sorted(coverage.fired.items())),
        "rejected": {
            name: dict(sorted(reasons.items()))
            for name, reasons in sorted(coverage.rejected.items())
        },
        "never_fired": coverage.never_fired(),
        "lost_shards": outcome.lost,
        "not_seen_again": outcome.failures.in_vain,
        "failures": [_failure_as_jsonable(one, files.get(one.key)) for one in outcome.failures],
    }


def _failure_as_jsonable(failure: Failure, file: str | None) -> dict[str, Any]:
    return {
        "law": failure.violation.law,
        "last": failure.key[1],
        "message": failure.violation.message,
        "shard": failure.shard,
        "after_steps": failure.drawn,
        "original_length": failure.original_length,
        "start": tagged(failure.trial.start),
        "transactions": [tagged(order) for order in failure.trial.transactions],
        "file": file,
    }


def print_outcome(outcome: Outcome, repeat: str, files: dict[Key, str], protocol: Protocol) -> None:
    """Print an outcome for people."""
    console = Console(width=min(80, Console().width), highlight=False)
    _print_laws(console, outcome)
    _print_rules(console, outcome.coverage)
    tally = outcome.tally
    seconds = max(outcome.seconds, 0.001)
    shards = "1 shard" if len(outcome.shards) == 1 else f"{len(outcome.shards)} shards"
    console.print(
        f"\n{len(outcome.cells):,} cells, {outcome.kept:,} states kept, {tally.worlds:,} worlds"
    )
    console.print(
        f"{shards}, {tally.drawn:,} steps ({outcome.coverage.steps:,} accepted,"
        f" {tally.followed:,} followed by the oracle)"
    )
    console.print(f"{outcome.seconds:.1f} s, {tally.drawn / seconds:,.0f} steps a second")
    for number, (trial, failures) in enumerate(_by_trial(outcome)):
        if number < STORIES:
            _print_story(console, trial, failures, protocol)
        else:
            _print_lines(console, trial, failures)
        for failure in failures:
            file = files.get(failure.key)
            if file is not None:
                click.echo(f"written to {file}; see it again with: stakespec replay {file}")
    if outcome.failures.in_vain:
        console.print(f"{outcome.failures.in_vain} failures could not be seen again")
    console.print()
    console.print(_last_word(outcome), style="bold")
    click.echo(f"repeat: {repeat}")


def _print_laws(console: Console, outcome: Outcome) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("law", "name", "verdict"):
        table.add_column(name)
    table.add_column("checks", justify="right")
    table.add_column("where")
    for law in LAWS:
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


def _print_rules(console: Console, coverage: Coverage) -> None:
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule")
    table.add_column("fired", justify="right")
    table.add_column("refused, by reason")
    for kind in TRANSACTION_TYPES:
        reasons = coverage.rejected.get(kind.__name__, Counter())
        told = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
        table.add_row(kind.__name__, f"{coverage.fired[kind.__name__]:,}", told)
    console.print(table)


def _by_trial(outcome: Outcome) -> list[tuple[Trial, list[Failure]]]:
    """Return the failures, those that one trial shows together, the shortest first."""
    groups: list[tuple[Trial, list[Failure]]] = []
    for failure in outcome.failures:
        for trial, failures in groups:
            if trial == failure.trial:
                failures.append(failure)
                break
        else:
            groups.append((failure.trial, [failure]))
    return groups


def _title(failures: list[Failure]) -> str:
    laws = ", ".join(failure.violation.law for failure in failures)
    return f"{laws} by {failures[0].key[1]}"


def _print_story(
    console: Console, trial: Trial, failures: list[Failure], protocol: Protocol
) -> None:
    console.print()
    console.rule(_title(failures), characters="-")
    first = failures[0]
    console.print(
        f"shard {first.shard}, after {first.drawn:,} steps; shortest found:"
        f" {len(trial.transactions)} transactions, of {first.original_length} at first"
    )
    if isinstance(trial.start, State):
        console.print("from a state that the search had reached")
    told = {violation.law for violation in tell(console, protocol, trial)}
    for failure in failures:
        if failure.violation.law not in told:
            tell_violation(console, failure.violation)
    console.print()


def _print_lines(console: Console, trial: Trial, failures: list[Failure]) -> None:
    console.print()
    for failure in failures:
        console.print(
            f"{_title([failure])}, {len(trial.transactions)} transactions:"
            f" {failure.violation.message}",
            markup=False,
        )


def _last_word(outcome: Outcome) -> str:
    code = outcome.exit_code()
    if code == 1:
        broken = sorted({failure.violation.law for failure in outcome.failures})
        return f"REFUTED {', '.join(f'{law} {law_by_id(law).name}' for law in broken)}"
    if code == 3:
        return f"NOT ALL REACHED: rules {', '.join(outcome.coverage.never_fired())} (search longer)"
    if code == 4:
        if outcome.lost:
            return f"UNDETERMINED: the process of shard {outcome.lost[0]} ended before it was done"
        return "UNDETERMINED: interrupted" if outcome.interrupted else "UNDETERMINED: nothing done"
    return "HELD"
