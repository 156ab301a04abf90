"""Rewards: one index for all, worked out by each validator only when needed.

`pay_epoch_reward` grows the chain's index; `settle_validator` credits a validator and its
operator's commission from it; `holdings.catch_up` credits a delegation from its validator;
`claims.claim_rewards` pays out.
"""

from statemachine.events import RewardIssued
from statemachine.primitives import BPS, MAX_AMOUNT, REWARD_UNIT
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve
from statemachine.state import State, Validator


def pay_epoch_reward(_protocol: Protocol, state: State) -> Transition:
    """Issue the reward of the epoch that ended, to the stake that was active in it.

    The index of reward per unit of stake grows by the whole part of the division; what
    the division leaves is carried, so nothing is lost. An epoch in which nothing earned
    issues nothing, and issuing stops where the supply would leave its range.
    """
    earning = state.validators.total_weight
    supply = state.supply
    if earning == 0:
        return Transition(state)
    headroom = MAX_AMOUNT - (supply.genesis + supply.issued)
    reward = min(state.params.epoch_reward, headroom)
    to_share = reward * REWARD_UNIT + state.undistributed
    growth = to_share // (earning * BPS)
    state = evolve(
        state,
        supply=evolve(supply, issued=supply.issued + reward),
        pots=evolve(state.pots, rewards=state.pots.rewards + reward),
        reward_index=state.reward_index + growth,
        undistributed=to_share - growth * earning * BPS,
    )
    return Transition(state, (RewardIssued(reward, earning, state.reward_index),))


def settle_validator(validator: Validator, reward_index: int) -> Validator:
    """Bring a validator's earnings up to the chain's reward index.

    Commission divides the reward units exactly, so nothing is rounded here and it does
    not matter when, or how often, a validator is settled.
    """
    growth = reward_index - validator.settled
    if growth == 0:
        return validator
    if validator.earning == 0:
        return evolve(validator, settled=reward_index)
    net = growth * (BPS - validator.commission_bps)
    return evolve(
        validator,
        settled=reward_index,
        index=validator.index + net,
        commission=validator.commission + validator.earning * growth * validator.commission_bps,
        owed=validator.owed + validator.earning * net,
    )
