"""Slashing: what it takes, burns, pays and announces, and which evidence it refuses."""

import pytest

from statemachine import (
    PROTOCOL,
    Delegate,
    Exit,
    GenesisDelegation,
    OffenceKind,
    RegisterValidator,
    RejectionReason,
    State,
    Status,
    Undelegate,
    evolve,
)
from statemachine.events import DustSwept, Slashed, StakeSlashed, StatusChanged
from statemachine.primitives import MAX_AMOUNT
from statemachine.rules.accounts import balance_of
from statemachine.state import Bucket, Pots, Slash
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    DORA,
    EMIL,
    NOBODY,
    PARAMS,
    accuse,
    active_set,
    advance,
    explained,
    key_of,
    punish,
    refusal,
    rejected,
    run,
    stake_of,
    status_of,
    tuned,
    unpunishable,
    validator_of,
    world,
)

# --- what it takes -----------------------------------------------------------------------


def test_a_double_sign_takes_half_burns_it_and_puts_out_for_good() -> None:
    slashed = punish(world(), accuse(ANNA, 0))
    assert slashed.events == (
        StakeSlashed(ANNA, 0, None, (), 500),
        Slashed(ANNA, OffenceKind.DOUBLE_BLOCK, 0, 5_000, burned=500, rewarded=0),
        StatusChanged(ANNA, Status.ACTIVE, Status.TOMBSTONED),
    )
    state = slashed.state
    assert (state.supply.burned, state.pots) == (500, Pots(bonded=2_500))
    validator = validator_of(state, ANNA)
    assert validator.buckets == (Bucket(0, None, (), 500, 1),)
    assert validator.slashes == (Slash(ANNA, 0, 5_000, 0),)
    assert (validator.earning, validator.dust_bound) == (500, 1)
    assert stake_of(state, ANNA, ANNA) == 500
    assert ANNA in active_set(state)
    assert ANNA not in active_set(advance(state))


@pytest.mark.parametrize(
    ("kind", "taken", "status"),
    [
        (OffenceKind.DOUBLE_BLOCK, 500, Status.TOMBSTONED),
        (OffenceKind.INVALID_BLOCK, 100, Status.JAILED),
        (OffenceKind.DOWNTIME, 50, Status.JAILED),
    ],
)
def test_each_offence_has_its_price_and_consequence(
    kind: OffenceKind, taken: int, status: Status
) -> None:
    state = punish(world(), accuse(ANNA, 0, kind)).state
    assert (state.supply.burned, status_of(state, ANNA)) == (taken, status)
    assert validator_of(state, ANNA).jailed_until == (2 if status is Status.JAILED else 0)
    assert stake_of(state, BEN, BEN) == 1_000


def test_delegations_lose_the_same_share_as_the_operators_own_stake() -> None:
    backed = (GenesisDelegation(DORA, ANNA, 600), GenesisDelegation(EMIL, BEN, 600))
    state = punish(world(delegations=backed), accuse(ANNA, 0)).state
    assert stake_of(state, ANNA, ANNA) == 500
    assert stake_of(state, ANNA, DORA) == 300
    assert stake_of(state, BEN, EMIL) == 600
    assert state.supply.burned == 800


def test_unbonding_stake_loses_the_same_share_and_is_released_without_it() -> None:
    state = world(delegations=(GenesisDelegation(DORA, ANNA, 600),))
    state = advance(run(state, Undelegate(DORA, ANNA, 600)), 2)
    slashed = punish(state, accuse(ANNA, 0))
    assert StakeSlashed(ANNA, 0, 1, (), 300) in slashed.events
    assert slashed.state.pots.unbonding == 300
    assert balance_of(advance(slashed.state, 2), DORA) == 9_400 + 600 + 300


def test_stake_that_had_left_before_the_infraction_loses_nothing() -> None:
    state = world(delegations=(GenesisDelegation(DORA, ANNA, 600),))
    state = advance(run(state, Undelegate(DORA, ANNA, 600)))
    slashed = punish(state, accuse(ANNA, 1)).state
    assert (stake_of(slashed, ANNA, DORA), slashed.supply.burned) == (600, 500)
    leaving = punish(state, accuse(ANNA, 0)).state
    assert (stake_of(leaving, ANNA, DORA), leaving.supply.burned) == (300, 800)


def test_stake_that_became_active_after_the_infraction_loses_nothing() -> None:
    state = advance(run(advance(world()), Delegate(DORA, ANNA, 600)))
    early = punish(state, accuse(ANNA, 1)).state
    assert (stake_of(early, ANNA, DORA), early.supply.burned) == (600, 500)
    late = punish(state, accuse(ANNA, 2)).state
    assert (stake_of(late, ANNA, DORA), late.supply.burned) == (300, 800)


