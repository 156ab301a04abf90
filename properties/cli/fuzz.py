"""`stakespec fuzz`: a novelty search, from any state that it has kept."""

import json
import math
import os
import secrets
import shlex
from pathlib import Path
from typing import Any

import click

from properties.cli.files import BadInput, shown, write_atomically
from properties.cli.fuzz_verdict import as_jsonable, print_outcome
from properties.cli.inputs import genesis_from, protocol_at
from properties.cli.status import Status
from properties.counterexample import Counterexample
from properties.fuzz.failures import Failure, Key
from properties.fuzz.outcome import Outcome
from properties.fuzz.replays import replay_elsewhere
from properties.fuzz.workers import Plan
from properties.fuzz.workers import fuzz as search
from properties.protocols import DEFAULT_PATH

DEFAULT_SECONDS = 30.0

DEFAULT_FOLDER = "counterexamples"


@click.command()
@click.option("--genesis", metavar="FILE", help="Start from this genesis, not from small worlds.")
@click.option(
    "--protocol",
    "path",
    metavar="MODULE:NAME",
    default=DEFAULT_PATH,
    show_default=True,
    help="The protocol to search; a module in the current folder will do.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 1_000_000),
    help=f"How long to search; {DEFAULT_SECONDS:g} unless --steps is given.",
)
@click.option("--steps", type=click.IntRange(1), help="Draw exactly so many transactions a shard.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Repeat the search of this seed.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes, each with a shard of its own.",
)
@click.option(
    "--shard",
    type=click.IntRange(0, 2**64 - 1),
    default=0,
    show_default=True,
    help="The first shard; give each machine shards of its own.",
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
def fuzz(
    context: click.Context,
    genesis: str | None,
    path: str,
    seconds: float | None,
    steps: int | None,
    seed: int | None,
    workers: int,
    shard: int,
    fail_fast: bool,
    output: str,
    as_json: bool,
) -> None:
    """Search for a way to break a law, going on from whatever was new.

    States are values: those that were reached in a new way are kept, and transactions
    are drawn from them on. Laws of states and steps are checked at every step; the oracle
    follows where something new was reached, and a sample of the rest. The search goes on
    after a law is broken, and keeps the shortest counterexample for each law and type of
    the last transaction. With --steps it is exact: the same seed finds the same.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a rule never fired,
    4 undetermined.
    """
    if seconds is not None and math.isnan(seconds):
        raise BadInput("--seconds nan: must be a number of seconds")
    _check_folder(output)
    protocol = protocol_at(path)
    start = genesis_from(genesis) if genesis is not None else None
    chosen = seed if seed is not None else secrets.randbelow(2**32)
    if seconds is None and steps is None:
        seconds = DEFAULT_SECONDS
    plan = Plan(protocol, chosen, start, shard, workers, seconds, steps, fail_fast)
    if not as_json:
        click.echo(f"fuzzing {protocol.name} ({path}), seed {chosen}", err=True)
    with Status(enabled=not as_json) as status:
        outcome = search(plan, status.update)
    try:
        replay_elsewhere(protocol, path, outcome)
    except KeyboardInterrupt:
        outcome.interrupted = True
    files = _write_counterexamples(outcome, path, chosen, output)
    words = ["stakespec", "fuzz"]
    words += ["--genesis", genesis] if genesis is not None else []
    words += ["--protocol", path] if path != DEFAULT_PATH else []
    words += ["--seed", str(chosen)]
    repeat = shlex.join([*words, *_asked(plan, outcome)])
    if as_json:
        click.echo(json.dumps(as_jsonable(outcome, path, chosen, repeat, files), indent=1))
    else:
        print_outcome(outcome, repeat, files, protocol)
    context.exit(outcome.exit_code())


def _asked(plan: Plan, outcome: Outcome) -> list[str]:
    """Return the options that make the same search again, however fast it is then."""
    words = []
    if plan.shard:
        words += ["--shard", str(plan.shard)]
    if plan.workers > 1:
        words += ["--workers", str(plan.workers)]
    if plan.fail_fast:
        words.append("--fail-fast")
    return [*words, "--steps", str(max(1, *outcome.shards.values(), 1))]


def _check_folder(output: str) -> None:
    """Refuse, before the search and not after it, a folder that cannot be written to."""
    where = f"--output {shown(output)}"
    try:
        target = Path(output).resolve()
        if target.exists() and not target.is_dir():
            raise BadInput(f"{where}: is not a folder; name another")
        if not target.parent.is_dir():
            raise BadInput(f"{where}: there is no folder {target.parent}; make it first")
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(f"{where}: cannot be used: {error}") from error


def file_name(key: Key) -> str:
    """Return the name of the file of a failure."""
    law, kind = key
    return f"{law}-{kind}.json"


def _write_counterexamples(outcome: Outcome, path: str, seed: int, output: str) -> dict[Key, str]:
    files: dict[Key, str] = {}
    for failure in outcome.failures:
        try:
            os.makedirs(output, exist_ok=True)
        except OSError as error:
            raise BadInput(f"--output {shown(output)}: cannot be made: {error}") from error
        file = os.path.join(output, file_name(failure.key))
        write_atomically(file, _package(failure, path, seed).to_text())
        files[failure.key] = file
    return files


def _package(failure: Failure, path: str, seed: int) -> Counterexample:
    where = f"fuzz, seed {seed}, shard {failure.shard}, after {failure.drawn} transactions"
    parts: dict[str, Any] = {
        "protocol": path,
        "law": failure.violation.law,
        "message": failure.violation.message,
        "found_by": where,
        "start": failure.trial.start,
        "transactions": failure.trial.transactions,
    }
    return Counterexample(**parts)
