"""How old a trusted checkpoint may be follows from the evidence window and the churn."""

import pytest

from statemachine import Params, evolve
from statemachine.weak_subjectivity import safe_checkpoint_age

DEFAULTS = Params()

LONG = evolve(DEFAULTS, unbonding_epochs=10_000, evidence_window=10_000)
"""A window that decides nothing, so that churn does."""


def test_a_large_chain_at_the_defaults_may_trust_a_checkpoint_for_the_evidence_window() -> None:
    assert safe_checkpoint_age(DEFAULTS, 200_000_000) == DEFAULTS.evidence_window == 21


@pytest.mark.parametrize("window", [1, 2, 20, 22])
def test_evidence_that_expires_sooner_lowers_the_age(window: int) -> None:
    params = evolve(DEFAULTS, unbonding_epochs=30, evidence_window=window)
    assert safe_checkpoint_age(params, 10**12) == window


def test_unbonding_beyond_the_evidence_window_does_not_raise_the_age() -> None:
    assert safe_checkpoint_age(evolve(DEFAULTS, unbonding_epochs=1_000), 10**12) == 21


@pytest.mark.parametrize(
    ("churn_bps", "epochs"), [(50, 23), (56, 21), (57, 20), (100, 11), (1_000, 1), (2_500, 0)]
)
def test_more_churn_lowers_the_age(churn_bps: int, epochs: int) -> None:
    params = evolve(LONG, churn_bps=churn_bps, churn_floor=1)
    assert safe_checkpoint_age(params, 120_000_000) == epochs


@pytest.mark.parametrize("stake", [0, 1, 7, 8, 9, 16, 17, 120, 1_000, 1_001])
def test_where_the_floor_decides_an_eighth_of_the_stake_may_pass_it(stake: int) -> None:
    # n epochs of churn f leave w - 8 n f of thrice the bound.
    floor = 1
    params = evolve(LONG, churn_bps=0, churn_floor=floor)
    assert safe_checkpoint_age(params, stake) == max(0, (stake - 1) // (8 * floor))


def test_stake_of_which_the_floor_is_a_fifth_leaves_no_checkpoint_safe() -> None:
    assert safe_checkpoint_age(DEFAULTS, 5_000_000) == 0
