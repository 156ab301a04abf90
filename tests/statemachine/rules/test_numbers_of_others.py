"""Reward and slash accounting as other chains test it, with the right numbers worked out by hand.

The scenarios are those of the field: slashes before and between rewards, and a slash over
bonded, unbonding and redelegated stake. The numbers are of our protocol, where everything
happens at boundaries.
"""

from typing import Any

from statemachine import (
    PROTOCOL,
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
    # 1,500, less the fraction that a division by 5,000 leaves in the pot.
    for later in (state, advance(state)):
        assert claimed(later, EMIL, ANNA) == (1_499, 0)
