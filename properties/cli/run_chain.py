"""Applying a file of blocks, for `stakespec run`."""

import click
from rich.console import Console
from rich.progress import track

from properties.cli.chain_view import TITLE, ChainView, block_line, print_summary
from properties.cli.files import BadInput, shown
from properties.cli.output import is_quiet, print_json_line
from properties.conformance.rejections import as_jsonable
from properties.devnet.chain_file import Chain, chain_from_text
from properties.laws.describe import wrapped
from statemachine.codec import Malformed
from statemachine.crypto.bls import Backend
from statemachine.errors import Rejected, RejectionReason
from statemachine.protocol import Protocol
from statemachine.signed.chain import begin_chain
from statemachine.signed.together import apply_block_together

REFUTED, DIFFERENT = 1, 5
"""Exit codes: a block is rejected; its state root is not ours."""


def run_chain(path: str, text: str, protocol: Protocol, backend: Backend, as_json: bool) -> int:
    """Apply every block of a chain; return the exit code. Raises BadInput."""
    chain = _read(path, text)
    try:
        state = begin_chain(protocol, backend, chain.genesis)
    except Rejected as refusal:
        return _rejected(path, 1, refusal, as_json)
    view = ChainView.of(chain.genesis.genesis)
    if not as_json and not is_quiet():
        click.echo(TITLE)
    console = Console(stderr=True)
    blocks = track(
        chain.blocks, "blocks", console=console, transient=True, disable=not console.is_terminal
    )
    for line, block in enumerate(blocks, start=2):
        try:
            applied = apply_block_together(protocol, backend, state, block)
        except Rejected as refusal:
            return _rejected(path, line, refusal, as_json)
        state = applied.state
        row = view.block(block, state, applied.events)
        if as_json:
            print_json_line("run-chain", row)
        elif not is_quiet():
            click.echo(block_line(row))
    summary = view.summary(state, len(chain.blocks))
    if as_json:
        print_json_line("run-chain", {"summary": summary})
    else:
        if not is_quiet():
            print_summary(summary)
        click.echo("every block was applied, and every state root is as in the file")
    return 0


def _read(path: str, text: str) -> Chain:
    try:
        return chain_from_text(text)
    except Malformed as error:
        raise BadInput(f"{shown(path)}, {error}") from error


def _rejected(path: str, line: int, refusal: Rejected, as_json: bool) -> int:
    if as_json:
        details = as_jsonable(refusal)
        row = {"line": line, "rejected": refusal.reason.value, "details": details}
        print_json_line("run-chain", row)
    else:
        click.echo(wrapped(f"{shown(path)}, line {line}: rejected: {refusal}", ""))
    return DIFFERENT if refusal.reason is RejectionReason.WRONG_STATE_ROOT else REFUTED
