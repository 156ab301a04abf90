"""`stakespec mutants`: measuring the engines on planted bugs."""

import math
from statistics import median
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from properties.cli.drawn_mutants import DEFAULT_CHECK_SECONDS, DEFAULT_STEPS, hunt_drawn
from properties.cli.engine_option import engine_option
from properties.cli.files import BadInput
from properties.cli.options import (
    SECONDS,
    json_option,
    list_option,
    quiet_option,
    seed_option,
    workers_option,
)
from properties.cli.output import Output, is_quiet, print_json
from properties.cli.progress import Bar
from properties.drawn.drawing import MOST
from properties.drawn.trials import Effort
from properties.engines import registry
from properties.engines.engine import Engine
from properties.laws.describe import wrapped
from properties.mutants import CATALOGUE, Mutant, mutant_by_id
from properties.mutants.canary import CANARY
from properties.mutants.hunt import Fate, Hunt, plan
from properties.mutants.look import Look
from properties.trace.plurals import counted

DEFAULT_SECONDS = 3.0

STYLES = {Fate.SURVIVED: "bold red", Fate.REFUTED: "bold red", Fate.UNDETERMINED: "yellow"}


@click.command()
@engine_option()
@click.option(
    "--only", "ids", metavar="ID", multiple=True, help="Hunt only this mutant. Repeatable."
)
@click.option(
    "--random",
    "drawn",
    metavar="N",
    type=click.IntRange(1, MOST),
    help="Draw N mutations of the rules' source by the seed, and hunt these instead.",
)
@click.option(
    "--seconds",
    type=SECONDS,
    help=f"Time of an engine for a mutant, {DEFAULT_SECONDS:g} unless set; with --random of the"
    f" whole check, {DEFAULT_CHECK_SECONDS:g} unless set. Shrinking comes on top.",
)
@click.option(
    "--runs",
    type=click.IntRange(1),
    help="With --random: exactly this many runs of each engine, however long they take.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=DEFAULT_STEPS,
    show_default=True,
    help="With --random: steps in which a survivor is compared with the original.",
)
@seed_option(1, "Seed of every engine; it determines the steps to a catch.")
@workers_option(text="Number of processes at a time.")
@list_option("List the mutants, and stop.")
@quiet_option()
@json_option()
@click.pass_context
def mutants(
    context: click.Context,
    engines: tuple[Engine, ...],
    ids: tuple[str, ...],
    drawn: int | None,
    seconds: float | None,
    runs: int | None,
    steps: int,
    seed: int,
    workers: int,
    as_list: bool,
    as_json: bool,
) -> None:
    """Measure the engines: run them on planted bugs, and report which they catch.

    Each mutant is a fork with one mistake that a real project made. For each engine that
    catches it, the report has the law that broke (in brackets if it does not name the
    cause), the steps and seconds it took, and the length of the shrunk counterexample.
    Equivalent forks (EQ..) do the same in another way, and must hold. Every engine must
    catch the CANARY: one that misses it is broken. A mutant that no engine catches gets
    ten times the time.

    With --random, mistakes are drawn in the source of the rules and planted one by one. Each
    is put to a check of its own; a survivor is printed as a diff, with the shortest
    transactions that it treats unlike the original, or the number of steps without any.

    Exit codes: 0 all caught, 1 a mutant survived or an equivalent fork was refuted, 2 bad
    input or usage, 4 interrupted.
    """
    if seconds is not None and math.isnan(seconds):
        raise BadInput("--seconds nan: must be a number of seconds")
    if drawn is not None:
        if ids or as_list:
            raise BadInput("--random draws what is hunted; leave out --only and --list")
        asked_engines = tuple(dict.fromkeys(engines)) or registry.ENGINES
        effort = Effort(seed, seconds or DEFAULT_CHECK_SECONDS, steps, asked_engines, runs)
        context.exit(hunt_drawn(drawn, effort, workers, as_json))
    if runs is not None:
        raise BadInput("--runs goes with --random alone; --seconds bounds an engine here")
    seconds = seconds or DEFAULT_SECONDS
    asked = [_mutant(mutant_id) for mutant_id in ids]
    chosen = [mutant for mutant in CATALOGUE if mutant in asked or not asked]
    console = Output()
    if as_list:
        _print_list(console, chosen, as_json)
        return
    hunt = plan(chosen, dict.fromkeys(engines) or registry.ENGINES, seed, seconds, workers)
    printed = _run(console, hunt, as_json or is_quiet())
    if as_json:
        print_json("mutants", as_jsonable(hunt))
    elif is_quiet():
        console.conclude("; ".join(_verdict_lines(hunt)))
    else:
        for mutant in hunt.mutants():
            if mutant.id not in printed and hunt.looks_at(mutant):
                _print_mutant(console, hunt, mutant)
        _print_engines(console, hunt)
        _print_verdict(console, hunt)
    context.exit(hunt.exit_code())


