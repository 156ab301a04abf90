"""Who may propose, and what becomes of slots passed over."""

from collections import Counter
from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    Exit,
    OffenceKind,
    ProduceBlock,
    State,
    Status,
    Transfer,
    Undelegate,
    evolve,
)
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import BlockMissed, BlockProduced, EpochBegan, Slashed, StatusChanged
from statemachine.hashing import digest
from statemachine.messages import NO_BODY, block_root
from statemachine.primitives import MAX_AMOUNT
from statemachine.rules.blocks import pass_slots
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    NOBODY,
    PARAMS,
    accuse,
    active_set,
    advance,
    elected,
    produce,
    punish,
    rejected,
    run,
    status_of,
    unpunishable,
    validator_of,
    world,
)

LONG = evolve(PARAMS, epoch_length=1_000, max_slot_gap=4_000)
"""Epochs so long that no boundary comes in between."""


def turns(state: State, slots: int = 60) -> list[bytes]:
    """Name the proposers of the slots ahead."""
    proposers = [PROTOCOL.elect(state, state.slot + ahead) for ahead in range(1, slots)]
    return [proposer for proposer in proposers if proposer is not None]


# --- who proposes ------------------------------------------------------------------------


def test_a_block_moves_the_slot_and_mixes_in_its_reveal_and_nothing_else() -> None:
    before = world()
    moved = produce(before, 1, reveal=bytes([7]) * 32)
    assert moved.events == (BlockProduced(1, elected(before, 1) or b""),)
    assert moved.state.slot == 1
    assert moved.state.mix == digest("stakespec/mix", before.mix, bytes([7]) * 32)
    assert moved.state.head == block_root(
        before.head, 1, elected(before, 1) or b"", bytes([7]) * 32, NO_BODY
    )
    assert evolve(moved.state, slot=0, mix=before.mix, head=before.head) == before


def test_the_head_names_the_whole_chain_and_not_the_state() -> None:
    state = world()
    proposer = elected(state, 1) or b""
    txs = (
        ProduceBlock(1, proposer, bytes(32)),
        ProduceBlock(1, proposer, bytes([1]) * 32),
        ProduceBlock(1, proposer, bytes(32), body=bytes([1]) * 32),
    )
    heads = [run(state, tx).head for tx in txs]
    assert len(set(heads)) == 3
    assert [
        run(before, txs[0]).head == heads[0]
        for before in (run(state, Transfer(DORA, EMIL, 5)), evolve(state, head=bytes(32)))
    ] == [True, False]


def test_a_slot_without_a_block_leaves_the_head() -> None:
    state = produce(world(), 1).state
    assert pass_slots(PROTOCOL, state, 3).state.head == state.head


def test_only_the_elected_may_propose() -> None:
    state = world()
    proposer = elected(state, 1)
    assert proposer is not None
    for stranger in {ANNA, BEN, CARA, DORA} - {proposer}:
        assert str(rejected(state, ProduceBlock(1, stranger, bytes(32)))) == (
            f"wrong_proposer: expected 0x{proposer.hex()}, given 0x{stranger.hex()}"
        )


def test_a_slot_must_lie_after_the_last_and_within_the_gap() -> None:
    state = produce(world(), 5).state
    for slot in (5, 4, 0):
        assert str(rejected(state, ProduceBlock(slot, ANNA, bytes(32)))) == (
            f"slot_not_after_last: slot {slot}, last 5"
        )
    assert str(rejected(state, ProduceBlock(70, ANNA, bytes(32)))) == (
        "slot_too_far: slot 70, furthest 69"
    )
    assert produce(state, 69).state.slot == 69
    assert str(rejected(state, ProduceBlock(2**62 - 1, ANNA, bytes(32)))) == (
        "slot_too_far: slot 4611686018427387903, furthest 69"
    )


def test_who_has_more_stake_proposes_more_often_and_who_has_none_never() -> None:
    state = world(params=LONG, stakes={ANNA: 1_000, BEN: 3_000, CARA: 499})
    drawn = Counter(turns(state, 1_000))
    assert set(drawn) == {ANNA, BEN}
    assert 200 <= drawn[ANNA] <= 300