def test_stake_that_is_not_yet_active_loses_nothing() -> None:
    state = punish(run(world(), Delegate(DORA, ANNA, 600)), accuse(ANNA, 0)).state
    assert stake_of(state, ANNA, DORA) == 600


def test_two_offences_each_take_their_share_of_what_is_left() -> None:
    state = punish(world(), accuse(ANNA, 0, slot=1)).state
    state = punish(state, accuse(ANNA, 0, slot=2)).state
    assert (stake_of(state, ANNA, ANNA), state.supply.burned) == (250, 750)
    state = punish(state, accuse(ANNA, 0, OffenceKind.INVALID_BLOCK, slot=1)).state
    assert (stake_of(state, ANNA, ANNA), state.supply.burned) == (225, 775)


def test_what_rounding_leaves_goes_to_the_treasury_with_the_last_stake_of_its_bucket() -> None:
    state = punish(world(stakes={ANNA: 1_001, BEN: 1_000}), accuse(ANNA, 0)).state
    # 500 of 1,001 are burned; Anna keeps 500, and 1 is nobody's.
    assert (state.supply.burned, state.pots.bonded) == (500, 1_501)
    assert stake_of(state, ANNA, ANNA) == 500
    left = PROTOCOL.transition(state, Undelegate(ANNA, ANNA, 500))
    assert DustSwept(ANNA, 1, 0) in left.events
    assert left.state.pots == Pots(bonded=1_000, unbonding=500, treasury=1)


def test_a_slash_of_no_share_takes_nothing_and_still_puts_out() -> None:
    state = tuned(double_sign_bps=0)
    slashed = punish(state, accuse(ANNA, 0))
    assert (slashed.state.supply.burned, stake_of(slashed.state, ANNA, ANNA)) == (0, 1_000)
    assert status_of(slashed.state, ANNA) is Status.TOMBSTONED


# --- all of it ---------------------------------------------------------------------------


def wiped_out() -> State:
    """Anna's stake and Dora's behind her, all of it gone; Anna is jailed."""
    state = world(
        params=evolve(PARAMS, invalid_block_bps=10_000),
        delegations=(GenesisDelegation(DORA, ANNA, 600),),
    )
    return punish(advance(state), accuse(ANNA, 1, OffenceKind.INVALID_BLOCK)).state


def test_a_slash_of_everything_leaves_nobody_anything_to_take_back() -> None:
    state = wiped_out()
    assert state.supply.burned == 1_600
    assert (stake_of(state, ANNA, ANNA), stake_of(state, ANNA, DORA)) == (0, 0)
    for owner in (ANNA, DORA):
        assert explained(rejected(state, Undelegate(owner, ANNA, 1))) == refusal(
            RejectionReason.INSUFFICIENT_STAKE, needed=1, available=0
        )
    assert run(state, Exit(ANNA)).pots.unbonding == 0


@pytest.mark.parametrize("epochs", [0, 1, 6])
def test_who_delegates_after_a_slash_of_everything_is_not_diluted(epochs: int) -> None:
    state = run(advance(wiped_out(), epochs), Delegate(EMIL, ANNA, 700))
    for later in (state, advance(state), advance(state, 6)):
        assert stake_of(later, ANNA, EMIL) == 700
        assert stake_of(later, ANNA, DORA) == 0
    out = advance(run(advance(state, 6), Undelegate(EMIL, ANNA, 700)), 4)
    assert balance_of(out, EMIL) == 10_000


def test_when_everybody_is_wiped_out_time_goes_on_and_stake_can_come_back() -> None:
    state = tuned(double_sign_bps=10_000)
    for operator in tuple(active_set(state)):
        state = punish(state, accuse(operator, 0)).state
    assert (state.supply.burned, state.pots.bonded) == (3_000, 0)
    state = advance(state, 5)
    assert (active_set(state), state.supply.issued) == ({}, 0)
    assert (len(state.delegations), len(state.validators)) == (0, 3)
    newcomer = RegisterValidator(DORA, key_of(DORA), 0, 2_000)
    assert active_set(advance(run(state, newcomer))) == {DORA: 2_000}


def test_the_greatest_stake_can_be_slashed() -> None:
    state = world(stakes={ANNA: MAX_AMOUNT}, accounts=())
    state = punish(state, accuse(ANNA, 0)).state
    assert state.supply.burned == 2**127 - 1
    assert stake_of(state, ANNA, ANNA) == 2**127 - 1
    assert state.pots.bonded == 2**127


# --- the reporter ------------------------------------------------------------------------


def test_the_reporters_share_is_paid_and_the_rest_is_burned() -> None:
    state = tuned(reporter_bps=2_500)
    slashed = punish(state, accuse(ANNA, 0, reporter=NOBODY))
    assert balance_of(slashed.state, NOBODY) == 125
    assert slashed.state.supply.burned == 375
    assert Slashed(ANNA, OffenceKind.DOUBLE_BLOCK, 0, 5_000, 375, 125) in slashed.events
    alone = punish(state, accuse(ANNA, 0))
    assert alone.state.supply.burned == 500


