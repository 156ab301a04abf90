"""Prints failures: a few step by step, all in a table; and writes each to a file."""

import os
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from properties.cli.files import BadInput, shown
from properties.cli.findings import file_name
from properties.cli.inputs import replay_command
from properties.exports.trace_report import print_branches, print_trace, print_violation
from properties.model.design import law_of
from properties.trace.failures import Failure, Failures, Key, Origin
from properties.trace.plurals import counted
from properties.trace.trial import Trial
from statemachine.codec import tagged
from statemachine.protocol import Protocol
from statemachine.state import State

SHOWN_WHOLE = 3
"""Counterexamples that are printed step by step; the others get a row in a table."""


def check_folder(output: str) -> None:
    """Reject a folder that cannot be written to, before any work."""
    where = f"--output {shown(output)}"
    try:
        target = Path(output).resolve()
        if target.exists() and not target.is_dir():
            raise BadInput(f"{where}: is not a folder; name another")
        if not target.parent.is_dir():
            raise BadInput(f"{where}: there is no folder {target.parent}; make it first")
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(f"{where}: cannot be used: {error}") from error


def failures_as_jsonable(
    failures: Failures, origin: Origin, files: dict[Key, str]
) -> list[dict[str, object]]:
    """Return failures as JSON's own types, the shortest first."""
    return [_as_jsonable(failure, origin, files.get(failure.key)) for failure in failures]


def _as_jsonable(failure: Failure, origin: Origin, file: str | None) -> dict[str, object]:
    return {
        "law": failure.violation.law,
        "last": failure.key[1],
        "message": failure.violation.message,
        "engine": failure.engine,
        "where": failure.where,
        "repeat": failure.command(origin),
        "original_length": failure.original_length,
        "start": tagged(failure.trial.start),
        "transactions": [tagged(tx) for tx in failure.trial.transactions],
        "other": None if failure.other is None else [tagged(tx) for tx in failure.other],
        "file": file,
    }


def broken_laws(protocol: Protocol, failures: Iterable[Failure]) -> str:
    """Name the laws that are broken, by id and name."""
    broken = sorted({failure.violation.law for failure in failures})
    return ", ".join(f"{law} {law_of(protocol, law).name}" for law in broken)


def print_failures(
    console: Console,
    protocol: Protocol,
    failures: Failures,
    origin: Origin,
    files: dict[Key, str],
) -> None:
    """Print some counterexamples step by step, each of other laws, and a table of all."""
    printed: set[str] = set()
    shown_whole = 0
    for trial, together in by_trial(failures):
        laws = {failure.violation.law for failure in together}
        if shown_whole == SHOWN_WHOLE or laws <= printed:
            continue
        shown_whole += 1
        printed |= laws | print_story(console, protocol, trial, together)
        again = replay_command(files[together[0].key], origin.protocol)
        click.echo(f"see it again with: {again}")
        click.echo(f"find it again with: {together[0].command(origin)}")
    if failures:
        _print_table(console, failures, files)
    if failures.in_vain:
        console.print(f"{counted(failures.in_vain, 'failure')} could not be reproduced")


def _print_table(console: Console, failures: Failures, files: dict[Key, str]) -> None:
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("broken", "by"):
        table.add_column(name, no_wrap=True)
    table.add_column("length", justify="right")
    table.add_column("found by", no_wrap=True)
    for failure in failures:
        law, last = failure.key
        table.add_row(law, last, str(failure.length), f"{failure.engine}, {failure.where}")
    console.print(table)
    folder = os.path.dirname(next(iter(files.values())))
    click.echo(f"each is written to {os.path.join(folder, file_name(('LAW', 'BY')))}")


def by_trial(failures: Failures) -> list[tuple[Trial, list[Failure]]]:
    """Return the failures, those that one trial shows together: safety first, then the shortest.

    That nothing final can be undone is what the rest is for; whoever loses it by a change wants
    to know that before anything else.
    """
    groups: list[tuple[Trial, list[Failure]]] = []
    for failure in failures:
        for trial, together in groups:
            if trial == failure.trial and failure.other is None and together[0].other is None:
                together.append(failure)
                break
        else:
            groups.append((failure.trial, [failure]))
    return sorted(groups, key=lambda group: min(map(_gravity, group[1])))


GRAVEST = ("SAF-1", "SAF-3", "SAF-2")
"""Laws whose breach is told before that of any other, the gravest first."""


def _gravity(failure: Failure) -> int:
    law = failure.violation.law
    return GRAVEST.index(law) if law in GRAVEST else len(GRAVEST)


def _title(failures: list[Failure]) -> str:
    laws = ", ".join(failure.violation.law for failure in failures)
    return f"{laws} by {failures[0].key[1]}"


def print_story(
    console: Console, protocol: Protocol, trial: Trial, failures: list[Failure]
) -> set[str]:
    """Print one counterexample step by step; return the laws that it breaks."""
    console.print()
    console.rule(_title(failures), characters="-")
    first = failures[0]
    console.print(
        f"found by {first.engine}, {first.where}; shrunk from"
        f" {counted(first.original_length, 'transaction')} to {first.length:,}"
    )
    if isinstance(trial.start, State):
        console.print("from a lawful state, which may not be reachable")
    console.print()
    printed: set[str] = set()
    if first.other is None:
        printed = {violation.law for violation in print_trace(console, protocol, trial)}
    else:
        print_branches(console, protocol, trial, first.other)
    for failure in failures:
        if failure.violation.law not in printed:
            print_violation(console, protocol, failure.violation)
    console.print()
    return printed