def test_elections_follow_the_seed_of_the_epoch_not_what_happens_in_it() -> None:
    state = world(params=LONG)
    busy = run(state, Transfer(DORA, EMIL, 1), Exit(ANNA))
    busy = punish(busy, accuse(BEN, 0, OffenceKind.INVALID_BLOCK)).state
    assert turns(busy) == turns(state)
    assert turns(evolve(state, seed=bytes(32))) != turns(state)


def test_reveals_change_the_elections_of_the_next_epoch() -> None:
    state = produce(world(), 1, reveal=bytes([1]) * 32).state
    revealed = produce(world(), 1, reveal=bytes([2]) * 32).state
    assert state.seed == revealed.seed
    assert advance(state).seed != advance(revealed).seed
    assert turns(advance(state)) != turns(advance(revealed))


def test_where_no_stake_is_active_anyone_may_propose_and_nobody_misses() -> None:
    state = world(stakes={ANNA: 0})
    moved = PROTOCOL.transition(state, ProduceBlock(7, NOBODY, bytes(32)))
    assert moved.events == (EpochBegan(1, 0, 0), BlockProduced(7, NOBODY))
    assert validator_of(moved.state, ANNA).missed == 0
    assert PROTOCOL.apply(moved.state, ProduceBlock(8, DORA, bytes(32))).slot == 8


