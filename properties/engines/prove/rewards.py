"""Contracts of claiming rewards."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.laws import (
    outcome_of,
    stays_lawful,
)
from properties.engines.prove.shapes import DELEGATOR, FIRST, is_share
from properties.laws.application import Outcome
from statemachine.transactions import ClaimRewards


def claim(has: Earnings = EARNINGS) -> Outcome:
    """Claim for stake that has seen neither a slash nor rewards.

    pre: has.is_lawful()
    post: stays_lawful(_)
    """
    return outcome_of(has.state(), ClaimRewards(DELEGATOR, FIRST))


def claim_commission(has: Earnings = EARNINGS, commission_bps: int = 1_000) -> Outcome:
    """Claim as an operator of any commission: for its own stake, and its commission.

    pre: has.is_lawful()
    pre: is_share(commission_bps)
    post: stays_lawful(_)
    """
    return outcome_of(has.state(commission_bps=commission_bps), ClaimRewards(FIRST, FIRST))
