"""Rewards, worked out by hand: who earns what, when, and where fractions go."""

import pytest

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    GenesisDelegation,
    OffenceKind,
    Redelegate,
    RejectionReason,
    Undelegate,
    evolve,
)
from statemachine.events import CommissionPaid, RewardIssued, RewardPaid
from statemachine.primitives import MAX_AMOUNT, REWARD_SCALE, REWARD_UNIT
from statemachine.rules.accounts import balance_of
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    NOBODY,
    PARAMS,
    accuse,
    advance,
    advance_with_events,
    claimed,
    described,
    explained,
    punish,
    refusal,
    rejected,
    run,
    tuned,
    world,
)

TENTH = 1_000
"""A commission of a tenth, in basis points."""

BACKED = GenesisDelegation(DORA, ANNA, 3_000)
"""With it 6,000 are active, so that a unit of stake earns one half an epoch."""


def test_an_epochs_reward_is_issued_at_its_end_to_the_stake_that_served_in_it() -> None:
    state, events = advance_with_events(world())
    assert (state.supply.issued, state.pots.rewards) == (3_000, 3_000)
    assert state.reward_index == REWARD_SCALE
    assert [event for event in events if isinstance(event, RewardIssued)] == [
        RewardIssued(3_000, 3_000, REWARD_SCALE)
    ]
    assert [claimed(state, operator, operator) for operator in (ANNA, BEN, CARA)] == [
        (1_000, 0),
        (1_000, 0),
        (1_000, 0),
    ]


def test_delegators_earn_by_their_stake_after_commission_which_the_operator_is_paid() -> None:
    state = advance(world(delegations=(BACKED,), commission_bps=TENTH), 2)
    # Each epoch: DORA 3,000 / 2 less a tenth; ANNA 1,000 / 2 less a tenth, and the tenth
    # of 4,000 / 2; BEN 1,000 / 2 less a tenth, and the tenth.
    assert claimed(state, DORA, ANNA) == (2 * 1_350, 0)
    assert claimed(state, ANNA, ANNA) == (2 * 450, 2 * 200)
    assert claimed(state, BEN, BEN) == (2 * 450, 2 * 50)


def test_a_claim_pays_into_the_account_and_can_be_made_once() -> None:
    state = advance(world(delegations=(BACKED,), commission_bps=TENTH))
    paid = PROTOCOL.transition(state, ClaimRewards(DORA, ANNA))
    assert paid.events == (RewardPaid(DORA, ANNA, 1_350),)
    assert balance_of(paid.state, DORA) == 11_350
    assert paid.state.pots.rewards == 1_650
    assert str(rejected(paid.state, ClaimRewards(DORA, ANNA))) == "nothing_to_claim"
    operators = PROTOCOL.transition(paid.state, ClaimRewards(ANNA, ANNA))
    assert operators.events == (RewardPaid(ANNA, ANNA, 450), CommissionPaid(ANNA, 200))
    assert balance_of(operators.state, ANNA) == 5_650
    assert operators.state.pots.rewards == 1_000


def test_claiming_late_or_every_epoch_pays_the_same() -> None:
    patient = eager = world(delegations=(BACKED,), commission_bps=TENTH)
    for _ in range(4):
        patient, eager = advance(patient), advance(eager)
        for tx in (ClaimRewards(DORA, ANNA), ClaimRewards(ANNA, ANNA)):
            eager = run(eager, tx)
    late = run(patient, ClaimRewards(DORA, ANNA), ClaimRewards(ANNA, ANNA))
    assert late.accounts == eager.accounts
    assert balance_of(late, DORA) == 10_000 + 4 * 1_350


def test_nobody_earns_for_the_epoch_that_they_joined_in() -> None:
    state = advance(run(world(), Delegate(DORA, ANNA, 3_000)))
    assert explained(rejected(state, ClaimRewards(DORA, ANNA))) == refusal(
        RejectionReason.NOTHING_TO_CLAIM
    )
    assert claimed(state, ANNA, ANNA) == (1_000, 0)
    assert claimed(advance(state), DORA, ANNA) == (1_500, 0)


def test_leaving_stake_earns_for_the_epoch_that_it_leaves_in_and_no_longer() -> None:
    state = run(world(delegations=(BACKED,)), Undelegate(DORA, ANNA, 3_000))
    state = advance(state)
    assert claimed(state, DORA, ANNA) == (1_500, 0)
    state = advance(state)
    assert claimed(state, DORA, ANNA) == (1_500, 0)
    # With DORA's stake gone, a unit earned 1 in the second epoch.
    assert claimed(state, ANNA, ANNA) == (500 + 1_000, 0)


