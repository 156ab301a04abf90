"""One transaction put to a protocol: what came of it, and that nothing else did."""

from operator import attrgetter, is_not
from typing import Any

from properties.laws import Violation
from properties.laws.accusation import Evidence, repetitions
from properties.laws.standing import refused_return
from properties.laws.views import Step
from statemachine.errors import Rejected, RejectionReason
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


def punished_twice(protocol: Protocol, step: Step) -> list[Violation]:
    """Offer the evidence of a step again: it must be refused, since it has been punished."""
    if not isinstance(step.transaction, Evidence):
        return []
    found = []
    for again in repetitions(step.transaction):
        try:
            protocol.transition(step.after, again)
        except Rejected as rejection:
            if rejection.reason is RejectionReason.OFFENCE_ALREADY_PUNISHED:
                continue
            message = f"the same offence is refused a second time for {rejection}"
        else:
            message = "the same offence was accepted, and punished, a second time"
        found.append(Violation("SLA-4", message))
    return found


def wrongly_refused(state: State, order: Any, rejection: Rejected) -> list[Violation]:
    """Return the laws, but for the oracle's, that a refusal breaks."""
    complaints = refused_return(state, order, rejection)
    return [Violation("TIM-8", complaint) for complaint in complaints]
