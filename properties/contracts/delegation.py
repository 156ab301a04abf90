"""Contracts of the rules about delegations."""

from properties.contracts.laws import (
    Outcome,
    conserves,
    covers_rewards,
    covers_stake,
    never_negative,
    outcome_of,
)
from properties.contracts.shapes import DELEGATOR, FIRST, MAX, SECOND, staking, sums_fit
from statemachine.transactions import Delegate, Redelegate, Undelegate


def delegate(
    own: int, old: int, new: int, gone: int, dust: int, second: int, cash: int, floor: int,
    amount: int,
) -> Outcome:
    """Put tokens behind a validator.

    pre: 0 < own
    pre: 0 < old
    pre: 0 < new
    pre: 0 < gone
    pre: 0 <= dust
    pre: 0 < second
    pre: 0 < cash
    pre: sums_fit(own, old, new, gone, dust, second, cash)
    pre: 0 < floor <= MAX
    pre: 0 <= amount <= MAX
    post: conserves(_)
    post: never_negative(_)
    post: covers_stake(_)
    """
    state = staking(own, old, new, gone, dust, second, cash, floor)
    return outcome_of(state, Delegate(DELEGATOR, FIRST, amount))


def undelegate(
    own: int, old: int, new: int, gone: int, dust: int, second: int, cash: int, floor: int,
    amount: int,
) -> Outcome:
    """Take stake back.

    pre: 0 < own
    pre: 0 < old
    pre: 0 < new
    pre: 0 < gone
    pre: 0 <= dust
    pre: 0 < second
    pre: 0 < cash
    pre: sums_fit(own, old, new, gone, dust, second, cash)
    pre: 0 < floor <= MAX
    pre: 0 <= amount <= MAX
    post: conserves(_)
    post: never_negative(_)
    post: covers_stake(_)
    """
    state = staking(own, old, new, gone, dust, second, cash, floor)
    return outcome_of(state, Undelegate(DELEGATOR, FIRST, amount))
