"""Reward and slash accounting as other chains test it, with the right numbers worked out by hand.

The scenarios are those of the field: one delegator, half a commission, slashes before and
between rewards, several validators and withdrawals, and a slash over bonded, unbonding and
redelegated stake. The numbers are of our protocol, where everything happens at boundaries.
"""

from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Delegate,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    OffenceKind,
    Params,
    Redelegate,
    State,
    Undelegate,
    genesis,
)
from statemachine.primitives import REWARD_UNIT
from statemachine.rules.accounts import balance_of
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    accuse,
    advance,
    check_tokens,
    claimed,
    key_of,
    punish,
    run,
    stake_of,
    world,
)


def chain(
    reward: int,
    *stakes: tuple[bytes, bytes, int],
    commissions: dict[bytes, int] | None = None,
    **params: Any,
) -> State:
    """Start a chain of these stakes, each an owner's behind an operator, that issues a reward."""
    operators = tuple(dict.fromkeys(holder for _, holder, _ in stakes))
    chosen = Params(
        epoch_length=4,
        epoch_reward=reward,
        min_stake=1,
        unbonding_epochs=3,
        evidence_window=3,
        churn_queue_epochs=8,
        max_slot_gap=64,
        **params,
    )
    return genesis(
        PROTOCOL,
        Genesis(
            "numbers",
            chosen,
            (GenesisAccount(EMIL, 1_000),),
            tuple(
                GenesisValidator(operator, key_of(operator), (commissions or {}).get(operator, 0))
                for operator in operators
            ),
            tuple(GenesisDelegation(owner, holder, amount) for owner, holder, amount in stakes),
        ),
    )


PAIRS = ((ANNA, ANNA), (DORA, ANNA), (BEN, BEN))
"""Two owners behind Anna, and one behind Ben."""


# --- a sole claimant is paid whole -------------------------------------------------------


@pytest.mark.parametrize(
    ("stake", "reward"),
    [(100, 10), (3, 10), (7, 1), (1, 1), (10**18, 10), (3 * 10**27, 10), (2**96 + 1, 10)],
)
@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_a_sole_delegator_gets_all_that_was_issued(stake: int, reward: int, epochs: int) -> None:
    state = advance(chain(reward, (ANNA, ANNA, stake)), epochs)
    state = run(state, ClaimRewards(ANNA, ANNA))
    assert balance_of(state, ANNA) == reward * epochs
    assert (state.pots.rewards, state.undistributed) == (0, 0)


def test_a_sole_delegator_may_claim_now_and_then() -> None:
    state = chain(10, (ANNA, ANNA, 3))
    for epochs in (1, 3, 1):
        state = run(advance(state, epochs), ClaimRewards(ANNA, ANNA))
    assert (balance_of(state, ANNA), state.pots.rewards) == (50, 0)


def test_half_a_commission_is_half_for_the_operator_and_half_for_the_delegator() -> None:
    state = chain(10, (ANNA, ANNA, 1), (DORA, ANNA, 99), commissions={ANNA: 5_000})
    state = run(advance(state), ClaimRewards(DORA, ANNA), ClaimRewards(ANNA, ANNA))
    # Of the 5 for delegators Dora's 99 shares in 100 are 4.95, and Anna's one 0.05.
    assert (balance_of(state, DORA), balance_of(state, ANNA)) == (4, 5)
    assert state.pots.rewards == 1


def test_half_a_commission_of_a_sole_delegator_comes_out_whole() -> None:
    state = advance(chain(10, (ANNA, ANNA, 100), commissions={ANNA: 5_000}))
    assert balance_of(run(state, ClaimRewards(ANNA, ANNA)), ANNA) == 10


def test_shares_that_come_out_whole_are_paid_whole_whoever_claims_first() -> None:
    """Thirds of 30 over 3 × 7: each lacks a third of what the division left."""
    state = advance(chain(30, *((owner, owner, 7) for owner in (ANNA, BEN, CARA))))
    for owners in ((ANNA, BEN, CARA), (CARA, ANNA, BEN)):
        after = run(state, *(ClaimRewards(owner, owner) for owner in owners))
        assert [balance_of(after, owner) for owner in owners] == [10, 10, 10]
        assert (after.pots.rewards, after.undistributed) == (0, 0)


def test_a_share_that_does_not_come_out_whole_is_rounded_down() -> None:
    state = advance(chain(10, *((owner, owner, 7) for owner in (ANNA, BEN, CARA))))
    state = run(state, *(ClaimRewards(owner, owner) for owner in (ANNA, BEN, CARA)))
    assert [balance_of(state, owner) for owner in (ANNA, BEN, CARA)] == [3, 3, 3]
    assert state.pots.rewards == 1


def test_completing_a_unit_takes_nothing_from_other_claims() -> None:
    state = advance(chain(30, *((owner, owner, 7) for owner in (ANNA, BEN, CARA))))
    before = claimed(state, BEN, BEN)
    after = run(state, ClaimRewards(ANNA, ANNA))
    assert claimed(after, BEN, BEN) == before
    assert after.undistributed < REWARD_UNIT


# --- slashes before and between rewards --------------------------------------------------


def half(state: State, *offenders: bytes) -> State:
    """Slash by a half, for what was signed in this epoch."""
    for offender in offenders:
        state = punish(state, accuse(offender, state.epoch)).state
    return state


