"""Printing what a campaign found, for people and for programs."""

from collections import Counter
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from properties.cli.coverage_table import print_rules
from properties.cli.output import Output
from properties.cli.tell_failures import broken_laws, failures_as_jsonable, tell_failures
from properties.engines.check import Outcome, Record, Verdict
from properties.engines.check.outcome import UNITS
from properties.exports.words import counted
from properties.laws import Law
from properties.laws.witnesses import TWO_RUN_WITNESSES
from properties.model.design import Design
from properties.trace.failures import Key, Origin
from statemachine.protocol import Protocol

HEADS = {
    "walk": "walk",
    "one-step": "step",
    "branches": "branch",
    "hypothesis": "hypo",
    "fuzz": "fuzz",
    "explore": "explor",
    "prove": "prove",
}
"""The engines at the head of their columns."""

STYLES = {
    Verdict.PROVED: "green",
    Verdict.HELD: "green",
    Verdict.REFUTED: "bold red",
    Verdict.UNDETERMINED: "yellow",
}

WORDS = {0: "held", 1: "refuted", 3: "not all reached", 4: "undetermined"}

LEGEND = (
    "a number: held, having had so many things to judge; 3/8: of 8 contracts 3 are"
    " proved; proof: all are; BROKE: refuted; ?: undetermined; -: not judged there"
)


def witnesses_of(outcome: Outcome) -> list[tuple[str, str, int]]:
    """Return what should happen sometimes: its name, what it is, and how often it did."""
    coverage = outcome.coverage
    looked = coverage.witnesses if coverage.runs else ()
    rows = [(one.id, one.statement, coverage.reached[one.id]) for one in looked]
    if outcome.branches is not None:
        rows += [(one.id, one.statement, outcome.branches[one.id]) for one in TWO_RUN_WITNESSES]
    return rows


# --- for programs ------------------------------------------------------------------------


def as_jsonable(
    outcome: Outcome, protocol: Protocol, origin: Origin, repeat: str, files: dict[Key, str]
) -> dict[str, Any]:
    """Return an outcome as JSON's own types."""
    coverage = outcome.coverage
    return {
        "protocol": outcome.protocol,
        "verdict": WORDS[outcome.exit_code()],
        "exit_code": outcome.exit_code(),
        "seed": outcome.seed,
        "repeat": repeat,
        "cut_short": outcome.cut_short or None,
        "steps": coverage.steps,
        "epochs": coverage.epochs,
        "engines": [_record_as_jsonable(record) for record in outcome.records],
        "laws": [_law_as_jsonable(outcome, law) for law in outcome.laws],
        "set_aside": dict(protocol.set_aside) if isinstance(protocol, Design) else {},
        "fired": dict(sorted(coverage.fired.items())),
        "rejected": {
            name: dict(sorted(reasons.items()))
            for name, reasons in sorted(coverage.rejected.items())
        },
        "witnesses": {witness: count for witness, _, count in witnesses_of(outcome)},
        "never_reached": outcome.never_reached(),
        "never_fired": outcome.never_fired(),
        "failures": failures_as_jsonable(outcome.failures, origin, files),
    }


def _record_as_jsonable(record: Record) -> dict[str, Any]:
    return {
        "name": record.name,
        "runs": record.runs,
        "unit": UNITS[record.name][1],
        "steps": record.steps,
        "seconds": round(record.seconds, 3),
        "covered": record.covered,
        "cut_short": record.cut_short or None,
    }


def _law_as_jsonable(outcome: Outcome, law: Law) -> dict[str, Any]:
    engines: dict[str, Any] = {}
    for record in outcome.records:
        verdict = record.verdict(law.id, outcome.failures)
        if verdict is None:
            continue
        cell: dict[str, Any] = {"verdict": verdict.value}
        proofs = record.proofs.get(law.id)
        if proofs is None:
            cell["checks"] = record.checks[law.id]
        else:
            cell["proved"] = proofs.proved
            cell["contracts"] = proofs.proved + proofs.refuted + proofs.undetermined
        engines[record.name] = cell
    return {
        "id": law.id,
        "name": law.name,
        "verdict": outcome.verdict(law.id).value,
        "checks": sum(record.checks[law.id] for record in outcome.records),
        "engines": engines,
    }


