"""`stakespec replay`: seeing a counterexample again."""

import json

import click
from rich.console import Console

from properties.cli.files import BadInput, read_text, shown
from properties.cli.inputs import protocol_at
from properties.cli.tell import tell, tell_violation
from properties.counterexample import Counterexample
from properties.invariants import LAWS, Violation
from properties.processes import differing_message, differing_root
from properties.runner import Run
from properties.shrink import Trial
from statemachine.codec import Malformed
from statemachine.protocol import Protocol


@click.command()
@click.argument("file")
@click.option(
    "--protocol",
    "path",
    metavar="MODULE:NAME",
    help="Replay against this protocol instead of the one that the file names.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def replay(context: click.Context, file: str, path: str | None, as_json: bool) -> None:
    """Tell the story of a counterexample FILE, and check every law on the way.

    Exit codes: 0 the laws hold now, 1 one is broken, 2 bad input or usage.
    """
    try:
        package = Counterexample.from_text(read_text(file))
    except Malformed as error:
        raise BadInput(f"{shown(file)}: {error}") from error
    if package.law not in {law.id for law in LAWS}:
        raise BadInput(
            f"{shown(file)}: .law: there is no law {package.law[:60]!r}; stakespec laws lists them"
        )
    if path is None:
        source = f"{shown(file)}: .protocol"
        protocol = protocol_at(package.protocol, source)
    else:
        protocol = protocol_at(path)
    chosen = package.protocol if path is None else path
    _check_start(shown(file), protocol, package)
    trial = Trial(package.start, package.transactions)
    console = Console(width=min(80, Console().width), highlight=False, quiet=as_json)
    violations = tell(console, protocol, trial)
    if package.law == "RUN-2" and not violations:
        found = differing_root(protocol, chosen, [trial])
        if found is not None:
            violations = [Violation("RUN-2", differing_message(found[1]))]
            tell_violation(console, violations[0])
    if as_json:
        click.echo(
            json.dumps(
                {
                    "protocol": chosen,
                    "expected": {"law": package.law, "message": package.message},
                    "violations": [{"law": one.law, "message": one.message} for one in violations],
                },
                indent=1,
            )
        )
    elif not violations:
        console.print(f"\nheld: {package.law} is not broken by these transactions any more")
    elif all(one.law != package.law for one in violations):
        console.print(f"\nthe file says {package.law}; another law was broken")
    context.exit(1 if violations else 0)


def _check_start(name: str, protocol: Protocol, package: Counterexample) -> None:
    """Refuse a start whose parts do not fit together so far that it cannot be looked at."""
    try:
        Run.start(protocol, package.start)
    except Exception as error:
        raise BadInput(
            f"{name}: .start: its parts do not fit together: {type(error).__name__}: {error}"
        ) from error
