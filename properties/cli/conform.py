"""`stakespec conform` and `stakespec serve`: testing clients against our machine, and being one."""

import os
import shlex
import time
from pathlib import Path
from typing import Any

import attrs
import click

from properties.cli.backends import backend_named, backend_option
from properties.cli.client_options import Reach, client_options
from properties.cli.conform_report import Memory, Report, print_report
from properties.cli.divergence_file import write_asks, write_vector
from properties.cli.files import BadInput, check_output, shown
from properties.cli.inputs import protocol_at
from properties.cli.options import (
    cbor_option,
    json_option,
    protocol_option,
    quiet_option,
    seconds_option,
    seed_option,
    shrinking_option,
    socket_option,
    vector_option,
)
from properties.cli.output import Output, is_quiet, print_json
from properties.conformance.block_fuzzing import NEEDED, BlockFuzzer
from properties.conformance.client import Client, megabytes_of
from properties.conformance.comparison import Pair
from properties.conformance.framing import framing_named
from properties.conformance.fuzzing import Covered, Fuzzer, Parted
from properties.conformance.machine import Machine
from properties.conformance.running import failures_of, vectors_in, walking
from properties.conformance.server import serve_socket, serve_streams
from properties.conformance.shrinking import Judge, made_small
from properties.model.protocols import DEFAULT_PATH
from statemachine.annotations import Malformed

DIFFERENT = 5
"""The exit code if implementations differ."""

SAMPLE_EVERY = 10_000
"""Transactions between two looks at the memory of both sides."""


@click.command()
@protocol_option("The protocol that our machine runs.")
@backend_option
@cbor_option
@socket_option("Listen on a Unix socket.")
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


@click.command()
@client_options
@protocol_option("The protocol that our machine runs.")
@backend_option
@click.option(
    "--vectors",
    metavar="DIR",
    default=None,
    help="Vectors to run first.  [default: specs/vectors, if it exists]",
)
@seconds_option(30.0, "Time for fuzzing.")
@click.option(
    "--steps", type=click.IntRange(0), help="Draw this many transactions, whatever time it takes."
)
@click.option(
    "--blocks",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Compare this many signed blocks too; one takes seconds without a fast backend.",
)
@seed_option(1, "Seed of the fuzzing.")
@shrinking_option
@vector_option
@quiet_option()
@json_option()
@click.pass_context
def conform(context: click.Context, /, **arguments: Any) -> None:
    """Compare CLIENT ARG... with our machine: vectors first, then differential fuzzing.

    Starts the client, writes requests to its standard input and reads answers from its
    standard output, as specs/conformance.md describes. At the first difference, shrinks the
    transactions that lead to it, locates the entry and field that differ, and writes a vector.

    Exit codes: 0 no difference, 2 bad input or usage, 5 the client differs.
    """
    options = _Options.of(**arguments)
    report = Report(options.seed, repeat=options.repeat())
    client = options.reach.first()
    report.client = client.name
    try:
        _run_vectors(options, client, report)
        if not report.failures:
            _fuzz(options, client, report)
        if options.blocks and not report.differs:
            _fuzz_blocks(options, client, report)
    finally:
        client.close()
    if options.as_json:
        print_json("conform", report.as_jsonable())
    elif is_quiet():
        Output().conclude(report.last_word)
    else:
        print_report(report)
    context.exit(DIFFERENT if report.differs else 0)


@attrs.frozen
class _Options:
    """The options of the command line."""

    reach: Reach
    path: str
    backend_name: str
    vectors: str | None
    seconds: float
    steps: int | None
    blocks: int
    seed: int
    shrinking: float
    output: str | None
    as_json: bool

    @classmethod
    def of(cls, **arguments: Any) -> "_Options":
        """Sort what is given. Raises BadInput."""
        reach = Reach(**{field.name: arguments.pop(field.name) for field in attrs.fields(Reach)})
        if not reach.named:
            raise BadInput("name a client after --, or --socket PATH; one of the two")
        if arguments["output"] is not None:
            check_output(arguments["output"])
        return cls(reach, **arguments)

    def machine(self) -> Machine:
        return Machine(protocol_at(self.path), lambda: backend_named(self.backend_name))

    def repeat(self) -> str:
        command = ["stakespec conform", f"--seed {self.seed}"]
        if self.path != DEFAULT_PATH:
            command.append(f"--protocol {self.path}")
        if self.vectors is not None:
            command.append(f"--vectors {shlex.quote(self.vectors)}")
        if self.steps is not None:
            command.append(f"--steps {self.steps}")
        if self.blocks:
            command.append(f"--blocks {self.blocks}")
        return " ".join([*command, *self.reach.as_words()])


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

    def go_on() -> bool:
        if fuzzer.covered.steps >= len(report.memory) * SAMPLE_EVERY:
            report.memory.append(_memory(fuzzer.covered.steps, client))
        return options.steps is not None or time.monotonic() < deadline

    parted = fuzzer.run(options.steps, go_on)
    report.memory.append(_memory(fuzzer.covered.steps, client))
    report.covered = fuzzer.covered
    report.seconds = time.monotonic() - begun
    if parted is not None:
        report.original_length = len(parted.trial.transactions)
        report.parted = _small(options, parted, report)


def _memory(steps: int, client: Client) -> Memory:
    theirs = None if client.process is None else megabytes_of(client.process.pid)
    return steps, megabytes_of(os.getpid()), theirs


def _fuzz_blocks(options: _Options, client: Client, report: Report) -> None:
    if not client.asks >= NEEDED:
        raise BadInput(
            f"--blocks: the client does not say that it can be asked {' and '.join(sorted(NEEDED))}"
        )
    machine = options.machine()
    covered = report.covered = report.covered or Covered()
    deadline: float | None = None

    def go_on() -> bool:
        nonlocal deadline
        now = time.monotonic()
        deadline = now + options.shrinking if deadline is None else deadline
        return now < deadline

    fuzzer = BlockFuzzer(Pair(machine, client), options.seed, covered)
    report.blocks_parted = parted = fuzzer.run(options.blocks, go_on)
    if parted is not None and options.output is not None:
        write_asks(
            options.output,
            options.machine(),
            options.path,
            parted.divergence,
            parted.asks,
            report.repeat,
        )
        report.output = options.output


def _small(options: _Options, parted: Parted, report: Report) -> Parted:
    """Shrink a divergence, locate where the states differ, and write it as a vector."""
    deadline = time.monotonic() + options.shrinking
    judge = Judge(options.machine(), options.reach.connect)
    small = made_small(judge, parted, lambda: time.monotonic() < deadline)
    report.differences, report.tried = small.differences, judge.tried
    if options.output is not None:
        write_vector(options.output, options.machine(), options.path, small.parted, report.repeat)
        report.output = options.output
    return small.parted
