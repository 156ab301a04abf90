"""The bound on how much stake may join and leave: booking, splitting, waiting."""

import pytest

from statemachine import Delegate, Exit, GenesisDelegation, Redelegate, State, Undelegate, evolve
from statemachine.events import Delegated, Redelegated, Undelegated
from statemachine.primitives import MAX_SLOT
from statemachine.protocol import Transition
from statemachine.rules import PROTOCOL
from statemachine.rules.accounts import balance_of
from statemachine.rules.churn import book, churn_limit
from statemachine.state import Booking, Lot
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    PARAMS,
    active_set,
    advance,
    lots_of,
    rejected,
    run,
    stake_of,
    tuned,
    world,
)

SLOW = {"churn_floor": 400, "churn_bps": 0, "churn_queue_epochs": 4}
"""400 may join, and 400 may leave, in each of four epochs."""


@pytest.mark.parametrize(
    ("floor", "bps", "limit"), [(1, 2_500, 750), (750, 2_500, 750), (751, 2_500, 751), (9, 0, 9)]
)
def test_the_limit_is_a_share_of_the_active_stake_and_at_least_the_floor(
    floor: int, bps: int, limit: int
) -> None:
    assert churn_limit(tuned(churn_floor=floor, churn_bps=bps)) == limit


def delegated(amount: int) -> Transition:
    return PROTOCOL.transition(tuned(**SLOW), Delegate(DORA, ANNA, amount))


def test_stake_is_split_over_the_first_epochs_with_room() -> None:
    moved = delegated(1_000)
    assert moved.events == (
        Delegated(DORA, ANNA, 400, 1),
        Delegated(DORA, ANNA, 400, 2),
        Delegated(DORA, ANNA, 200, 3),
    )
    assert moved.state.joining == (Booking(3, 200),)
    assert lots_of(moved.state, ANNA, DORA) == (Lot(400, 1), Lot(400, 2), Lot(200, 3))
    assert balance_of(moved.state, DORA) == 9_000
    for epoch, active in ((1, 1_400), (2, 1_800), (3, 2_000), (4, 2_000)):
        assert active_set(advance(moved.state, epoch))[ANNA] == active


def test_who_comes_later_waits_behind_whoever_they_delegate_to() -> None:
    state = run(delegated(500).state, Delegate(EMIL, BEN, 700))
    assert lots_of(state, BEN, EMIL) == (Lot(300, 2), Lot(400, 3))
    assert state.joining == (Booking(3, 400),)


def test_what_is_left_after_so_many_epochs_waits_for_its_turn_as_a_whole() -> None:
    moved = delegated(2_900)
    assert lots_of(moved.state, ANNA, DORA) == (
        *(Lot(400, epoch) for epoch in (1, 2, 3, 4)),
        # 1,300 more take the room of four epochs, the last of them in part.
        Lot(1_300, 8),
    )
    assert moved.state.joining == (Booking(8, 100),)
    assert lots_of(run(moved.state, Delegate(EMIL, BEN, 301)), BEN, EMIL) == (
        Lot(300, 8),
        Lot(1, 9),
    )
    full = delegated(2_800).state
    assert (lots_of(full, ANNA, DORA)[-1], full.joining) == (Lot(1_200, 7), (Booking(7, 400),))
    assert lots_of(run(full, Delegate(EMIL, BEN, 1)), BEN, EMIL) == (Lot(1, 8),)


def test_nothing_is_refused_but_what_would_come_after_the_last_epoch() -> None:
    state = tuned(**{**SLOW, "churn_floor": 1})
    last = MAX_SLOT // state.params.epoch_length
    ahead = evolve(state, joining=(Booking(last - 9, 1),))
    assert run(ahead, Delegate(DORA, ANNA, 9)).joining == (Booking(last, 1),)
    assert str(rejected(ahead, Delegate(DORA, ANNA, 10))) == (
        f"churn_queue_full: needed 10, last {last}"
    )


def test_whoever_fills_the_queue_keeps_nobody_from_leaving() -> None:
    """Ben and Cara redelegate all they have in circles, first after each boundary."""
    state = world(
        params=evolve(PARAMS, **SLOW),
        delegations=tuple(GenesisDelegation(EMIL, one, 2_000) for one in (BEN, CARA)),
    )
    total = state.snapshot.total_weight
    asked = None
    for epoch in range(30):
        for source, destination in ((BEN, CARA), (CARA, BEN)):
            bonded = sum(lot.amount for lot in lots_of(state, source, EMIL) if lot.end is None)
            if bonded:
                state = run(state, Redelegate(EMIL, source, destination, bonded))
        if epoch == 3:
            state = run(state, Undelegate(ANNA, ANNA, 1))
            asked = state.epoch
        state = advance(state)
    left = [lot.end for lot in lots_of(state, ANNA, ANNA) if lot.end is not None]
    assert asked is not None and left == []
    assert stake_of(state, ANNA, ANNA) == 999
    assert total // 400 + 2 + PARAMS.unbonding_epochs < 30


