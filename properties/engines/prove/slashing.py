"""Contracts of slashing, as any evidence would cause it."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.holdings import HOLDINGS, Holdings
from properties.engines.prove.hops import HOPS, Hops
from properties.engines.prove.laws import (
    outcome_of,
    punishes_once,
    stays_lawful,
)
from properties.engines.prove.moved import MOVED, Moved
from properties.engines.prove.shapes import EPOCH, FIRST, OLDEST, OTHER, SECOND, is_share
from properties.laws.accusation import Accuse
from properties.laws.application import Outcome
from statemachine.state import OffenceKind


def slash(
    has: Holdings = HOLDINGS, epoch: int = 8, fraction: int = 3_333, reward: int = 500
) -> Outcome:
    """Slash for an offence in any epoch: bonded, new and unbonding stake.

    pre: has.is_lawful()
    pre: epoch >= OLDEST
    pre: epoch <= EPOCH
    pre: is_share(fraction)
    pre: is_share(reward)
    post: stays_lawful(_)
    post: punishes_once(_)
    """
    params = {"double_sign_bps": fraction, "reporter_bps": reward}
    return outcome_of(has.state(params=params), _accused(epoch))


def slash_again(has: Earnings = EARNINGS, epoch: int = 8, fraction: int = 3_333) -> Outcome:
    """Slash stake that has not caught up with an earlier slash, nor with its rewards.

    pre: has.is_lawful()
    pre: epoch >= OLDEST
    pre: epoch <= EPOCH
    pre: is_share(fraction)
    post: stays_lawful(_)
    """
    return outcome_of(has.state(params={"double_sign_bps": fraction}), _accused(epoch))


def slash_moved(has: Moved = MOVED, epoch: int = 8, fraction: int = 3_333) -> Outcome:
    """Slash stake that has moved to another validator since.

    pre: has.is_lawful()
    pre: epoch >= OLDEST
    pre: epoch <= EPOCH
    pre: is_share(fraction)
    post: stays_lawful(_)
    """
    return outcome_of(has.state(params={"double_sign_bps": fraction}), _accused(epoch))


def slash_moved_twice(
    has: Hops = HOPS, of_first: bool = True, epoch: int = 8, fraction: int = 3_333
) -> Outcome:
    """Slash stake that has moved on since, and some of it twice, for either of its stays.

    pre: has.is_lawful()
    pre: epoch >= OLDEST
    pre: epoch <= EPOCH
    pre: is_share(fraction)
    post: stays_lawful(_)
    """
    offender = FIRST if of_first else SECOND
    return outcome_of(has.state(params={"double_sign_bps": fraction}), _accused(epoch, offender))


def jail(has: Holdings = HOLDINGS, fraction: int = 100) -> Outcome:
    """Slash for an offence that jails.

    pre: has.is_lawful()
    pre: is_share(fraction)
    post: stays_lawful(_)
    """
    tx = Accuse(OTHER, FIRST, OffenceKind.INVALID_BLOCK, EPOCH - 1, 0)
    return outcome_of(has.state(params={"invalid_block_bps": fraction}), tx)


def _accused(epoch: int, offender: bytes = FIRST) -> Accuse:
    return Accuse(OTHER, offender, OffenceKind.DOUBLE_VOTE, epoch, 0)
