"""Crossing boundaries: in order, one by one, and only what is due."""

import pytest

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    Delegate,
    Exit,
    GenesisDelegation,
    MerkleMap,
    Redelegate,
    State,
    Status,
    Undelegate,
    evolve,
)
from statemachine.events import (
    DustSwept,
    EpochBegan,
    RewardIssued,
    StakeMoved,
    StakeReleased,
    StatusChanged,
)
from statemachine.map_keys import epoch_of_key
from statemachine.primitives import REWARD_SCALE
from statemachine.rules.accounts import balance_of
from statemachine.rules.blocks import pass_slots
from statemachine.rules.buckets import active_stake
from statemachine.state import Bucket, Lot
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    PARAMS,
    accuse,
    active_set,
    advance,
    advance_with_events,
    check_tokens,
    elected,
    lots_of,
    produce,
    punish,
    run,
    stake_of,
    status_of,
    validator_of,
    world,
)


def test_a_boundary_lies_at_every_epoch_lengths_first_slot() -> None:
    state = world()
    assert [produce(state, slot).state.epoch for slot in (1, 3, 4, 7, 8)] == [0, 0, 1, 1, 2]
    assert EpochBegan(1, 3_000, 3) in produce(state, 4).events
    assert not any(isinstance(event, EpochBegan) for event in produce(state, 3).events)


def test_several_boundaries_in_one_block_are_crossed_one_after_another() -> None:
    state = run(world(), Delegate(DORA, ANNA, 3_000))
    moved = produce(state, 13)
    check_tokens(moved.state)
    assert moved.state.epoch == 3
    assert [event for event in moved.events if isinstance(event, (RewardIssued, EpochBegan))] == [
        RewardIssued(3_000, 3_000, REWARD_SCALE),
        EpochBegan(1, 6_000, 3),
        RewardIssued(3_000, 6_000, REWARD_SCALE * 3 // 2),
        EpochBegan(2, 6_000, 3),
        RewardIssued(3_000, 6_000, REWARD_SCALE * 2),
        EpochBegan(3, 6_000, 3),
    ]


def test_a_leap_ends_where_block_by_block_would_but_for_mixes_blocks_and_misses() -> None:
    state = run(
        world(delegations=(GenesisDelegation(EMIL, BEN, 600),)),
        Delegate(DORA, ANNA, 3_000),
        Undelegate(EMIL, BEN, 200),
        Redelegate(EMIL, BEN, CARA, 100),
        Exit(CARA),
    )
    leapt = pass_slots(PROTOCOL, state, 24).state
    walked = advance(state, 6)
    assert snapshots(leapt) == snapshots(walked)
    forgiven = evolve(
        leapt, mix=walked.mix, seed=walked.seed, head=walked.head, finality=walked.finality
    )
    for operator, validator in leapt.validators.items():
        still = evolve(validator, missed=walked.validators[operator].missed)
        forgiven = evolve(forgiven, validators=forgiven.validators.set(operator, still))
    assert forgiven == walked


def snapshots(state: State) -> dict[bytes, MerkleMap[int]]:
    return {key: record.snapshot for key, record in state.finality.history.items()}


def test_releases_happen_on_the_way_of_a_leap() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Undelegate(DORA, ANNA, 600))
    passed = pass_slots(PROTOCOL, state, 40)
    released = passed.events.index(StakeReleased(DORA, ANNA, 600))
    began = [event.epoch for event in passed.events[released:] if isinstance(event, EpochBegan)]
    assert began == [4, 5, 6, 7, 8, 9, 10]


def test_the_seed_is_the_mix_at_the_boundary() -> None:
    state = produce(world(), 3).state
    after = produce(state, 4, reveal=bytes([5]) * 32).state
    assert after.seed == state.mix
    assert after.mix != state.mix
    assert produce(after, 5).state.seed == state.mix


def test_nothing_is_left_on_the_agenda_of_an_epoch_that_has_begun() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Undelegate(DORA, ANNA, 100))
    epochs = {epoch_of_key(key) for key, _ in state.agenda.items()}
    assert epochs == {1, 4}
    assert {epoch_of_key(key) for key, _ in advance(state).agenda.items()} == {4}
    assert len(advance(state, 4).agenda) == 0


def test_what_is_on_the_agenda_or_punished_is_marked_alike_for_the_root_covers_the_mark() -> None:
    state = world(delegations=(GenesisDelegation(EMIL, BEN, 600),))
    for tx in (
        Delegate(DORA, ANNA, 600),
        Undelegate(EMIL, BEN, 100),
        Redelegate(EMIL, BEN, CARA, 100),
        ChangeCommission(CARA, 100),
    ):
        state = run(state, tx)
        assert all(mark is True for mark in state.agenda.entries())
    state = punish(state, accuse(ANNA, 0)).state
    assert [mark is True for mark in state.punished.entries()] == [True]


