"""`stakespec check`: the main job."""

import json
import math
import secrets
from contextlib import nullcontext

import click

from properties.campaign import ENGINES, Campaign, Outcome
from properties.cli.files import BadInput, check_output, write_atomically
from properties.cli.inputs import genesis_from, protocol_at
from properties.cli.progress import Bar
from properties.cli.verdict import as_jsonable, print_outcome, repeat_command
from properties.counterexample import Counterexample
from properties.protocols import DEFAULT_PATH

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
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 1_000_000),
    default=DEFAULT_SECONDS,
    show_default=True,
    help="How long to look.",
)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Repeat the runs of this seed.")
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="Make exactly so many runs of each engine, however long they take"
    " (stretches of 100 transactions with --genesis).",
)
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    help="Use this engine only; may be given again.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="With --genesis: replace a parameter; may be given again.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="counterexample.json",
    show_default=True,
    help="Where a counterexample goes, if there is one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def check(
    context: click.Context,
    genesis: str | None,
    path: str,
    seconds: float,
    seed: int | None,
    runs: int | None,
    engines: tuple[str, ...],
    settings: tuple[str, ...],
    output: str,
    as_json: bool,
) -> None:
    """Look for a way to break a law, and say honestly how hard was looked.

    Walks through small worlds (or from the state of a genesis file) with drawn
    transactions, takes single steps from arbitrary lawful states, grows two branches
    from one genesis with an adversary, and lets Hypothesis draw; every law is checked
    at every step.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never reached,
    4 undetermined.
    """
    if settings and genesis is None:
        raise BadInput("--set replaces parameters of a genesis; name one with --genesis FILE")
    if math.isnan(seconds):
        raise BadInput("--seconds nan: must be a number of seconds")
    if genesis is not None and set(engines) - {"walk"}:
        raise BadInput("--engine: only walk starts from a genesis; others draw their own worlds")
    check_output(output)
    protocol = protocol_at(path)
    description = genesis_from(genesis, settings) if genesis is not None else None
    chosen = seed if seed is not None else secrets.randbelow(2**32)
    campaign = Campaign(protocol, path, chosen, seconds, description, runs, engines or ENGINES)
    words = _command(campaign, path, genesis, settings)
    asked = [word for engine in engines for word in ("--engine", engine)]
    asked += ["--runs", str(runs)] if runs is not None else ["--seconds", f"{seconds:g}"]
    if not as_json:
        click.echo(f"checking {protocol.name} ({path}), seed {chosen}", err=True)
    with nullcontext() if as_json else Bar(runs is None) as bar:
        if bar is not None:
            campaign.progress = bar.update
        outcome = campaign.execute()
    file = _write_counterexample(outcome, path, output)
    repeat = repeat_command(outcome, words, asked)
    if as_json:
        click.echo(json.dumps(as_jsonable(outcome, repeat, file), indent=1))
    else:
        print_outcome(outcome, repeat, file, protocol)
    context.exit(outcome.exit_code())


def _command(
    campaign: Campaign, path: str, genesis: str | None, settings: tuple[str, ...]
) -> list[str]:
    """Return the command that repeats a campaign, but for the number of runs."""
    words = ["stakespec", "check"]
    if genesis is not None:
        words += ["--genesis", genesis]
    if path != DEFAULT_PATH:
        words += ["--protocol", path]
    for setting in settings:
        words += ["--set", setting]
    return [*words, "--seed", str(campaign.seed)]


def _write_counterexample(outcome: Outcome, path: str, output: str) -> str | None:
    refutation = outcome.refutation
    if refutation is None:
        return None
    package = Counterexample(
        path,
        refutation.violation.law,
        refutation.violation.message,
        f"{refutation.engine}, seed {outcome.seed}, run {refutation.runs}",
        refutation.trial.start,
        refutation.trial.transactions,
        refutation.other,
        refutation.honest,
    )
    write_atomically(output, package.to_text())
    return output
