"""A replayed counterexample, with what was observed at each step."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import attrs

from properties.laws import Law, Violation
from properties.laws.patience import patient
from properties.model.design import laws_of
from properties.trace.counterexample import Counterexample
from properties.trace.run import Run, Start
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes


@attrs.frozen
class Moment:
    """A transaction and its outcome."""

    transaction: Any
    before: State
    after: State
    """The state before it, if it was rejected."""
    events: tuple[Any, ...] = ()
    refusal: str | None = None
    """Why it was rejected; None if it was accepted."""

    @property
    def vote(self) -> CastVotes | None:
        """The votes that were counted, if it is about any."""
        tx = self.transaction
        return tx if isinstance(tx, CastVotes) and self.refusal is None else None


@attrs.frozen
class Branch:
    """The transactions up to the first that breaks a law."""

    start: State
    moments: tuple[Moment, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """The state at the start, and after each transaction."""
        return self.start, *(moment.after for moment in self.moments)


@attrs.frozen
class Retelling:
    """A counterexample, and what happened when it was replayed."""

    protocol: Protocol
    package: Counterexample
    """With the name of the protocol that it was replayed on."""
    branches: tuple[Branch, ...]
    """One, or two from the same start where the law is about two chains."""
    violations: tuple[Violation, ...]

    @property
    def shared(self) -> int:
        """How many transactions two branches share at the beginning; 0 for one branch."""
        if len(self.branches) == 1:
            return 0
        pairs = zip(self.package.transactions, self.package.other or (), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    @property
    def where(self) -> str:
        """Where the run ends."""
        if len(self.branches) > 1:
            return "on two chains"
        moments = self.branches[0].moments
        return f"after {type(moments[-1].transaction).__name__}" if moments else "at the start"


def retell(
    protocol: Protocol, package: Counterexample, violations: Sequence[Violation]
) -> Retelling:
    """Replay a counterexample, and record what happens at each step."""
    txs = [package.transactions]
    if package.other is not None:
        txs.append(package.other)
    # Two branches break a law together: what happens on one of them does not end the story.
    laws = laws_of(protocol) if package.other is None else ()
    branches = tuple(_branch(protocol, package.start, branch, laws) for branch in txs)
    return Retelling(protocol, package, branches, tuple(violations))


def _branch(
    protocol: Protocol, start: Start, transactions: Sequence[object], laws: tuple[Law, ...]
) -> Branch:
    run = Run.start(protocol, start, laws=laws)
    first = run.state
    moments = []
    for transaction in transactions:
        if run.violations and laws:
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


def _refusal(protocol: Protocol, state: State, transaction: object) -> str:
    """Return why a transaction was rejected, or the exception that a rule raised instead."""
    try:
        patient(protocol, state, transaction)
    except Rejected as rejection:
        return str(rejection)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it led to no state"
