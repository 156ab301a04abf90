"""The engines that search by themselves: fuzz, explore and prove."""

import time
from collections.abc import Callable

from properties.engines.check.outcome import INTERRUPTED, Outcome, Record
from properties.engines.check.plan import Plan
from properties.engines.explore import WORLDS
from properties.engines.explore.outcome import ACCOUNTABLE_SAFETY
from properties.engines.explore.outcome import Outcome as Explored
from properties.engines.explore.tour import tour
from properties.engines.fuzz import workers as fuzzing
from properties.engines.fuzz.outcome import HERE
from properties.engines.prove import campaign as proving
from properties.engines.prove.by_law import proofs_of_laws
from properties.engines.prove.findings import Finding, Verdict
from properties.engines.prove.order import ordered
from properties.engines.prove.registry import CONTRACTS
from properties.laws import Law, Violation
from properties.laws.coverage import judged
from properties.laws.law import (
    CHECKS_OF_STATES,
    CHECKS_OF_STEPS,
    OnAttempt,
    OnOracle,
    OnRejection,
    OnReplay,
)
from properties.trace.failures import Failure
from properties.trace.trial import Trial

STEPS_A_RUN = 100
"""Transactions that fuzz draws in each shard for a run."""

STATES_A_RUN = 1_000
"""States of each world that explore visits for a run."""

PROOF_SECONDS = 60.0
"""Processor time for each law of a contract, at most."""

Tell = Callable[[str], None]
"""Told now and then what was covered so far."""


def fuzz(plan: Plan, outcome: Outcome, record: Record, deadline: float, tell: Tell) -> None:
    """Search on from whatever was new."""
    steps = None if plan.runs is None else STEPS_A_RUN * plan.runs
    seconds = None if steps is not None else max(0.0, deadline - time.monotonic())
    search = fuzzing.Plan(
        plan.protocol,
        plan.seed,
        plan.genesis,
        workers=plan.workers,
        seconds=seconds,
        steps=steps,
        fail_fast=plan.fail_fast,
        shrink_seconds=0.0,
    )

    def report(standings: list[fuzzing.Standing]) -> None:
        drawn = sum(one.drawn for one in standings)
        tell(f"{drawn:,} steps, {max((one.cells for one in standings), default=0):,} cells")

    found = fuzzing.fuzz(search, report)
    for failure in found.failures:
        outcome.failures.add(failure)
    outcome.coverage.add(found.coverage)
    record.runs = -(-found.tally.drawn // STEPS_A_RUN)
    record.steps = found.coverage.steps
    record.covered = f"{len(found.cells):,} cells, {found.kept:,} states kept"
    record.cut_short = INTERRUPTED if found.interrupted else ""
    if found.lost:
        record.cut_short = "a process of it ended"
    for law in outcome.laws:
        if type(law.check) in HERE - {OnReplay}:
            record.checks[law.id] = found.checks(law)


def explore(plan: Plan, outcome: Outcome, record: Record, deadline: float, tell: Tell) -> None:
    """Visit every state of small worlds."""

    def progress(at: Explored) -> None:
        tell(f"{at.world.name}: {at.states:,} states")

    states = None if plan.runs is None else STATES_A_RUN * plan.runs
    seconds = None if states is not None else max(0.0, deadline - time.monotonic())
    exhausted = seen = 0
    for law in outcome.laws:
        if _is_explored(law):
            record.checks[law.id] = 0
    for found in tour(plan.protocol, seconds, states, plan.workers, progress):
        record.runs += 1
        record.steps += found.transitions
        seen += found.states
        exhausted += found.exhausted
        for law in outcome.laws:
            if law.id in record.checks:
                record.checks[law.id] += _explored(law, found)
        if found.refutation is not None:
            outcome.failures.add(_explored_failure(found, plan.path))
            if plan.fail_fast:
                break
        if found.ended == "interrupted":
            record.cut_short = INTERRUPTED
    record.covered = f"{exhausted} of {len(WORLDS)} worlds exhausted, {seen:,} states"


def _is_explored(law: Law) -> bool:
    """Say whether exploration holds a law against what it sees."""
    return type(law.check) in CHECKS_OF_STEPS | {OnOracle} or law.id == ACCOUNTABLE_SAFETY


def _explored(law: Law, found: Explored) -> int:
    """Return how often a law had something to judge in a world."""
    if law.id == ACCOUNTABLE_SAFETY:
        return found.states if len(found.world.branches) == 2 else 0
    if type(law.check) in CHECKS_OF_STATES:
        return found.states
    if isinstance(law.check, OnRejection):
        return found.refused if not law.about else 0
    refused = found.refused if isinstance(law.check, OnAttempt) else 0
    return judged(law, found.fired) + refused


def _explored_failure(found: Explored, path: str) -> Failure:
    refutation = found.refutation
    assert refutation is not None
    package = refutation.package(found.world, path)
    trial = Trial(package.start, package.transactions)
    again = ("explore", found.world.name)
    where = f"world {found.world.name}, depth {len(refutation.story)}"
    length = len(package.transactions) + len(package.other or ())
    return Failure(
        refutation.violation, trial, "explore", where, again, found.states, length, package.other
    )


def prove(plan: Plan, outcome: Outcome, record: Record, deadline: float, tell: Tell) -> None:
    """Walk every path of the rules with symbols for numbers."""
    contracts = ordered(CONTRACTS, plan.protocol)
    every = [proving.Task(contract, contract.promises) for contract in contracts]
    tasks = every[: plan.runs]
    seconds = None if plan.runs is not None else max(0.1, deadline - time.monotonic())

    def report(campaign: proving.Campaign) -> None:
        tell(f"{len(tasks) - campaign.waiting - len(campaign.running)} of {len(tasks)} contracts")

    budget = proving.Budget(PROOF_SECONDS, seconds, plan.workers)
    campaign = proving.prove(tasks, plan.protocol, plan.path, budget, report)
    laws = {law.id for law in outcome.laws}
    # A law is proved where all contracts about it are, those that nobody asked for as well.
    unasked = [found for task in every[len(tasks) :] for found in task.unfinished([], "")]
    proofs = proofs_of_laws([*campaign.findings, *unasked])
    record.proofs = {law: counts for law, counts in proofs.items() if law in laws}
    for finding in campaign.findings:
        failure = _refuted(finding)
        if failure is not None and failure.violation.law in laws:
            outcome.failures.add(failure)
    done = _done(campaign.findings)
    record.runs = len(done)
    record.covered = f"{len(done)} of {len(CONTRACTS)} contracts proved"
    record.cut_short = INTERRUPTED if campaign.interrupted else ""


def _done(findings: list[Finding]) -> set[str]:
    """Return the contracts of which all that is asked is proved."""
    open_ones = {one.contract for one in findings if one.verdict is not Verdict.PROVED}
    return {one.contract for one in findings} - open_ones


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
