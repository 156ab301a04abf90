"""One transaction put to a protocol: what came of it, and that nothing else did."""

from operator import attrgetter, is_not
from typing import Any

from properties.invariants import Violation
from properties.views import Step
from statemachine.errors import Rejected
from statemachine.protocol import Protocol, Transition
from statemachine.records import fields_of
from statemachine.state import State

FIELDS = tuple(field.name for field in fields_of(State))

contents_of = attrgetter(*FIELDS)
"""Gives the contents of all fields of a state."""


def attempt(protocol: Protocol, state: State, transaction: Any) -> Step | Rejected | Violation:
    """Apply a transaction; return the step, the refusal, or how it broke totality or purity."""
    contents = contents_of(state)
    outcome: Any
    try:
        outcome = protocol.transition(state, transaction)
    except Rejected as rejection:
        # With its traceback it would keep this frame alive, and be kept alive by it.
        outcome = rejection.with_traceback(None)
    except Exception as error:
        name = type(transaction).__name__
        return Violation("RUN-3", f"{name} raised {type(error).__name__}: {error}")
    if any(map(is_not, contents, contents_of(state))):
        return Violation("RUN-4", f"the rule changed {_changed(state, contents)} in its own input")
    if isinstance(outcome, Transition):
        return Step(state, transaction, outcome.state, outcome.events)
    if isinstance(outcome, Rejected):
        return outcome
    return Violation("RUN-3", f"a rule returned {type(outcome).__name__}")


def _changed(state: State, contents: tuple[Any, ...]) -> str:
    now = zip(FIELDS, contents, contents_of(state), strict=True)
    return ", ".join(name for name, was, is_now in now if was is not is_now)
