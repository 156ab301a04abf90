"""Putting stake behind validators, taking it back, moving it."""

import pytest

from statemachine import (
    PROTOCOL,
    Delegate,
    Exit,
    OffenceKind,
    Redelegate,
    RejectionReason,
    State,
    Transfer,
    Undelegate,
)
from statemachine.events import (
    Delegated,
    Redelegated,
    StakeMoved,
    StakeReleased,
    Undelegated,
)
from statemachine.primitives import MAX_AMOUNT
from statemachine.rules.accounts import balance_of
from statemachine.state import Bucket, Lot, Pots, Stay
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    NOBODY,
    accuse,
    active_set,
    advance,
    advance_with_events,
    explained,
    lots_of,
    punish,
    refusal,
    rejected,
    run,
    stake_of,
    validator_of,
    world,
)

# --- delegate ----------------------------------------------------------------------------


def test_delegating_debits_the_account_and_bonds_the_tokens() -> None:
    moved = PROTOCOL.transition(world(), Delegate(DORA, ANNA, 600))
    assert balance_of(moved.state, DORA) == 9_400
    assert moved.state.pots == Pots(bonded=3_600)
    assert lots_of(moved.state, ANNA, DORA) == (Lot(600, start=1),)
    assert validator_of(moved.state, ANNA).buckets == (
        Bucket(0, None, (), 1_000, 1),
        Bucket(1, None, (), 600, 1),
    )
    assert moved.events == (Delegated(DORA, ANNA, 600, 1),)


def test_a_second_delegation_adds_on_top_of_the_first() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Delegate(DORA, ANNA, 150))
    assert lots_of(state, ANNA, DORA) == (Lot(750, start=1),)
    assert balance_of(state, DORA) == 9_250
    later = run(advance(state), Delegate(DORA, ANNA, 50))
    assert lots_of(later, ANNA, DORA) == (Lot(750, start=1), Lot(50, start=2))
    assert later.pots.bonded == 3_800


def test_stake_becomes_active_at_the_next_boundary() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600))
    assert active_set(state) == {ANNA: 1_000, BEN: 1_000, CARA: 1_000}
    assert validator_of(state, ANNA).earning == 1_000
    after = advance(state)
    assert active_set(after) == {ANNA: 1_600, BEN: 1_000, CARA: 1_000}
    assert validator_of(after, ANNA).earning == 1_600


@pytest.mark.parametrize("validator", [NOBODY, DORA])
def test_stake_cannot_be_put_behind_who_is_no_validator(validator: bytes) -> None:
    refused = rejected(world(), Delegate(DORA, validator, 1))
    assert explained(refused) == refusal(RejectionReason.UNKNOWN_VALIDATOR, validator=validator)
    assert str(refused) == "unknown_validator: validator 0x" + validator.hex()


def test_delegating_nothing_or_too_much_is_refused() -> None:
    assert str(rejected(world(), Delegate(DORA, ANNA, 0))) == "zero_amount"
    refused = rejected(world(), Delegate(DORA, ANNA, MAX_AMOUNT))
    assert explained(refused) == refusal(
        RejectionReason.INSUFFICIENT_BALANCE, needed=MAX_AMOUNT, available=10_000
    )


def leaving(state: State) -> dict[str, State]:
    exiting = run(state, Exit(ANNA))
    return {
        "exiting": exiting,
        "exited": advance(exiting),
        "tombstoned": punish(state, accuse(ANNA, 0)).state,
    }


@pytest.mark.parametrize("status", ["exiting", "exited", "tombstoned"])
def test_a_validator_that_leaves_takes_no_new_stake_but_gives_it_back(status: str) -> None:
    state = leaving(run(world(), Delegate(DORA, ANNA, 600), Delegate(DORA, BEN, 600)))[status]
    for tx in (Delegate(DORA, ANNA, 1), Redelegate(DORA, BEN, ANNA, 1)):
        assert str(rejected(state, tx)) == (
            f"validator_not_accepting: validator 0x{ANNA.hex()}, status {status}"
        )
    run(state, Undelegate(DORA, ANNA, 600))
    run(state, Redelegate(DORA, ANNA, BEN, 600))


def test_a_jailed_validator_still_takes_stake() -> None:
    jailed = punish(world(), accuse(ANNA, 0, OffenceKind.INVALID_BLOCK)).state
    assert stake_of(run(jailed, Delegate(DORA, ANNA, 5)), ANNA, DORA) == 5


# --- undelegate --------------------------------------------------------------------------


def test_a_part_of_a_stake_can_be_taken_back_and_the_rest_stays() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    left = PROTOCOL.transition(state, Undelegate(DORA, ANNA, 250))
    assert lots_of(left.state, ANNA, DORA) == (Lot(350, start=1), Lot(250, start=1, end=2))
    assert left.events == (Undelegated(DORA, ANNA, 250, end=2, release=5),)
    assert (left.state.pots.bonded, left.state.pots.unbonding) == (3_350, 250)
    assert balance_of(left.state, DORA) == 9_400


def test_the_newest_stake_leaves_first() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 300)))
    state = advance(run(state, Delegate(DORA, ANNA, 200)))
    left = PROTOCOL.transition(state, Undelegate(DORA, ANNA, 250))
    assert lots_of(left.state, ANNA, DORA) == (
        Lot(250, start=1),
        Lot(50, start=1, end=3),
        Lot(200, start=2, end=3),
    )
    assert left.events == (
        Undelegated(DORA, ANNA, 200, end=3, release=6),
        Undelegated(DORA, ANNA, 50, end=3, release=6),
    )