def test_proposers_are_found_among_the_greatest_stakes() -> None:
    state = world(stakes={ANNA: MAX_AMOUNT // 2, BEN: MAX_AMOUNT // 2}, accounts=())
    assert set(turns(state)) == {ANNA, BEN}


# --- the jailed --------------------------------------------------------------------------


def first_turn(state: State, operator: bytes) -> int:
    return state.slot + 1 + turns(state).index(operator)


@pytest.mark.parametrize("kind", [OffenceKind.INVALID_BLOCK, OffenceKind.DOUBLE_BLOCK])
def test_who_was_put_out_may_not_propose_and_misses_nothing(kind: OffenceKind) -> None:
    state = world(params=LONG)
    slot = first_turn(state, ANNA)
    state = punish(state, accuse(ANNA, 0, kind)).state
    assert str(rejected(state, ProduceBlock(slot, ANNA, bytes(32)))) == (
        f"proposer_jailed: proposer 0x{ANNA.hex()}"
    )
    assert rejected(state, ProduceBlock(slot, BEN, bytes(32))).reason is (
        RejectionReason.WRONG_PROPOSER
    )
    passed = pass_slots(PROTOCOL, state, slot + 1)
    assert not any(
        isinstance(event, BlockMissed) and event.proposer == ANNA for event in passed.events
    )


def test_a_jailed_validator_does_not_regain_its_turns_by_asking_to_leave() -> None:
    state = world(params=LONG)
    slot = first_turn(state, ANNA)
    jailed = punish(state, accuse(ANNA, 0, OffenceKind.INVALID_BLOCK)).state
    try:
        PROTOCOL.apply(run(jailed, Exit(ANNA)), ProduceBlock(slot, ANNA, bytes(32)))
    except Rejected as refused:
        assert refused.reason is RejectionReason.PROPOSER_JAILED
    else:
        raise AssertionError("a jailed validator proposed")


def test_an_exiting_validator_still_proposes() -> None:
    state = run(world(params=LONG), Exit(ANNA))
    assert produce(state, first_turn(state, ANNA)).state.slot > 0


# --- missed slots ------------------------------------------------------------------------


def test_every_slot_passed_over_is_a_block_missed_in_a_row() -> None:
    state = world(params=LONG)
    slots = turns(state, 11)
    moved = produce(state, 10)
    missed = [event for event in moved.events if isinstance(event, BlockMissed)]
    assert [(event.slot, event.proposer) for event in missed] == list(
        zip(range(1, 10), slots, strict=False)
    )
    for operator in (ANNA, BEN, CARA):
        own = [event.in_a_row for event in missed if event.proposer == operator]
        assert own == list(range(1, len(own) + 1))
        expected = 0 if operator == slots[9] else len(own)
        assert validator_of(moved.state, operator).missed == expected
    assert moved.events[-1] == BlockProduced(10, slots[9])


def test_a_block_produced_forgives_the_misses_before_it() -> None:
    state = evolve_missed(world(params=LONG), ANNA, 9)
    state = evolve_missed(state, BEN, 5)
    slot = first_turn(state, ANNA)
    after = produce(evolve(state, slot=slot - 1), slot).state
    assert (validator_of(after, ANNA).missed, validator_of(after, BEN).missed) == (0, 5)


def evolve_missed(state: State, operator: bytes, missed: int) -> State:
    changed = evolve(validator_of(state, operator), missed=missed)
    return evolve(state, validators=state.validators.set(operator, changed))


def alone(threshold: int, **params: Any) -> State:
    """Only Anna is elected."""
    chosen = evolve(LONG, downtime_threshold=threshold, **params)
    return world(params=chosen, stakes={ANNA: 1_000})


def test_as_many_misses_as_the_threshold_are_forgiven_and_one_more_is_punished() -> None:
    state = alone(5)
    forgiven = produce(state, 6)
    assert not any(isinstance(event, Slashed) for event in forgiven.events)
    assert validator_of(forgiven.state, ANNA).missed == 0
    punished = pass_slots(PROTOCOL, state, 7)
    assert punished.events[:5] == tuple(BlockMissed(slot, ANNA, slot) for slot in range(1, 6))
    assert punished.events[5] == BlockMissed(6, ANNA, 6)
    assert Slashed(ANNA, OffenceKind.DOWNTIME, 0, 500, 50, 0) in punished.events
    assert punished.events[-1] == StatusChanged(ANNA, Status.ACTIVE, Status.JAILED)
    assert punished.state.supply.burned == 50
    assert validator_of(punished.state, ANNA).missed == 0
    assert unpunishable(punished.state, accuse(ANNA, 0, OffenceKind.DOWNTIME, slot=6)).reason is (
        RejectionReason.OFFENCE_ALREADY_PUNISHED
    )


def test_downtime_is_punished_once_and_not_for_every_slot_after_it() -> None:
    passed = pass_slots(PROTOCOL, alone(5), 100)
    assert sum(isinstance(event, Slashed) for event in passed.events) == 1
    assert sum(isinstance(event, BlockMissed) for event in passed.events) == 6


def test_a_threshold_of_nothing_punishes_the_first_miss() -> None:
    passed = pass_slots(PROTOCOL, alone(0), 2)
    assert status_of(passed.state, ANNA) is Status.JAILED


def test_misses_count_on_across_boundaries_while_a_validator_serves() -> None:
    state = alone(5, epoch_length=3)
    passed = pass_slots(PROTOCOL, state, 6)
    assert validator_of(passed.state, ANNA).missed == 5
    assert Slashed(ANNA, OffenceKind.DOWNTIME, 2, 500, 50, 0) in (
        pass_slots(PROTOCOL, state, 7).events
    )


def test_an_exiting_validator_is_slashed_for_downtime_but_not_jailed() -> None:
    passed = pass_slots(PROTOCOL, run(alone(5), Exit(ANNA)), 7)
    assert passed.state.supply.burned == 50
    assert status_of(passed.state, ANNA) is Status.EXITING


def test_a_refused_block_lets_no_time_pass() -> None:
    state = world()
    rejected(state, ProduceBlock(40, NOBODY, bytes(32)))
    assert state == world()
    assert active_set(state) == active_set(world())


@pytest.mark.parametrize(
    ("tx", "missed"),
    [
        (Exit(ANNA), 0),
        (Undelegate(ANNA, ANNA, 501), 0),
        (Undelegate(ANNA, ANNA, 500), 2),
        (ChangeCommission(ANNA, 100), 2),
    ],
)
def test_misses_are_forgotten_at_the_boundary_for_who_leaves_the_set_and_nobody_else(
    tx: object, missed: int
) -> None:
    state = run(alone(5, epoch_length=3), tx)
    passed = pass_slots(PROTOCOL, state, 3)
    assert [event.in_a_row for event in passed.events if isinstance(event, BlockMissed)] == [1, 2]
    assert validator_of(passed.state, ANNA).missed == missed
