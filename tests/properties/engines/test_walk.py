"""A long walk leaves time for what comes after it."""

import time

import attrs
import pytest

from properties.engines import walk
from properties.engines.engine import Plan, Result
from statemachine import PROTOCOL
from tests.statemachine.worlds import described


def test_a_walk_from_a_genesis_leaves_time_for_everybody_to_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deadlines = []

    def walks(plan: Plan, deadline: float, _report: object) -> Result:
        deadlines.append(deadline - time.monotonic())
        return Result.of(plan)

    monkeypatch.setattr(walk, "_walks", walks)
    plan = Plan(PROTOCOL, "statemachine:PROTOCOL", 1, seconds=1_000)
    for asked in (plan, attrs.evolve(plan, genesis=described())):
        walk.WALK.run(asked, time.monotonic() + 1_000, lambda _covered: None)
    small, long = deadlines
    assert small > 990
    assert 600 < long < 700