def test_a_slash_before_a_reward_halves_both_stakes_and_what_they_earn() -> None:
    """Anna has 100 and Dora 100 behind her; Ben, of 100, is not slashed.

    What is slashed stops earning at once: 50, 50 and 100 share the epoch's 300.
    """
    state = chain(300, (ANNA, ANNA, 100), (DORA, ANNA, 100), (BEN, BEN, 100))
    state = advance(half(state, ANNA))
    assert [stake_of(state, ANNA, owner) for owner in (ANNA, DORA)] == [50, 50]
    assert [claimed(state, *pair) for pair in PAIRS] == [(75, 0), (75, 0), (150, 0)]


def test_a_reward_before_a_slash_is_kept_whole() -> None:
    """100 each for the first epoch; 75 of the second to what is left of Dora's stake."""
    state = chain(300, (ANNA, ANNA, 100), (DORA, ANNA, 100), (BEN, BEN, 100))
    state = half(advance(state), ANNA)
    assert claimed(state, DORA, ANNA) == (100, 0)
    assert stake_of(state, ANNA, DORA) == 50
    assert claimed(advance(state), DORA, ANNA) == (175, 0)
    assert claimed(advance(state, 2), DORA, ANNA) == (175, 0)


def test_two_slashes_of_a_half_leave_a_quarter_and_all_rewards_before_them() -> None:
    """200, 100 and 100 share 700, then 50, 25 and 100 do; then Ben's 100 are alone.

    For an invalid block a validator is jailed, and may be slashed for another.
    """
    state = chain(
        700, (ANNA, ANNA, 200), (DORA, ANNA, 100), (BEN, BEN, 100), invalid_block_bps=5_000
    )
    state = advance(state)
    for slot in (1, 2):
        offence = accuse(ANNA, 0, kind=OffenceKind.INVALID_BLOCK, slot=slot)
        state = punish(state, offence).state
    assert [stake_of(state, ANNA, owner) for owner in (ANNA, DORA)] == [50, 25]
    assert [claimed(state, *pair) for pair in PAIRS] == [(350, 0), (175, 0), (175, 0)]
    state = advance(state)
    assert [claimed(state, *pair) for pair in PAIRS] == [(550, 0), (275, 0), (575, 0)]
    state = advance(state)
    assert [claimed(state, *pair) for pair in PAIRS] == [(550, 0), (275, 0), (1_275, 0)]


# --- several validators and withdrawals --------------------------------------------------


def test_withdrawals_at_different_times_add_up_to_the_same() -> None:
    """Of 60 an epoch Anna's 200 earn 40, a tenth of it hers, and Ben's 100 earn 20."""
    state = chain(
        60, (ANNA, ANNA, 100), (DORA, ANNA, 100), (BEN, BEN, 100), commissions={ANNA: 1_000}
    )
    once = run(advance(state, 3), *(ClaimRewards(*pair) for pair in PAIRS))
    often = state
    for _ in range(3):
        often = run(advance(often), *(ClaimRewards(*pair) for pair in PAIRS))
    for after in (once, often):
        assert [balance_of(after, owner) for owner, _ in PAIRS] == [66, 54, 60]
        assert after.pots.rewards == 0


def test_stake_that_comes_later_earns_from_the_next_epoch_on() -> None:
    """Emil's 100 join at epoch 1; then Anna, Ben and he have a third of 60 each."""
    state = run(chain(60, (ANNA, ANNA, 100), (BEN, BEN, 100)), Delegate(EMIL, ANNA, 100))
    state = advance(state, 2)
    assert claimed(state, ANNA, ANNA) == (30 + 20, 0)
    assert claimed(state, BEN, BEN) == (30 + 20, 0)
    assert claimed(state, EMIL, ANNA) == (20, 0)


# --- a slash over bonded, unbonding and redelegated stake --------------------------------


def test_a_slash_takes_its_share_from_stake_wherever_it_went() -> None:
    """600 each stayed, unbonds, and went to Ben; 600 came later. Half of the first three."""
    backed = tuple(GenesisDelegation(owner, ANNA, 600) for owner in (DORA, EMIL, FAY))
    state = run(
        world(delegations=backed),
        Undelegate(EMIL, ANNA, 600),
        Redelegate(FAY, ANNA, BEN, 600),
        Delegate(CARA, ANNA, 600),
    )
    state = punish(advance(state), accuse(ANNA, 0)).state
    assert stake_of(state, ANNA, DORA) == 300
    assert stake_of(state, ANNA, EMIL) == 300
    assert stake_of(state, BEN, FAY) == 300
    assert stake_of(state, ANNA, CARA) == 600
    assert state.supply.burned == 500 + 3 * 300
    check_tokens(state)


def test_an_offender_put_out_at_an_epochs_start_earns_to_its_end() -> None:
    """What is left of its stake, and stake that came after the offence, serves to the end.

    Emil's 2,500 joined at epoch 1; Anna is punished in it for epoch 0, by half of her 1,000.
    Her 500, his 2,500 and the 2,000 of Ben and Cara share 3,000, and from then on the last.
    """
    state = advance(run(world(), Delegate(EMIL, ANNA, 2_500)))
    assert claimed(state, ANNA, ANNA) == (1_000, 0)
    state = advance(punish(state, accuse(ANNA, 0)).state)
    assert claimed(state, EMIL, ANNA) == (1_500, 0)
    assert claimed(state, ANNA, ANNA) == (1_300, 0)
    later = advance(state)
    assert claimed(later, BEN, BEN) == (1_000 + 600 + 1_500, 0)
    # By then what the division had left of Emil's share was shared again, by others.
    assert claimed(later, EMIL, ANNA) == (1_499, 0)