def test_stake_older_than_the_evidence_window_shares_one_bucket() -> None:
    state = world()
    for _ in range(3):
        state = advance(run(state, Delegate(DORA, ANNA, 100)))
    assert len(validator_of(state, ANNA).buckets) == 4
    state = run(advance(state, 3), Delegate(DORA, ANNA, 100))
    assert validator_of(state, ANNA).buckets == (
        Bucket(0, None, (), 1_300, 2),
        Bucket(7, None, (), 100, 1),
    )
    assert lots_of(state, ANNA, DORA) == (Lot(300, 0), Lot(100, 7))


def test_reviews_change_only_who_is_on_the_agenda() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    before = state.validators[BEN]
    assert advance(run(state, Delegate(DORA, ANNA, 600))).validators[BEN] is before


def test_every_change_of_status_at_a_boundary_is_announced_and_nothing_else_is() -> None:
    state = run(world(), Exit(ANNA), Undelegate(BEN, BEN, 501), Delegate(DORA, CARA, 5))
    _, events = advance_with_events(state)
    assert [event for event in events if isinstance(event, StatusChanged)] == [
        StatusChanged(ANNA, Status.EXITING, Status.EXITED),
        StatusChanged(BEN, Status.ACTIVE, Status.PENDING),
    ]


def test_a_review_merges_old_buckets_though_no_stake_changes() -> None:
    # Anna has no stake of her own, which a review would touch, and with it the buckets.
    backed = (GenesisDelegation(DORA, ANNA, 100),)
    state = world(stakes={ANNA: 0, BEN: 1_000}, delegations=backed)
    state = advance(run(state, Delegate(DORA, ANNA, 50)), 3)
    assert len(validator_of(state, ANNA).buckets) == 2
    state = advance(run(state, ChangeCommission(ANNA, 100)))
    assert validator_of(state, ANNA).buckets == (Bucket(0, None, (), 150, 2),)


@pytest.mark.parametrize("missing", [1, 0])
def test_a_validator_serves_from_the_boundary_at_which_its_stake_suffices(missing: int) -> None:
    state = world(stakes={ANNA: 500 - missing, BEN: 1_000})
    assert status_of(state, ANNA) is (Status.PENDING if missing else Status.ACTIVE)
    state, events = advance_with_events(run(state, Delegate(ANNA, ANNA, 1)))
    assert (StatusChanged(ANNA, Status.PENDING, Status.ACTIVE) in events) is bool(missing)
    assert active_set(state)[ANNA] == 501 - missing


def test_a_release_and_a_move_of_one_delegation_at_one_boundary_both_happen() -> None:
    state = world(delegations=(GenesisDelegation(DORA, ANNA, 600),))
    state = advance(run(state, Undelegate(DORA, ANNA, 100)), 3)
    state = run(state, Redelegate(DORA, ANNA, BEN, 200))
    state, events = advance_with_events(state)
    assert StakeReleased(DORA, ANNA, 100) in events
    assert StakeMoved(DORA, ANNA, BEN, 200) in events
    assert balance_of(state, DORA) == 10_100
    assert (stake_of(state, ANNA, DORA), stake_of(state, BEN, DORA)) == (300, 200)


def test_a_release_announces_the_dust_that_it_leaves() -> None:
    state = world(delegations=(GenesisDelegation(DORA, ANNA, 601),))
    state = advance(run(state, Undelegate(DORA, ANNA, 601)), 3)
    state, events = advance_with_events(punish(state, accuse(ANNA, 0)).state)
    assert DustSwept(ANNA, 0, 1) in events
    assert StakeReleased(DORA, ANNA, 300) in events
    assert (balance_of(state, DORA), state.pots.treasury) == (10_300, 1)


def dusty() -> State:
    """Dora's 601 came to Ben from Anna, whose slash left 300 and a unit that is nobody's."""
    state = world(
        params=evolve(PARAMS, churn_floor=1_000, churn_bps=0),
        delegations=(GenesisDelegation(DORA, ANNA, 601),),
    )
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 601)))
    return advance(punish(state, accuse(ANNA, 0)).state)


def test_the_snapshot_counts_what_rounding_left_as_the_validators() -> None:
    state = dusty()
    assert stake_of(state, BEN, DORA) == 300
    assert active_set(state)[BEN] == validator_of(state, BEN).earning == 1_301


def test_every_snapshot_is_the_stake_active_when_its_epoch_began() -> None:
    # Cara's stake fills the next epoch's room to leave, so that Dora's leaves one later
    # and Ben is on no agenda of the next boundary.
    state = run(dusty(), Undelegate(CARA, CARA, 1_000), Undelegate(DORA, BEN, 300))
    state = advance(state)
    actual = {
        operator: active_stake(validator.buckets, state.epoch)
        for operator, validator in state.validators.items()
        if validator.status is Status.ACTIVE
    }
    assert active_set(state) == actual


def test_elections_of_the_first_slot_of_an_epoch_use_its_own_snapshot() -> None:
    state = run(world(stakes={ANNA: 1_000}), Exit(ANNA))
    assert elected(state, 3) == ANNA
    assert elected(state, 4) is None
