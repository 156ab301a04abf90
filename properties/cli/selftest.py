"""`stakespec selftest`: our own decoders, signature boundary and commands under attack."""

from random import SystemRandom

import click
from rich.table import Table

from properties.cli.attacks import ATTACKS
from properties.cli.options import LARGEST_SEED, SECONDS, json_option, quiet_option, seed_option
from properties.cli.output import Output, is_quiet, print_json
from properties.cli.progress import Bar
from properties.selftest.campaign import KINDS, Report
from properties.selftest.campaign import selftest as run_selftest

DEFAULT_SECONDS = 30.0

WORDS = {0: "held", 1: "refuted", 4: "undetermined"}


@click.command()
@click.option(
    "--seconds", type=SECONDS, help="Budget of time.  [default: 30, or none with --inputs]"
)
@click.option("--inputs", type=click.IntRange(1), help="Number of inputs.")
@click.option(
    "--first",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Number of the first input; each follows from the seed and its number.",
)
@seed_option()
@quiet_option()
@json_option()
@click.pass_context
def selftest(
    context: click.Context,
    seconds: float | None,
    inputs: int | None,
    first: int,
    seed: int | None,
    as_json: bool,
) -> None:
    """Feed damaged and forged inputs to every decoder, rule and command.

    It is a fault if one is accepted that should be refused, ends in a traceback or a wrong
    exit code, leaves a partly written file, or costs more than in proportion to its size.
    This does not test the laws of a protocol; `check` does.

    Exit codes: 0 no fault, 1 a fault, 2 bad usage, 4 the time ended before --inputs.
    """
    if seed is None:
        seed = SystemRandom().randint(0, LARGEST_SEED)
    if seconds is None and inputs is None:
        seconds = DEFAULT_SECONDS
    with Bar(timed=inputs is not None) as bar:

        def show(report: Report) -> None:
            share = report.inputs / inputs if inputs else 0.0
            bar.update("selftest", share, f"{report.inputs:,} inputs, {len(report.faults)} faults")

        report = run_selftest(seed, first, inputs, seconds, show, {**KINDS, **ATTACKS})
    if as_json:
        print_json("selftest", _as_jsonable(report))
    elif is_quiet():
        Output().conclude(_last_word(report))
    else:
        _print(report)
    context.exit(report.exit_code)


def _repeat(report: Report, number: int | None = None) -> str:
    first, inputs = (report.first, report.inputs) if number is None else (number, 1)
    return f"stakespec selftest --seed {report.seed} --first {first} --inputs {inputs}"


def _as_jsonable(report: Report) -> dict[str, object]:
    return {
        "verdict": WORDS[report.exit_code],
        "exit_code": report.exit_code,
        "seed": report.seed,
        "first": report.first,
        "inputs": report.inputs,
        "kinds": {kind: dict(sorted(report.outcomes[kind].items())) for kind in report.kinds},
        "faults": [
            {
                "number": fault.number,
                "kind": fault.kind,
                "message": fault.message,
                "repeat": _repeat(report, fault.number),
            }
            for fault in report.faults
        ],
        "repeat": _repeat(report),
    }


def _last_word(report: Report) -> str:
    verdict = WORDS[report.exit_code].upper()
    return f"{verdict}: {report.inputs:,} inputs, {len(report.faults)} faults"


def _print(report: Report) -> None:
    console = Output()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("inputs", justify="right", no_wrap=True)
    table.add_column("outcomes")
    for kind, count in report.kinds.items():
        outcomes = ", ".join(
            f"{name} {times:,}" for name, times in report.outcomes[kind].most_common()
        )
        table.add_row(kind, f"{count:,}", outcomes)
    console.print(table)
    for fault in report.faults:
        console.print(f"FAULT in {fault.kind}: {fault.message}", style="bold red", markup=False)
        console.print(f"   repeat: {_repeat(report, fault.number)}", markup=False)
    console.print()
    console.conclude(_last_word(report))
    click.echo(f"repeat: {_repeat(report)}")
