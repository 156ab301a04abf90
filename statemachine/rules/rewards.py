"""Rewards: one index for all, worked out by each only when needed."""

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import CommissionPaid, Event, RewardIssued, RewardPaid
from statemachine.primitives import BPS, MAX_AMOUNT, REWARD_UNIT
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve
from statemachine.rules.accounts import credit
from statemachine.rules.delegation import require_validator
from statemachine.rules.stake import store, touch
from statemachine.state import State, delegation_key
from statemachine.transactions import ClaimRewards


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


def claim_rewards(_protocol: Protocol, state: State, order: ClaimRewards) -> Transition:
    """Pay out the whole units that a delegation has earned, and an operator's commission.

    Fractions stay with their owner. A delegation of which slashes have left nothing is
    closed by claiming.
    Rejects: unknown_validator, no_delegation, nothing_to_claim.
    """
    require_validator(state, order.validator)
    is_operator = order.delegator == order.validator
    known = delegation_key(order.validator, order.delegator) in state.delegations
    if not known and not is_operator:
        raise Rejected(
            RejectionReason.NO_DELEGATION, validator=order.validator, delegator=order.delegator
        )
    touched = touch(state, order.validator, order.delegator)
    reward, fraction = divmod(touched.delegation.reward, REWARD_UNIT)
    state, events = store(state, touched, touched.delegation.lots, fraction)
    commission = 0
    if is_operator:
        validator = state.validators[order.validator]
        commission, rest = divmod(validator.commission, REWARD_UNIT)
        validators = state.validators.set(order.validator, evolve(validator, commission=rest))
        state = evolve(state, validators=validators)
    paid = reward + commission
    closed = known and delegation_key(order.validator, order.delegator) not in state.delegations
    if paid == 0 and not closed:
        raise Rejected(RejectionReason.NOTHING_TO_CLAIM)
    state = evolve(state, pots=evolve(state.pots, rewards=state.pots.rewards - paid))
    state = credit(state, order.delegator, paid)
    announced: tuple[Event, ...] = ()
    if reward:
        announced += (RewardPaid(order.delegator, order.validator, reward),)
    if commission:
        announced += (CommissionPaid(order.validator, commission),)
    return Transition(state, events + announced)
