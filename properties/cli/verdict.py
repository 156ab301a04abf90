"""Printing what a campaign found, for people and for programs."""

import shlex
from collections import Counter
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from properties.accusation import TRANSACTION_TYPES
from properties.branches.look import WITNESSES
from properties.campaign import Outcome, Refutation
from properties.cli.tell import tell, tell_branches, tell_violation
from properties.invariants import law_by_id
from statemachine.codec import tagged
from statemachine.protocol import Protocol
from statemachine.state import State


def verdict_word(outcome: Outcome) -> str:
    """Return the verdict in a word."""
    return {0: "held", 1: "refuted", 3: "not all reached", 4: "undetermined"}[outcome.exit_code()]


def checks_of(outcome: Outcome) -> dict[str, int]:
    """Return how often each law was held against something that it speaks of."""
    counts = dict(outcome.coverage.checks)
    steps = outcome.coverage.steps
    refused = sum(sum(reasons.values()) for reasons in outcome.coverage.rejected.values())
    counts["RUN-1"] = outcome.leave_checks
    counts["RUN-2"] = outcome.replay_checks
    counts["RUN-3"] = counts["RUN-4"] = steps + refused
    counts["SAF-1"] = counts["SAF-2"] = outcome.branch_checks
    branches = outcome.branches or Counter()
    counts["LIV-1"] = outcome.liveness_checks + branches["way-on"]
    counts["PRO-1"] = outcome.proposer_checks
    return counts


def witnesses_of(outcome: Outcome) -> list[tuple[str, str, int]]:
    """Return what should happen sometimes: its name, what it is, and how often it did."""
    coverage = outcome.coverage
    looked = coverage.witnesses if coverage.runs else ()
    rows = [(one.id, one.statement, coverage.reached[one.id]) for one in looked]
    if outcome.branches is not None:
        rows += [(name, statement, outcome.branches[name]) for name, statement in WITNESSES.items()]
    return rows


def repeat_command(outcome: Outcome, words: list[str], asked: list[str]) -> str:
    """Return the command that makes the same runs again.

    What was refuted is found again by as many runs of the same engine; otherwise the same
    is asked again, and the same runs come in the same order.
    """
    refutation = outcome.refutation
    if refutation is None:
        return shlex.join([*words, *asked])
    return shlex.join([*words, "--engine", refutation.engine, "--runs", str(refutation.runs)])


def as_jsonable(outcome: Outcome, repeat: str, file: str | None) -> dict[str, Any]:
    """Return an outcome as JSON's own types."""
    coverage = outcome.coverage
    checks = checks_of(outcome)
    return {
        "protocol": outcome.protocol,
        "verdict": verdict_word(outcome),
        "exit_code": outcome.exit_code(),
        "seed": outcome.seed,
        "repeat": repeat,
        "runs": coverage.runs,
        "steps": coverage.steps,
        "epochs": coverage.epochs,
        "engines": [
            {
                "name": engine.name,
                "runs": engine.runs,
                "steps": engine.steps,
                "seconds": round(engine.seconds, 3),
            }
            for engine in outcome.engines
        ],
        "laws": [
            {
                "id": law.id,
                "name": law.name,
                "verdict": law_verdict(outcome, law.id),
                "checks": checks.get(law.id, 0),
            }
            for law in outcome.laws
        ],
        "fired": dict(sorted(coverage.fired.items())),
        "rejected": {
            name: dict(sorted(reasons.items()))
            for name, reasons in sorted(coverage.rejected.items())
        },
        "witnesses": {witness: count for witness, _, count in witnesses_of(outcome)},
        "never_reached": outcome.never_reached(),
        "never_fired": outcome.never_fired(),
        "refutation": _refutation_as_jsonable(outcome.refutation, file),
    }


def _refutation_as_jsonable(refutation: Refutation | None, file: str | None) -> Any:
    if refutation is None:
        return None
    trial = refutation.trial
    return {
        "law": refutation.violation.law,
        "message": refutation.violation.message,
        "engine": refutation.engine,
        "runs": refutation.runs,
        "original_length": refutation.original_length,
        "start": tagged(trial.start),
        "transactions": [tagged(order) for order in trial.transactions],
        "other": None
        if refutation.other is None
        else [tagged(order) for order in refutation.other],
        "file": file,
    }


