"""`stakespec check`: the main job."""

import json
import math
import os
import secrets
import shlex

import click

from properties.cli.files import BadInput
from properties.cli.inputs import beginning, settings_option
from properties.cli.progress import Bar
from properties.cli.tell_failures import DEFAULT_FOLDER, check_folder, write_failures
from properties.cli.verdict import as_jsonable, print_outcome
from properties.engines.check import ENGINES, Plan, execute
from properties.engines.check.plan import FROM_A_GENESIS
from properties.model.protocols import DEFAULT_PATH
from properties.trace.failures import Origin

DEFAULT_SECONDS = 30.0


@click.command()
@click.option("--genesis", metavar="FILE", help="Start from this genesis, not from small worlds.")
@click.option(
    "--protocol",
    "path",
    metavar="MODULE:NAME",
    default=DEFAULT_PATH,
    show_default=True,
    help="The protocol to check; a module in the current folder will do.",
)
@settings_option
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 1_000_000),
    default=DEFAULT_SECONDS,
    show_default=True,
    help="How long to look; making counterexamples small comes on top.",
)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Repeat the runs of this seed.")
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="Make exactly so many runs of each engine, however long they take: of fuzz"
    " hundreds of steps, of explore thousands of states of each world, of prove contracts"
    " (with --genesis, stretches of 100 transactions).",
)
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    help="Use this engine only; may be given again.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    help="Processes that share the work.  [default: as many as there are processors]",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first law that is broken.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Where counterexamples go, a file for each law and last transaction.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def check(
    context: click.Context,
    genesis: str | None,
    path: str,
    settings: tuple[str, ...],
    seconds: float,
    seed: int | None,
    runs: int | None,
    engines: tuple[str, ...],
    workers: int,
    fail_fast: bool,
    output: str,
    as_json: bool,
) -> None:
    """Look for a way to break a law, and say honestly how hard was looked.

    \b
    walk        drawn transactions through small worlds, or on from a genesis
    one-step    single steps from arbitrary lawful states, reachable or not
    branches    two branches from one genesis, grown by an adversary
    hypothesis  worlds and transactions drawn by Hypothesis
    fuzz        on from whatever state was reached in a new way
    explore     every state of small worlds, the nearest first
    prove       the rules with symbols for numbers, all paths

    One after another, each within its share of the time. A law that breaks does not end
    the search: all that are found are collected, made small, and written to files.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never reached,
    4 undetermined.
    """
    if math.isnan(seconds):
        raise BadInput("--seconds nan: must be a number of seconds")
    if genesis is not None and set(engines) - set(FROM_A_GENESIS):
        raise BadInput(
            f"--engine: only {' and '.join(FROM_A_GENESIS)} start from a genesis; others make"
            " their own worlds"
        )
    check_folder(output)
    protocol, start = beginning(path, genesis, settings)
    chosen = seed if seed is not None else secrets.randbelow(2**32)
    plan = Plan(
        protocol,
        path,
        chosen,
        seconds,
        start,
        runs,
        engines or ENGINES,
        workers,
        fail_fast,
    )
    if not as_json:
        click.echo(f"checking {protocol.name} ({path}), seed {chosen}", err=True)
    with Bar(timed=runs is None) as bar:
        outcome = execute(plan, bar.update)
    origin = Origin(path, genesis, settings)
    files = write_failures(outcome.failures, origin, output)
    repeat = _repeat(plan, origin, engines)
    if as_json:
        document = as_jsonable(outcome, protocol, origin, repeat, files)
        click.echo(json.dumps(document, indent=1))
    else:
        print_outcome(outcome, protocol, origin, repeat, files)
    context.exit(outcome.exit_code())


def _repeat(plan: Plan, origin: Origin, engines: tuple[str, ...]) -> str:
    """Return the command that makes the same runs again, in the same order."""
    words = ["stakespec", "check", *origin.options("check"), "--seed", str(plan.seed)]
    words += [word for engine in engines for word in ("--engine", engine)]
    words += ["--fail-fast"] * plan.fail_fast
    if plan.runs is None:
        return shlex.join([*words, "--seconds", f"{plan.seconds:g}"])
    if "fuzz" in plan.engines or plan.genesis is not None:
        words += ["--workers", str(plan.workers)]
    return shlex.join([*words, "--runs", str(plan.runs)])
