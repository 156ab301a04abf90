"""`stakespec explore`: every state of a small world."""

import click
from rich.console import Console
from rich.table import Table

from properties.cli.failure_report import check_folder
from properties.cli.files import BadInput, check_output, write_atomically
from properties.cli.findings import write_package
from properties.cli.inputs import beginning, replay_command
from properties.cli.options import (
    folder_option,
    json_option,
    list_option,
    protocol_option,
    quiet_option,
    seconds_option,
    settings_option,
    workers_option,
)
from properties.cli.output import Output, is_quiet, print_json
from properties.cli.progress import Line
from properties.engines.explore import WORLDS, Budget, Exploration, World, explore
from properties.exports.exploration_page import exploration_page
from properties.exports.trace_report import print_counterexample, print_violation
from properties.laws import Law, Violation
from properties.laws.describe import wrapped
from properties.model.design import law_of, laws_of
from properties.trace.counterexample import Counterexample
from properties.trace.failures import last_type
from properties.trace.trial import Trial
from statemachine.protocol import Protocol

DEFAULT_SECONDS = 60.0


@click.command(name="explore")
@click.argument("names", metavar="[WORLD]...", nargs=-1)
@list_option("List the worlds, and stop.")
@protocol_option()
@settings_option()
@click.option("--depth", type=click.IntRange(0), help="Depth bound, instead of the world's own.")
@click.option("--states", type=click.IntRange(1), help="Budget of states for each world.")
@seconds_option(DEFAULT_SECONDS, "Budget of time for each world.")
@workers_option()
@click.option(
    "--law",
    "law_ids",
    metavar="ID",
    multiple=True,
    help="Check only this law, as in SAF-1. Repeatable.",
)
@click.option(
    "--unfolded",
    is_flag=True,
    help="Do not merge states that differ only by swapping equal validators.",
)
@quiet_option()
@json_option()
@click.option(
    "--html", metavar="OUT", help="Write a page for a browser, with the first states as a tree."
)
@folder_option("Folder for a counterexample, as LAW-BY.json.")
@click.pass_context
def explore_command(
    context: click.Context,
    /,
    names: tuple[str, ...],
    as_list: bool,
    path: str,
    settings: tuple[str, ...],
    depth: int | None,
    states: int | None,
    seconds: float,
    workers: int,
    law_ids: tuple[str, ...],
    unfolded: bool,
    as_json: bool,
    html: str | None,
    output: str,
) -> None:
    """Visit every state of small WORLDs, by default of all worlds.

    Nearest states come first, so no counterexample is shorter than the one it finds. Every
    law of states and steps is checked; worlds with two chains check accountable safety.
    Stops after the world with the first refutation.

    Exit codes: 0 held (every state within the bounds was visited), 1 refuted, 2 bad input
    or usage, 4 undetermined (a budget ran out first).
    """
    if as_list:
        _print_worlds(as_json)
        return
    worlds = [_world(name) for name in names] or list(WORLDS)
    check_folder(output)
    if html is not None:
        check_output(html, "--html")
        if len(worlds) > 1:
            raise BadInput("--html draws one world; name a single world")
    protocol, _ = beginning(path, None, settings)
    laws = tuple(_law(protocol, law_id) for law_id in law_ids) or laws_of(protocol)
    budget = Budget(states, seconds, workers)
    console = Output()
    reports: list[dict[str, object]] = []
    codes = []
    for world in worlds:
        outcome = _explored(world, protocol, budget, depth, laws, folded=not unfolded)
        package, file = _written(outcome, path, output)
        if html is not None:
            write_atomically(html, exploration_page(outcome, protocol))
        codes.append(outcome.exit_code())
        if as_json:
            reports.append(as_jsonable(outcome, file))
        elif is_quiet():
            console.conclude(f"{outcome.world.name}: {outcome.verdict()}")
        else:
            _print_outcome(console, outcome)
            if package is not None:
                _print_counterexample(console, protocol, path, package)
                click.echo(f"\nwritten to {file}; see it again with: {replay_command(file, path)}")
        if codes[-1] == 1 or outcome.ended == "interrupted":
            break
    if as_json:
        print_json("explore", {"protocol": path, "worlds": reports})
    context.exit(1 if 1 in codes else max(codes))


