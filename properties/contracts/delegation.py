"""Contracts of the rules about delegations."""

from properties.contracts.laws import (
    Outcome,
    conserves,
    covers_stake,
    never_negative,
    outcome_of,
)
from properties.contracts.shapes import (
    DELEGATOR,
    FIRST,
    SECOND,
    natural,
    positive,
    staking,
    sums_fit,
)
from statemachine.transactions import Delegate, Redelegate, Undelegate


def delegate(
    own: int = 10,
    old: int = 20,
    new: int = 30,
    gone: int = 40,
    dust: int = 1,
    second: int = 50,
    cash: int = 60,
    floor: int = 25,
    amount: int = 33,
) -> Outcome:
    """Put tokens behind a validator.

    pre: positive(own, old, new, gone, second, cash, floor)
    pre: natural(dust, amount)
    pre: sums_fit(own, old, new, gone, dust, second, cash)
    pre: sums_fit(amount)
    pre: sums_fit(floor)
    post: conserves(_)
    post: never_negative(_)
    post: covers_stake(_)
    """
    state = staking(own, old, new, gone, dust, second, cash, floor)
    return outcome_of(state, Delegate(DELEGATOR, FIRST, amount))


def undelegate(
    own: int = 10,
    old: int = 20,
    new: int = 30,
    gone: int = 40,
    dust: int = 1,
    second: int = 50,
    cash: int = 60,
    floor: int = 25,
    amount: int = 33,
) -> Outcome:
    """Take stake back.

    pre: positive(own, old, new, gone, second, cash, floor)
    pre: natural(dust, amount)
    pre: sums_fit(own, old, new, gone, dust, second, cash)
    pre: sums_fit(amount)
    pre: sums_fit(floor)
    post: conserves(_)
    post: never_negative(_)
    post: covers_stake(_)
    """
    state = staking(own, old, new, gone, dust, second, cash, floor)
    return outcome_of(state, Undelegate(DELEGATOR, FIRST, amount))


def redelegate(
    own: int = 10,
    old: int = 20,
    new: int = 30,
    gone: int = 40,
    dust: int = 1,
    second: int = 50,
    cash: int = 60,
    floor: int = 25,
    amount: int = 33,
) -> Outcome:
    """Move stake behind another validator.

    pre: positive(own, old, new, gone, second, cash, floor)
    pre: natural(dust, amount)
    pre: sums_fit(own, old, new, gone, dust, second, cash)
    pre: sums_fit(amount)
    pre: sums_fit(floor)
    post: conserves(_)
    post: never_negative(_)
    post: covers_stake(_)
    """
    state = staking(own, old, new, gone, dust, second, cash, floor)
    return outcome_of(state, Redelegate(DELEGATOR, FIRST, SECOND, amount))
