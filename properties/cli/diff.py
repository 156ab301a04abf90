"""`stakespec diff`: find a transaction that two protocols treat differently."""

import math
import secrets
import shlex
import time
from collections.abc import Callable

import click

from properties.cli.conform_report import (
    Sides,
    covered_as_jsonable,
    divergence_as_jsonable,
    print_covered,
    print_parted,
)
from properties.cli.divergence_file import write_vector
from properties.cli.files import BadInput, check_output, shown
from properties.cli.inputs import beginning, protocol_at
from properties.cli.options import (
    SECONDS,
    genesis_option,
    json_option,
    quiet_option,
    seed_option,
    settings_option,
    shrinking_option,
    vector_option,
)
from properties.cli.output import Output, is_quiet, note, print_json
from properties.cli.progress import Line
from properties.cli.start import UNDETERMINED
from properties.conformance.machine import Machine
from properties.conformance.protocols import Found, ProtocolSearch
from properties.laws.describe import wrapped
from properties.trace.plurals import counted

DIFFERENT = 5

DEFAULT_SECONDS = 30.0


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@genesis_option
@settings_option()
@click.option(
    "--seconds",
    type=SECONDS,
    help=f"Time for the search; {DEFAULT_SECONDS:g} unless --steps is set.",
)
@click.option(
    "--steps", type=click.IntRange(1), help="Apply exactly this many transactions to both."
)
@seed_option()
@shrinking_option
@vector_option
@quiet_option()
@json_option()
@click.pass_context
def diff(
    context: click.Context,
    first: str,
    second: str,
    genesis: str | None,
    settings: tuple[str, ...],
    seconds: float | None,
    steps: int | None,
    seed: int | None,
    shrinking: float,
    output: str | None,
    as_json: bool,
) -> None:
    """Search for a transaction that protocols A and B, each MODULE:NAME, treat differently.

    Draws transactions for A and applies each to both. Stops at the first that only one of
    them accepts, that they reject for different reasons, or after which their roots or
    events differ; then shrinks and prints the transactions that lead to it. With -o, writes
    them as a vector with A's answers; stakespec vectors run OUT --protocol B shows it again.

    Exit codes: 0 no difference found, 2 bad input or usage, 4 no transaction was compared,
    5 they differ.
    """
    if any(number is not None and math.isnan(number) for number in (seconds, shrinking)):
        raise BadInput("--seconds, --shrinking: must be numbers of seconds, not nan")
    if output is not None:
        check_output(output)
    ours, start = beginning(first, genesis, settings, "A")
    theirs = protocol_at(second, "B")
    if seconds is None and steps is None:
        seconds = DEFAULT_SECONDS
    search = ProtocolSearch(ours, theirs, secrets.randbelow(2**32) if seed is None else seed, start)
    note(f"comparing {first} with {second}, seed {search.seed}")
    began = time.monotonic()
    with Line() as line:
        go_on = _within(seconds, began, search, line)
        difference = search.run(steps, go_on, _shrinking_within(shrinking, line))
    repeat = _repeat(first, second, genesis, settings, search)
    exit_code = DIFFERENT if difference else 0 if search.covered.steps else UNDETERMINED
    if difference is not None and output is not None:
        write_vector(output, Machine(ours), first, difference.parted, repeat)
    if as_json:
        document = _as_jsonable((first, second), search, difference)
        tail = {"repeat": repeat, "file": output if difference else None}
        print_json("diff", {**document, "exit_code": exit_code, **tail})
    elif is_quiet():
        Output().conclude(_last_word(search, difference))
    else:
        _print((first, second), search, difference)
        if difference is not None and output is not None:
            click.echo(f"written to {shown(output)}; see it again with:")
            click.echo(shlex.join(["stakespec", "vectors", "run", output, "--protocol", second]))
        click.echo(f"repeat: {repeat}")
    context.exit(exit_code)


def _as_jsonable(
    sides: Sides, search: ProtocolSearch, difference: Found | None
) -> dict[str, object]:
    divergence = None
    if difference is not None:
        divergence = {
            **divergence_as_jsonable(difference.parted),
            "original_length": difference.original_length,
            "differences": list(difference.differences),
        }
    return {
        "protocols": list(sides),
        "verdict": "no difference found" if difference is None else "they differ",
        "seed": search.seed,
        **covered_as_jsonable(search.covered),
        "divergence": divergence,
    }


def _print(sides: Sides, search: ProtocolSearch, difference: Found | None) -> None:
    console = Output()
    print_covered(console, search.covered, search.seconds)
    if difference is None:
        click.echo(f"\n{_last_word(search, difference)}")
        return
    lengths = difference.original_length, difference.tried
    print_parted(difference.parted, lengths, difference.differences, ("A", "B"))
    click.echo(wrapped(f"A is {sides[0]}, B is {sides[1]}", ""))
    console.print()
    console.conclude(_last_word(search, difference))


def _last_word(search: ProtocolSearch, difference: Found | None) -> str:
    if difference is None:
        return f"no difference found in {counted(search.covered.steps, 'step')}"
    return "THEY DIFFER"


def _within(
    seconds: float | None, began: float, search: ProtocolSearch, line: Line
) -> Callable[[], bool]:
    def go_on() -> bool:
        used = time.monotonic() - began
        covered = search.covered
        line.show(f"{used:,.0f} s: {covered.steps:,} steps, {len(covered.cells):,} cells")
        return seconds is None or used < seconds

    return go_on


def _shrinking_within(seconds: float, line: Line) -> Callable[[], bool]:
    deadline: float | None = None

    def budget() -> bool:
        nonlocal deadline
        now = time.monotonic()
        deadline = now + seconds if deadline is None else deadline
        line.show("shrinking the difference")
        return now < deadline

    return budget


def _repeat(
    first: str,
    second: str,
    genesis: str | None,
    settings: tuple[str, ...],
    search: ProtocolSearch,
) -> str:
    command = ["stakespec", "diff", first, second]
    command += ["--genesis", genesis] if genesis is not None else []
    command += [word for setting in settings for word in ("--set", setting)]
    command += ["--seed", str(search.seed), "--steps", str(max(1, search.covered.steps))]
    return shlex.join(command)
