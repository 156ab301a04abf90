"""Contracts of the rules about validators."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.earnings import COMMISSION_BPS, EARNINGS, Earnings
from properties.engines.prove.holdings import HOLDINGS, Holdings
from properties.engines.prove.laws import (
    bounds_commission,
    does_as_ordered,
    outcome_of,
    stays_lawful,
)
from properties.engines.prove.shapes import DELEGATOR, FIRST, is_amount, is_share
from properties.laws.application import Outcome
from properties.model.names import public_key
from statemachine.merkle_map import MerkleMap
from statemachine.records import evolve
from statemachine.state import ACCOUNTS, Status
from statemachine.transactions import ChangeCommission, Exit, RegisterValidator, Unjail


def register(
    has: Earnings = EARNINGS, commission_bps: int = 500, self_stake: int = 33, highest: int = 2_000
) -> Outcome:
    """Become a validator, when others have earned already.

    pre: has.is_lawful()
    pre: is_share(commission_bps)
    pre: is_share(highest)
    pre: highest >= COMMISSION_BPS
    pre: is_amount(self_stake)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    post: bounds_commission(_)
    """
    tx = RegisterValidator(DELEGATOR, public_key(DELEGATOR), commission_bps, self_stake)
    return outcome_of(has.state(params={"max_commission_bps": highest}), tx)


def change_commission(
    has: Earnings = EARNINGS,
    commission_bps: int = 1_000,
    asked: int = 1_500,
    highest: int = 2_000,
    step: int = 500,
) -> Outcome:
    """Ask for another commission.

    pre: has.is_lawful()
    pre: is_share(asked)
    pre: is_share(highest)
    pre: is_share(step)
    pre: commission_bps >= 0
    pre: commission_bps <= highest
    post: stays_lawful(_)
    post: bounds_commission(_)
    """
    params = {"max_commission_bps": highest, "max_commission_change_bps": step}
    return outcome_of(
        has.state(params=params, commission_bps=commission_bps), ChangeCommission(FIRST, asked)
    )


def leave(has: Holdings = HOLDINGS) -> Outcome:
    """Stop being a validator; own stake unbonds over the next two epochs.

    pre: has.is_lawful()
    pre: has.has_room(has.own)
    post: stays_lawful(_)
    """
    return outcome_of(has.state(), Exit(FIRST))


def leave_after_slash(has: Earnings = EARNINGS) -> Outcome:
    """Stop being a validator that has not settled.

    pre: has.is_lawful()
    post: stays_lawful(_)
    """
    return outcome_of(has.state(), Exit(FIRST))


def unjail(has: Holdings = HOLDINGS, least: int = 5, until: int = 10) -> Outcome:
    """Return from jail.

    pre: has.is_lawful()
    pre: is_amount(least)
    pre: least > 0
    pre: until >= 0
    pre: until < 2**63
    post: stays_lawful(_)
    """
    state = has.state(Status.JAILED, params={"min_stake": least}, jailed_until=until)
    return outcome_of(state, Unjail(FIRST))


def register_anyone(has: Holdings = HOLDINGS, again: bool = False, self_stake: int = 33) -> Outcome:
    """Become a validator, or try to become one a second time.

    pre: has.is_lawful()
    pre: is_amount(self_stake)
    pre: has.has_room(self_stake)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    operator = FIRST if again else DELEGATOR
    state = has.state()
    cash = MerkleMap.from_items(ACCOUNTS, ((operator, has.cash),))
    tx = RegisterValidator(operator, public_key(DELEGATOR), 500, self_stake)
    return outcome_of(evolve(state, accounts=cash), tx)
