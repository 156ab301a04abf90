"""Contracts of producing blocks, within an epoch and across a boundary.

Whoever is elected is free: elections hash, and what is hashed is no symbol any more.
"""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.holdings import HOLDINGS, Holdings
from properties.engines.prove.laws import (
    bounds_commission,
    outcome_of,
    releases_late,
    stays_lawful,
)
from properties.engines.prove.moved import MOVED, Moved
from properties.engines.prove.shapes import (
    BOUNDARY,
    DELEGATOR,
    EPOCH,
    FIRST,
    ROOT,
    SECOND,
    due,
    is_amount,
    is_count,
    is_share,
)
from properties.laws.application import Outcome
from statemachine.primitives import MAX_SLOT
from statemachine.state import Status
from statemachine.transactions import ProduceBlock


def produce(
    has: Holdings = HOLDINGS, missed: int = 2, forgiven: int = 2, fraction: int = 500
) -> Outcome:
    """Propose a block two slots on; the one before is missed, which may be downtime.

    Nobody has missed more blocks than there are slots.

    pre: has.is_lawful()
    pre: missed >= 0
    pre: missed <= MAX_SLOT
    pre: is_count(forgiven)
    pre: missed <= forgiven
    pre: is_share(fraction)
    post: stays_lawful(_)
    """
    params = {"downtime_threshold": forgiven, "downtime_bps": fraction}
    state = has.state(params=params, missed=missed, slot=BOUNDARY - 4)
    return outcome_of(state, ProduceBlock(BOUNDARY - 2, SECOND, ROOT), (SECOND, FIRST))


def produce_after_slash(has: Earnings = EARNINGS, fraction: int = 500) -> Outcome:
    """Propose a block two slots on, where one missed block is downtime.

    pre: has.is_lawful()
    pre: is_share(fraction)
    post: stays_lawful(_)
    """
    params = {"downtime_threshold": 0, "downtime_bps": fraction}
    state = has.state(params=params, slot=BOUNDARY - 4)
    return outcome_of(state, ProduceBlock(BOUNDARY - 2, SECOND, ROOT), (SECOND, FIRST))


def reward(has: Moved = MOVED, issued: int = 1_000) -> Outcome:
    """Cross a boundary: the epoch's reward is issued.

    pre: has.is_lawful()
    pre: is_amount(issued)
    post: stays_lawful(_)
    """
    state = has.state(params={"epoch_reward": issued}, slot=BOUNDARY - 1)
    return outcome_of(state, _at_boundary(), (SECOND,))


def catch_up(has: Earnings = EARNINGS) -> Outcome:
    """Cross a boundary that touches a delegation: it catches up with a slash and rewards.

    pre: has.is_lawful()
    post: stays_lawful(_)
    """
    agenda = (due(EPOCH + 1, FIRST, DELEGATOR),)
    state = has.state(params={"epoch_reward": 0}, slot=BOUNDARY - 1, agenda=agenda)
    return outcome_of(state, _at_boundary(), (SECOND,))


def release(has: Holdings = HOLDINGS) -> Outcome:
    """Cross a boundary at which stake is released.

    pre: has.is_lawful()
    post: stays_lawful(_)
    post: releases_late(_)
    """
    state = has.state(params={"epoch_reward": 0}, slot=BOUNDARY - 1, ended=EPOCH - 2)
    return outcome_of(state, _at_boundary(), (SECOND,))


def keep_unbonding(has: Holdings = HOLDINGS) -> Outcome:
    """Cross a boundary at which unbonding stake is looked at, and it is too soon to release it.

    pre: has.is_lawful()
    post: stays_lawful(_)
    post: releases_late(_)
    """
    agenda = (due(EPOCH + 1, FIRST, DELEGATOR),)
    state = has.state(params={"epoch_reward": 0}, slot=BOUNDARY - 1, ended=EPOCH - 1, agenda=agenda)
    return outcome_of(state, _at_boundary(), (SECOND,))


def review(
    has: Holdings = HOLDINGS, status: Status = Status.ACTIVE, least: int = 5, asked: int = 300
) -> Outcome:
    """Cross a boundary that reviews a validator of any status.

    pre: has.is_lawful()
    pre: is_amount(least)
    pre: least > 0
    pre: is_share(asked)
    post: stays_lawful(_)
    post: bounds_commission(_)
    """
    state = has.state(
        status,
        params={"epoch_reward": 0, "min_stake": least},
        slot=BOUNDARY - 1,
        agenda=(due(EPOCH + 1, FIRST, FIRST),),
        next_commission_bps=asked,
    )
    return outcome_of(state, _at_boundary(), (SECOND,))


def move(has: Moved = MOVED) -> Outcome:
    """Cross a boundary at which stake moves on to a third validator.

    pre: has.is_lawful()
    post: stays_lawful(_)
    """
    state = has.state(params={"epoch_reward": 0}, slot=BOUNDARY - 1, moving=True)
    return outcome_of(state, _at_boundary(), (SECOND,))


def _at_boundary() -> ProduceBlock:
    return ProduceBlock(BOUNDARY, SECOND, ROOT)
