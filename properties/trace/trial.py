"""A trial: where to begin and what to do from there, to see whether it breaks a law."""

from typing import Any

import attrs

from properties.laws import Violation
from properties.trace.leaving import check_everyone_can_leave, check_finality_goes_on
from properties.trace.repair import repaired
from properties.trace.run import Run, Start
from statemachine.protocol import Protocol
from statemachine.state import State


@attrs.frozen
class Trial:
    """Where to begin, and transactions that may break a law from there."""

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
    run.violations += broken_at_end(run.protocol, run.state, law)
    return run if any(violation.law == law for violation in run.violations) else None


def broken_at_end(protocol: Protocol, state: State, law: str) -> list[Violation]:
    """Hold the last state of a run against one of the laws that only speak of that."""
    if law == "RUN-1":
        return check_everyone_can_leave(protocol, state)
    return stuck_at_end(protocol, state)[1] if law == "LIV-1" else []


def stuck_at_end(protocol: Protocol, state: State) -> tuple[bool, list[Violation]]:
    """Say whether the law that finality can go on speaks of a state, and how it is broken.

    It does not where the protocol raises on the way: that breaks another law, once the
    transactions that show it are drawn.
    """
    try:
        return check_finality_goes_on(protocol, state)
    except Exception:
        return False, []
