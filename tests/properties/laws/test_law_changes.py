"""Laws are held against what a step changed: that must find what looking at all would find."""

from random import Random
from typing import Any

import pytest

from properties.generate.transactions import draw_habits, next_transaction
from properties.laws import LAWS, Violation, check_state, check_step
from properties.laws.accusation import with_accusations
from properties.laws.application import attempt
from properties.laws.law import Law
from properties.laws.views import Step, all_views
from properties.model.draw_context import Cast
from properties.model.worlds import draw_genesis
from properties.mutants import MUTANTS, Mutant
from properties.trace.run import state_at
from statemachine import PROTOCOL, Protocol, State, Transfer, Transition, evolve
from statemachine.errors import Rejected
from tests.statemachine.worlds import DORA, EMIL, world

OF_STATES = tuple(law for law in LAWS if law.of_step is None)

WITH_READS = [law for law in LAWS if law.reads]


def steps_of_a_walk(protocol: Protocol, name: str, most: int) -> list[Step]:
    rng = Random(f"changes/{name}")
    protocol, state = with_accusations(protocol), state_at(protocol, draw_genesis(rng))
    habits, steps = draw_habits(protocol, rng, state), []
    for _ in range(most):
        order = next_transaction(protocol, state, rng, habits, Cast.of(state))
        result = attempt(protocol, state, order)
        if isinstance(result, Violation):
            break
        if isinstance(result, Step):
            steps.append(result)
            state = result.after
    return steps


def broken_laws(found: list[Violation]) -> set[str]:
    return {violation.law for violation in found}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_step_is_found_to_break_the_laws_that_the_state_after_it_breaks(mutant: Mutant) -> None:
    for number in range(4):
        for step in steps_of_a_walk(mutant.protocol, f"{mutant.id}/{number}", 60):
            try:
                whole = check_state(LAWS, step.after, all_views(step.after))
            except Exception:
                # What cannot be read is judged by the runner.
                break
            assert broken_laws(check_step(OF_STATES, PROTOCOL, step)) == broken_laws(whole)
            if whole:
                break


class Watched:
    """A state that notes which of its fields are looked at."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.seen: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.seen.add(name)
        return getattr(self._state, name)


@pytest.mark.parametrize("law", WITH_READS, ids=lambda law: law.id)
def test_a_law_looks_at_no_field_that_it_does_not_name(law: Law) -> None:
    assert law.of_state is not None
    seen: set[str] = set()
    for number in range(6):
        for step in steps_of_a_walk(PROTOCOL, f"reads/{number}", 60):
            watched = Watched(step.after)
            assert list(law.of_state(watched)) == []  # type: ignore[arg-type]
            seen |= watched.seen
    assert seen - {"epoch"} == set(law.reads)


def test_a_law_that_names_no_fields_is_checked_at_every_step() -> None:
    def always(_state: State) -> list[str]:
        return ["seen"]

    law = Law("X-1", "x", "X.", LAWS[0].kind, of_state=always)
    state = world()
    step = Step(state, Transfer(DORA, EMIL, 1), evolve(state, undistributed=1), ())
    assert broken_laws(check_step((law,), PROTOCOL, step)) == {"X-1"}


# --- one transaction ---------------------------------------------------------------------

ORDER = Transfer(DORA, EMIL, 5)


def test_a_transaction_that_is_taken_is_a_step() -> None:
    state = world()
    step = attempt(PROTOCOL, state, ORDER)
    assert isinstance(step, Step)
    assert (step.before, step.transaction) == (state, ORDER)
    assert step.after == PROTOCOL.apply(state, ORDER)


def test_a_transaction_that_is_refused_is_its_refusal_without_a_traceback() -> None:
    rejection = attempt(PROTOCOL, world(), Transfer(DORA, EMIL, 10**30))
    assert isinstance(rejection, Rejected)
    assert rejection.__traceback__ is None


def _raise(_protocol: Protocol, _state: State, _order: Any) -> Transition:
    raise ZeroDivisionError("none")


def _return_nothing(_protocol: Protocol, _state: State, _order: Any) -> Any:
    return None


def _change_in_place(_protocol: Protocol, state: State, _order: Any) -> Transition:
    object.__setattr__(state, "reward_index", state.reward_index + 1)
    return Transition(state)


def _change_and_refuse(protocol: Protocol, state: State, order: Any) -> Transition:
    object.__setattr__(state, "undistributed", state.undistributed + 1)
    return PROTOCOL.transition(state, Transfer(DORA, EMIL, 0))


@pytest.mark.parametrize(
    ("rule", "violation"),
    [
        (_raise, Violation("RUN-3", "Transfer raised ZeroDivisionError: none")),
        (_return_nothing, Violation("RUN-3", "a rule returned NoneType")),
        (_change_in_place, Violation("RUN-4", "the rule changed reward_index in its own input")),
        (_change_and_refuse, Violation("RUN-4", "the rule changed undistributed in its own input")),
    ],
)
def test_a_rule_that_is_not_total_or_not_pure_is_a_violation(
    rule: Any, violation: Violation
) -> None:
    assert attempt(PROTOCOL.fork("bad", {Transfer: rule}), world(), ORDER) == violation