def _world(name: str) -> World:
    for world in WORLDS:
        if world.name == name:
            return world
    names = ", ".join(world.name for world in WORLDS)
    raise BadInput(f"there is no world {name!r}; there are {names}")


def _law(protocol: Protocol, law_id: str) -> Law:
    try:
        return law_of(protocol, law_id)
    except KeyError as error:
        raise BadInput(f"--law: there is no law {law_id!r}; stakespec laws lists them") from error


def _explored(
    world: World,
    protocol: Protocol,
    budget: Budget,
    depth: int | None,
    laws: tuple[Law, ...],
    *,
    folded: bool,
) -> Exploration:
    with Line() as line:

        def progress(outcome: Exploration) -> None:
            rate = outcome.states / outcome.seconds if outcome.seconds else 0
            line.show(
                f"{world.name}: depth {outcome.depth}, {outcome.states:,} states,"
                f" {outcome.levels[-1]:,} of them to expand, {rate:,.0f} a second"
            )

        return explore(
            world, protocol, budget, depth=depth, folded=folded, laws=laws, progress=progress
        )


def _written(outcome: Exploration, path: str, output: str) -> tuple[Counterexample | None, str]:
    """Write the counterexample of an exploration, if there is one; return it and its file."""
    if outcome.refutation is None:
        return None, ""
    package = outcome.refutation.package(outcome.world, path)
    last = last_type(Trial(package.start, package.transactions))
    return package, write_package(package, (package.law, last), output)


# --- printing ----------------------------------------------------------------------------


def as_jsonable(outcome: Exploration, file: str) -> dict[str, object]:
    """Return an outcome as JSON's own types."""
    refutation = outcome.refutation
    return {
        "world": outcome.world.name,
        "verdict": {0: "held", 1: "refuted", 4: "undetermined"}[outcome.exit_code()],
        "exit_code": outcome.exit_code(),
        "exhausted": outcome.exhausted,
        "ended": outcome.ended,
        "states": outcome.states,
        "transitions": outcome.transitions,
        "refused": outcome.refused,
        "depth": outcome.depth,
        "depth_bound": outcome.depth_bound,
        "states_by_depth": outcome.levels,
        "folded": outcome.folded,
        "workers": outcome.workers,
        "seconds": round(outcome.seconds, 3),
        "states_a_second": round(outcome.states / outcome.seconds) if outcome.seconds else 0,
        "refutation": None
        if refutation is None
        else {
            "law": refutation.violation.law,
            "message": refutation.violation.message,
            "length": len(refutation.story),
            "file": file,
        },
    }


def _print_outcome(console: Console, outcome: Exploration) -> None:
    rate = outcome.states / outcome.seconds if outcome.seconds else 0
    style = {0: "green", 1: "bold red", 4: "yellow"}[outcome.exit_code()]
    verdict = wrapped(f"{outcome.world.name}: {outcome.verdict()}", "", console.width)
    console.print(verdict, style=style, markup=False)
    console.print(
        f"   {outcome.transitions:,} transitions, {outcome.refused:,} rejected;"
        f" {outcome.seconds:.1f} s, {rate:,.0f} states a second"
        f"{'' if outcome.folded else ', unfolded'}",
        markup=False,
    )


def _print_counterexample(
    console: Console, protocol: Protocol, path: str, package: Counterexample
) -> None:
    console.print()
    shown = print_counterexample(console, protocol, path, package)
    if all(violation.law != package.law for violation in shown):
        print_violation(console, protocol, Violation(package.law, package.message))


def _print_worlds(as_json: bool) -> None:
    if as_json:
        rows = [
            {"name": world.name, "summary": world.summary, "depth": world.depth} for world in WORLDS
        ]
        print_json("explore-list", {"worlds": rows})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("world", no_wrap=True)
    table.add_column("depth", justify="right")
    table.add_column("what is in it")
    for world in WORLDS:
        table.add_row(world.name, str(world.depth or "all"), world.summary)
    Output().print(table)