def _run(console: Console, hunt: Hunt, silent: bool) -> set[str]:
    """Hunt, and print each mutant when all engines have looked at it; return those printed."""
    printed: set[str] = set()
    with Bar() as bar:

        def report(hunt: Hunt) -> None:
            bar.update(
                "hunting", hunt.finished / hunt.planned, f"{hunt.finished} of {hunt.planned}"
            )
            ready = [
                mutant
                for mutant in hunt.mutants()
                if mutant.id not in printed and hunt.is_done(mutant)
            ]
            if silent or not ready:
                return
            printed.update(mutant.id for mutant in ready)
            with bar.hidden():
                for mutant in ready:
                    _print_mutant(console, hunt, mutant)

        hunt.run(report)
    return printed


def _mutant(mutant_id: str) -> Mutant:
    try:
        return mutant_by_id(mutant_id)
    except KeyError as error:
        raise BadInput(
            f"--only: there is no mutant {mutant_id!r}; stakespec mutants --list has them"
        ) from error


def as_jsonable(hunt: Hunt) -> dict[str, object]:
    """Return a hunt as JSON's own types."""
    return {
        "exit_code": hunt.exit_code(),
        "interrupted": hunt.interrupted,
        "seed": hunt.seed,
        "seconds": hunt.seconds,
        "workers": hunt.workers,
        "elapsed": round(hunt.elapsed, 1),
        "units": {engine: many for engine, (_, many) in hunt.efforts().items()},
        "mutants": [
            {
                "id": mutant.id,
                "source": mutant.source,
                "rows": list(mutant.rows),
                "mistake": mutant.mistake,
                "laws": list(mutant.laws),
                "verdict": hunt.fate(mutant).value,
                "engines": {
                    engine: _look_as_jsonable(mutant, look)
                    for engine, look in hunt.looks_at(mutant).items()
                },
                "failed": {
                    engine: hunt.failed[mutant.id, engine]
                    for engine in hunt.engines()
                    if (mutant.id, engine) in hunt.failed
                },
            }
            for mutant in hunt.mutants()
        ],
    }


def _look_as_jsonable(mutant: Mutant, look: Look) -> dict[str, Any]:
    cell = {
        "caught": look.law is not None,
        "steps": look.steps,
        "seconds": round(look.seconds, 2),
    }
    if look.law is None:
        return cell
    return {
        **cell,
        "law": look.law,
        "named": look.law in mutant.laws,
        "length": look.length,
        "message": look.message,
    }


def _print_list(console: Console, chosen: list[Mutant], as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": mutant.id,
                "source": mutant.source,
                "rows": list(mutant.rows),
                "mistake": mutant.mistake,
                "laws": list(mutant.laws),
                "protocol": mutant.path,
            }
            for mutant in chosen
        ]
        print_json("mutants-list", {"mutants": rows})
        return
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("mutant", no_wrap=True)
    table.add_column("law", width=6)
    table.add_column("mistake, and where it was made")
    for mutant in chosen:
        laws = " ".join(mutant.laws) or "none"
        table.add_row(mutant.id, laws, f"{mutant.mistake} [dim]{mutant.source}[/dim]")
    console.print(table)


