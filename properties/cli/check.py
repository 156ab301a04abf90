"""`stakespec check`: the main job."""

import json
import math
import secrets
import shlex

import click

from properties.cli.files import BadInput
from properties.cli.inputs import beginning
from properties.cli.options import (
    fail_fast_option,
    folder_option,
    genesis_option,
    json_option,
    protocol_option,
    seconds_option,
    seed_option,
    settings_option,
    workers_option,
)
from properties.cli.progress import Bar
from properties.cli.tell_failures import check_folder, write_failures
from properties.cli.verdict import as_jsonable, print_outcome
from properties.engines.check import ENGINES, Plan, execute
from properties.engines.check.plan import FROM_A_GENESIS
from properties.trace.failures import Origin

DEFAULT_SECONDS = 30.0


@click.command()
@genesis_option
@protocol_option()
@settings_option()
@seconds_option(DEFAULT_SECONDS, "Time for the engines; shrinking counterexamples comes on top.")
@seed_option()
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="Make exactly this many runs of each engine, however long they take. A run of fuzz is"
    " 100 steps, of explore 1,000 states of each world, of prove a contract, and with --genesis"
    " 100 transactions.",
)
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    help="Use only this engine. Repeatable.",
)
@workers_option()
@fail_fast_option
@folder_option()
@json_option()
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
    """Try to break every law of a protocol, and report how much was covered.

    \b
    walk        random transactions in small worlds, or from a genesis
    one-step    single steps from arbitrary lawful states, reachable or not
    branches    two branches from one genesis, grown by an adversary
    hypothesis  worlds and transactions drawn by Hypothesis
    fuzz        a search that continues from states reached in new ways
    explore     every state of small worlds, nearest first
    prove       every path of the rules, with symbols in place of numbers

    The engines run one after another, each within its share of the time. The search goes
    on after a law breaks: counterexamples are collected, shrunk and written to files.

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
