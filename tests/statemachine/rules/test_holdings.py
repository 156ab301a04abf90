"""Lots and buckets: their order, what becomes of them, and what they earn."""

from itertools import permutations

import pytest

from statemachine import (
    ClaimRewards,
    Delegate,
    GenesisDelegation,
    OffenceKind,
    Status,
    Undelegate,
    evolve,
)
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.rules.buckets import Exchange, exchange, with_buckets
from statemachine.rules.lots import merge_lots
from statemachine.rules.rewards import settle_validator
from statemachine.state import Bucket, Lot, Stay
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    PARAMS,
    accuse,
    advance,
    claimed,
    lots_of,
    punish,
    rejected,
    run,
    status_of,
    validator_of,
    world,
)

# --- their order -------------------------------------------------------------------------

IN_ORDER = (
    (1, None, ()),
    (1, None, (Stay(ANNA, 0, 1),)),
    (1, None, (Stay(ANNA, 0, 1), Stay(CARA, 1, 2))),
    (1, None, (Stay(CARA, 0, 1),)),
    (1, 3, ()),
    (1, 4, ()),
    (2, None, ()),
)
"""The starts, ends and pasts of stake, as lots and buckets of it are to be ordered."""


def test_lots_and_buckets_are_ordered_by_start_end_and_past() -> None:
    for shuffled in permutations(IN_ORDER, 2):
        wanted = sorted(shuffled, key=IN_ORDER.index)
        lots = tuple(Lot(5, start, end, past=past) for start, end, past in shuffled)
        assert [(lot.start, lot.end, lot.past) for lot in merge_lots(lots, 0)] == wanted
        buckets = exchange((), (), lots, 0).buckets
        assert [(bucket.start, bucket.end, bucket.past) for bucket in buckets] == wanted


def test_among_lots_that_end_together_those_that_unbond_come_first() -> None:
    wanted = (Lot(5, 1, 3), Lot(5, 1, 3, ANNA), Lot(5, 1, 3, BEN))
    for shuffled in permutations(wanted):
        assert merge_lots(shuffled, 0) == wanted


# --- moving the totals -------------------------------------------------------------------


def test_the_same_lots_again_move_nothing() -> None:
    buckets = (Bucket(0, None, (), 7, 2),)
    lots = (Lot(5, 0),)
    assert exchange(buckets, lots, lots, 0) == Exchange(buckets, 0, 0, 0, 0)


@pytest.mark.parametrize("end", [None, 3])
def test_the_dust_of_all_emptied_buckets_is_added_up(end: int | None) -> None:
    buckets = (
        Bucket(1, end, (), 6, 1),
        Bucket(2, end, (), 7, 1),
        Bucket(3, end, (), 9, 2),
    )
    lots = tuple(Lot(5, start, end) for start in (1, 2, 3))
    moved = exchange(buckets, lots, (), 0)
    grown, dust = -6 - 7 - 5, 1 + 2
    assert moved == Exchange(
        (Bucket(3, end, (), 4, 1),), *((grown, 0, dust, 0) if end is None else (0, grown, 0, dust))
    )


def test_other_buckets_or_another_epoch_change_what_a_validator_earns_with() -> None:
    serving = evolve(
        validator_of(world(), ANNA), buckets=(Bucket(0, None, (), 1_000, 1), Bucket(1, 3, (), 6, 1))
    )
    assert with_buckets(serving, serving.buckets, 0) is serving
    assert [with_buckets(serving, serving.buckets, epoch).earning for epoch in (1, 2, 3)] == [
        1_006,
        1_006,
        1_000,
    ]
    assert with_buckets(serving, serving.buckets[1:], 1).earning == 6


# --- what it earns -----------------------------------------------------------------------


@pytest.mark.parametrize("growth", [0, 1, 2])
def test_a_validator_is_settled_by_whatever_the_reward_index_grew(growth: int) -> None:
    before = evolve(validator_of(world(), ANNA), commission_bps=700, settled=5)
    after = settle_validator(before, 5 + growth)
    net = growth * (BPS - 700)
    assert after == evolve(
        before, settled=5 + growth, index=net, commission=1_000 * growth * 700, owed=1_000 * net
    )


def test_stake_behind_a_validator_that_does_not_serve_earns_nothing_when_it_changes() -> None:
    state = world(
        stakes={ANNA: 1_000, BEN: 1_000, CARA: 400}, delegations=(GenesisDelegation(DORA, CARA, 9),)
    )
    assert status_of(state, CARA) is Status.PENDING
    state = run(state, Undelegate(DORA, CARA, 4))
    assert validator_of(state, CARA).earning == 0
    state = advance(state)
    assert str(rejected(state, ClaimRewards(DORA, CARA))) == "nothing_to_claim"
    assert claimed(state, ANNA, ANNA) == (1_500, 0)


def test_a_reward_credited_before_a_slash_is_kept() -> None:
    state = advance(world())
    assert claimed(state, ANNA, ANNA) == (1_000, 0)
    # To stake more credits what there is; the slashes then cut the stake alone.
    state = run(state, Delegate(ANNA, ANNA, 1))
    for slot in (1, 2):
        state = punish(state, accuse(ANNA, 1, OffenceKind.INVALID_BLOCK, slot)).state
    assert lots_of(state, ANNA, ANNA) == (Lot(810, 0), Lot(1, 2))
    assert claimed(state, ANNA, ANNA) == (1_000, 0)


def test_a_reward_of_exactly_one_unit_outlasts_the_stake_that_earned_it() -> None:
    state = world(
        params=evolve(PARAMS, epoch_reward=3_001), delegations=(GenesisDelegation(DORA, ANNA, 1),)
    )
    state = advance(run(state, Undelegate(DORA, ANNA, 1)), 4)
    assert lots_of(state, ANNA, DORA) == ()
    assert state.delegations[ANNA + DORA].reward == REWARD_UNIT
    assert claimed(state, DORA, ANNA) == (1, 0)