def _print_mutant(console: Console, hunt: Hunt, mutant: Mutant) -> None:
    """Print what each engine made of a mutant."""
    verdict = hunt.fate(mutant)
    title = f"{mutant.id} {verdict.value}: {mutant.mistake}"
    console.print(wrapped(title, "", console.width), style=STYLES.get(verdict), markup=False)
    silent = []
    for engine in hunt.engines():
        look = hunt.looks_at(mutant).get(engine)
        if look is None:
            why = hunt.failed.get((mutant.id, engine))
            if why is not None:
                text = wrapped(f"{engine} failed: {why}", "  ", console.width)
                console.print(text, style="yellow", markup=False)
        elif look.law is None:
            silent.append(engine)
        else:
            law = look.law if look.law in mutant.laws else f"({look.law})"
            effort = counted(look.steps, *hunt.efforts()[engine])
            cost = f"{effort:>15} {look.seconds:>7.2f} s"
            console.print(f"  {engine:<11} {law:<8} {cost}  length {look.length}", markup=False)
    if silent:
        word = "held in" if not mutant.laws else "not caught by"
        console.print(wrapped(f"{word} {', '.join(silent)}", "  ", console.width), style="dim")


def _print_engines(console: Console, hunt: Hunt) -> None:
    """Print what each engine is worth."""
    hunted = [mutant for mutant in hunt.mutants() if mutant.laws and mutant is not CANARY]
    if not hunted:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("engine", no_wrap=True)
    for name in ("caught", "alone", "median steps", "median s", "median length"):
        table.add_column(name, justify="right")
    for engine in hunt.engines():
        looks = [caught[engine] for mutant in hunted if engine in (caught := hunt.catches(mutant))]
        alone = sum(tuple(hunt.catches(mutant)) == (engine,) for mutant in hunted)
        middle = (
            [
                f"{median(look.steps for look in looks):,.0f}",
                f"{median(look.seconds for look in looks):.2f}",
                f"{median(look.length for look in looks):.0f}",
            ]
            if looks
            else ["-"] * 3
        )
        table.add_row(engine, str(len(looks)), str(alone), *middle)
    console.print()
    console.print(table)


def _print_verdict(console: Console, hunt: Hunt) -> None:
    """Print what it comes to."""
    console.print()
    style = {0: "green", 1: "bold red", 4: "yellow"}[hunt.exit_code()]
    for line in _verdict_lines(hunt):
        console.print(wrapped(line, "", console.width), style=style, markup=False)


def _verdict_lines(hunt: Hunt) -> list[str]:
    """Say what it comes to."""
    by_verdict: dict[Fate, list[str]] = {verdict: [] for verdict in Fate}
    for mutant in hunt.mutants():
        if mutant is not CANARY:
            by_verdict[hunt.fate(mutant)].append(mutant.id)
    unnamed = [
        mutant.id
        for mutant in hunt.mutants()
        if (caught := hunt.catches(mutant))
        and mutant.laws
        and not any(look.law in mutant.laws for look in caught.values())
    ]
    hunted = len(by_verdict[Fate.CAUGHT]) + len(by_verdict[Fate.SURVIVED])
    lines = [f"{len(by_verdict[Fate.CAUGHT])} of {hunted} mutants caught in {hunt.elapsed:,.0f} s"]
    if by_verdict[Fate.HELD]:
        lines.append(f"{len(by_verdict[Fate.HELD])} equivalent forks held")
    if CANARY in hunt.mutants():
        lines.append(_about_the_canary(hunt))
    for verdict, label in (
        (Fate.SURVIVED, "SURVIVED"),
        (Fate.REFUTED, "REFUTED, THOUGH EQUIVALENT"),
        (Fate.UNDETERMINED, "undetermined"),
    ):
        if by_verdict[verdict]:
            lines.append(f"{label}: {', '.join(by_verdict[verdict])}")
    if unnamed:
        lines.append(f"caught by laws that do not name the cause: {', '.join(unnamed)}")
    if hunt.interrupted:
        lines.append("interrupted")
    return lines


def _about_the_canary(hunt: Hunt) -> str:
    caught = hunt.catches(CANARY)
    missed = [engine for engine in hunt.engines() if engine not in caught]
    if not missed:
        return "the canary was found by every engine"
    if hunt.fate(CANARY) is Fate.UNDETERMINED:
        return "the canary was not yet looked for by every engine"
    return f"THE CANARY WAS MISSED by {', '.join(missed)}: what they say of others means nothing"
