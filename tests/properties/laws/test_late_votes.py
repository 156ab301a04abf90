"""With all votes late, finality keeps up, and a law says where it does not."""

import pytest

from properties.laws.late_votes import finality_keeps_up
from properties.mutants import MUTANTS
from statemachine import PROTOCOL, State, evolve
from statemachine.state import Status
from tests.statemachine.worlds import ANNA, PARAMS, advance, world

LONG = evolve(PARAMS, unbonding_epochs=8, evidence_window=8)
"""A window that is long enough for votes two epochs late."""


def complaints(state: State, mutant_id: str | None = None) -> list[str] | None:
    protocol = next((one.protocol for one in MUTANTS if one.id == mutant_id), PROTOCOL)
    return finality_keeps_up(protocol, state)


@pytest.mark.parametrize("span", [1, 2, 3])
@pytest.mark.parametrize("epochs", [0, 1, 12])
def test_finality_keeps_up_however_long_nobody_has_voted(span: int, epochs: int) -> None:
    state = advance(world(params=evolve(LONG, finality_span=span)), epochs)
    assert complaints(state) == []


def test_a_protocol_that_forgets_links_over_two_epochs_does_not_keep_up() -> None:
    assert complaints(world(params=LONG), "F2d") == [
        "with all votes 2 epochs late finality lags by 9 epochs after 9 more; at most 4 are allowed"
    ]


def test_the_law_says_nothing_where_votes_can_never_come_late_or_nobody_votes() -> None:
    short = evolve(PARAMS, unbonding_epochs=1, evidence_window=1)
    assert complaints(world(params=short)) is None
    alone = world(stakes={ANNA: 1_000})
    jailed = evolve(alone.validators[ANNA], status=Status.JAILED, jailed_until=99)
    assert complaints(evolve(alone, validators=alone.validators.set(ANNA, jailed))) is None
