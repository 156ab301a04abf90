"""A trial: a start and transactions that may break a law."""

from collections import Counter
from typing import Any

import attrs

from properties.laws import Violation
from properties.laws.law import OnEnd
from properties.model.design import laws_of
from properties.trace.repair import repaired
from properties.trace.run import Run, Start
from statemachine.protocol import Protocol
from statemachine.state import State


@attrs.frozen
class Trial:
    """A start, and transactions that may break a law from there."""

    start: Start
    transactions: tuple[Any, ...]


def run_trial(
    protocol: Protocol, trial: Trial, law: str, *, repair: bool, roots: set[bytes] | None = None
) -> Run | None:
    """Run a trial until it breaks the law; None where it does not.

    With `repair`, transactions are made to fit the chain (see `repaired`); the roots of
    this chain's checkpoints are added to the `roots`.
    """
    others = roots if roots is not None else set()
    try:
        run = Run.start(protocol, trial.start)
    except Exception:
        return None
    for transaction in trial.transactions:
        if repair:
            transaction = repaired(run.protocol, run.state, transaction, others)
        run.submit(transaction)
        if any(violation.law == law for violation in run.violations):
            return run
        if run.violations:
            return None
    run.violations += check_end(run.protocol, run.state, law)[1]
    return run if any(violation.law == law for violation in run.violations) else None


def check_end(
    protocol: Protocol, state: State, law_id: str | None = None
) -> tuple[Counter[str], list[Violation]]:
    """Hold the last state of a run against the laws about what can follow it, or one of them.

    Return how often each had something to judge, and how they were broken.
    """
    judged: Counter[str] = Counter()
    violations: list[Violation] = []
    for law in laws_of(protocol):
        if isinstance(law.check, OnEnd) and law_id in (None, law.id):
            complaints = law.check.observe(protocol, state)
            if complaints is not None:
                judged[law.id] += 1
                violations += [Violation(law.id, complaint) for complaint in complaints]
    return judged, violations
