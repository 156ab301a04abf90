"""`stakespec prove`: rules proved for all numbers, by symbolic execution."""

import json
import os
from contextlib import nullcontext

import click
from rich.console import Console

from properties.cli.files import BadInput
from properties.cli.inputs import protocol_at
from properties.protocols import DEFAULT_PATH

DEFAULT_SECONDS = 60.0


@click.command()
@click.option(
    "--protocol",
    "path",
    metavar="MODULE:NAME",
    default=DEFAULT_PATH,
    show_default=True,
    help="The protocol to prove; a module in the current folder will do.",
)
@click.option("--rule", "rules", metavar="RULE", multiple=True, help="This rule only; repeatable.")
@click.option("--law", "laws", metavar="LAW", multiple=True, help="This law only; repeatable.")
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 1_000_000),
    default=DEFAULT_SECONDS,
    show_default=True,
    help="Budget: processor time for each law of a contract.",
)
@click.option("--deadline", type=click.FloatRange(0.1, 1_000_000), help="Budget: time for all.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    help="Processes at a time.  [default: as many as there are processors]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def prove(context: click.Context, path, rules, laws, seconds, deadline, workers, as_json) -> None:
    """Prove every rule for all numbers that a state of fixed shape can hold."""
    from properties.contracts.campaign import Budget, Task, prove as prove_all
    from properties.contracts.prover import law_names
    from properties.contracts.registry import CONTRACTS
    from properties.cli.tell_proof import print_matrix

    protocol = protocol_at(path)
    tasks = [
        Task(one, law_names(one)) for one in CONTRACTS if not rules or one.rule in rules
    ]
    campaign = prove_all(tasks, protocol, Budget(seconds, deadline, workers))
    print_matrix(Console(width=min(80, Console().width), highlight=False), campaign)