def test_bookings_of_epochs_gone_by_are_forgotten_and_room_opens_ahead() -> None:
    state = advance(delegated(1_600).state)
    assert state.joining == (Booking(4, 400),)
    assert lots_of(run(state, Delegate(EMIL, BEN, 5)), BEN, EMIL) == (Lot(5, 5),)
    assert advance(state, 4).joining == ()
    leaving = advance(run(tuned(**SLOW), Undelegate(ANNA, ANNA, 900)))
    assert leaving.leaving == (Booking(3, 100),)


def test_leaving_stake_is_split_the_newest_first_and_serves_until_its_turn() -> None:
    state = tuned(**SLOW)
    told = PROTOCOL.transition(state, Undelegate(ANNA, ANNA, 900))
    assert told.events == (
        Undelegated(ANNA, ANNA, 400, end=1, release=4),
        Undelegated(ANNA, ANNA, 400, end=2, release=5),
        Undelegated(ANNA, ANNA, 100, end=3, release=6),
    )
    assert told.state.leaving == (Booking(3, 100),)
    assert told.state.joining == ()
    after = advance(told.state)
    # 600 are still active, of at least 500; one epoch later 200, too few to serve.
    assert active_set(after)[ANNA] == 600
    assert ANNA not in active_set(advance(after))
    assert balance_of(advance(after, 3), ANNA) == 5_400
    assert balance_of(advance(after, 5), ANNA) == 5_900


def test_joining_and_leaving_do_not_take_each_others_room() -> None:
    state = run(delegated(400).state, Undelegate(BEN, BEN, 400))
    assert (state.joining, state.leaving) == ((Booking(1, 400),), (Booking(1, 400),))


def test_stake_redelegated_from_behind_an_active_validator_is_booked_where_it_leaves() -> None:
    state = world(params=evolve(PARAMS, **SLOW), delegations=(GenesisDelegation(DORA, ANNA, 600),))
    state = run(state, Redelegate(DORA, ANNA, BEN, 600))
    assert (state.joining, state.leaving) == ((), (Booking(2, 200),))
    assert [stake_of(advance(state, ahead), BEN, DORA) for ahead in (0, 1, 2)] == [0, 400, 600]
    assert active_set(advance(state))[ANNA] == 1_200


def behind_inactive() -> State:
    """Dora has 1,700 behind Cara, whose own stake is too small to serve."""
    return world(
        params=evolve(PARAMS, **SLOW),
        stakes={ANNA: 1_000, BEN: 1_000, CARA: 400},
        delegations=(GenesisDelegation(DORA, CARA, 1_700),),
    )


def test_stake_redelegated_from_behind_an_inactive_validator_joins_within_the_limit() -> None:
    state = behind_inactive()
    assert active_set(state) == {ANNA: 1_000, BEN: 1_000}
    told = PROTOCOL.transition(state, Redelegate(DORA, CARA, BEN, 600))
    assert told.events == (
        Redelegated(DORA, CARA, BEN, 400, end=1),
        Redelegated(DORA, CARA, BEN, 200, end=2),
    )
    assert (told.state.joining, told.state.leaving) == ((Booking(2, 200),), ())
    assert [active_set(advance(told.state, ahead))[BEN] for ahead in (1, 2, 3)] == [
        1_400,
        1_600,
        1_600,
    ]


def test_it_waits_behind_stake_that_was_delegated_before() -> None:
    state = run(behind_inactive(), Delegate(EMIL, ANNA, 300))
    moved = run(state, Redelegate(DORA, CARA, BEN, 600))
    assert moved.joining == (Booking(3, 100),)
    assert [lot.end for lot in lots_of(moved, CARA, DORA)] == [None, 1, 2, 3]


def test_undelegating_from_behind_an_inactive_validator_takes_no_room() -> None:
    state = run(behind_inactive(), Delegate(EMIL, ANNA, 1_600), Undelegate(ANNA, ANNA, 1_000))
    state = run(state, Undelegate(BEN, BEN, 600))
    queues = (state.joining, state.leaving)
    assert queues == ((Booking(4, 400),), (Booking(4, 400),))
    told = PROTOCOL.transition(state, Undelegate(DORA, CARA, 1_700))
    assert told.events == (Undelegated(DORA, CARA, 1_700, end=1, release=4),)
    assert (told.state.joining, told.state.leaving) == queues


def test_an_exit_waits_its_turn_as_well() -> None:
    state = run(tuned(**{**SLOW, "churn_queue_epochs": 2}), Exit(ANNA))
    assert [(lot.amount, lot.end) for lot in lots_of(state, ANNA, ANNA)] == [
        (400, 1),
        (400, 2),
        (200, 3),
    ]


def test_booking_passes_an_epoch_that_is_fuller_than_the_limit_has_become() -> None:
    bookings, parts = book(tuned(**SLOW), (Booking(3, 900),), 5)
    assert (bookings, parts) == ((Booking(4, 5),), (Booking(4, 5),))


def test_stake_taken_back_before_its_turn_leaves_at_its_turn() -> None:
    state = run(delegated(1_000).state, Undelegate(DORA, ANNA, 300))
    assert lots_of(state, ANNA, DORA) == (
        Lot(400, 1),
        Lot(300, 2),
        Lot(100, 2, end=2),
        Lot(200, 3, end=3),
    )
    assert state.leaving == (Booking(1, 300),)
