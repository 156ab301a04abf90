"""`stakespec check`: run the engines against the laws."""

import inspect
import math
import secrets
import shlex

import click

from properties.cli.check_report import as_jsonable, last_word, print_outcome
from properties.cli.ci_reports import annotations, as_junit, as_markdown, as_sarif
from properties.cli.engine_option import engine_option
from properties.cli.failure_report import check_folder
from properties.cli.files import BadInput, check_output, write_atomically
from properties.cli.findings import Findings
from properties.cli.inputs import beginning
from properties.cli.known import known_failures, lines_of
from properties.cli.options import (
    fail_fast_option,
    folder_option,
    genesis_option,
    json_option,
    protocol_option,
    quiet_option,
    seconds_option,
    seed_option,
    settings_option,
    workers_option,
)
from properties.cli.output import Output, is_quiet, note, print_json
from properties.cli.progress import Bar
from properties.engines import registry
from properties.engines.check import execute
from properties.engines.engine import Engine, Plan
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
@engine_option()
@workers_option()
@fail_fast_option
@folder_option()
@quiet_option()
@json_option()
@click.option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML.")
@click.option("--sarif", metavar="FILE", help="Write the broken laws as a SARIF 2.1.0 log.")
@click.option("--markdown", metavar="FILE", help="Write a summary, as for a GitHub job.")
@click.option("--github", is_flag=True, help="Annotate the fork's rules in a GitHub workflow.")
@click.pass_context
def check(
    context: click.Context,
    genesis: str | None,
    path: str,
    settings: tuple[str, ...],
    seconds: float,
    seed: int | None,
    runs: int | None,
    engines: tuple[Engine, ...],
    workers: int,
    fail_fast: bool,
    output: str,
    as_json: bool,
    junit: str | None,
    sarif: str | None,
    markdown: str | None,
    github: bool,
) -> None:
    """Try to break every law of a protocol, and report how much was covered.

    \b
    ENGINES

    The engines run one after another, each within its share of the time. The search goes
    on after a law breaks: counterexamples are collected, shrunk and written to files. Those
    of earlier runs are replayed first: what still breaks a law refutes the protocol.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never reached,
    4 undetermined.
    """
    if math.isnan(seconds):
        raise BadInput("--seconds nan: must be a number of seconds")
    if genesis is not None:
        _require_from_genesis(engines)
    _check_outputs(output, {"--junit": junit, "--sarif": sarif, "--markdown": markdown})
    protocol, start = beginning(path, genesis, settings)
    chosen = seed if seed is not None else secrets.randbelow(2**32)
    origin = Origin(path, genesis, settings)
    findings = Findings(origin, output)
    plan = Plan(
        protocol,
        path,
        chosen,
        seconds,
        start,
        runs,
        tuple(engine for engine in registry.ENGINES if engine in engines) or registry.ENGINES,
        workers,
        fail_fast,
        keep=findings.keep,
    )
    note(f"checking {protocol.name} ({path}), seed {chosen}")
    known = known_failures(output, protocol, path)
    for line in lines_of(known):
        note(line)
    with Bar(timed=runs is None) as bar:
        outcome = execute(plan, bar.update)
    outcome.known = known
    files = findings.finish(outcome.failures)
    if junit is not None:
        write_atomically(junit, as_junit(outcome, origin, files))
    if sarif is not None:
        write_atomically(sarif, as_sarif(outcome, protocol, origin, files))
    for line in annotations(outcome, protocol, origin, files) if github else ():
        click.echo(line, err=True)
    repeat = repeat_command(plan, origin, engines)
    if markdown is not None:
        verdict = last_word(outcome, protocol)
        write_atomically(markdown, as_markdown(outcome, origin, verdict, repeat, files))
    if as_json:
        document = as_jsonable(outcome, protocol, origin, repeat, files)
        print_json("check", document)
    elif is_quiet():
        Output().conclude(last_word(outcome, protocol))
    else:
        print_outcome(outcome, protocol, origin, repeat, files)
    context.exit(outcome.exit_code())


def _require_from_genesis(engines: tuple[Engine, ...]) -> None:
    """Reject engines that make their own worlds. Raises BadInput."""
    if not all(engine.from_genesis for engine in engines):
        able = [engine.name for engine in registry.ENGINES if engine.from_genesis]
        raise BadInput(
            f"--engine: only {' and '.join(able)} start from a genesis; others make their own"
            " worlds"
        )


def _check_outputs(output: str, files: dict[str, str | None]) -> None:
    """Reject output files that cannot be written, before any work. Raises BadInput."""
    check_folder(output)
    for option, file in files.items():
        if file is not None:
            check_output(file, option)


def repeat_command(plan: Plan, origin: Origin, engines: tuple[Engine, ...] = ()) -> str:
    """Return the command that repeats these runs, in the same order."""
    command = ["stakespec", "check", *origin.options("check"), "--seed", str(plan.seed)]
    command += [word for engine in engines for word in ("--engine", engine.name)]
    command += ["--fail-fast"] * plan.fail_fast
    if plan.runs is None:
        return shlex.join([*command, "--seconds", f"{plan.seconds:g}"])
    if plan.genesis is not None or any(engine.sharded for engine in plan.engines):
        command += ["--workers", str(plan.workers)]
    return shlex.join([*command, "--runs", str(plan.runs)])


def _with_engines(text: str) -> str:
    """Return a help text in which ENGINES is replaced by a line for each engine."""
    width = max(len(engine.name) for engine in registry.ENGINES)
    lines = (f"{engine.name:<{width}}  {engine.summary}" for engine in registry.ENGINES)
    return inspect.cleandoc(text).replace("ENGINES", "\n".join(lines))


check.help = _with_engines(check.help or "")
