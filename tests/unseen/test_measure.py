"""Bugs of strangers are planted as they were written, and told from what changes nothing."""

import pytest

from properties.drawn.trials import Fate, Trial
from tests.unseen.measure import Change, changes, is_right

CHANGES = changes()


@pytest.mark.parametrize("name", ["V9", "F1"])
def test_a_change_is_planted(name: str) -> None:
    assert CHANGES[name].planted().name == name


def test_a_text_that_is_not_there_is_told() -> None:
    moved = Change("X", True, "", (("statemachine.rules.blocks", "no such text", ""),))
    with pytest.raises(ValueError, match=r"X: statemachine\.rules\.blocks does not have"):
        moved.planted()


def test_bugs_are_to_be_caught_and_what_changes_nothing_is_not() -> None:
    bug, nothing = CHANGES["V9"], CHANGES["F1"]
    assert is_right(bug, Trial(Fate.CAUGHT, 1.0)) and not is_right(nothing, Trial(Fate.CAUGHT, 1.0))
    assert is_right(nothing, Trial(Fate.SAME, 1.0)) and not is_right(bug, Trial(Fate.SAME, 1.0))
