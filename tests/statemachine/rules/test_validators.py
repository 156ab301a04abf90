"""Becoming a validator, changing commission, leaving, returning from jail."""

from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    Delegate,
    Exit,
    OffenceKind,
    RegisterValidator,
    RejectionReason,
    State,
    Status,
    Undelegate,
    Unjail,
    evolve,
)
from statemachine.events import (
    CommissionSet,
    Delegated,
    StatusChanged,
    Undelegated,
    ValidatorRegistered,
)
from statemachine.primitives import MAX_AMOUNT, MAX_SLOT
from statemachine.rules.accounts import balance_of
from statemachine.state import Booking, Bucket, Lot, Validator
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    NOBODY,
    PARAMS,
    accuse,
    active_set,
    advance,
    advance_with_events,
    explained,
    key_of,
    lots_of,
    punish,
    refusal,
    rejected,
    run,
    stake_of,
    status_of,
    tuned,
    validator_of,
    world,
)

# --- registering -------------------------------------------------------------------------


def registration(**changes: Any) -> RegisterValidator:
    return evolve(RegisterValidator(DORA, key_of(DORA), 700, 2_000), **changes)


def test_a_new_validator_is_pending_until_its_stake_becomes_active() -> None:
    joined = PROTOCOL.transition(world(), registration())
    assert joined.events == (ValidatorRegistered(DORA, 700), Delegated(DORA, DORA, 2_000, 1))
    assert validator_of(joined.state, DORA) == Validator(
        status=Status.PENDING,
        public_key=key_of(DORA),
        commission_bps=700,
        next_commission_bps=700,
        buckets=(Bucket(1, None, (), 2_000, 1),),
    )
    assert joined.state.keys[key_of(DORA)] == DORA
    assert balance_of(joined.state, DORA) == 8_000
    assert lots_of(joined.state, DORA, DORA) == (Lot(2_000, 1),)
    assert DORA not in active_set(joined.state)
    state, events = advance_with_events(joined.state)
    assert StatusChanged(DORA, Status.PENDING, Status.ACTIVE) in events
    assert active_set(state)[DORA] == 2_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operator": ANNA}, f"account_is_validator: operator 0x{ANNA.hex()}"),
        ({"public_key": key_of(BEN)}, f"key_in_use: public_key 0x{key_of(BEN).hex()}"),
        ({"self_stake": 499}, "insufficient_self_stake: needed 500, given 499"),
        ({"self_stake": 0}, "insufficient_self_stake: needed 500, given 0"),
        ({"self_stake": 10_001}, "insufficient_balance: needed 10001, available 10000"),
        (
            {"self_stake": MAX_AMOUNT},
            f"insufficient_balance: needed {MAX_AMOUNT}, available 10000",
        ),
        ({"operator": NOBODY}, "insufficient_balance: needed 2000, available 0"),
    ],
)
def test_a_registration_is_refused_for(changes: dict[str, Any], message: str) -> None:
    assert str(rejected(world(), registration(**changes))) == message


def test_the_least_self_stake_suffices_and_all_of_an_account_may_go_into_it() -> None:
    assert status_of(advance(run(world(), registration(self_stake=500))), DORA) is Status.ACTIVE
    assert DORA not in run(world(), registration(self_stake=10_000)).accounts


def test_commission_may_reach_its_highest_and_not_exceed_it() -> None:
    state = tuned(max_commission_bps=2_000)
    run(state, registration(commission_bps=2_000))
    assert str(rejected(state, registration(commission_bps=2_001))) == (
        "commission_too_high: given 2001, highest 2000"
    )


def test_nobody_registers_twice_nor_comes_back_after_leaving() -> None:
    state = run(world(), registration())
    again = registration(public_key=bytes(48))
    assert rejected(state, again).reason is RejectionReason.ACCOUNT_IS_VALIDATOR
    gone = advance(run(state, Exit(DORA)))
    assert rejected(gone, again).reason is RejectionReason.ACCOUNT_IS_VALIDATOR
    reused = registration(operator=DORA, public_key=key_of(ANNA))
    assert rejected(advance(run(world(), Exit(ANNA))), reused).reason is RejectionReason.KEY_IN_USE


