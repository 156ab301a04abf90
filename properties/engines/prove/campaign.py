"""Proving many contracts, each in a process of its own.

A process whose solver hears no clock can be ended.
"""

import time
from collections.abc import Callable, Sequence
from itertools import chain
from multiprocessing.connection import Connection, wait

import attrs

from properties.engines.engine import Verdict
from properties.engines.prove.contract import Contract
from properties.engines.prove.findings import Finding
from properties.engines.prove.order import precedence
from properties.engines.prove.subject import SUBJECT
from properties.trace.worker import Worker
from statemachine.protocol import Protocol

PATIENCE = 4
"""How many times its processor time a process may take by the clock; others run as well."""


@attrs.frozen
class Task:
    """A contract, and which of its laws to prove."""

    contract: Contract
    laws: tuple[str, ...]

    def unfinished(self, findings: list[Finding], reason: str) -> list[Finding]:
        """Return findings for the laws of which nothing is known."""
        settled = {finding.law for finding in findings}
        return [
            Finding(
                self.contract.rule, self.contract.name, law, Verdict.UNDETERMINED, reason=reason
            )
            for law in self.laws
            if law not in settled
        ]


@attrs.frozen
class Budget:
    """What may be spent."""

    seconds: float
    """Processor time for each cell."""
    deadline: float | None = None
    """Time for all of them, by the clock."""
    workers: int = 1
    fail_fast: bool = False
    """Stop at the first law that is refuted."""


@attrs.define
class Campaign:
    """What is known so far."""

    findings: list[Finding] = attrs.field(factory=list)
    running: list[str] = attrs.field(factory=list)
    waiting: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    walked: int = 0
    """Contracts that were begun."""

    def exit_code(self) -> int:
        """Return 1 for a refutation, else 4 for what is undetermined, else 0."""
        verdicts = {finding.verdict for finding in self.findings}
        if Verdict.REFUTED in verdicts:
            return 1
        return 4 if self.interrupted or Verdict.UNDETERMINED in verdicts else 0


Report = Callable[[Campaign], None]


def prove(
    tasks: Sequence[Task],
    protocol: Protocol,
    path: str,
    budget: Budget,
    report: Report = lambda _campaign: None,
) -> Campaign:
    """Prove all that is asked for; Ctrl-C ends it like a deadline.

    What the protocol changed comes first; findings are in the order of the tasks.
    """
    # Here and not above: only who proves something waits for CrossHair to load; and all
    # processes begin with it.
    from properties.engines.prove import prover  # noqa: F401

    began = time.monotonic()
    campaign = Campaign()
    rank = precedence(protocol)
    left = sorted(tasks, key=lambda task: rank(task.contract))
    working: list[_Proving] = []
    try:
        while left or working:
            while left and len(working) < budget.workers:
                campaign.walked += 1
                working.append(_Proving.start(left.pop(0), protocol, path, budget.seconds))
            campaign.waiting = len(left)
            campaign.running = [proving.task.contract.name for proving in working]
            campaign.seconds = time.monotonic() - began
            report(campaign)
            wait([proving.worker.connection for proving in working], timeout=0.25)
            working = [proving for proving in working if not _collected(proving, campaign)]
            if budget.fail_fast and _is_refuted(campaign, working):
                _give_up(working, left, campaign, "another law was refuted")
                break
            if budget.deadline is not None and time.monotonic() - began > budget.deadline:
                _give_up(working, left, campaign, "the deadline passed")
                working, left = [], []
    except KeyboardInterrupt:
        campaign.interrupted = True
        _give_up(working, left, campaign, "interrupted")
    finally:
        for proving in working:
            proving.worker.end()
    asked = ((task.contract.name, law) for task in tasks for law in task.laws)
    places = {cell: place for place, cell in enumerate(asked)}
    campaign.findings.sort(key=lambda finding: places[finding.contract, finding.law])
    campaign.seconds = time.monotonic() - began
    return campaign


@attrs.define(eq=False)
class _Proving:
    """A process that proves one contract."""

    task: Task
    worker: Worker
    last: float
    """When it may be ended."""
    findings: list[Finding] = attrs.field(factory=list)

    @classmethod
    def start(cls, task: Task, protocol: Protocol, path: str, seconds: float) -> "_Proving":
        worker = Worker.start(_work, task, protocol, path, seconds)
        patience = PATIENCE * seconds * (len(task.laws) + 1)
        return cls(task, worker, time.monotonic() + patience)


def _work(
    task: Task, protocol: Protocol, path: str, seconds: float, connection: Connection
) -> None:
    from properties.engines.prove import prover

    SUBJECT.speak_of(protocol)
    for finding in prover.prove_contract(task.contract, task.laws, seconds, path):
        connection.send(finding)


def _collected(proving: _Proving, campaign: Campaign) -> bool:
    """Take what a worker has found; say whether it is done."""
    try:
        while proving.worker.connection.poll():
            proving.findings.append(proving.worker.connection.recv())
    except EOFError:
        reason = "the process ended"
    else:
        if time.monotonic() < proving.last:
            return False
        reason = "the solver did not stop in time"
    proving.worker.end()
    campaign.findings += proving.findings
    campaign.findings += proving.task.unfinished(proving.findings, reason)
    return True


def _is_refuted(campaign: Campaign, working: "list[_Proving]") -> bool:
    findings = chain(campaign.findings, *(proving.findings for proving in working))
    return any(finding.counterexample is not None for finding in findings)


def _give_up(working: list[_Proving], left: list[Task], campaign: Campaign, reason: str) -> None:
    for proving in working:
        campaign.findings += proving.findings
        campaign.findings += proving.task.unfinished(proving.findings, reason)
        proving.worker.end()
    for task in left:
        campaign.findings += task.unfinished([], reason)
