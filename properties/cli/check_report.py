"""Printing the verdict of a check, as text and as JSON."""

from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from properties.cli.coverage_table import print_rules
from properties.cli.failure_report import failures_as_jsonable, print_failures
from properties.cli.known import known_as_jsonable, refutation
from properties.cli.output import Output
from properties.engines.check import CheckReport
from properties.engines.engine import Engine, Result, Verdict
from properties.laws import Law
from properties.model.design import asides_of
from properties.trace.failures import Key, Origin
from properties.trace.plurals import counted
from statemachine.protocol import Protocol

STYLES = {
    Verdict.PROVED: "green",
    Verdict.HELD: "green",
    Verdict.REFUTED: "bold red",
    Verdict.UNDETERMINED: "yellow",
}

WORDS = {0: "held", 1: "refuted", 3: "not all reached", 4: "undetermined"}

LEGEND = (
    "a number: held, judged that many times; 3/8: 3 of 8 contracts proved; proof: all"
    " proved; BROKE: refuted; ?: undetermined; -: not judged by this engine"
)


def witnesses_of(report: CheckReport) -> list[tuple[str, str, int]]:
    """Return the witnesses: the name, statement and count of each."""
    reached = report.coverage.reached
    return [(witness.id, witness.statement, reached[witness.id]) for witness in report.witnesses()]


# --- for programs ------------------------------------------------------------------------


def as_jsonable(
    report: CheckReport, protocol: Protocol, origin: Origin, repeat: str, files: dict[Key, str]
) -> dict[str, object]:
    """Return a report as JSON's own types."""
    coverage = report.coverage
    return {
        "protocol": report.protocol,
        "verdict": WORDS[report.exit_code()],
        "exit_code": report.exit_code(),
        "seed": report.seed,
        "repeat": repeat,
        "cut_short": report.cut_short or None,
        "steps": coverage.steps,
        "epochs": coverage.epochs,
        "engines": [_result_as_jsonable(*pair) for pair in report.results.items()],
        "laws": [_law_as_jsonable(report, law) for law in report.laws],
        "set_aside": {law: str(why) for law, why in asides_of(protocol).items()},
        "fired": dict(sorted(coverage.fired.items())),
        "rejected": {
            name: dict(sorted(reasons.items()))
            for name, reasons in sorted(coverage.rejected.items())
        },
        "witnesses": {witness: count for witness, _, count in witnesses_of(report)},
        "never_reached": report.never_reached(),
        "never_fired": report.never_fired(),
        "never_judged": report.never_judged(),
        "known": known_as_jsonable(report.known),
        "failures": failures_as_jsonable(report.failures, origin, files),
    }


def _result_as_jsonable(engine: Engine, result: Result) -> dict[str, object]:
    return {
        "name": engine.name,
        "runs": result.runs,
        "unit": engine.unit[1],
        "steps": result.coverage.steps,
        "seconds": round(result.seconds, 3),
        "covered": result.covered,
        "least_slashed": list(result.price) if result.price[1] else None,
        "cut_short": result.cut_short or None,
    }


def _law_as_jsonable(report: CheckReport, law: Law) -> dict[str, object]:
    engines: dict[str, object] = {}
    for engine, result in report.results.items():
        verdict = report.verdict_by(engine, law.id)
        if verdict is None:
            continue
        cell: dict[str, object] = {"verdict": verdict.value}
        proofs = result.proofs.get(law.id)
        if proofs is None:
            cell["checks"] = result.checks[law.id]
        else:
            cell["proved"] = proofs.proved
            cell["contracts"] = proofs.total
        engines[engine.name] = cell
    return {
        "id": law.id,
        "name": law.name,
        "verdict": report.verdict(law.id).value,
        "checks": sum(result.checks[law.id] for result in report.results.values()),
        "engines": engines,
    }


# --- for people --------------------------------------------------------------------------


def print_outcome(
    report: CheckReport, protocol: Protocol, origin: Origin, repeat: str, files: dict[Key, str]
) -> None:
    """Print a report for people."""
    console = Output()
    _print_laws(console, report)
    if not report.failures:
        print_rules(console, report.coverage)
        _print_witnesses(console, report)
    console.print()
    for engine, result in report.results.items():
        _print_result(console, engine, result)
    for law, reason in asides_of(protocol).items():
        told = f"{law}: {reason}" if isinstance(reason, str) else f"{law} {reason}"
        console.print(f"set aside: {told}", style="yellow", markup=False)
    print_failures(console, protocol, report.failures, origin, files)
    console.print()
    console.conclude(last_word(report, protocol))
    _print_sum(console, report)
    click.echo(f"repeat: {repeat}")


def _print_result(console: Console, engine: Engine, result: Result) -> None:
    line = f"{engine.name}: {counted(result.runs, *engine.unit)}"
    steps = result.coverage.steps
    if steps:
        rate = steps / result.seconds if result.seconds else 0
        line += f", {counted(steps, 'step')} ({rate:,.0f} a second)"
    if result.covered:
        line += f"; {result.covered}"
    line += f"; {result.seconds:.1f} s"
    console.print(line, markup=False)
    if result.cut_short:
        console.print(f"   stopped early: {result.cut_short}", style="yellow")


def _print_sum(console: Console, report: CheckReport) -> None:
    counts = Counter(report.verdict(law.id) for law in report.laws)
    tally = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    console.print(f"{len(report.laws)} laws: {tally}")


def last_word(report: CheckReport, protocol: Protocol) -> str:
    """Return the verdict in a line."""
    code = report.exit_code()
    if code == 1:
        return refutation(protocol, report.failures, report.known)
    if code == 3:
        missing = []
        if report.never_reached():
            missing.append(f"witnesses {', '.join(report.never_reached())}")
        if report.never_fired():
            missing.append(f"rules {', '.join(report.never_fired())}")
        if report.never_judged():
            missing.append(f"laws without anything to judge {', '.join(report.never_judged())}")
        return f"NOT ALL REACHED: {'; '.join(missing)} (search longer)"
    if code == 4:
        return f"UNDETERMINED: {report.cut_short or 'no time to look'}"
    return "HELD"


def _print_laws(console: Console, report: CheckReport) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("law", no_wrap=True)
    table.add_column("name", no_wrap=True, overflow="ellipsis")
    for engine in report.results:
        table.add_column(engine.heading, justify="right", no_wrap=True)
    for law in report.laws:
        cells = (_cell(report, engine, law.id) for engine in report.results)
        style = STYLES[report.verdict(law.id)]
        plain = style == "green"
        table.add_row(law.id, law.name, *cells, style="" if plain else style)
    console.print(table)
    console.print(LEGEND, style="dim")


def _cell(report: CheckReport, engine: Engine, law: str) -> str:
    verdict, result = report.verdict_by(engine, law), report.results[engine]
    if verdict is None:
        return "-"
    style = STYLES[verdict]
    text = "?"
    if verdict is Verdict.REFUTED:
        text = "BROKE"
    elif verdict is Verdict.PROVED:
        text = "proof"
    elif law in result.proofs:
        proofs = result.proofs[law]
        text = f"{proofs.proved}/{proofs.total}"
    elif verdict is Verdict.HELD:
        text = compact(result.checks[law])
    return f"[{style}]{text}[/{style}]"


def compact(number: int) -> str:
    """Write a number in at most five characters; numbers above 9,999 are rounded down."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= 10 * size:
            return f"{number // size:,}{unit}"
    return f"{number:,}"


def _print_witnesses(console: Console, report: CheckReport) -> None:
    rows = witnesses_of(report)
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