def test_rewards_outlast_the_stake_that_earned_them() -> None:
    state = advance(run(world(delegations=(BACKED,)), Undelegate(DORA, ANNA, 3_000)), 5)
    assert balance_of(state, DORA) == 13_000
    assert claimed(state, DORA, ANNA) == (1_500, 0)
    empty = run(state, ClaimRewards(DORA, ANNA))
    assert ANNA + DORA not in empty.delegations
    assert explained(rejected(empty, ClaimRewards(DORA, ANNA))) == refusal(
        RejectionReason.NO_DELEGATION, validator=ANNA, delegator=DORA
    )


def test_redelegated_stake_earns_at_its_source_until_it_moves_and_then_at_its_destination() -> None:
    state = world(delegations=(BACKED,), commission_bps=TENTH)
    state = advance(run(state, Redelegate(DORA, ANNA, BEN, 3_000)), 3)
    assert claimed(state, DORA, ANNA) == (1_350, 0)
    assert claimed(state, DORA, BEN) == (2 * 1_350, 0)
    assert claimed(state, ANNA, ANNA) == (3 * 450, 200 + 2 * 50)


def test_a_new_commission_counts_from_the_next_epoch_on() -> None:
    state = world(delegations=(BACKED,), commission_bps=TENTH)
    state = advance(run(state, ChangeCommission(ANNA, 500)))
    assert claimed(state, DORA, ANNA) == (1_350, 0)
    assert claimed(advance(state), DORA, ANNA) == (1_350 + 1_425, 0)
    assert claimed(advance(state), ANNA, ANNA) == (450 + 475, 200 + 100)


