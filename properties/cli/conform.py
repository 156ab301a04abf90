"""`stakespec conform` and `stakespec serve`: testing clients against our machine, and being one."""

import json
import time
from pathlib import Path
from typing import Any

import attrs
import click

from properties.cli.backends import backend_named, backend_option
from properties.cli.conform_report import Report, print_report
from properties.cli.divergence_file import write_vector
from properties.cli.files import BadInput, shown
from properties.cli.inputs import protocol_at
from properties.cli.options import protocol_option
from properties.conformance.client import (
    MEMORY_MEGABYTES,
    TIMEOUT_SECONDS,
    Client,
    ClientFault,
    NoClient,
)
from properties.conformance.comparison import Pair
from properties.conformance.framing import framing_named
from properties.conformance.fuzzing import Fuzzer, Parted
from properties.conformance.machine import Machine
from properties.conformance.running import failures_of, vectors_in, walking
from properties.conformance.server import serve_socket, serve_streams
from properties.conformance.shrinking import Judge, made_small
from properties.model.protocols import DEFAULT_PATH
from statemachine.annotations import Malformed

DIFFERENT = 5
"""The exit code if implementations differ."""

cbor_option = click.option(
    "--cbor", is_flag=True, help="Exchange CBOR frames instead of JSON lines."
)


@click.command()
@protocol_option("The protocol that our machine runs.")
@backend_option
@cbor_option
@click.option("--socket", "socket_path", metavar="PATH", help="Listen on a Unix socket.")
def serve(path: str, backend_name: str, cbor: bool, socket_path: str | None) -> None:
    """Serve the conformance protocol on standard input and output, or on a socket.

    specs/conformance.md lists the requests. Stops at the end of input, or on bye.

    Exit codes: 0 the input ended, 2 bad input or usage.
    """
    protocol = protocol_at(path)

    def make() -> Machine:
        return Machine(protocol, lambda: backend_named(backend_name))

    if socket_path is None:
        serve_streams(make(), framing_named(cbor), 0, 1)
        return
    try:
        serve_socket(make, framing_named(cbor), Path(socket_path))
    except OSError as error:
        raise BadInput(
            f"--socket {shown(socket_path)}: {error.strerror or error}; name a path that is free"
        ) from error


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("client", nargs=-1)
@protocol_option("The protocol that our machine runs.")
@backend_option
@cbor_option
@click.option("--socket", "socket_path", metavar="PATH", help="Connect to a Unix socket instead.")
@click.option(
    "--vectors",
    metavar="DIR",
    default=None,
    help="Vectors to run first.  [default: specs/vectors, if it exists]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    help="Time for fuzzing.",
)
@click.option(
    "--steps", type=click.IntRange(0), help="Draw this many transactions, whatever time it takes."
)
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=1, show_default=True)
@click.option(
    "--timeout",
    type=click.FloatRange(0.01, 3_600),
    default=TIMEOUT_SECONDS,
    show_default=True,
    help="Seconds the client may take to answer.",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    default=MEMORY_MEGABYTES,
    show_default=True,
    help="Megabytes of memory the client may use.",
)
@click.option(
    "--shrinking",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds for shrinking a divergence.",
)
@click.option("-o", "--output", metavar="OUT", help="Where to write a divergence, as a vector.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def conform(context: click.Context, /, **given: Any) -> None:
    """Compare CLIENT ARG... with our machine: vectors first, then differential fuzzing.

    Starts the client, writes requests to its standard input and reads answers from its
    standard output, as specs/conformance.md describes. At the first difference, shrinks the
    transactions that lead to it, locates the entry and field that differ, and writes a vector.

    Exit codes: 0 no difference, 2 bad input or usage, 5 the client differs.
    """
    options = _Options(**given)
    report = Report(options.seed, repeat=options.repeat())
    try:
        client = options.connect()
    except (NoClient, ClientFault) as error:
        raise BadInput(f"the client: {error}") from error
    report.client = client.name
    try:
        _run_vectors(options, client, report)
        if not report.failures:
            _fuzz(options, client, report)
    finally:
        client.close()
    if options.as_json:
        click.echo(json.dumps(report.as_jsonable(), indent=1))
    else:
        print_report(report)
    context.exit(DIFFERENT if report.failures or report.parted else 0)


@attrs.frozen
class _Options:
    """The options of the command line."""

    client: tuple[str, ...]
    path: str
    backend_name: str
    cbor: bool
    socket_path: str | None
    vectors: str | None
    seconds: float
    steps: int | None
    seed: int
    timeout: float
    memory: int
    shrinking: float
    output: str | None
    as_json: bool

    def __attrs_post_init__(self) -> None:
        if bool(self.client) == (self.socket_path is not None):
            raise BadInput("name a client after --, or --socket PATH; one of the two")

    def connect(self) -> Client:
        settings = {
            "framing": framing_named(self.cbor),
            "timeout": self.timeout,
            "memory_megabytes": self.memory,
        }
        if self.socket_path is not None:
            return Client.connect(Path(self.socket_path), **settings)
        return Client.start(self.client, **settings)

    def machine(self) -> Machine:
        return Machine(protocol_at(self.path), lambda: backend_named(self.backend_name))

    def repeat(self) -> str:
        command = ["stakespec conform", f"--seed {self.seed}"]
        if self.path != DEFAULT_PATH:
            command.append(f"--protocol {self.path}")
        if self.cbor:
            command.append("--cbor")
        if self.steps is not None:
            command.append(f"--steps {self.steps}")
        if self.socket_path is not None:
            command.append(f"--socket {self.socket_path}")
        return " ".join([*command, *(["--", *self.client] if self.client else [])])


def _run_vectors(options: _Options, client: Client, report: Report) -> None:
    folder = Path(options.vectors or "specs/vectors")
    if options.vectors is None and not folder.is_dir():
        return
    try:
        files = vectors_in(folder)
    except (Malformed, OSError) as error:
        raise BadInput(f"--vectors: {error}") from error
    for path, vectors in files:
        outcome = failures_of(vectors, client, walking(options.machine(), client))
        report.add(str(path), outcome)
        if outcome.fault:
            return


def _fuzz(options: _Options, client: Client, report: Report) -> None:
    fuzzer = Fuzzer(Pair(options.machine(), client), options.seed)
    begun = time.monotonic()
    deadline = begun + options.seconds
    parted = fuzzer.run(
        options.steps, lambda: options.steps is not None or time.monotonic() < deadline
    )
    report.covered = fuzzer.covered
    report.seconds = time.monotonic() - begun
    if parted is not None:
        report.original_length = len(parted.trial.transactions)
        report.parted = _small(options, parted, report)


def _small(options: _Options, parted: Parted, report: Report) -> Parted:
    """Shrink a divergence, locate where the states differ, and write it as a vector."""
    deadline = time.monotonic() + options.shrinking
    judge = Judge(options.machine(), options.connect)
    small = made_small(judge, parted, lambda: time.monotonic() < deadline)
    report.differences, report.tried = small.differences, judge.tried
    if options.output is not None:
        write_vector(options.output, options.machine(), options.path, small.parted, report.repeat)
        report.output = options.output
    return small.parted
