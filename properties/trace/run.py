"""One observed run of a protocol: every step is checked against every law."""

from collections.abc import Iterable
from random import Random
from typing import Any

import attrs

from properties.generate.transactions import next_transaction
from properties.laws import Law, Violation, check_state
from properties.laws.accusation import with_accusations
from properties.laws.application import Misbehaved, checked_apply
from properties.laws.coverage import Coverage
from properties.laws.judge import judge_rejection, judge_step, unreadable
from properties.laws.views import Step, all_views
from properties.model.design import asked, laws_of
from properties.model.draw_context import Actors, RunProfile
from properties.model.passing import crossing_once
from properties.oracle import Oracle
from statemachine.description import Genesis
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis
from statemachine.state import State

Start = Genesis | State
"""Where a run begins: at a genesis, or at any state."""


def state_at(protocol: Protocol, start: Start) -> State:
    """Return the state that a run begins with."""
    return start if isinstance(start, State) else genesis(protocol, start)


@attrs.define
class Run:
    """A state, the transactions that led to it, and the violations on the way."""

    protocol: Protocol
    state: State
    laws: tuple[Law, ...] = attrs.field(
        default=attrs.Factory(lambda self: laws_of(self.protocol), takes_self=True)
    )
    coverage: Coverage = attrs.field(factory=Coverage)
    oracle: Oracle | None = None
    submitted: list[object] = attrs.field(factory=list)
    """Every transaction submitted, rejected ones included."""
    accepted: list[Any] = attrs.field(factory=list)
    """Those that were accepted."""
    violations: list[Violation] = attrs.field(factory=list)

    @classmethod
    def start(
        cls,
        protocol: Protocol,
        start: Start,
        coverage: Coverage | None = None,
        laws: tuple[Law, ...] | None = None,
    ) -> "Run":
        """Begin somewhere, and hold the state there against the laws of states.

        The laws are the protocol's, unless others are given. A state that is given need not be
        reachable, and laws of reachable ones are left to runs that begin with a genesis.
        """
        laws = laws_of(protocol) if laws is None else laws
        if isinstance(start, State):
            laws = tuple(law for law in laws if not law.reachable)
        state = state_at(protocol, start)
        run = cls(crossing_once(with_accusations(protocol)), state, laws, coverage or Coverage())
        run.coverage.runs += 1
        run.violations = check_state(laws, state, all_views(state))
        try:
            run.oracle = Oracle.at(state, run.protocol)
        except Exception as error:
            run.violations.append(unreadable(error))
        return run

    def submit(self, transaction: object) -> Step | None:
        """Apply a transaction and check everything; return None if it was rejected."""
        self.submitted.append(transaction)
        outcome = checked_apply(self.protocol, self.state, transaction)
        if isinstance(outcome, Misbehaved):
            self.violations += outcome.violations
            return None
        if isinstance(outcome, Rejected):
            self._judge_rejection(transaction, outcome)
            return None
        self.state = outcome.after
        self.accepted.append(transaction)
        self._judge(outcome)
        return outcome

    def submit_all(self, transactions: Iterable[object]) -> bool:
        """Submit transactions until one breaks a law; say whether one did."""
        for transaction in transactions:
            if self.violations:
                return True
            self.submit(transaction)
        return bool(self.violations)

    def walk(self, rng: Random, profile: RunProfile, steps: int, actors_every: int = 1) -> bool:
        """Submit drawn transactions until one breaks a law; say whether one did."""
        actors = Actors.of(self.state)
        for number in range(steps):
            if self.violations:
                return True
            if number % actors_every == 0:
                actors = Actors.of(self.state)
            self.submit(next_transaction(self.protocol, self.state, rng, profile, actors))
        return bool(self.violations)

    def _judge_rejection(self, transaction: object, rejection: Rejected) -> None:
        self.coverage.reject(transaction, rejection)
        self.violations += judge_rejection(
            self.laws, self.protocol, self.state, transaction, rejection
        )
        if self.oracle is not None:
            try:
                violations = self.oracle.refused(self.state, transaction, rejection)
            except Exception as error:
                violations = [unreadable(error)]
            self.violations += asked(self.protocol, violations, transaction)

    def _judge(self, step: Step) -> None:
        self.violations += judge_step(self.laws, self.protocol, step)
        try:
            self.coverage.accept(self.protocol, step)
            followed = self.oracle.follow(step) if self.oracle is not None else []
        except Exception as error:
            followed = [unreadable(error)]
        self.violations += asked(self.protocol, followed, step.transaction)