def test_stake_serves_to_the_end_of_the_epoch_and_is_released_unbonding_epochs_later() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)), 2)
    state = run(state, Undelegate(DORA, ANNA, 600))
    assert active_set(state)[ANNA] == 1_600
    state = advance(state)
    assert active_set(state)[ANNA] == 1_000
    state, waiting = advance_with_events(state, 2)
    assert (state.epoch, balance_of(state, DORA)) == (5, 9_400)
    assert not any(isinstance(event, StakeReleased) for event in waiting)
    state, released = advance_with_events(state)
    assert (state.epoch, balance_of(state, DORA)) == (6, 10_000)
    assert StakeReleased(DORA, ANNA, 600) in released
    assert state.pots.unbonding == 0
    assert lots_of(state, ANNA, DORA) == ()


def test_stake_taken_back_before_it_was_active_never_serves() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Undelegate(DORA, ANNA, 600))
    assert lots_of(state, ANNA, DORA) == (Lot(600, start=1, end=1),)
    assert active_set(advance(state)) == {ANNA: 1_000, BEN: 1_000, CARA: 1_000}
    assert balance_of(advance(state, 3), DORA) == 9_400
    assert balance_of(advance(state, 4), DORA) == 10_000


def test_undelegating_refuses_nothing_what_is_not_there_and_too_much() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600))
    assert str(rejected(state, Undelegate(DORA, ANNA, 0))) == "zero_amount"
    assert str(rejected(state, Undelegate(DORA, ANNA, 601))) == (
        "insufficient_stake: needed 601, available 600"
    )
    assert str(rejected(state, Undelegate(DORA, BEN, 1))) == (
        f"no_delegation: validator 0x{BEN.hex()}, delegator 0x{DORA.hex()}"
    )
    assert str(rejected(state, Undelegate(DORA, NOBODY, 1))) == (
        f"unknown_validator: validator 0x{NOBODY.hex()}"
    )
    assert str(rejected(state, Undelegate(DORA, ANNA, MAX_AMOUNT))) == (
        f"insufficient_stake: needed {MAX_AMOUNT}, available 600"
    )


def test_stake_that_is_leaving_cannot_leave_again() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Undelegate(DORA, ANNA, 400))
    for tx in (Undelegate(DORA, ANNA, 201), Redelegate(DORA, ANNA, BEN, 201)):
        assert explained(rejected(state, tx)) == refusal(
            RejectionReason.INSUFFICIENT_STAKE, needed=201, available=200
        )


# --- redelegate --------------------------------------------------------------------------


def test_redelegated_stake_serves_its_source_until_it_arrives_with_its_history() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    told = PROTOCOL.transition(state, Redelegate(DORA, ANNA, BEN, 400))
    assert told.events == (Redelegated(DORA, ANNA, BEN, 400, end=2),)
    assert lots_of(told.state, ANNA, DORA) == (Lot(200, 1), Lot(400, 1, 2, BEN))
    assert active_set(told.state) == {ANNA: 1_600, BEN: 1_000, CARA: 1_000}
    state, events = advance_with_events(told.state)
    assert StakeMoved(DORA, ANNA, BEN, 400) in events
    assert lots_of(state, ANNA, DORA) == (Lot(200, 1),)
    assert lots_of(state, BEN, DORA) == (Lot(400, 2, past=(Stay(ANNA, 1, 2),)),)
    assert active_set(state) == {ANNA: 1_200, BEN: 1_400, CARA: 1_000}
    assert (state.pots.bonded, state.pots.unbonding) == (3_600, 0)
    assert balance_of(state, DORA) == 9_400


def test_redelegated_stake_does_not_wait_to_unbond_but_does_so_at_its_destination() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 600)))
    state = run(state, Undelegate(DORA, BEN, 600))
    assert balance_of(advance(state, 3), DORA) == 9_400
    assert balance_of(advance(state, 4), DORA) == 10_000


def test_stake_moved_before_it_was_active_brings_no_history() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Redelegate(DORA, ANNA, BEN, 600))
    assert lots_of(advance(state), BEN, DORA) == (Lot(600, 1),)
    assert validator_of(advance(state), ANNA).departures == ()


def test_a_history_is_forgotten_once_no_evidence_can_reach_it() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 600)), 4)
    state = run(state, Transfer(DORA, NOBODY, 1), Delegate(DORA, BEN, 1))
    assert lots_of(state, BEN, DORA) == (Lot(600, 0), Lot(1, 6))


def test_redelegating_refuses_the_same_unknown_and_missing_and_too_much() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600))
    assert str(rejected(state, Redelegate(DORA, ANNA, ANNA, 1))) == (
        f"same_validator: validator 0x{ANNA.hex()}"
    )
    for tx in (Redelegate(DORA, NOBODY, BEN, 1), Redelegate(DORA, ANNA, NOBODY, 1)):
        assert explained(rejected(state, tx)) == refusal(
            RejectionReason.UNKNOWN_VALIDATOR, validator=NOBODY
        )
    assert str(rejected(state, Redelegate(DORA, ANNA, BEN, 0))) == "zero_amount"
    assert str(rejected(state, Redelegate(DORA, ANNA, BEN, 601))) == (
        "insufficient_stake: needed 601, available 600"
    )
    assert explained(rejected(state, Redelegate(DORA, CARA, BEN, 1))) == refusal(
        RejectionReason.NO_DELEGATION, validator=CARA, delegator=DORA
    )


def test_stake_reaches_a_destination_that_was_put_out_on_the_way_and_can_leave_it() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    state = run(state, Redelegate(DORA, ANNA, BEN, 600))
    state = advance(punish(state, accuse(BEN, 1)).state)
    assert stake_of(state, BEN, DORA) == 600
    state = advance(run(state, Undelegate(DORA, BEN, 600)), 4)
    assert balance_of(state, DORA) == 10_000