# --- for people --------------------------------------------------------------------------


def print_outcome(
    outcome: Outcome, protocol: Protocol, origin: Origin, repeat: str, files: dict[Key, str]
) -> None:
    """Print an outcome for people."""
    console = Output()
    _print_laws(console, outcome)
    if not outcome.failures:
        print_rules(console, outcome.coverage)
        _print_witnesses(console, outcome)
    console.print()
    for record in outcome.records:
        _print_record(console, record)
    if isinstance(protocol, Design):
        for law, reason in protocol.set_aside.items():
            console.print(f"set aside: {law}: {reason}", style="yellow", markup=False)
    tell_failures(console, protocol, outcome.failures, origin, files)
    console.print()
    console.print(_last_word(outcome, protocol), style="bold", markup=False)
    _print_sum(console, outcome)
    click.echo(f"repeat: {repeat}")


def _print_record(console: Console, record: Record) -> None:
    line = f"{record.name}: {counted(record.runs, *UNITS[record.name])}"
    if record.steps:
        rate = record.steps / record.seconds if record.seconds else 0
        line += f", {counted(record.steps, 'step')} ({rate:,.0f} a second)"
    if record.covered:
        line += f"; {record.covered}"
    line += f"; {record.seconds:.1f} s"
    console.print(line, markup=False)
    if record.cut_short:
        console.print(f"   ended before it was done: {record.cut_short}", style="yellow")


def _print_sum(console: Console, outcome: Outcome) -> None:
    counts = Counter(outcome.verdict(law.id) for law in outcome.laws)
    words = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    console.print(f"{len(outcome.laws)} laws: {words}")


def _last_word(outcome: Outcome, protocol: Protocol) -> str:
    code = outcome.exit_code()
    if code == 1:
        return f"REFUTED {broken_laws(protocol, outcome.failures)}"
    if code == 3:
        missing = []
        if outcome.never_reached():
            missing.append(f"witnesses {', '.join(outcome.never_reached())}")
        if outcome.never_fired():
            missing.append(f"rules {', '.join(outcome.never_fired())}")
        return f"NOT ALL REACHED: {'; '.join(missing)} (look longer)"
    if code == 4:
        return f"UNDETERMINED: {outcome.cut_short or 'no time to look'}"
    return "HELD"


def _print_laws(console: Console, outcome: Outcome) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("law", no_wrap=True)
    table.add_column("name", no_wrap=True, overflow="ellipsis")
    for record in outcome.records:
        table.add_column(HEADS[record.name], justify="right", no_wrap=True)
    for law in outcome.laws:
        cells = (_cell(record, law.id, outcome) for record in outcome.records)
        style = STYLES[outcome.verdict(law.id)]
        plain = style == "green"
        table.add_row(law.id, law.name, *cells, style="" if plain else style)
    console.print(table)
    console.print(LEGEND, style="dim")


def _cell(record: Record, law: str, outcome: Outcome) -> str:
    verdict = record.verdict(law, outcome.failures)
    if verdict is None:
        return "-"
    style = STYLES[verdict]
    text = "?"
    if verdict is Verdict.REFUTED:
        text = "BROKE"
    elif verdict is Verdict.PROVED:
        text = "proof"
    elif law in record.proofs:
        proofs = record.proofs[law]
        text = f"{proofs.proved}/{proofs.proved + proofs.refuted + proofs.undetermined}"
    elif verdict is Verdict.HELD:
        text = compact(record.checks[law])
    return f"[{style}]{text}[/{style}]"


def compact(number: int) -> str:
    """Write a number in five characters: up to 9,999 as it is, larger ones rounded down."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= 10 * size:
            return f"{number // size:,}{unit}"
    return f"{number:,}"


def _print_witnesses(console: Console, outcome: Outcome) -> None:
    rows = witnesses_of(outcome)
    if not rows:
        return
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("witness")
    table.add_column("reached", justify="right")
    table.add_column("that")
    for name, statement, reached in rows:
        count = f"{reached:,}" if reached else "[yellow]never[/yellow]"
        table.add_row(name, count, statement)
    console.print(table)
