"""A counterexample that has been run again, with what was seen at each step."""

from collections.abc import Sequence
from typing import Any

import attrs

from properties.counterexample import Counterexample
from properties.invariants import Violation
from properties.runner import Run, Start
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State


@attrs.frozen
class Moment:
    """A transaction, and what became of it."""

    transaction: Any
    before: State
    after: State
    """The state before it, where it was refused."""
    events: tuple[Any, ...] = ()
    refusal: str | None = None
    """Why it was refused; None where it was not."""


@attrs.frozen
class Branch:
    """Transactions one after another, up to the first that broke a law."""

    start: State
    moments: tuple[Moment, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """The state at the start, and after each transaction."""
        return self.start, *(moment.after for moment in self.moments)


@attrs.frozen
class Retelling:
    """A counterexample, and what happened when it was run again."""

    package: Counterexample
    """With the protocol that it was run again with."""
    branches: tuple[Branch, ...]
    """One, or two from the same start where the law is about two chains."""
    violations: tuple[Violation, ...]

    @property
    def last_transaction(self) -> Any:
        """The transaction after which a law was broken; None where none was told."""
        moments = self.branches[-1].moments
        return moments[-1].transaction if moments else None


def retell(
    protocol: Protocol, package: Counterexample, violations: Sequence[Violation]
) -> Retelling:
    """Run a counterexample again, and keep what was seen beside what was found."""
    orders = [package.transactions]
    other = getattr(package, "other", None)
    if other is not None:
        orders.append(other)
    branches = tuple(_branch(protocol, package.start, branch) for branch in orders)
    return Retelling(package, branches, tuple(violations))


def _branch(protocol: Protocol, start: Start, transactions: Sequence[Any]) -> Branch:
    run = Run.start(protocol, start)
    first = run.state
    moments = []
    for transaction in transactions:
        if run.violations:
            break
        before = run.state
        step = run.submit(transaction)
        if step is None:
            moments.append(
                Moment(transaction, before, before, (), _refusal(run.protocol, before, transaction))
            )
        else:
            moments.append(Moment(transaction, before, step.after, step.events))
    return Branch(first, tuple(moments))


def _refusal(protocol: Protocol, state: State, transaction: Any) -> str:
    """Say why a transaction led nowhere: a reason, or what was raised instead of one."""
    try:
        protocol.transition(state, transaction)
    except Rejected as rejection:
        return str(rejection)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it led to no state"
