"""Lemmas: what rules rest on, said of the very functions that they use."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.shapes import (
    EPOCH,
    FIRST,
    PARAMS,
    SECOND,
    THIRD,
    is_amount,
    is_epoch,
    is_share,
    natural,
    positive,
    state_of,
    sums_fit,
)
from properties.engines.prove.subject import SUBJECT
from statemachine.arithmetic import remaining, share
from statemachine.errors import Rejected
from statemachine.merkle_map import MerkleMap
from statemachine.primitives import BPS
from statemachine.records import evolve
from statemachine.rules.churn import book
from statemachine.rules.rewards import settle_validator
from statemachine.state import SNAPSHOT, Booking, Status, Validator


def quorum_is_two_thirds(part: int = 67, total: int = 100) -> bool:
    """A quorum is strictly more than two thirds, and never of nothing.

    pre: natural(part, total)
    post: _
    """
    return bool(SUBJECT.protocol.is_quorum(part, total)) == (total > 0 and 3 * part > 2 * total)


def quorums_intersect(first: int = 20, both: int = 50, second: int = 20, neither: int = 10) -> bool:
    """Two quorums have more than a third of all stake in common.

    pre: natural(first, both, second, neither)
    post: _
    """
    total = first + both + second + neither
    is_quorum = SUBJECT.protocol.is_quorum
    if not is_quorum(first + both, total) or not is_quorum(second + both, total):
        return True
    return 3 * both > total


def share_and_rest(amount: int = 101, bps: int = 3_333) -> bool:
    """A share and what remains make up an amount, or one unit less.

    pre: is_amount(amount)
    pre: is_share(bps)
    post: _
    """
    rounded = amount - share(amount, bps) - remaining(amount, bps)
    return rounded >= 0 and rounded <= 1


def claims_under_a_slash(
    one: int = 7, two: int = 8, three: int = 9, dust: int = 1, bps: int = 3_333
) -> bool:
    """What a slash leaves in a bucket covers what it leaves of its lots, with 1 unit for each.

    pre: natural(one, two, three, dust)
    pre: is_share(bps)
    post: _
    """
    bucket = one + two + three + dust
    left = bucket - share(bucket, bps)
    claims = remaining(one, bps) + remaining(two, bps) + remaining(three, bps)
    return claims <= left and left <= claims + dust + 3


def settling_is_exact(
    stake: int = 100, bps: int = 1_000, before: int = 7, first: int = 3, second: int = 4
) -> bool:
    """Settling loses nothing, and it does not matter how often it is done.

    pre: sums_fit(stake)
    pre: natural(stake, before, first, second)
    pre: is_share(bps)
    pre: (stake + 1) * (before + first + second) * BPS < 2**255
    post: _
    """
    validator = Validator(Status.ACTIVE, bytes(48), bps, bps, settled=before, earning=stake)
    once = settle_validator(validator, before + first + second)
    twice = settle_validator(settle_validator(validator, before + first), before + first + second)
    earned = stake * (first + second) * BPS
    return once == twice and once.owed + once.commission == earned


def queue_moves_all(
    amount: int = 90, floor: int = 25, last: int = EPOCH + 2, taken: int = 20
) -> bool:
    """However long a queue is, all of an amount has its turn, behind what was booked before.

    pre: positive(amount, floor)
    pre: sums_fit(amount)
    pre: sums_fit(floor)
    pre: last > EPOCH
    pre: is_epoch(last)
    pre: natural(taken)
    pre: taken <= floor
    post: _
    """
    state = state_of(evolve(PARAMS, churn_floor=floor), {})
    try:
        (end,), parts = book(state, (Booking(last, taken),), amount)
    except Rejected:
        # The only reason to refuse is that the chain ends before the turn comes.
        return True
    moved, before = 0, last - 1
    for part in parts:
        if part.epoch <= before or part.epoch > end.epoch:
            return False
        moved, before = moved + part.amount, part.epoch
    return moved == amount and end.amount > 0 and end.amount <= floor


def everyone_is_located(one: int = 3, two: int = 0, three: int = 5, offset: int = 4) -> bool:
    """Every offset below the total lies in exactly the stake that covers it.

    pre: natural(one, two, three, offset)
    pre: offset < one + two + three
    post: _
    """
    weights = {FIRST: one, SECOND: two, THIRD: three}
    key, weight = MerkleMap.from_items(SNAPSHOT, weights.items()).locate(offset)
    start = 0
    if key != FIRST:
        start += one
    if key == THIRD:
        start += two
    return start <= offset and offset < start + weight
