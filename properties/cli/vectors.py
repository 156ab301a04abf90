"""`stakespec vectors`: filling the vectors, running them, and explaining one."""

import json
import shlex
from pathlib import Path
from typing import Any

import click

from properties.cli.client_options import Reach, client_options
from properties.cli.conform_report import Report, print_report
from properties.cli.files import BadInput, shown, write_atomically
from properties.cli.inputs import protocol_at
from properties.cli.options import filled_folder_option, json_option, protocol_option, quiet_option
from properties.cli.output import Output, is_quiet, print_json
from properties.conformance.comparison import compared, reply_kind
from properties.conformance.filling import PRESETS, filled
from properties.conformance.hunting import hunt_all, kept, to_text
from properties.conformance.inside import Inside
from properties.conformance.machine import Machine
from properties.conformance.matrix import readme, surviving
from properties.conformance.running import failures_of, vectors_in, walking
from properties.conformance.schemas import texts_of_schemas
from properties.conformance.vectors import Case, Step, Vectors
from properties.laws.describe import wrapped
from properties.model.protocols import DEFAULT_PATH
from statemachine.annotations import Malformed

TELLS = frozenset({"events", "details"})


@click.group()
def vectors() -> None:
    """Make, run and explain the vectors that other clients are tested with."""


@vectors.command()
@filled_folder_option
@click.option(
    "--preset", type=click.Choice(tuple(PRESETS)), default="small", show_default=True,
    help="How many cases to search for.",
)  # fmt: skip
def fill(output: str, preset: str) -> None:
    """Write all families of vectors, and a README with the bugs that they kill.

    The same protocol always gives the same bytes.

    Exit codes: 0 written, 2 bad input or usage.
    """
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"-o {shown(output)}: is not a folder; name another")
    console = Output()
    with console.status("filling") as status:
        made = filled(preset, lambda text: status.update(text))
    folder.mkdir(parents=True, exist_ok=True)
    for name, family in made.items():
        write_atomically(folder / f"{name}.json", family.to_text())
    write_atomically(folder / "README.md", readme(made, preset))
    for path in sorted(folder.glob("*.json")):
        if path.stem not in made and _is_ours(path):
            path.unlink()
    cases = sum(len(family.cases) for family in made.values())
    click.echo(f"{cases} cases in {len(made)} files, in {shown(output)}")


def _is_ours(path: Path) -> bool:
    """Say whether a file is of an earlier filling; nobody else's is ever taken away."""
    try:
        return bool(Vectors.from_text(path.read_text()).family == path.stem)
    except (Malformed, OSError, UnicodeDecodeError):
        return False


@vectors.command()
@filled_folder_option
def schemas(output: str) -> None:
    """Write the JSON Schemas, the CDDL and the tables of records, domains and reasons.

    Exit codes: 0 written, 2 bad input or usage.
    """
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"-o {shown(output)}: is not a folder; name another")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts_of_schemas().items():
        write_atomically(folder / name, text)
    click.echo(f"{len(texts_of_schemas())} files in {shown(output)}")


@vectors.command()
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=30_000,
    show_default=True,
    help="Transactions to draw for each bug.",
)
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to write the runs.")
def hunt(steps: int, output: str) -> None:
    """Search for runs that show planted bugs which no vector kills; slow.

    `vectors fill` reads them from properties/conformance/hunted.json.

    Exit codes: 0 done, 2 bad input or usage.
    """
    console = Output()
    with console.status("hunting") as status:

        def show(text: str) -> None:
            status.update(text)

        missing = surviving(filled("small", show).values())
        ways = {**kept(), **hunt_all(missing, steps, show)}
    write_atomically(output, to_text(ways))
    click.echo(f"{len(missing)} bugs had no vector; {len(ways)} runs written to {shown(output)}")


