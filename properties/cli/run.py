"""`stakespec run`: applying a file of transactions."""

import json
from textwrap import fill
from typing import Any

import attrs
import click

from properties.cli.backends import backend_named, backend_option
from properties.cli.files import (
    STANDARD_INPUT,
    BadInput,
    check_output,
    read_text,
    shown,
    write_atomically,
)
from properties.cli.inputs import genesis_from, protocol_at
from properties.cli.options import json_option, protocol_option, quiet_option
from properties.cli.output import WIDTH, Output, is_quiet, print_json_line
from properties.cli.run_chain import run_chain
from properties.cli.state_summary import print_summary, summary_of
from properties.conformance.differences import Difference, state_differences
from properties.conformance.rejections import as_jsonable
from properties.conformance.views import map_roots
from properties.devnet.chain_file import is_chain
from properties.laws.describe import describe, wrapped
from properties.model.design import submitted_types_of
from statemachine.codec import Malformed, from_tagged, parse_json, tagged
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis as first_state
from statemachine.state import State, state_root


@click.command()
@click.argument("genesis", metavar="GENESIS|CHAIN")
@click.argument("transactions", required=False)
@click.option("--trace", is_flag=True, help="Show what each transaction changed.")
@click.option("--roots", is_flag=True, help="Show the root of each map after each transaction.")
@click.option("--state", "state_file", metavar="OUT", help="Write the state at the end, as JSON.")
@protocol_option()
@backend_option
@quiet_option()
@json_option("Print JSON lines: one per transaction or block, then a summary.")
@click.pass_context
def run(
    context: click.Context,
    genesis: str,
    transactions: str | None,
    trace: bool,
    roots: bool,
    state_file: str | None,
    path: str,
    backend_name: str,
    as_json: bool,
) -> None:
    """Apply TRANSACTIONS (JSON lines, - for standard input) to the state of GENESIS.

    Prints the state root after each, or why it was rejected, and a summary of the state at
    the end. A rejected transaction changes nothing, and the next is tried. A trace has
    whole addresses and leaves nothing out.

    Or apply the blocks of CHAIN, a file as `stakespec devnet` writes it: every signature
    is checked, and every state root. Stops at the first block that is rejected.

    Exit codes: 0 all lines were read, or all blocks applied; 1 a block was rejected; 2 bad
    input or usage (nothing is applied then); 5 a block has another state root than ours.
    """
    if transactions is None:
        _refuse_options({"--trace": trace, "--roots": roots, "--state": state_file is not None})
        chain = _read_chain(genesis)
        context.exit(
            run_chain(genesis, chain, protocol_at(path), backend_named(backend_name), as_json)
        )
    _check_inputs(genesis, transactions)
    if state_file is not None:
        check_output(state_file, "--state")
    protocol = protocol_at(path)
    state = first_state(protocol, genesis_from(genesis, protocol=protocol))
    numbered = _read_lines(transactions, submitted_types_of(protocol))
    accepted = 0
    for number, transaction in numbered:
        step = _Step.of(protocol, state, number, transaction)
        state = step.after
        accepted += step.rejection is None
        if as_json:
            print_json_line("run", step.as_jsonable(trace, roots))
        elif not is_quiet():
            step.print(trace, roots)
    if state_file is not None:
        write_atomically(state_file, json.dumps(tagged(state), indent=1) + "\n")
    summary = summary_of(state, len(numbered), accepted)
    if as_json:
        print_json_line("run", {"summary": summary})
    elif is_quiet():
        click.echo(f"root {summary['root']}")
    else:
        print_summary(Output(), summary)


def _refuse_options(options: dict[str, bool]) -> None:
    """Reject options that do not apply to a chain. Raises BadInput."""
    for option, is_set in options.items():
        if is_set:
            raise BadInput(f"{option}: goes with a genesis and transactions, not with a chain")


def _read_chain(path: str) -> str:
    """Return the text of a chain. Raises BadInput where it is another file."""
    text = read_text(path)
    if not is_chain(text):
        raise BadInput(
            f"{shown(path)}: not a chain; a genesis takes a file of transactions after it"
        )
    return text


def _check_inputs(genesis: str, transactions: str) -> None:
    """Refuse two files that do not go together. Raises BadInput."""
    if genesis != STANDARD_INPUT and is_chain(read_text(genesis)):
        raise BadInput(f"{shown(genesis)}: a chain takes no transactions; leave them out")
    if genesis == transactions == STANDARD_INPUT:
        raise BadInput("standard input can be read only once; name a file for one of the two")


def _read_lines(path: str, types: tuple[type, ...]) -> list[tuple[int, object]]:
    """Read all transactions before any is applied. Raises BadInput with the line."""
    numbered = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            numbered.append((number, from_tagged(parse_json(line), types)))
        except Malformed as error:
            raise BadInput(f"{shown(path)}, line {number}: {error}") from error
    return numbered


@attrs.frozen
class _Step:
    """A line of the file, and what became of its transaction."""

    number: int
    transaction: Any
    before: State
    after: State
    """The state before it, if it was rejected."""
    rejection: Rejected | None = None

    @classmethod
    def of(cls, protocol: Protocol, state: State, number: int, transaction: Any) -> "_Step":
        """Apply a transaction."""
        try:
            return cls(number, transaction, state, protocol.apply(state, transaction))
        except Rejected as rejection:
            return cls(number, transaction, state, state, rejection)

    @property
    def root(self) -> str:
        """The root of the state after it."""
        return "0x" + state_root(self.after).hex()

    def as_jsonable(self, trace: bool, roots: bool) -> dict[str, object]:
        """Return the step as JSON's own types."""
        line: dict[str, object] = {"line": self.number, "type": type(self.transaction).__name__}
        if self.rejection is not None:
            reason = self.rejection.reason.value
            return {**line, "rejected": reason, "details": as_jsonable(self.rejection)}
        line["root"] = self.root
        if trace:
            line["changes"] = state_differences(self.before, self.after)
        if roots:
            line["maps"] = map_roots(self.after)
        return line

    def print(self, trace: bool, roots: bool) -> None:
        """Print the step for people."""
        click.echo(wrapped(f"{self.number}. {describe(self.transaction)}", ""))
        if self.rejection is not None:
            click.echo(wrapped(f"rejected: {self.rejection}"))
            return
        click.echo(f"   {self.root}")
        if trace:
            for change in state_differences(self.before, self.after):
                _print_change(change)
        if roots:
            for place, map_root in map_roots(self.after).items():
                click.echo(f"   {place}\n     {map_root}")


def _print_change(change: Difference) -> None:
    """Print what changed, with whole addresses: one line, or a line for each side."""
    before, after = (_told(change[side]) for side in ("before", "after"))
    line = f"   {change['place']}: {before} -> {after}"
    if len(line) <= WIDTH:
        click.echo(line)
        return
    # Some keys alone are longer than a line.
    click.echo(fill(change["place"], WIDTH, initial_indent="   ", subsequent_indent="      "))
    for side in (before, f"-> {after}"):
        click.echo(fill(side, WIDTH, initial_indent="     ", subsequent_indent="       "))


def _told(content: object) -> str:
    """Say what stands in a place of a state: amounts in groups of digits, none as a word."""
    if content is None:
        return "none"
    if isinstance(content, str):
        return f"{int(content):,}" if content.isascii() and content.isdigit() else content
    return json.dumps(content)
