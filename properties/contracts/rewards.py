"""Contracts of the rules about rewards."""

from properties.contracts.laws import (
    Outcome,
    conserves,
    covers_rewards,
    covers_stake,
    never_negative,
    outcome_of,
)
from properties.contracts.shapes import *
from statemachine.transactions import *
def claim(
    own: int = 10, old: int = 20, new: int = 30, cash: int = 5, lag: int = 2**100, growth: int = 2**99,
    commission_bps: int = 1000, commission: int = 2**120, credited: int = 7, spare: int = 3, pot: int = 1000000) -> Outcome:
    """Claim.

    pre: positive(own, old, new, cash)
    pre: natural(lag, growth, commission, credited, spare, pot)
    pre: 0 <= commission_bps <= BPS
    pre: sums_fit(own, old, new, cash, pot)
    pre: lag <= UNITS
    pre: growth <= UNITS
    pre: earning_fits(own, old, new, lag, growth, commission, credited, spare, pot)
    post: conserves(_)
    post: never_negative(_)
    post: covers_stake(_)
    post: covers_rewards(_)
    """
    state = earning(own, old, new, cash, lag, growth, commission_bps, commission, credited, spare, pot)
    return outcome_of(state, ClaimRewards(DELEGATOR, FIRST))