def test_a_reporter_of_nothing_is_paid_nothing() -> None:
    for state in (world(), tuned(reporter_bps=9_999, double_sign_bps=10)):
        slashed = punish(state, accuse(ANNA, 0, reporter=NOBODY)).state
        assert NOBODY not in slashed.accounts
        assert slashed.supply.burned > 0


# --- what it refuses ---------------------------------------------------------------------


def test_the_same_offence_is_punished_once_however_often_it_is_reported() -> None:
    state = punish(world(), accuse(ANNA, 0, slot=3)).state
    again = refusal(RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=ANNA)
    assert explained(unpunishable(state, accuse(ANNA, 0, slot=3))) == again
    reported = accuse(ANNA, 0, slot=3, reporter=DORA)
    assert explained(unpunishable(advance(state, 3), reported)) == again


def test_evidence_counts_to_the_end_of_its_window_and_no_longer() -> None:
    state = advance(world(), 5)
    assert str(unpunishable(state, accuse(ANNA, 1))) == "evidence_too_old: epoch 1, oldest 2"
    assert punish(state, accuse(ANNA, 2)).state.supply.burned == 500
    assert punish(state, accuse(ANNA, 5)).state.supply.burned == 500
    assert str(unpunishable(state, accuse(ANNA, 6))) == (
        "evidence_from_the_future: epoch 6, current 5"
    )


def test_an_offence_is_remembered_exactly_as_long_as_its_evidence_counts() -> None:
    state = punish(advance(world()), accuse(ANNA, 1, slot=3)).state
    assert len(advance(state, 3).punished) == 1
    assert unpunishable(advance(state, 3), accuse(ANNA, 1, slot=3)).reason is (
        RejectionReason.OFFENCE_ALREADY_PUNISHED
    )
    assert len(advance(state, 4).punished) == 0
    assert unpunishable(advance(state, 4), accuse(ANNA, 1, slot=3)).reason is (
        RejectionReason.EVIDENCE_TOO_OLD
    )


def test_only_validators_offend() -> None:
    assert explained(unpunishable(world(), accuse(DORA, 0))) == refusal(
        RejectionReason.UNKNOWN_VALIDATOR, validator=DORA
    )


def test_the_last_evidence_reaches_unbonding_stake_before_it_is_released() -> None:
    state = world(delegations=(GenesisDelegation(DORA, ANNA, 600),))
    state = advance(run(state, Undelegate(DORA, ANNA, 600)), 3)
    # Epoch 0 was the last in which it was active; it is released at epoch 4.
    assert stake_of(punish(state, accuse(ANNA, 0)).state, ANNA, DORA) == 300
    state = advance(state)
    assert balance_of(state, DORA) == 10_600
    assert unpunishable(state, accuse(ANNA, 0)).reason is RejectionReason.EVIDENCE_TOO_OLD


# --- where it leaves the offender --------------------------------------------------------


def test_a_second_offence_prolongs_jail_and_a_double_sign_ends_it_for_good() -> None:
    state = punish(world(), accuse(ANNA, 0, OffenceKind.INVALID_BLOCK)).state
    later = punish(advance(state), accuse(ANNA, 0, OffenceKind.DOWNTIME))
    assert validator_of(later.state, ANNA).jailed_until == 3
    assert not any(isinstance(event, StatusChanged) for event in later.events)
    last = punish(later.state, accuse(ANNA, 0))
    assert last.events[-1] == StatusChanged(ANNA, Status.JAILED, Status.TOMBSTONED)


def test_who_is_leaving_or_has_left_is_not_jailed_but_can_be_tombstoned() -> None:
    exiting = run(world(), Exit(ANNA))
    for state, status in ((exiting, Status.EXITING), (advance(exiting), Status.EXITED)):
        milder = punish(state, accuse(ANNA, 0, OffenceKind.INVALID_BLOCK)).state
        assert (status_of(milder, ANNA), milder.supply.burned) == (status, 100)
        harder = punish(state, accuse(ANNA, 0)).state
        assert (status_of(harder, ANNA), harder.supply.burned) == (Status.TOMBSTONED, 500)
    tombstoned = punish(exiting, accuse(ANNA, 0)).state
    same = punish(tombstoned, accuse(ANNA, 0, OffenceKind.INVALID_BLOCK)).state
    assert status_of(advance(same), ANNA) is Status.TOMBSTONED


def test_a_slash_clears_the_blocks_missed_so_far() -> None:
    state = world()
    missing = evolve(validator_of(state, ANNA), missed=7)
    state = evolve(state, validators=state.validators.set(ANNA, missing))
    assert validator_of(punish(state, accuse(ANNA, 0)).state, ANNA).missed == 0
