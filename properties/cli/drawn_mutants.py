"""`stakespec mutants --random`: mutations of the rules, and what becomes of each."""

import shlex
from collections import Counter
from typing import Any

import click

from properties.cli.conform_report import divergence_as_jsonable, print_parted
from properties.cli.output import Output, is_quiet, print_json
from properties.cli.progress import Bar
from properties.drawn import Drawn, drawn
from properties.drawn.trials import Effort, Fate, Trial, try_all
from properties.engines import registry
from properties.laws.describe import wrapped
from properties.trace.plurals import counted

DEFAULT_CHECK_SECONDS = 10.0

DEFAULT_STEPS = 20_000

ORIGINAL = "statemachine:PROTOCOL"

STYLES = {Fate.CAUGHT: "green", Fate.SAME: "yellow"}

Trials = list[tuple[Drawn, Trial]]


def hunt_drawn(count: int, effort: Effort, workers: int, as_json: bool) -> int:
    """Draw mutations, try each, and print what became of them; return the exit code."""
    console = Output()
    mutations = drawn(effort.seed, count)
    trials: Trials = []
    with Bar(timed=False) as bar:

        def tell(mutation: Drawn, trial: Trial) -> None:
            trials.append((mutation, trial))
            if not as_json and not is_quiet():
                with bar.hidden():
                    _print_trial(console, mutation, trial)

        def tick() -> None:
            bar.update("hunting", len(trials) / len(mutations), f"{len(trials)}/{len(mutations)}")

        interrupted = try_all(mutations, effort, workers, tell, tick)
    fates = Counter(trial.fate for _, trial in trials)
    unwanted = fates[Fate.DIFFERS] + fates[Fate.FAILED] + fates[Fate.ENDLESS]
    exit_code = 1 if unwanted else 4 if interrupted else 0
    repeat = _repeat(count, effort)
    if as_json:
        print_json("drawn-mutants", _as_jsonable(trials, effort, exit_code, repeat))
        return exit_code
    if not is_quiet():
        console.print()
    tried = counted(len(trials), "drawn mutation")
    told = ", ".join(f"{fates[fate]} {fate.value}" for fate in Fate if fates[fate])
    style = "bold red" if unwanted else "bold"
    if is_quiet():
        console.conclude(f"{tried}: {told}", style)
        return exit_code
    console.print(wrapped(f"{tried}: {told}", "", console.width), style=style, markup=False)
    if interrupted:
        console.print("interrupted")
    click.echo(f"repeat: {repeat}")
    return exit_code


def _repeat(count: int, effort: Effort) -> str:
    words = ["stakespec", "mutants", "--random", str(count), "--seed", str(effort.seed)]
    if effort.runs is None:
        words += ["--seconds", f"{effort.seconds:g}"]
    else:
        words += ["--runs", str(effort.runs)]
    words += ["--steps", str(effort.steps)]
    if effort.engines != registry.ENGINES:
        words += [word for engine in effort.engines for word in ("--engine", engine.name)]
    return shlex.join(words)


def _print_trial(console: Output, mutation: Drawn, trial: Trial) -> None:
    where = f"{mutation.mutation.kind}, {mutation.mutation.module} line {mutation.mutation.line}"
    name = mutation.protocol.name
    if trial.fate is Fate.CAUGHT:
        by = f"{name} caught by {trial.law} ({trial.engine}, {trial.seconds:.1f} s): {where}"
        console.print(wrapped(by, "", console.width), style="green", markup=False)
        return
    told = f"{name} {trial.fate.value}: {where}"
    style = STYLES.get(trial.fate, "bold red")
    console.print(wrapped(told, "", console.width), style=style, markup=False)
    for line in mutation.diff:
        console.print(f"  {line}", markup=False)
    if trial.message:
        console.print(wrapped(trial.message, "  ", console.width), markup=False)
    if trial.fate is Fate.SAME:
        click.echo(f"  no difference found in {counted(trial.steps, 'step')}")
    if trial.difference is not None:
        found = trial.difference
        lengths = found.original_length, found.tried
        print_parted(found.parted, lengths, found.differences, ("original", "mutation"))
    for words in (["check", "--protocol", mutation.path], ["diff", ORIGINAL, mutation.path]):
        click.echo(f"  {shlex.join(['stakespec', *words])}")


def _as_jsonable(trials: Trials, effort: Effort, exit_code: int, repeat: str) -> dict[str, Any]:
    fates = Counter(trial.fate for _, trial in trials)
    return {
        "exit_code": exit_code,
        "seed": effort.seed,
        "seconds": effort.seconds if effort.runs is None else None,
        "runs": effort.runs,
        "steps": effort.steps,
        "repeat": repeat,
        "fates": {fate.value: fates[fate] for fate in Fate},
        "mutations": [
            _trial_as_jsonable(*pair) for pair in sorted(trials, key=lambda pair: pair[0].number)
        ],
    }


def _trial_as_jsonable(mutation: Drawn, trial: Trial) -> dict[str, Any]:
    change, difference = mutation.mutation, trial.difference
    return {
        "protocol": mutation.path,
        "kind": change.kind,
        "module": change.module,
        "line": change.line,
        "diff": mutation.diff,
        "fate": trial.fate.value,
        "law": trial.law or None,
        "engine": trial.engine or None,
        "message": trial.message,
        "seconds": round(trial.seconds, 2),
        "compared": trial.steps,
        "difference": None if difference is None else divergence_as_jsonable(difference.parted),
    }
