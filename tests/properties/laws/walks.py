"""Walks on which only some laws look: quick, so that rare things are reached."""

from collections.abc import Iterator
from random import Random

from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.accusation import with_accusations
from properties.laws.judge import judge_rejection, judge_step
from properties.laws.law import Law, Violation
from properties.laws.views import Step
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.trace.run import state_at
from statemachine import Protocol, Rejected

Looked = tuple[Step | tuple[object, Rejected], list[Violation]]
"""What became of a transaction, and what the laws say of it."""


def walk(protocol: Protocol, laws: tuple[Law, ...], number: int, length: int) -> Iterator[Looked]:
    """Take a walk, and hold each step and each rejection against some laws."""
    protocol, rng = with_accusations(protocol), Random(f"walks/{number}")
    state = state_at(protocol, draw_genesis(rng))
    profile = draw_profile(protocol, rng, state)
    for _ in range(length):
        transaction = next_transaction(protocol, state, rng, profile, Actors.of(state))
        try:
            transition = protocol.transition(state, transaction)
        except Rejected as rejection:
            violations = judge_rejection(laws, protocol, state, transaction, rejection)
            yield (transaction, rejection), violations
            continue
        step = Step(state, transaction, transition.state, transition.events)
        state = transition.state
        yield step, judge_step(laws, protocol, step)


def first_violation(
    protocol: Protocol, laws: tuple[Law, ...], walks: int, length: int = 100
) -> Violation | None:
    """Return the first violation of some laws in so many walks."""
    for number in range(walks):
        for _, violations in walk(protocol, laws, number, length):
            if violations:
                return violations[0]
    return None
