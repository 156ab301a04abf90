"""One run of a protocol under observation: every step held against every law."""

from collections.abc import Iterable
from random import Random
from typing import Any

import attrs

from properties.generate.transactions import next_transaction
from properties.laws import Law, Violation, check_state, check_step
from properties.laws.accusation import with_accusations
from properties.laws.application import punished_twice, wrongly_refused
from properties.laws.coverage import Coverage
from properties.laws.views import Step, all_views
from properties.model.design import asked, laws_of
from properties.model.draw_context import Cast, Habits
from properties.oracle import Oracle
from statemachine.errors import Rejected
from statemachine.protocol import Protocol, Transition
from statemachine.records import fields_of
from statemachine.rules.genesis import Genesis, genesis
from statemachine.state import State

Start = Genesis | State
"""Where a run begins: at a genesis, or at any state."""


def state_at(protocol: Protocol, start: Start) -> State:
    """Return the state that a run begins with."""
    return start if isinstance(start, State) else genesis(protocol, start)


@attrs.define
class Run:
    """A state, how it came about, and what was found on the way."""

    protocol: Protocol
    state: State
    laws: tuple[Law, ...] = attrs.field(
        default=attrs.Factory(lambda self: laws_of(self.protocol), takes_self=True)
    )
    coverage: Coverage = attrs.field(factory=Coverage)
    oracle: Oracle | None = None
    submitted: list[Any] = attrs.field(factory=list)
    """Every transaction submitted, refused ones included."""
    accepted: list[Any] = attrs.field(factory=list)
    """Those that were not refused."""
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

        The laws are the protocol's, unless others are given.
        """
        laws = laws_of(protocol) if laws is None else laws
        state = state_at(protocol, start)
        run = cls(with_accusations(protocol), state, laws, coverage or Coverage())
        run.coverage.runs += 1
        run.violations = check_state(laws, state, all_views(state))
        run.oracle = Oracle.at(state, run.protocol)
        return run

    def submit(self, transaction: Any) -> Step | None:
        """Apply a transaction and check everything; None where it was refused."""
        self.submitted.append(transaction)
        before = self.state
        fields = [getattr(before, field.name) for field in fields_of(State)]
        try:
            outcome = self.protocol.transition(before, transaction)
        except Rejected as rejection:
            self._check_input(before, fields)
            self._refused(transaction, rejection)
            return None
        except Exception as error:
            name = type(transaction).__name__
            self._found("RUN-3", f"{name} raised {type(error).__name__}: {error}")
            return None
        if not isinstance(outcome, Transition):
            self._found("RUN-3", f"a rule returned {type(outcome).__name__}")
            return None
        self._check_input(before, fields)
        step = Step(before, transaction, outcome.state, outcome.events)
        self.state = outcome.state
        self.accepted.append(transaction)
        try:
            self._check(step)
        except Exception as error:
            self._found("RUN-3", f"the state cannot be read: {type(error).__name__}: {error}")
        return step

    def submit_all(self, transactions: Iterable[Any]) -> bool:
        """Submit transactions until one breaks a law; say whether one did."""
        for transaction in transactions:
            if self.violations:
                return True
            self.submit(transaction)
        return bool(self.violations)

    def walk(self, rng: Random, habits: Habits, steps: int, cast_every: int = 1) -> bool:
        """Submit drawn transactions until one breaks a law; say whether one did."""
        cast = Cast.of(self.state)
        for number in range(steps):
            if self.violations:
                return True
            if number % cast_every == 0:
                cast = Cast.of(self.state)
            self.submit(next_transaction(self.protocol, self.state, rng, habits, cast))
        return bool(self.violations)

    def _refused(self, transaction: Any, rejection: Rejected) -> None:
        self.coverage.reject(transaction, rejection)
        found = wrongly_refused(self.state, transaction, rejection)
        if self.oracle is not None:
            found += self.oracle.refused(self.state, transaction, rejection)
        self.violations += asked(self.protocol, found)

    def _check(self, step: Step) -> None:
        self.coverage.accept(step)
        self.violations += check_step(self.laws, self.protocol, step)
        found = self.oracle.follow(step) if self.oracle is not None else []
        found += punished_twice(self.protocol, step)
        self.violations += asked(self.protocol, found)

    def _check_input(self, before: State, fields: list[Any]) -> None:
        for field, content in zip(fields_of(State), fields, strict=True):
            if getattr(before, field.name) is not content:
                self._found("RUN-4", f"the rule changed {field.name} in the state it was given")

    def _found(self, law: str, message: str) -> None:
        self.violations.append(Violation(law, message))
