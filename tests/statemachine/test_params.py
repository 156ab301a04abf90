"""Parameters are checked one by one and together."""

from functools import partial
from typing import Any

import pytest

from statemachine import OutOfRange, Params, evolve
from tests.statemachine.generic import evolved_by_attrs

TOGETHER = [
    (
        {"unbonding_epochs": 20},
        "Params.unbonding_epochs = 20: must be at least evidence_window = 21, so that stake is"
        " not released while evidence against it is admissible",
    ),
    (
        {"evidence_window": 22},
        "Params.unbonding_epochs = 21: must be at least evidence_window = 22, so that stake is"
        " not released while evidence against it is admissible",
    ),
    (
        {"unbonding_epochs": 1, "evidence_window": 1, "election_lookahead": 2},
        "Params.election_lookahead = 2: must be at most evidence_window = 1, for as long as sets"
        " are remembered",
    ),
    ({"min_stake": 0}, "Params.min_stake = 0: must be at least 1"),
    ({"churn_floor": 0}, "Params.churn_floor = 0: must be at least 1"),
    (
        {"max_slot_gap": 32},
        "Params.max_slot_gap = 32: must be more than epoch_length = 32, so that an epoch"
        " without blocks can be passed",
    ),
    (
        {"epoch_length": 1_024},
        "Params.max_slot_gap = 1024: must be more than epoch_length = 1024, so that an epoch"
        " without blocks can be passed",
    ),
]


@pytest.mark.parametrize(("changes", "message"), TOGETHER)
def test_parameters_that_contradict_each_other_are_refused_on_every_way_in(
    changes: dict[str, Any], message: str
) -> None:
    for make in (
        partial(Params, **changes),
        partial(evolve, Params(), **changes),
        partial(evolved_by_attrs, Params(), **changes),
    ):
        with pytest.raises(OutOfRange) as refused:
            make()
        assert str(refused.value) == message


@pytest.mark.parametrize(
    "changes",
    [
        {"unbonding_epochs": 21, "evidence_window": 21},
        {"unbonding_epochs": 1, "evidence_window": 1},
        {"max_slot_gap": 33},
        {"epoch_length": 1_023},
        {"epoch_length": 1, "max_slot_gap": 2},
        {"min_stake": 1},
        {"churn_floor": 1},
        {"churn_bps": 0, "churn_floor": 1},
        {"epoch_reward": 0},
        {"epoch_reward": 2**128 - 1, "min_stake": 2**128 - 1, "churn_floor": 2**128 - 1},
        {"downtime_threshold": 0},
        {"double_sign_bps": 10_000, "invalid_block_bps": 0, "downtime_bps": 10_000},
    ],
)
def test_parameters_at_their_ends_are_accepted_on_every_way_in(changes: dict[str, int]) -> None:
    made = Params(**changes)
    assert evolve(Params(), **changes) == made
    assert evolved_by_attrs(Params(), **changes) == made
    assert all(getattr(made, name) == number for name, number in changes.items())


def test_two_parameters_that_only_fit_together_are_changed_together() -> None:
    shorter = evolve(Params(), unbonding_epochs=5, evidence_window=5)
    with pytest.raises(OutOfRange):
        evolve(shorter, evidence_window=6)
    assert evolve(shorter, evidence_window=6, unbonding_epochs=6).evidence_window == 6


def test_the_defaults_are_those_of_the_design() -> None:
    chosen = Params()
    assert chosen.unbonding_epochs == 21
    assert chosen.double_sign_bps == 5_000
    assert chosen.invalid_block_bps == 1_000
    assert chosen.downtime_bps == 500
    assert chosen.downtime_threshold == 1_000
    assert (chosen.churn_bps, chosen.churn_floor) == (50, 1_000_000)