def test_a_registration_whose_turn_never_comes_leaves_no_validator_behind() -> None:
    last = MAX_SLOT // PARAMS.epoch_length
    state = evolve(tuned(churn_floor=1, churn_bps=0), joining=(Booking(last, 1),))
    assert str(rejected(state, registration(self_stake=500))) == (
        f"churn_queue_full: needed 500, last {last}"
    )
    assert DORA not in state.validators


# --- commission --------------------------------------------------------------------------


def test_a_commission_change_counts_from_the_next_epoch_and_the_last_word_wins() -> None:
    state = world(commission_bps=1_000)
    told = PROTOCOL.transition(state, ChangeCommission(ANNA, 1_500))
    assert told.events == (CommissionSet(ANNA, 1_500),)
    assert validator_of(told.state, ANNA).commission_bps == 1_000
    assert validator_of(advance(told.state), ANNA).commission_bps == 1_500
    last = run(told.state, ChangeCommission(ANNA, 500))
    assert validator_of(advance(last), ANNA).commission_bps == 500
    assert validator_of(advance(last), BEN).commission_bps == 1_000


@pytest.mark.parametrize(
    ("operator", "bps", "message"),
    [
        (ANNA, 1_501, "commission_change_too_large: change 501, largest 500"),
        (ANNA, 499, "commission_change_too_large: change 501, largest 500"),
        (ANNA, 2_001, "commission_too_high: given 2001, highest 2000"),
        (NOBODY, 0, f"unknown_validator: validator 0x{NOBODY.hex()}"),
    ],
)
def test_a_commission_change_is_refused_for(operator: bytes, bps: int, message: str) -> None:
    capped = world(params=evolve(PARAMS, max_commission_bps=2_000), commission_bps=1_000)
    assert str(rejected(capped, ChangeCommission(operator, bps))) == message


def test_several_changes_in_one_epoch_do_not_add_up() -> None:
    state = run(world(commission_bps=1_000), ChangeCommission(ANNA, 1_500))
    assert rejected(state, ChangeCommission(ANNA, 2_000)).details["change"] == 1_000
    state = run(advance(state), ChangeCommission(ANNA, 2_000))
    assert validator_of(advance(state), ANNA).commission_bps == 2_000


# --- leaving -----------------------------------------------------------------------------


def test_an_exiting_validator_serves_until_the_epoch_ends_and_its_own_stake_unbonds() -> None:
    told = PROTOCOL.transition(world(), Exit(ANNA))
    assert told.events == (
        StatusChanged(ANNA, Status.ACTIVE, Status.EXITING),
        Undelegated(ANNA, ANNA, 1_000, end=1, release=4),
    )
    assert active_set(told.state)[ANNA] == 1_000
    state, events = advance_with_events(told.state)
    assert StatusChanged(ANNA, Status.EXITING, Status.EXITED) in events
    assert active_set(state) == {BEN: 1_000, CARA: 1_000}
    assert balance_of(advance(state, 3), ANNA) == 6_000


def test_delegators_of_a_validator_that_left_keep_their_stake_and_can_get_out() -> None:
    state = run(world(), Delegate(DORA, ANNA, 600), Exit(ANNA))
    state = advance(state, 5)
    assert stake_of(state, ANNA, DORA) == 600
    assert ANNA not in active_set(state)
    state = advance(run(state, Undelegate(DORA, ANNA, 600)), 4)
    assert balance_of(state, DORA) == 10_000


@pytest.mark.parametrize("tx", [Exit(ANNA), ChangeCommission(ANNA, 100)])
def test_who_has_left_or_is_leaving_can_do_neither_again(tx: object) -> None:
    exiting = run(world(), Exit(ANNA))
    for state, status in (
        (exiting, "exiting"),
        (advance(exiting), "exited"),
        (punish(world(), accuse(ANNA, 0)).state, "tombstoned"),
    ):
        assert explained(rejected(state, tx)) == refusal(
            RejectionReason.VALIDATOR_NOT_IN_SERVICE, validator=ANNA, status=status
        )


def test_only_validators_exit() -> None:
    assert explained(rejected(world(), Exit(DORA))) == refusal(
        RejectionReason.UNKNOWN_VALIDATOR, validator=DORA
    )


