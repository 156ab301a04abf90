"""Contracts of the rules about delegations."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.holdings import HOLDINGS, Holdings
from properties.engines.prove.hops import HOPS, Hops
from properties.engines.prove.laws import (
    does_as_ordered,
    outcome_of,
    stays_lawful,
)
from properties.engines.prove.moved import MOVED, Moved
from properties.engines.prove.shapes import DELEGATOR, FIRST, OTHER, SECOND, THIRD, is_amount
from properties.laws.application import Outcome
from statemachine.state import Status
from statemachine.transactions import Delegate, Redelegate, Undelegate


def delegate(has: Holdings = HOLDINGS, amount: int = 33) -> Outcome:
    """Put tokens behind a validator, on top of three lots.

    pre: has.is_lawful()
    pre: is_amount(amount)
    pre: has.has_room(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Delegate(DELEGATOR, FIRST, amount))


def delegate_to_another(has: Earnings = EARNINGS, amount: int = 33) -> Outcome:
    """Put tokens behind a validator that has not settled, for the first time.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Delegate(DELEGATOR, SECOND, amount))


def delegate_after_slash(has: Earnings = EARNINGS, amount: int = 33) -> Outcome:
    """Put tokens behind a slashed validator, on top of stake that has not caught up.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Delegate(DELEGATOR, FIRST, amount))


def undelegate(has: Holdings = HOLDINGS, amount: int = 33) -> Outcome:
    """Take back any part of two lots, a third one unbonding already.

    pre: has.is_lawful()
    pre: is_amount(amount)
    pre: has.has_room(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Undelegate(DELEGATOR, FIRST, amount))


def undelegate_after_slash(has: Earnings = EARNINGS, amount: int = 33) -> Outcome:
    """Take back any part of stake that has not caught up.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Undelegate(DELEGATOR, FIRST, amount))


def undelegate_from_jailed(has: Holdings = HOLDINGS, amount: int = 33) -> Outcome:
    """Take stake back that is not active.

    pre: has.is_lawful()
    pre: is_amount(amount)
    pre: has.has_room(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(Status.JAILED), Undelegate(DELEGATOR, FIRST, amount))


def redelegate(has: Holdings = HOLDINGS, amount: int = 33) -> Outcome:
    """Move any part of two lots behind another validator.

    pre: has.is_lawful()
    pre: is_amount(amount)
    pre: has.has_room(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Redelegate(DELEGATOR, FIRST, SECOND, amount))


def redelegate_after_slash(has: Earnings = EARNINGS, amount: int = 33) -> Outcome:
    """Move any part of stake that has not caught up.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Redelegate(DELEGATOR, FIRST, SECOND, amount))


def undelegate_moved(has: Moved = MOVED, amount: int = 100) -> Outcome:
    """Tell stake to leave that has moved here from another validator: it unbonds like any.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Undelegate(DELEGATOR, SECOND, amount))


def undelegate_moved_twice(has: Hops = HOPS, amount: int = 100) -> Outcome:
    """Tell stake to leave that has moved twice, and answers for both that it came from.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Undelegate(DELEGATOR, THIRD, amount))


def redelegate_moved(has: Hops = HOPS, amount: int = 100) -> Outcome:
    """Move stake on that has moved already: its history goes with it.

    pre: has.is_lawful()
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    return outcome_of(has.state(), Redelegate(OTHER, SECOND, THIRD, amount))
