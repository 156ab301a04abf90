"""Proofs of all contracts as an engine among others."""

import time

from properties.engines.engine import INTERRUPTED, Engine, Plan, Proofs, Report, Result, Verdict
from properties.engines.prove import campaign as proving
from properties.engines.prove.by_law import proofs_of_laws
from properties.engines.prove.findings import Finding
from properties.engines.prove.order import ordered
from properties.engines.prove.registry import contracts_of
from properties.laws import Violation
from properties.model.design import laws_of
from properties.trace.failures import Failure
from properties.trace.trial import Trial

PROOF_SECONDS = 60.0
"""Processor time for each law of a contract, at most."""


def _prove(plan: Plan, deadline: float, report: Report) -> Result:
    """Walk every path of the rules with symbols for numbers."""
    contracts = ordered(contracts_of(plan.protocol), plan.protocol)
    every = [proving.Task(contract, contract.promises) for contract in contracts]
    tasks = every[: plan.runs]
    seconds = None if plan.runs is not None else max(0.1, deadline - time.monotonic())

    def show(campaign: proving.Campaign) -> None:
        report(f"{len(tasks) - campaign.waiting - len(campaign.running)} of {len(tasks)} contracts")

    budget = proving.Budget(PROOF_SECONDS, seconds, plan.workers, plan.fail_fast)
    campaign = proving.prove(tasks, plan.protocol, plan.path, budget, show)
    laws = {law.id for law in laws_of(plan.protocol)}
    # A law is proved where all contracts about it are, those that nobody asked for as well.
    unasked = [finding for task in every[len(tasks) :] for finding in task.unfinished([], "")]
    result = Result.of(plan)
    proofs: dict[str, Proofs] = proofs_of_laws([*campaign.findings, *unasked])
    result.proofs = {law: counts for law, counts in proofs.items() if law in laws}
    for finding in campaign.findings:
        failure = _refuted(finding)
        if failure is not None and failure.violation.law in laws:
            result.failures.add(failure)
    proved = _proved(campaign.findings)
    result.runs, result.effort = len(proved), campaign.walked
    result.covered = f"{len(proved)} of {len(contracts)} contracts proved"
    result.cut_short = INTERRUPTED if campaign.interrupted else ""
    return result


def _proved(findings: list[Finding]) -> set[str]:
    """Return the contracts of which all that is asked is proved."""
    unproved = {finding.contract for finding in findings if finding.verdict is not Verdict.PROVED}
    return {finding.contract for finding in findings} - unproved


def _refuted(finding: Finding) -> Failure | None:
    package = finding.counterexample
    if package is None:
        return None
    return Failure(
        Violation(package.law, package.message),
        Trial(package.start, package.transactions),
        "prove",
        f"contract {finding.contract}",
        ("prove", "--rule", finding.rule),
        1,
        len(package.transactions),
    )


PROVE = Engine(
    name="prove",
    summary="every path of the rules, with symbols in place of numbers",
    unit=("contract", "contracts"),
    effort=("contract", "contracts"),
    share=0.24,
    checks=frozenset(),
    run=_prove,
    shrinks=False,
)
