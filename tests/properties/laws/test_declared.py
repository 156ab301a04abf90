"""A mistake in a part of ours is no declaration; a designer's own part is one."""

from collections.abc import Callable
from typing import Any

import pytest

from properties.engines.check import execute
from properties.engines.engine import Plan
from properties.engines.walk import WALK
from properties.laws.declared import is_ours
from statemachine import PROTOCOL, Offence, Protocol, State
from statemachine.rules.blocks import only_the_elected
from statemachine.rules.slashing import fraction_of


def anybody(_protocol: Protocol, _state: State, _slot: int) -> None:
    return None


def as_for_two_signatures(state: State, _offence: Offence) -> int:
    return state.params.double_sign_bps


def three_quarters(tally: int, total: int) -> bool:
    return 4 * tally > 3 * total


def broken(part: str, rule: Callable[..., Any]) -> set[str]:
    parts: dict[str, Any] = {part: rule}
    plan = Plan(
        PROTOCOL.fork("declared", **parts), "statemachine:PROTOCOL", 1, 60.0, runs=20,
        engines=(WALK,), shrink_seconds=0.1,
    )  # fmt: skip
    report = execute(plan)
    return {failure.violation.law for failure in report.failures}


WRONG = [
    ("leaders", anybody, "ADM-1"),
    ("fraction", as_for_two_signatures, "SLA-2"),
    ("is_quorum", three_quarters, "FIN-12"),
]


@pytest.mark.parametrize(("part", "rule", "law"), WRONG, ids=[part for part, _, _ in WRONG])
def test_a_mistake_in_ours_is_refuted_and_a_rule_of_ones_own_is_followed(
    part: str, rule: Callable[..., Any], law: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert law not in broken(part, rule)
    monkeypatch.setattr(rule, "__module__", "statemachine.rules.somewhere")
    assert law in broken(part, rule)


def test_what_is_ours_is_known() -> None:
    for part in (only_the_elected, fraction_of, PROTOCOL.is_quorum, PROTOCOL.serves):
        assert is_ours(part)
    assert not is_ours(anybody)