@pytest.mark.parametrize(("commission_bps", "dora", "anna"), [(0, 1_500, 0), (10_000, 0, 2_000)])
def test_commission_may_be_nothing_or_everything(commission_bps: int, dora: int, anna: int) -> None:
    state = advance(world(delegations=(BACKED,), commission_bps=commission_bps))
    if dora:
        assert claimed(state, DORA, ANNA) == (dora, 0)
    else:
        assert str(rejected(state, ClaimRewards(DORA, ANNA))) == "nothing_to_claim"
    assert claimed(state, ANNA, ANNA) == (500 - anna // 4, anna)


def test_what_a_division_leaves_is_carried_into_the_next_epoch() -> None:
    # 3,000 over 7,000 units: 3/7 of 2**96 is no whole number.
    backed = GenesisDelegation(DORA, ANNA, 4_000)
    state = advance(world(delegations=(backed,)))
    growth, left = divmod(3_000 * REWARD_SCALE, 7_000)
    assert (state.reward_index, state.undistributed) == (growth, left * 10_000)
    second, left_then = divmod(3_000 * REWARD_SCALE + left, 7_000)
    state = advance(state)
    assert (state.reward_index, state.undistributed) == (growth + second, left_then * 10_000)
    # The exact shares are 2 * 4,000 * 3/7 = 3,428.57 and 2 * 1,000 * 3/7 = 857.14.
    assert claimed(state, DORA, ANNA) == (3_428, 0)
    assert claimed(state, ANNA, ANNA) == (857, 0)


def test_fractions_of_a_unit_stay_with_their_owner_until_they_make_a_whole() -> None:
    # One token behind BEN earns 3,000 / 6,000 = 1/2 an epoch.
    backed = (GenesisDelegation(DORA, ANNA, 2_999), GenesisDelegation(EMIL, BEN, 1))
    state = advance(world(delegations=backed))
    assert str(rejected(state, ClaimRewards(EMIL, BEN))) == "nothing_to_claim"
    state = run(advance(state), ClaimRewards(EMIL, BEN))
    assert balance_of(state, EMIL) == 10_001
    state = run(advance(state, 3), ClaimRewards(EMIL, BEN))
    assert balance_of(state, EMIL) == 10_002
    assert state.delegations[BEN + EMIL].reward == REWARD_UNIT // 2


def test_who_has_earned_nothing_is_paid_nothing_out_of_what_divisions_left() -> None:
    # 3 units over a stake of 2**100: the index does not grow, and all 3 wait to be shared.
    tiny = evolve(PARAMS, epoch_reward=3)
    state = advance(world(params=tiny, stakes={ANNA: 2**100}, accounts=()))
    assert (state.reward_index, state.undistributed) == (0, 3 * REWARD_UNIT)
    assert str(rejected(state, ClaimRewards(ANNA, ANNA))) == "nothing_to_claim"


def test_an_epoch_in_which_nothing_was_active_issues_nothing() -> None:
    state, events = advance_with_events(world(stakes={ANNA: 0}), 3)
    assert (state.supply.issued, state.reward_index, state.undistributed) == (0, 0, 0)
    assert not any(isinstance(event, RewardIssued) for event in events)


def test_a_chain_may_issue_no_rewards_at_all() -> None:
    state = advance(tuned(epoch_reward=0), 2)
    assert (state.supply.issued, state.reward_index) == (0, 0)
    assert str(rejected(state, ClaimRewards(ANNA, ANNA))) == "nothing_to_claim"


def test_issuing_stops_where_the_supply_would_leave_its_range() -> None:
    room = 4_500
    start = world(treasury=MAX_AMOUNT - described_total() - room)
    state = advance(start)
    assert state.supply.issued == 3_000
    state = advance(state)
    assert state.supply.issued == 4_500
    state, events = advance_with_events(state, 2)
    assert state.supply.genesis + state.supply.issued == MAX_AMOUNT
    assert [event.amount for event in events if isinstance(event, RewardIssued)] == [0, 0]
    assert claimed(state, ANNA, ANNA) == (1_500, 0)


def described_total() -> int:
    whole = described()
    return sum(entry.balance for entry in whole.accounts) + sum(
        entry.amount for entry in whole.delegations
    )


def test_burning_makes_no_room_for_more_to_be_issued() -> None:
    start = world(treasury=MAX_AMOUNT - described_total())
    state = punish(start, accuse(ANNA, 0)).state
    assert state.supply.burned == 500
    assert advance(state, 2).supply.issued == 0


def test_the_greatest_reward_over_the_least_stake_fits_its_fields() -> None:
    start = world(
        params=evolve(PARAMS, epoch_reward=MAX_AMOUNT, min_stake=1), stakes={ANNA: 1}, accounts=()
    )
    state = advance(start, 3)
    assert state.supply.issued == MAX_AMOUNT - 1
    assert claimed(state, ANNA, ANNA) == (MAX_AMOUNT - 1, 0)
    assert balance_of(run(state, ClaimRewards(ANNA, ANNA)), ANNA) == MAX_AMOUNT - 1


def test_a_slashed_stake_keeps_what_it_had_earned_and_earns_on_with_what_is_left() -> None:
    state = advance(world(delegations=(BACKED,)))
    state = advance(punish(state, accuse(ANNA, 1, OffenceKind.INVALID_BLOCK)).state)
    # In epoch 1 ANNA's 4,000 count as 3,600: 3,000 / 5,600 a unit, on 2,700 of DORA's.
    assert claimed(state, DORA, ANNA) == (1_500 + 2_700 * 3_000 // 5_600, 0)
    # Jailed from then on, they earn no more.
    assert claimed(advance(state), DORA, ANNA) == claimed(state, DORA, ANNA)


def test_an_exiting_validator_earns_for_its_last_epoch() -> None:
    state = advance(run(world(commission_bps=TENTH), Exit(ANNA)), 2)
    assert claimed(state, ANNA, ANNA) == (900, 100)


def test_an_operator_whose_stake_is_gone_still_claims_its_commission() -> None:
    state = advance(run(world(delegations=(BACKED,), commission_bps=10_000), Exit(ANNA)), 5)
    assert ANNA + ANNA not in state.delegations
    assert claimed(state, ANNA, ANNA) == (0, 2_000)
    paid = run(state, ClaimRewards(ANNA, ANNA))
    assert balance_of(paid, ANNA) == 5_000 + 1_000 + 2_000
    assert str(rejected(paid, ClaimRewards(ANNA, ANNA))) == "nothing_to_claim"


def test_a_claim_needs_a_validator_and_a_delegation() -> None:
    state = advance(world())
    assert str(rejected(state, ClaimRewards(DORA, NOBODY))) == (
        f"unknown_validator: validator 0x{NOBODY.hex()}"
    )
    assert str(rejected(state, ClaimRewards(DORA, ANNA))) == (
        f"no_delegation: validator 0x{ANNA.hex()}, delegator 0x{DORA.hex()}"
    )
    assert str(rejected(world(), ClaimRewards(ANNA, ANNA))) == "nothing_to_claim"


def test_a_strangers_claim_changes_nobody_elses_reward() -> None:
    backed = (BACKED, GenesisDelegation(EMIL, ANNA, 3_000))
    state = advance(world(delegations=backed, commission_bps=TENTH), 2)
    before = claimed(state, DORA, ANNA)
    assert claimed(run(state, ClaimRewards(EMIL, ANNA)), DORA, ANNA) == before