def test_a_pending_validator_and_one_without_stake_of_its_own_can_exit() -> None:
    state = run(world(), registration(), Exit(DORA))
    assert status_of(advance(state), DORA) is Status.EXITED
    poor = PROTOCOL.transition(world(stakes={ANNA: 0, BEN: 1_000}), Exit(ANNA))
    assert poor.events == (StatusChanged(ANNA, Status.PENDING, Status.EXITING),)
    assert status_of(advance(poor.state), ANNA) is Status.EXITED


# --- below the minimum -------------------------------------------------------------------


def test_a_validator_that_takes_out_too_much_leaves_the_set_and_its_delegators_can_too() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 600)))
    state = run(state, Undelegate(ANNA, ANNA, 501))
    assert active_set(state)[ANNA] == 1_600
    state, events = advance_with_events(state)
    assert StatusChanged(ANNA, Status.ACTIVE, Status.PENDING) in events
    assert active_set(state) == {BEN: 1_000, CARA: 1_000}
    assert stake_of(state, ANNA, DORA) == 600
    out = advance(run(state, Undelegate(DORA, ANNA, 600)), 4)
    assert balance_of(out, DORA) == 10_000


def test_exactly_the_minimum_is_enough_to_stay() -> None:
    state = advance(run(world(), Undelegate(ANNA, ANNA, 500)))
    assert active_set(state)[ANNA] == 500


def test_a_validator_below_the_minimum_joins_again_when_it_stakes_more() -> None:
    state = advance(run(world(), Undelegate(ANNA, ANNA, 501)))
    state = advance(run(state, Delegate(ANNA, ANNA, 1)))
    assert active_set(state)[ANNA] == 500
    assert status_of(state, ANNA) is Status.ACTIVE


def test_the_stake_of_others_does_not_make_up_for_ones_own() -> None:
    state = advance(run(world(), Undelegate(ANNA, ANNA, 501)))
    assert ANNA not in active_set(advance(run(state, Delegate(DORA, ANNA, 5_000))))


# --- jail --------------------------------------------------------------------------------


def jailed() -> State:
    """Anna is jailed in epoch 1, for two epochs, with a tenth of her stake gone."""
    return punish(advance(world()), accuse(ANNA, 1, OffenceKind.INVALID_BLOCK)).state


def test_a_jailed_validator_leaves_the_set_at_the_boundary_and_may_return_at_its_time() -> None:
    state = jailed()
    assert validator_of(state, ANNA).jailed_until == 3
    assert ANNA in active_set(state)
    state = advance(state)
    assert active_set(state) == {BEN: 1_000, CARA: 1_000}
    assert str(rejected(state, Unjail(ANNA))) == "still_jailed: until 3, epoch 2"
    state = advance(state)
    back = PROTOCOL.transition(state, Unjail(ANNA))
    assert back.events == (StatusChanged(ANNA, Status.JAILED, Status.PENDING),)
    assert ANNA not in active_set(back.state)
    again = advance(back.state)
    assert status_of(again, ANNA) is Status.ACTIVE
    assert active_set(again)[ANNA] == 900


def test_a_jailed_validator_does_not_return_by_itself() -> None:
    state = advance(jailed(), 6)
    assert status_of(state, ANNA) is Status.JAILED
    assert ANNA not in active_set(state)


def test_a_jailed_validator_needs_the_minimum_to_return() -> None:
    state = advance(run(jailed(), Undelegate(ANNA, ANNA, 401)), 2)
    assert str(rejected(state, Unjail(ANNA))) == "insufficient_self_stake: needed 500, given 499"
    topped_up = run(state, Delegate(ANNA, ANNA, 1), Unjail(ANNA))
    assert active_set(advance(topped_up))[ANNA] == 500


def test_only_the_jailed_return() -> None:
    assert str(rejected(world(), Unjail(ANNA))) == "not_jailed: status active"
    assert str(rejected(world(), Unjail(DORA))) == f"unknown_validator: validator 0x{DORA.hex()}"
    for state, status in (
        (run(jailed(), Exit(ANNA)), "exited"),
        (advance(run(jailed(), Exit(ANNA))), "exited"),
        (punish(jailed(), accuse(ANNA, 1)).state, "tombstoned"),
    ):
        assert str(rejected(state, Unjail(ANNA))) == f"not_jailed: status {status}"
