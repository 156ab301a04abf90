"""`stakespec fuzz`: a novelty search that continues from states it has kept."""

import math
import secrets
import shlex
import time

import click

from properties.cli.corpus_option import keep_option
from properties.cli.failure_report import check_folder
from properties.cli.files import BadInput
from properties.cli.findings import Findings
from properties.cli.fuzz_report import as_jsonable, last_word, print_outcome
from properties.cli.inputs import beginning
from properties.cli.known import known_failures, lines_of
from properties.cli.options import (
    LARGEST_SEED,
    SECONDS,
    fail_fast_option,
    folder_option,
    genesis_option,
    json_option,
    protocol_option,
    quiet_option,
    seed_option,
    settings_option,
    workers_option,
)
from properties.cli.output import Output, is_quiet, note, print_json
from properties.cli.progress import Line
from properties.engines.fuzz.corpus import keep_options
from properties.engines.fuzz.outcome import SearchReport
from properties.engines.fuzz.replays import replay_elsewhere
from properties.engines.fuzz.workers import SearchPlan, Standing
from properties.engines.fuzz.workers import fuzz as search
from properties.trace.failures import Origin

DEFAULT_SECONDS = 30.0


@click.command()
@genesis_option
@protocol_option()
@click.option(
    "--seconds",
    type=SECONDS,
    help=f"Time for the search; {DEFAULT_SECONDS:g} unless --steps is set.",
)
@click.option(
    "--steps", type=click.IntRange(1), help="Draw exactly this many transactions per shard."
)
@seed_option()
@workers_option(1, "Number of processes, each with a shard of its own.")
@click.option(
    "--shard",
    type=click.IntRange(0, LARGEST_SEED),
    default=0,
    show_default=True,
    help="The first shard; give each machine its own shards.",
)
@keep_option(
    "Keep at most this many states per shard, about 8 KB each in small worlds. Beyond it,"
    " the least promising tenth is dropped."
)
@settings_option()
@fail_fast_option
@folder_option()
@quiet_option()
@json_option()
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
    keep: int,
    settings: tuple[str, ...],
    fail_fast: bool,
    output: str,
    as_json: bool,
) -> None:
    """Search for a way to break a law, continuing from states reached in new ways.

    Every step is checked against every law of states and steps; the oracle checks the steps
    that reach something new, and a sample of the rest. The search goes on after a law
    breaks, and keeps the shortest counterexample for each law and type of the last
    transaction. Counterexamples of earlier runs are replayed first.

    The seed, the shards and --steps determine everything. All shards are judged together, so
    a rule counts as reached if one of them reached it; a different number of workers is a
    different search, and may end in another exit code.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a rule accepted nothing,
    4 undetermined.
    """
    if seconds is not None and math.isnan(seconds):
        raise BadInput("--seconds nan: must be a number of seconds")
    check_folder(output)
    protocol, start = beginning(path, genesis, settings)
    chosen = seed if seed is not None else secrets.randbelow(2**32)
    if seconds is None and steps is None:
        seconds = DEFAULT_SECONDS
    findings = Findings(Origin(path, genesis, settings), output)
    plan = SearchPlan(
        protocol,
        chosen,
        start,
        shard,
        workers,
        seconds,
        steps,
        fail_fast,
        keep,
        keep_failures=findings.keep,
    )
    note(f"fuzzing {protocol.name} ({path}), seed {chosen}")
    known = known_failures(output, protocol, path)
    for line in lines_of(known):
        note(line)
    outcome = _searched(plan, path)
    outcome.known = known
    origin = findings.origin
    files = findings.finish(outcome.failures)
    repeat = _repeat(plan, origin, outcome)
    if as_json:
        document = as_jsonable(outcome, protocol, origin, chosen, repeat, files)
        print_json("fuzz", document)
    elif is_quiet():
        Output().conclude(last_word(outcome, protocol))
    else:
        print_outcome(outcome, protocol, origin, repeat, files)
    context.exit(outcome.exit_code())


def _searched(plan: SearchPlan, path: str) -> SearchReport:
    """Search, then replay a sample in other processes."""
    began = time.monotonic()
    with Line() as line:
        outcome = search(plan, lambda at: line.show(line_of(at, time.monotonic() - began)))
    try:
        replay_elsewhere(plan.protocol, path, plan.seed, outcome)
    except KeyboardInterrupt:
        outcome.interrupted = True
    return outcome


def _repeat(plan: SearchPlan, origin: Origin, outcome: SearchReport) -> str:
    """Return the command that repeats this search, on a machine of any speed."""
    command = ["stakespec", "fuzz", *origin.options("fuzz"), "--seed", str(plan.seed)]
    if plan.shard:
        command += ["--shard", str(plan.shard)]
    if plan.workers > 1:
        command += ["--workers", str(plan.workers)]
    if plan.fail_fast:
        command.append("--fail-fast")
    command += keep_options(plan.keep)
    return shlex.join([*command, "--steps", str(max(1, *outcome.shards.values(), 1))])


def line_of(standings: list[Standing], seconds: float) -> str:
    """Return the progress line of all shards together."""
    drawn = sum(standing.drawn for standing in standings)
    cells = max((standing.cells for standing in standings), default=0)
    corpus = sum(standing.corpus for standing in standings)
    failures = sum(standing.failures for standing in standings)
    doing = (
        "shrinking" if any(standing.shrinking for standing in standings) else f"{seconds:,.0f} s"
    )
    return (
        f"{doing}: {drawn:,} steps ({drawn / max(seconds, 0.001):,.0f} a second), {cells:,} cells,"
        f" {corpus:,} states kept, {failures} failures"
    )