@vectors.command()
@click.argument("folder", metavar="DIR")
@client_options
@protocol_option("The protocol to run, if no client is named.")
@quiet_option()
@json_option()
@click.pass_context
def run(context: click.Context, /, folder: str, path: str, as_json: bool, **client: Any) -> None:
    """Run the vectors in DIR, a folder or a file, on our machine or on a client (after --).

    Exit codes: 0 all passed, 2 bad input or usage, 5 one failed.
    """
    instead = [] if path == DEFAULT_PATH else ["--protocol", path]
    reach = Reach(**client)
    command = [shlex.join(["stakespec", "vectors", "run", folder, *instead]), *reach.as_words()]
    report = Report(0, repeat=" ".join(command))
    families = _read(folder)
    if reach.named:
        _run_client(families, reach, report)
    else:
        report.client = path
        protocol = protocol_at(path)
        for file, family in families:
            outcome = failures_of(family, Inside(Machine(protocol), TELLS))
            report.add(str(file), outcome)
    if as_json:
        print_json("vectors-run", report.as_jsonable())
    elif is_quiet():
        Output().conclude(report.last_word)
    else:
        print_report(report)
    context.exit(5 if report.failures else 0)


def _read(folder: str) -> list[tuple[Path, Vectors]]:
    try:
        return vectors_in(Path(folder))
    except (Malformed, OSError) as error:
        raise BadInput(f"{error}; stakespec vectors fill -o DIR makes some") from error


def _run_client(families: list[tuple[Path, Vectors]], reach: Reach, report: Report) -> None:
    client = reach.first()
    report.client = client.name
    try:
        for file, family in families:
            walk = walking(Machine(protocol_at(family.protocol)), client)
            outcome = failures_of(family, client, walk)
            report.add(str(file), outcome)
            if outcome.fault:
                break
    finally:
        client.close()


@vectors.command()
@click.argument("file")
@click.option(
    "--case", "wanted", metavar="TEXT", help="Only cases whose description contains this."
)
def explain(file: str, wanted: str | None) -> None:
    """Print the cases of a FILE of vectors: each request, and the right answer.

    Exit codes: 0 printed, 2 bad input or usage.
    """
    ((_, family),) = _read(file) if Path(file).is_file() else [(None, _no_file(file))]
    click.echo(wrapped(f"{family.family}: {family.about} ({len(family.cases)} cases)", ""))
    machine = Machine(protocol_at(family.protocol))
    for case in family.cases:
        if wanted is None or wanted in case.id:
            _explain_case(machine, case)


def _no_file(file: str) -> Vectors:
    raise BadInput(f"{shown(file)}: there is no such file; name a file of vectors")


def _explain_case(machine: Machine, case: Case) -> None:
    click.echo()
    click.echo(wrapped(case.id, ""))
    click.echo(wrapped(f"about: {case.about}"))
    if case.kills:
        click.echo(wrapped(f"kills: {', '.join(case.kills)}"))
    for number, step in enumerate(case.steps):
        _explain_step(machine, number, step)


def _explain_step(machine: Machine, number: int, step: Step) -> None:
    reply = machine.reply(step.ask)
    differs = compared(step.ask, step.reply, reply, TELLS)
    kind = reply_kind(step.reply)
    click.echo(wrapped(f"{number}. {_told(step.ask)}"))
    content = step.reply[kind]
    if kind == "rejected":
        shown_reply = f"{content['reason']} {json.dumps(content['details'])}"
    elif isinstance(content, dict) and "root" in content:
        events = [event["type"] for event in content.get("events", [])]
        shown_reply = f"{content['root']}{' ' + ', '.join(events) if events else ''}"
    else:
        shown_reply = _short(json.dumps(content))
    click.echo(wrapped(f"{kind}: {shown_reply}", "      "))
    if step.maps:
        click.echo(wrapped(f"changes {', '.join(step.maps)}", "      "))
    if differs is not None:
        click.echo(wrapped(f"BUT our machine: {differs.kind}", "      "))


def _told(ask: dict[str, Any]) -> str:
    content = {name: item for name, item in ask.items() if name != "do"}
    if ask["do"] == "apply":
        transaction = dict(content["transaction"])
        return f"{transaction.pop('type')} {_short(json.dumps(transaction))}"
    return f"{ask['do']} {_short(json.dumps(content))}" if content else str(ask["do"])


def _short(text: str) -> str:
    return text if len(text) <= 400 else text[:397] + "..."
