"""Stake pays for the infractions of its time behind a validator, wherever it has gone."""

import pytest

from statemachine import (
    Delegate,
    Exit,
    GenesisDelegation,
    OffenceKind,
    Redelegate,
    State,
    Status,
    Undelegate,
    evolve,
)
from statemachine.events import StakeMoved, StakeSlashed
from statemachine.rules.accounts import balance_of
from statemachine.state import Departure, Lot, Slash, Stay
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    PARAMS,
    accuse,
    active_set,
    advance,
    advance_with_events,
    lots_of,
    punish,
    run,
    stake_of,
    status_of,
    validator_of,
    world,
)

DORAS = GenesisDelegation(DORA, ANNA, 600)


def moved() -> State:
    """In epoch 1, Dora's 600 have come from Anna, who had them in epoch 0, to Ben."""
    return advance(run(world(delegations=(DORAS,)), Redelegate(DORA, ANNA, BEN, 600)))


def test_equal_stake_loses_equally_whether_it_stayed_left_or_moved() -> None:
    backed = tuple(GenesisDelegation(owner, ANNA, 600) for owner in (DORA, EMIL, FAY))
    state = run(
        world(delegations=backed), Undelegate(EMIL, ANNA, 600), Redelegate(FAY, ANNA, BEN, 600)
    )
    state = advance(state, 2)
    slashed = punish(state, accuse(ANNA, 0))
    assert stake_of(slashed.state, ANNA, DORA) == 300
    assert stake_of(slashed.state, ANNA, EMIL) == 300
    assert stake_of(slashed.state, BEN, FAY) == 300
    assert slashed.events[:3] == (
        StakeSlashed(ANNA, 0, None, (), 800),
        StakeSlashed(ANNA, 0, 1, (), 300),
        StakeSlashed(BEN, 1, None, (Stay(ANNA, 0, 1),), 300),
    )
    assert slashed.state.supply.burned == 1_400
    assert stake_of(slashed.state, BEN, BEN) == 1_000


def test_a_slash_while_stake_is_still_on_its_way_follows_it() -> None:
    state = run(world(delegations=(DORAS,)), Redelegate(DORA, ANNA, BEN, 600))
    state = advance(punish(state, accuse(ANNA, 0)).state)
    assert stake_of(state, BEN, DORA) == 300


def test_moved_stake_answers_to_each_validator_for_its_own_time_only() -> None:
    state = moved()
    assert lots_of(state, BEN, DORA) == (Lot(600, 1, past=(Stay(ANNA, 0, 1),)),)
    assert validator_of(state, ANNA).departures == (Departure(BEN, 1),)
    for offender, epoch, left in ((ANNA, 0, 300), (ANNA, 1, 600), (BEN, 0, 600), (BEN, 1, 300)):
        assert stake_of(punish(state, accuse(offender, epoch)).state, BEN, DORA) == left


def test_moved_stake_pays_for_both_validators_when_both_offend() -> None:
    state = punish(moved(), accuse(ANNA, 0)).state
    state = punish(state, accuse(BEN, 1)).state
    assert stake_of(state, BEN, DORA) == 150
    assert [line.offender for line in validator_of(state, BEN).slashes] == [ANNA, BEN]
    assert validator_of(state, ANNA).slashes == (Slash(ANNA, 0, 5_000, validator_index(state)),)


def validator_index(state: State) -> int:
    return validator_of(state, ANNA).index


def test_moved_stake_pays_after_it_moved_on_again() -> None:
    state = advance(run(moved(), Redelegate(DORA, BEN, CARA, 600)))
    assert lots_of(state, CARA, DORA) == (Lot(600, 2, past=(Stay(ANNA, 0, 1), Stay(BEN, 1, 2))),)
    for offender, epoch, left in (
        (ANNA, 0, 300),
        (ANNA, 1, 600),
        (BEN, 0, 600),
        (BEN, 1, 300),
        (BEN, 2, 600),
        (CARA, 1, 600),
        (CARA, 2, 300),
    ):
        assert stake_of(punish(state, accuse(offender, epoch)).state, CARA, DORA) == left


def test_moved_stake_pays_while_it_unbonds_at_the_end_of_its_travels() -> None:
    state = advance(run(moved(), Redelegate(DORA, BEN, CARA, 600)))
    state = advance(run(state, Undelegate(DORA, CARA, 600)))
    assert state.epoch == 3
    slashed = punish(state, accuse(ANNA, 0)).state
    assert slashed.pots.unbonding == 300
    assert balance_of(advance(slashed, 3), DORA) == 10_000 + 300
    both = punish(slashed, accuse(BEN, 1)).state
    assert balance_of(advance(both, 3), DORA) == 10_000 + 150


def test_stake_that_came_back_pays_once_for_an_infraction_and_none_for_its_absence() -> None:
    state = advance(run(moved(), Redelegate(DORA, BEN, ANNA, 600)))
    assert lots_of(state, ANNA, DORA) == (Lot(600, 2, past=(Stay(ANNA, 0, 1), Stay(BEN, 1, 2))),)
    for offender, epoch, left in ((ANNA, 0, 300), (ANNA, 1, 600), (ANNA, 2, 300), (BEN, 1, 300)):
        assert stake_of(punish(state, accuse(offender, epoch)).state, ANNA, DORA) == left


