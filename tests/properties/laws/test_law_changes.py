"""Laws are held against what a step changed: that must find what looking at all would find."""

from random import Random
from typing import Any

import pytest

from properties.generate.transactions import draw_profile, next_transaction
from properties.laws import LAWS, Violation, check_state, check_step
from properties.laws.accusation import with_accusations
from properties.laws.application import Misbehaved, checked_apply
from properties.laws.judge import judge_step
from properties.laws.law import CHECKS_OF_STATES, Law, LawRaised, OnState, OnStep, OnValidator
from properties.laws.views import Step, all_views
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.mutants import MUTANTS, Mutant
from properties.trace.run import state_at
from statemachine import PROTOCOL, Delegate, Protocol, State, Transfer, evolve
from statemachine.errors import Rejected
from tests.statemachine.worlds import ANNA, DORA, EMIL, world

OF_STATES = tuple(law for law in LAWS if type(law.check) in CHECKS_OF_STATES)

WITH_READS = [law for law in LAWS if isinstance(law.check, OnState) and law.check.reads]


def steps_of_a_walk(protocol: Protocol, name: str, most: int) -> list[Step]:
    rng = Random(f"changes/{name}")
    protocol, state = with_accusations(protocol), state_at(protocol, draw_genesis(rng))
    profile, steps = draw_profile(protocol, rng, state), []
    for _ in range(most):
        tx = next_transaction(protocol, state, rng, profile, Actors.of(state))
        result = checked_apply(protocol, state, tx)
        if isinstance(result, Misbehaved):
            break
        if isinstance(result, Step):
            steps.append(result)
            state = result.after
    return steps


def broken_laws(violations: list[Violation]) -> set[str]:
    return {violation.law for violation in violations}


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
    assert isinstance(law.check, OnState)
    seen: set[str] = set()
    for number in range(6):
        for step in steps_of_a_walk(PROTOCOL, f"reads/{number}", 60):
            watched = Watched(step.after)
            assert list(law.check.observe(watched)) == []  # type: ignore[arg-type]
            seen |= watched.seen
    assert seen - {"epoch"} == set(law.check.reads)


def test_a_law_that_names_no_fields_is_checked_at_every_step() -> None:
    def always(_state: State) -> list[str]:
        return ["seen"]

    law = Law("X-1", "x", "X.", OnState(always))
    state = world()
    step = Step(state, Transfer(DORA, EMIL, 1), evolve(state, undistributed=1), ())
    assert broken_laws(check_step((law,), PROTOCOL, step)) == {"X-1"}


# --- one transaction ---------------------------------------------------------------------

TX = Transfer(DORA, EMIL, 5)


def test_a_transaction_that_is_taken_is_a_step() -> None:
    state = world()
    step = checked_apply(PROTOCOL, state, TX)
    assert isinstance(step, Step)
    assert (step.before, step.transaction) == (state, TX)
    assert step.after == PROTOCOL.apply(state, TX)


def test_a_transaction_that_is_refused_is_its_refusal_without_a_traceback() -> None:
    rejection = checked_apply(PROTOCOL, world(), Transfer(DORA, EMIL, 10**30))
    assert isinstance(rejection, Rejected)
    assert rejection.__traceback__ is None


# --- laws that raise ---------------------------------------------------------------------


def _divide(_view: object) -> list[str]:
    return [str(1 // 0)]


def _return_a_string(_protocol: Protocol, _step: Step) -> str:
    return "it is wrong"


def _return_nothing(_protocol: Protocol, _step: Step) -> None:
    return None


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        (OnValidator(_divide), "law X-1 raised ZeroDivisionError: integer division or modulo by"),
        (OnStep(_return_a_string), "law X-1 raised TypeError: it gave 'i' for a complaint; yield"),
        (OnStep(_return_nothing), "law X-1 raised TypeError: 'NoneType' object is not iterable"),  # type: ignore[arg-type]
    ],
)
def test_a_law_that_raises_is_named_and_the_protocol_is_not_blamed(
    check: OnValidator | OnStep, complaint: str
) -> None:
    step = checked_apply(PROTOCOL, world(), Delegate(DORA, ANNA, 5))
    assert isinstance(step, Step)
    law = Law("X-1", "x", "X.", check)
    with pytest.raises(LawRaised) as raised:
        judge_step((law,), PROTOCOL, step)
    assert str(raised.value).startswith(complaint)


def test_where_a_law_raises_is_told() -> None:
    step = checked_apply(PROTOCOL, world(), Delegate(DORA, ANNA, 5))
    assert isinstance(step, Step)
    with pytest.raises(LawRaised, match=r"test_law_changes\.py, line \d+"):
        judge_step((Law("X-1", "x", "X.", OnValidator(_divide)),), PROTOCOL, step)
