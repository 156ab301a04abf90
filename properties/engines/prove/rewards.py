"""Contracts of claiming rewards."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.laws import (
    outcome_of,
    stays_lawful,
)
from properties.engines.prove.shapes import DELEGATOR, FIRST, SECOND, is_share, natural
from properties.laws.application import Outcome
from statemachine.primitives import REWARD_UNIT
from statemachine.records import evolve
from statemachine.state import State
from statemachine.transactions import ClaimRewards

SETTLED = evolve(EARNINGS, before=0, since=0, growth=0)
"""Such that all rewards have been credited."""


def claim(has: Earnings = EARNINGS) -> Outcome:
    """Claim for stake that has seen neither a slash nor rewards; divisions have left nothing.

    pre: has.is_lawful()
    post: stays_lawful(_)
    """
    return outcome_of(evenly(has.state()), ClaimRewards(DELEGATOR, FIRST))


def claim_commission(has: Earnings = EARNINGS, commission_bps: int = 1_000) -> Outcome:
    """Claim as an operator of any commission: for its own stake, and its commission.

    pre: has.is_lawful()
    pre: is_share(commission_bps)
    post: stays_lawful(_)
    """
    state = evenly(has.state(commission_bps=commission_bps))
    return outcome_of(state, ClaimRewards(FIRST, FIRST))


def claim_completed(
    own: int = 1_000,
    old: int = 200,
    commission: int = REWARD_UNIT - 5,
    credited: int = 3 * REWARD_UNIT - 7,
    pot: int = 1_000,
) -> Outcome:
    """Claim what was credited, with whatever divisions have left to complete it.

    pre: natural(own, old, commission, credited, pot)
    pre: completed(own, old, commission, credited, pot).is_lawful()
    post: stays_lawful(_)
    """
    has = completed(own, old, commission, credited, pot)
    return outcome_of(has.state(), ClaimRewards(DELEGATOR, FIRST))


def claim_commission_completed(
    own: int = 1_000,
    old: int = 200,
    commission: int = REWARD_UNIT - 5,
    credited: int = 3 * REWARD_UNIT - 7,
    pot: int = 1_000,
) -> Outcome:
    """Claim a commission, with whatever divisions have left to complete it.

    pre: natural(own, old, commission, credited, pot)
    pre: completed(own, old, commission, credited, pot).is_lawful()
    post: stays_lawful(_)
    """
    has = completed(own, old, commission, credited, pot)
    return outcome_of(has.state(), ClaimRewards(FIRST, FIRST))


def evenly(state: State) -> State:
    """Return a state in which divisions have left nothing: it is the second operator's."""
    second = evolve(state.validators[SECOND], commission=state.undistributed)
    return evolve(state, validators=state.validators.set(SECOND, second), undistributed=0)


def completed(own: int, old: int, commission: int, credited: int, pot: int) -> Earnings:
    """Return earnings that have all been credited, and what divisions have left beside them."""
    return evolve(SETTLED, own=own, old=old, commission=commission, credited=credited, pot=pot)