def test_a_part_that_moved_and_a_part_that_stayed_lose_the_same_share() -> None:
    state = advance(run(world(delegations=(DORAS,)), Redelegate(DORA, ANNA, BEN, 200)))
    state = punish(state, accuse(ANNA, 0)).state
    assert (stake_of(state, ANNA, DORA), stake_of(state, BEN, DORA)) == (200, 100)


def test_moved_stake_is_out_of_reach_once_its_evidence_is_too_old() -> None:
    state = advance(moved(), 2)
    assert stake_of(punish(state, accuse(ANNA, 0)).state, BEN, DORA) == 300
    state = advance(state)
    assert stake_of(punish(state, accuse(ANNA, 1)).state, BEN, DORA) == 600


def test_a_slash_elsewhere_jails_only_the_offender() -> None:
    state = punish(moved(), accuse(ANNA, 0, OffenceKind.INVALID_BLOCK)).state
    assert status_of(state, ANNA) is Status.JAILED
    assert status_of(advance(state), BEN) is Status.ACTIVE
    assert active_set(advance(state))[BEN] == 1_540


def test_an_operator_whose_own_stake_came_from_an_offender_can_fall_below_the_minimum() -> None:
    state = world(
        stakes={ANNA: 1_000, BEN: 440, CARA: 1_000},
        delegations=(GenesisDelegation(BEN, ANNA, 100),),
    )
    state = advance(run(state, Redelegate(BEN, ANNA, BEN, 100)))
    assert active_set(state)[BEN] == 540
    state = punish(state, accuse(ANNA, 0)).state
    assert BEN in active_set(state)
    assert BEN not in active_set(advance(state))
    assert status_of(advance(state), BEN) is Status.PENDING


def test_stake_moved_away_from_a_validator_that_left_still_answers_for_it() -> None:
    state = run(world(delegations=(DORAS,)), Exit(ANNA), Redelegate(DORA, ANNA, BEN, 600))
    state = punish(advance(state, 2), accuse(ANNA, 0)).state
    assert stake_of(state, BEN, DORA) == 300


def test_stake_slashed_to_nothing_on_its_way_does_not_arrive() -> None:
    start = world(params=evolve(PARAMS, double_sign_bps=10_000), delegations=(DORAS,))
    state = punish(run(start, Redelegate(DORA, ANNA, BEN, 600)), accuse(ANNA, 0)).state
    state, events = advance_with_events(state)
    assert not any(isinstance(event, StakeMoved) for event in events)
    assert validator_of(state, ANNA).departures == ()
    assert BEN + DORA not in state.delegations


# --- how long it is known where stake went -----------------------------------------------


@pytest.mark.parametrize(
    ("waited", "past"), [(1, (Stay(ANNA, 0, 1), Stay(BEN, 1, 3))), (2, (Stay(BEN, 0, 4),))]
)
def test_a_stay_is_left_behind_by_a_move_once_no_evidence_reaches_it(
    waited: int, past: tuple[Stay, ...]
) -> None:
    state = advance(run(advance(moved(), waited), Redelegate(DORA, BEN, CARA, 600)))
    arrived = state.epoch
    assert lots_of(state, CARA, DORA) == (Lot(600, arrived, past=past),)


@pytest.mark.parametrize(("waited", "remembered"), [(1, (Departure(BEN, 1),)), (2, ())])
def test_a_departure_is_forgotten_with_the_next_once_no_evidence_reaches_it(
    waited: int, remembered: tuple[Departure, ...]
) -> None:
    state = world(delegations=(DORAS, GenesisDelegation(EMIL, ANNA, 600)))
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 600)), 1 + waited)
    state = advance(run(state, Redelegate(EMIL, ANNA, CARA, 600)))
    assert validator_of(state, ANNA).departures == (*remembered, Departure(CARA, state.epoch))


def test_the_latest_departure_counts_though_stake_that_left_earlier_arrives_after_it() -> None:
    state = world(delegations=(DORAS, GenesisDelegation(EMIL, ANNA, 600)))
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 600)))
    state = run(state, Redelegate(EMIL, ANNA, CARA, 600), Redelegate(DORA, BEN, CARA, 600))
    state = advance(state)
    assert validator_of(state, ANNA).departures == (Departure(BEN, 1), Departure(CARA, 2))


def test_a_start_that_no_evidence_reaches_is_not_remembered() -> None:
    # Saved when it was told to move, in epoch 3, Dora's stake still began in epoch 1; when it
    # moves, evidence of epoch 1 is the oldest, and tells no start before 2 from another.
    state = advance(run(world(), Delegate(DORA, ANNA, 600)), 3)
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 600)))
    assert lots_of(state, BEN, DORA) == (Lot(600, start=4, past=(Stay(ANNA, 0, 4),)),)
    # One that evidence reaches is.
    state = advance(run(world(), Delegate(DORA, ANNA, 600)), 2)
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 600)))
    assert lots_of(state, BEN, DORA) == (Lot(600, start=3, past=(Stay(ANNA, 1, 3),)),)
