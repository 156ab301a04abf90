"""`stakespec devnet`: a network on this machine, with real keys."""

import click

from properties.cli.backends import backend_named, backend_option
from properties.cli.chain_view import (
    TITLE,
    ChainView,
    block_line,
    missing_line,
    print_summary,
)
from properties.cli.files import BadInput, check_output, shown, write_atomically
from properties.cli.inputs import protocol_at
from properties.cli.options import json_option, protocol_option, seed_option
from properties.cli.output import print_json_line
from properties.cli.progress import Bar
from properties.devnet import Network, Plan, SlotReport
from properties.devnet.chain_file import chain_to_text
from properties.model.protocols import DEFAULT_PATH


@click.command()
@click.option(
    "--validators", type=click.IntRange(1, 256), default=7, show_default=True, metavar="N"
)
@click.option("--epochs", type=click.IntRange(1, 10_000), default=6, show_default=True, metavar="N")
@click.option(
    "--epoch-length",
    type=click.IntRange(2, 1_000),
    default=4,
    show_default=True,
    metavar="SLOTS",
)
@click.option(
    "--equivocate",
    type=int,
    multiple=True,
    metavar="V",
    help="Make validator V, counted from 0, sign everything twice. Repeatable.",
)
@click.option(
    "--offline",
    type=int,
    multiple=True,
    metavar="V",
    help="Make validator V sign nothing. Repeatable.",
)
@seed_option(1, "Seed of the whole run.")
@protocol_option("The protocol that all validators follow.")
@backend_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    default="chain.jsonl",
    show_default=True,
    help="File for the chain.",
)
@json_option("Print JSON lines: one per slot, then a summary.")
def devnet(
    validators: int,
    epochs: int,
    epoch_length: int,
    equivocate: tuple[int, ...],
    offline: tuple[int, ...],
    seed: int,
    path: str,
    backend_name: str,
    output: str,
    as_json: bool,
) -> None:
    """Run a network of validators with real keys, and write the chain to a file.

    Elected validators propose, and all vote; some slots are skipped; accounts delegate.
    Validators that sign twice are reported and slashed. The seed determines everything. The
    file holds the genesis and every block; `stakespec run FILE` applies it again.

    Exit codes: 0 the chain is written, 2 bad input or usage, 4 interrupted (nothing is
    written).
    """
    plan = Plan(validators, epochs, epoch_length, seed, equivocate, offline)
    _check_plan(plan)
    check_output(output)
    backend = backend_named(backend_name)
    network = Network.start(plan, backend, protocol_at(path))
    view = ChainView.of(network.genesis.genesis)
    if not as_json:
        click.echo(TITLE)
    with Bar() as bar:
        for passed, report in enumerate(network.run(), start=1):
            with bar.hidden():
                _show(report, view, as_json)
            bar.update("slots", passed / plan.slots, f"{passed} of {plan.slots}")
    write_atomically(output, chain_to_text(network.genesis, network.blocks))
    summary = view.summary(network.state, len(network.blocks))
    if as_json:
        print_json_line("devnet", {"summary": {**summary, "seed": seed, "file": output}})
        return
    print_summary(summary)
    click.echo(f"written to {shown(output)}; apply it again with: stakespec run {shown(output)}")
    click.echo(f"repeat: {_repeat(plan, path, backend_name)}")


def _check_plan(plan: Plan) -> None:
    """Reject validators that do not exist or have contradictory roles. Raises BadInput."""
    for option, numbers in (("--equivocate", plan.equivocating), ("--offline", plan.offline)):
        for number in numbers:
            if not 0 <= number < plan.validators:
                raise BadInput(
                    f"{option} {number}: must be the number of a validator, from 0 to"
                    f" {plan.validators - 1}"
                )
    for number in plan.equivocating:
        if number in plan.offline:
            raise BadInput(f"--offline {number}: an offline validator cannot equivocate")


def _show(report: SlotReport, view: ChainView, as_json: bool) -> None:
    if report.block is not None:
        row = view.block(report.block, report.state, report.events)
        if as_json:
            print_json_line("devnet", row)
        else:
            click.echo(block_line(row))
        return
    proposer = f"v{report.proposer}" if report.proposer is not None else "-"
    if as_json:
        row = {"slot": report.slot, "proposer": proposer, "missing": report.missing}
        print_json_line("devnet", row)
        return
    epoch = report.slot // report.state.params.epoch_length
    click.echo(missing_line(report.slot, epoch, proposer, report.missing))


def _repeat(plan: Plan, path: str, backend_name: str) -> str:
    command = [
        f"stakespec devnet --validators {plan.validators} --epochs {plan.epochs}",
        f"--epoch-length {plan.epoch_length}",
        *(f"--equivocate {number}" for number in plan.equivocating),
        *(f"--offline {number}" for number in plan.offline),
        *((f"--protocol {path}",) if path != DEFAULT_PATH else ()),
        f"--seed {plan.seed} --backend {backend_name}",
    ]
    return " ".join(command)