def law_verdict(outcome: Outcome, law_id: str) -> str:
    """Return the verdict on one law in a word."""
    if outcome.refutation is not None:
        # The search ended there: what it would have found for other laws nobody knows.
        return "refuted" if outcome.refutation.violation.law == law_id else "undetermined"
    looked = checks_of(outcome).get(law_id, 0) and not outcome.interrupted
    return "held" if looked else "undetermined"


def print_outcome(outcome: Outcome, repeat: str, file: str | None, protocol: Protocol) -> None:
    """Print an outcome for people."""
    console = Console(width=min(80, Console().width), highlight=False)
    if outcome.refutation is None:
        _print_laws(console, outcome)
        _print_rules(console, outcome)
        _print_witnesses(console, outcome)
    coverage = outcome.coverage
    for engine in outcome.engines:
        counted = f"{engine.steps:,} steps" if engine.steps else "two branches each"
        rate = (engine.steps or engine.runs) / engine.seconds if engine.seconds else 0
        console.print(
            f"{engine.name}: {engine.runs:,} runs, {counted} in"
            f" {engine.seconds:.1f} s ({rate:,.0f} a second)"
        )
    if outcome.refutation is not None:
        _print_refutation(console, outcome.refutation, file, protocol)
    console.print()
    console.print(_last_word(outcome), style="bold")
    if outcome.exit_code() == 0:
        if coverage.runs:
            console.print(
                f"over {coverage.runs:,} runs, {coverage.steps:,} steps and"
                f" {coverage.epochs:,} epochs"
            )
        if outcome.branch_checks:
            console.print(f"over {outcome.branch_checks:,} worlds of two branches")
    click.echo(f"repeat: {repeat}")


def _last_word(outcome: Outcome) -> str:
    code = outcome.exit_code()
    if code == 1 and outcome.refutation is not None:
        violation = outcome.refutation.violation
        return f"REFUTED {violation.law} {law_by_id(violation.law).name}"
    if code == 3:
        missing = []
        if outcome.never_reached():
            missing.append(f"witnesses {', '.join(outcome.never_reached())}")
        if outcome.never_fired():
            missing.append(f"rules {', '.join(outcome.never_fired())}")
        return f"NOT ALL REACHED: {'; '.join(missing)} (look longer)"
    if code == 4:
        return (
            "UNDETERMINED: interrupted" if outcome.interrupted else "UNDETERMINED: no time to look"
        )
    return "HELD"


def _print_laws(console: Console, outcome: Outcome) -> None:
    checks = checks_of(outcome)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("law")
    table.add_column("name")
    table.add_column("verdict")
    table.add_column("checks", justify="right")
    for law in outcome.laws:
        verdict = law_verdict(outcome, law.id)
        style = {"refuted": "bold red", "undetermined": "yellow"}.get(verdict, "green")
        table.add_row(
            law.id,
            law.name,
            f"[{style}]{verdict}[/{style}]",
            f"{checks.get(law.id, 0):,}",
        )
    console.print(table)


def _print_rules(console: Console, outcome: Outcome) -> None:
    coverage = outcome.coverage
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule")
    table.add_column("fired", justify="right")
    table.add_column("rejected, by reason")
    for kind in TRANSACTION_TYPES:
        reasons = coverage.rejected.get(kind.__name__, Counter())
        shown = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common())
        table.add_row(kind.__name__, f"{coverage.fired[kind.__name__]:,}", shown)
    console.print(table)


def _print_witnesses(console: Console, outcome: Outcome) -> None:
    console.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("witness")
    table.add_column("reached", justify="right")
    table.add_column("that")
    for name, statement, reached in witnesses_of(outcome):
        count = f"{reached:,}" if reached else "[yellow]never[/yellow]"
        table.add_row(name, count, statement)
    console.print(table)
    console.print()


def _print_refutation(
    console: Console, refutation: Refutation, file: str | None, protocol: Protocol
) -> None:
    console.print()
    console.print(f"found by {refutation.engine}, run {refutation.runs}")
    if isinstance(refutation.trial.start, State):
        console.print("from a lawful state, which may not be reachable")
    length = len(refutation.trial.transactions) + len(refutation.other or ())
    console.print(
        f"shortest found: {length} transactions, of {refutation.original_length} at first"
    )
    console.print()
    violation = refutation.violation
    if refutation.other is not None:
        tell_branches(console, protocol, refutation.trial, refutation.other)
        tell_violation(console, violation)
    else:
        told = tell(console, protocol, refutation.trial)
        if all(one.law != violation.law for one in told):
            tell_violation(console, violation)
    if file is not None:
        click.echo(f"\nwritten to {file}; see it again with: stakespec replay {file}")
