"""`stakespec replay`: running a counterexample again, step by step."""

import os
from collections.abc import Callable
from pathlib import Path

import attrs
import click

from properties.cli.files import (
    STANDARD_INPUT,
    BadInput,
    check_output,
    read_text,
    shown,
    write_atomically,
)
from properties.cli.inputs import protocol_at
from properties.cli.known import judged_again, known_as_jsonable, lines_of
from properties.cli.options import json_option
from properties.cli.output import Output, print_json
from properties.cli.start import UNDETERMINED
from properties.exports.itf import as_itf
from properties.exports.page import as_page
from properties.exports.pytest_file import as_pytest
from properties.exports.retelling import Retelling, retell
from properties.exports.trace_report import print_counterexample
from properties.model.design import law_of, set_aside_by, types_in_files_of
from properties.model.protocols import is_shipped
from properties.trace.counterexample import Counterexample
from properties.trace.known import still_breaking
from properties.trace.run import Run
from statemachine.codec import Malformed
from statemachine.protocol import Protocol

EXPORTS: dict[str, Callable[[Retelling, str], str]] = {
    "pytest": as_pytest,
    "itf": lambda retelling, _output: as_itf(retelling),
    "html": lambda retelling, _output: as_page(retelling),
}
"""What makes the text of each kind of file, to be written to a place."""


@click.command()
@click.argument("file")
@click.option(
    "--protocol",
    "path",
    metavar="MODULE:NAME",
    help="Replay against this protocol instead of the one that the file names.",
)
@click.option("--trust", is_flag=True, help="Run the code of the module that FILE names.")
@json_option()
@click.option("--pytest", metavar="OUT", help="Write a regression test for pytest.")
@click.option("--itf", metavar="OUT", help="Write a trace that Quint and Apalache tools read.")
@click.option("--html", metavar="OUT", help="Write a page with the steps and a chart.")
@click.pass_context
def replay(
    context: click.Context,
    /,
    file: str,
    path: str | None,
    trust: bool,
    as_json: bool,
    **exports: str | None,
) -> None:
    """Show a counterexample FILE step by step, and check every law on the way.

    Of a folder, replay every counterexample, and say in a line which still breaks a law.

    A file that names a module which is not part of stakespec is replayed only with
    --protocol or --trust, since that runs the module's code.

    Exit codes: 0 the laws hold now, 1 one is broken, 2 bad input or usage, 4 the protocol sets
    the file's law aside.
    """
    if os.path.isdir(file):
        if any(exports.values()):
            raise BadInput(f"{shown(file)}: is a folder; --pytest, --itf and --html take one file")
        context.exit(_replay_all(file, path, trust, as_json))
    outputs = {option: output for option in EXPORTS if (output := exports[option]) is not None}
    _check_outputs(file, outputs)
    package, protocol = _read(file, path, trust)
    chosen = package.protocol if path is None else path
    aside = set_aside_by(protocol)
    console = Output(quiet=as_json)
    violations = print_counterexample(console, protocol, chosen, package)
    if outputs:
        retelling = retell(protocol, attrs.evolve(package, protocol=chosen), violations)
        for option, output in outputs.items():
            write_atomically(output, EXPORTS[option](retelling, output))
    if as_json:
        document = {
            "protocol": chosen,
            "expected": {"law": package.law, "message": package.message},
            "violations": [
                {"law": violation.law, "message": violation.message} for violation in violations
            ],
        }
        if package.law in aside:
            document["set_aside"] = aside[package.law]
        print_json("replay", document)
    elif not violations and package.law in aside:
        console.print(f"\nnot judged: this protocol sets {package.law} aside: {aside[package.law]}")
    elif not violations:
        console.print(f"\nheld: these transactions do not break {package.law} any longer")
    elif all(violation.law != package.law for violation in violations):
        console.print(f"\nthe file says {package.law}; another law was broken")
    for option, output in outputs.items():
        hint = f"; run it with: pytest {shown(output)}" if option == "pytest" else ""
        console.print(f"written to {shown(output)}{hint}", markup=False, soft_wrap=True)
    context.exit(1 if violations else UNDETERMINED if package.law in aside else 0)


def _replay_all(folder: str, path: str | None, trust: bool, as_json: bool) -> int:
    """Replay every counterexample of a folder; return the exit code. Raises BadInput."""
    files = [str(file) for file in sorted(Path(folder).glob("*.json"))]
    if not files:
        raise BadInput(f"{shown(folder)}: has no counterexamples, which are files named *.json")
    read = [(file, *_read(file, path, trust)) for file in files]
    known = tuple(
        judged_again(file, package, protocol, path or package.protocol)
        for file, package, protocol in read
    )
    if as_json:
        print_json("replay-folder", {"known": known_as_jsonable(known)})
    else:
        for line in lines_of(known):
            click.echo(line)
    if still_breaking(known):
        return 1
    return UNDETERMINED if any(one.note for one in known) else 0


def _read(file: str, path: str | None, trust: bool) -> tuple[Counterexample, Protocol]:
    """Read a counterexample, and load the protocol that it is replayed on. Raises BadInput."""
    try:
        package = Counterexample.from_text(
            read_text(file), lambda named: types_in_files_of(_protocol(file, named, path, trust))
        )
    except Malformed as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    protocol = _protocol(file, package.protocol, path, trust)
    try:
        law_of(protocol, package.law)
    except KeyError:
        raise BadInput(
            f"{shown(file)}: .law: there is no law {package.law[:60]!r}; stakespec laws lists them"
        ) from None
    _check_start(shown(file), protocol, package)
    return package, protocol


def _protocol(file: str, named: str, instead: str | None, trust: bool) -> Protocol:
    """Return the protocol that a file names, or the one to take instead. Raises BadInput."""
    if instead is not None:
        return protocol_at(instead)
    if not trust and not is_shipped(named):
        raise BadInput(
            f"{shown(file)}: .protocol: to replay {shown(named[:60])} is to run that module's"
            " code; add --trust if you trust it, or name a protocol with --protocol"
        )
    return protocol_at(named, f"{shown(file)}: .protocol")


def _check_outputs(file: str, outputs: dict[str, str]) -> None:
    """Refuse files that cannot be written, and two for one place. Raises BadInput."""
    taken = {} if file == STANDARD_INPUT else {os.path.realpath(file): "the counterexample itself"}
    for option, output in outputs.items():
        check_output(output, f"--{option}")
        place = os.path.realpath(output)
        if place in taken:
            raise BadInput(f"--{option} {shown(output)}: is {taken[place]}; name another file")
        taken[place] = f"named by --{option} too"


def _check_start(name: str, protocol: Protocol, package: Counterexample) -> None:
    """Refuse a start whose parts do not fit together so far that it cannot be looked at."""
    try:
        Run.start(protocol, package.start)
    except Exception as error:
        raise BadInput(
            f"{name}: .start: its parts do not fit together: {type(error).__name__}: {error}"
        ) from error
