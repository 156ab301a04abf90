"""`stakespec prove`: every rule, for all numbers at once."""

from collections.abc import Sequence

import click

from properties.cli.failure_report import check_folder
from properties.cli.files import BadInput
from properties.cli.findings import write_package
from properties.cli.inputs import protocol_at
from properties.cli.options import (
    SECONDS,
    folder_option,
    json_option,
    list_option,
    protocol_option,
    quiet_option,
    seconds_option,
    workers_option,
)
from properties.cli.output import Output, is_quiet, print_json
from properties.cli.progress import Line
from properties.cli.proof_report import (
    as_jsonable,
    column_of,
    last_word,
    print_contracts,
    print_proof,
)
from properties.cli.theorems import prove_theorems
from properties.engines.prove.campaign import Budget, Campaign, Task
from properties.engines.prove.campaign import prove as prove_all
from properties.engines.prove.contract import Contract
from properties.engines.prove.laws import laws_of_promise
from properties.engines.prove.registry import contracts_of

DEFAULT_SECONDS = 60.0


@click.command()
@protocol_option()
@click.option(
    "--rule", "rules", metavar="RULE", multiple=True, help="Prove only this rule. Repeatable."
)
@click.option(
    "--law",
    "laws",
    metavar="LAW",
    multiple=True,
    help="Prove only this law, or column of the table. Repeatable.",
)
@click.option(
    "--theorems",
    "for_all_sizes",
    is_flag=True,
    help="Prove the theorems instead: for any number of validators, epochs and lots.",
)
@click.option(
    "--smt", metavar="DIR", help="With --theorems, write each obligation as SMT-LIB 2 to DIR."
)
@list_option("List the contracts, and stop.")
@seconds_option(DEFAULT_SECONDS, "Budget of processor time for each law of a contract.")
@click.option("--deadline", type=SECONDS, help="Budget of seconds for all contracts together.")
@workers_option(text="Number of contracts proved at a time.")
@folder_option("Folder for counterexamples, one file per contract and law.")
@quiet_option()
@json_option()
@click.pass_context
def prove(
    context: click.Context,
    /,
    path: str,
    rules: tuple[str, ...],
    laws: tuple[str, ...],
    for_all_sizes: bool,
    smt: str | None,
    as_list: bool,
    seconds: float,
    deadline: float | None,
    workers: int,
    output: str,
    as_json: bool,
) -> None:
    """Prove rules for all amounts, rates and stakes, on states of a fixed shape.

    CrossHair walks every path of the real rules with symbols in place of numbers. A law is
    proved for a rule where each contract about it was confirmed over all paths.

    With --theorems, prove what holds for all sizes: accountable safety, no framing,
    conservation, solvency and what they rest on.

    Exit codes: 0 all that was asked for is proved, 1 refuted, 2 bad input or usage,
    4 undetermined (a budget ended first, or the solver gave up).
    """
    if for_all_sizes:
        if rules or laws or as_list:
            raise BadInput("--theorems proves all theorems; leave out --rule, --law and --list")
        context.exit(prove_theorems(path, smt, output, as_json))
    if smt is not None:
        raise BadInput("--smt writes the obligations of theorems; add --theorems")
    protocol = protocol_at(path)
    tasks = _tasks(contracts_of(protocol), rules, laws)
    if as_list:
        print_contracts(Output(), [task.contract for task in tasks])
        return
    check_folder(output)
    budget = Budget(seconds, deadline, workers)
    with Line() as line:
        campaign = prove_all(tasks, protocol, path, budget, lambda at: line.show(_line_of(at)))
    files = _write_counterexamples(campaign, output)
    if as_json:
        print_json("prove", {"protocol": path, **as_jsonable(campaign, files)})
    elif is_quiet():
        Output().conclude(last_word(campaign))
    else:
        print_proof(Output(), campaign, files)
    context.exit(campaign.exit_code())


def _tasks(contracts: Sequence[Contract], rules: Sequence[str], laws: Sequence[str]) -> list[Task]:
    names = list(dict.fromkeys(contract.rule for contract in contracts))
    for rule in rules:
        if rule not in names:
            raise BadInput(f"--rule: there is no rule {rule!r}; there are {', '.join(names)}")
    wanted = {promise for law in laws for promise in _promises(contracts, law)}
    tasks = []
    for contract in contracts:
        if rules and contract.rule not in rules:
            continue
        promised = tuple(promise for promise in contract.promises if not laws or promise in wanted)
        if promised:
            tasks.append(Task(contract, promised))
    if not tasks:
        raise BadInput("--rule and --law together leave nothing to prove")
    return tasks


def _promises(contracts: Sequence[Contract], law: str) -> list[str]:
    """Return the promises that a column, or a law's id, stands for."""
    promises = list(
        dict.fromkeys(promise for contract in contracts for promise in contract.promises)
    )
    named = [
        promise
        for promise in promises
        if law == column_of(promise) or law in laws_of_promise(promise)
    ]
    if not named:
        titles = ", ".join(dict.fromkeys(column_of(promise) for promise in promises))
        ids = ", ".join(name for promise in promises for name in laws_of_promise(promise))
        raise BadInput(f"--law: nothing is proved of {law!r}; there are {titles}; {ids}")
    return named


def _line_of(campaign: Campaign) -> str:
    """Say where the proofs stand."""
    return (
        f"{campaign.seconds:,.0f} s: {len(campaign.findings)} proved or not,"
        f" {campaign.waiting} contracts wait; at {', '.join(campaign.running)}"
    )


def _write_counterexamples(campaign: Campaign, output: str) -> dict[tuple[str, str], str]:
    return {
        (finding.contract, finding.law): write_package(
            package, (package.law, finding.contract), output
        )
        for finding in campaign.findings
        if (package := finding.counterexample) is not None
    }
