"""Prints a chain as it grows: one line per slot, and a summary."""

from collections.abc import Iterable
from typing import Any

import attrs
import click

from properties.laws.describe import short
from statemachine.description import Genesis
from statemachine.events import Event, Slashed
from statemachine.signed.block import Block
from statemachine.state import State, state_root

TITLE = f"{'slot':>6} {'epoch':>5} {'proposer':<8} {'txs':>3} {'justified':>9} {'final':>5}"


@attrs.define
class ChainView:
    """Formats blocks: lines for people, objects for programs."""

    names: dict[bytes, str]
    """What validators are called: v0, v1 and so on, in the order of the genesis."""
    slashed: list[dict[str, object]] = attrs.field(factory=list)

    @classmethod
    def of(cls, genesis: Genesis) -> "ChainView":
        """Name the validators of a genesis."""
        return cls({entry.address: f"v{n}" for n, entry in enumerate(genesis.validators)})

    def name(self, address: bytes) -> str:
        """Return what a validator is called."""
        return self.names.get(address, short(address))

    def block(self, block: Block, state: State, events: Iterable[Event]) -> dict[str, Any]:
        """Describe a block with the state after it."""
        slashed = [self._punishment(event) for event in events if isinstance(event, Slashed)]
        self.slashed += slashed
        return {
            "slot": block.header.slot,
            "epoch": state.epoch,
            "proposer": self.name(block.header.proposer),
            "root": "0x" + block.header.state_root.hex(),
            "transactions": len(block.transactions),
            "justified": state.finality.justified.epoch,
            "finalised": state.finality.finalised.epoch,
            "slashed": slashed,
        }

    def _punishment(self, event: Slashed) -> dict[str, object]:
        return {
            "validator": self.name(event.offender),
            "kind": event.kind.value,
            "epoch": event.epoch,
            "burned": str(event.burned),
        }

    def summary(self, state: State, blocks: int) -> dict[str, object]:
        """Return the state of a chain: its height, finality, slashes and root."""
        return {
            "blocks": blocks,
            "slot": state.slot,
            "epoch": state.epoch,
            "root": "0x" + state_root(state).hex(),
            "justified": state.finality.justified.epoch,
            "finalised": state.finality.finalised.epoch,
            "slashed": self.slashed,
        }


def block_line(row: dict[str, Any]) -> str:
    """Return the line for a block."""
    line = (
        f"{row['slot']:>6} {row['epoch']:>5} {row['proposer']:<8} {row['transactions']:>3}"
        f" {row['justified']:>9} {row['finalised']:>5}"
    )
    for slash in row["slashed"]:
        line += f"  {slash['validator']} {slash['kind']}"
    return line


def missing_line(slot: int, epoch: int, proposer: str, why: str) -> str:
    """Return the line for a slot without a block."""
    return f"{slot:>6} {epoch:>5} {proposer:<8}   - {why}"


def print_summary(summary: dict[str, Any]) -> None:
    """Print the state of a chain: its height, finality, slashes and root."""
    click.echo(
        f"\n{summary['blocks']:,} blocks to slot {summary['slot']:,}, epoch"
        f" {summary['epoch']:,}; justified {summary['justified']:,}, final"
        f" {summary['finalised']:,}"
    )
    for slash in summary["slashed"]:
        click.echo(
            f"slashed {slash['validator']} for {slash['kind']} in epoch {slash['epoch']:,}:"
            f" {int(slash['burned']):,} burned"
        )
    click.echo(f"root {summary['root']}")
