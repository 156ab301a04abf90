"""Claims: paying out what a delegation, and an operator's commission, has earned."""

from types import MappingProxyType

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import CommissionPaid, Event, RewardPaid
from statemachine.map_keys import delegation_key
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.protocol import Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.rules.accounts import credit
from statemachine.rules.delegation import require_validator
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.state import State
from statemachine.transactions import ClaimRewards


def claim_rewards(_protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    """Pay out the whole units that a delegation has earned, and an operator's commission.

    Fractions stay with their owner, but for what the division by the stake has kept from
    them: where that completes a unit it is paid out of what the division left. A delegation
    of which slashes have left nothing is closed by claiming.
    Rejects: unknown_validator, no_delegation, nothing_to_claim.
    """
    require_validator(state, tx.validator)
    is_operator = tx.delegator == tx.validator
    has_delegation = delegation_key(tx.validator, tx.delegator) in state.delegations
    if not has_delegation and not is_operator:
        raise Rejected(
            RejectionReason.NO_DELEGATION, validator=tx.validator, delegator=tx.delegator
        )
    loaded = load_delegation(state, tx.validator, tx.delegator)
    reward, fraction, state = _take_whole(
        state, loaded.delegation.reward, sum(lot.amount for lot in loaded.delegation.lots)
    )
    state, events = save_delegation(state, loaded, loaded.delegation.lots, fraction)
    commission = 0
    if is_operator:
        validator = state.validators[tx.validator]
        commission, rest, state = _take_whole(state, validator.commission, validator.earning)
        validators = state.validators.set(tx.validator, evolve(validator, commission=rest))
        state = evolve(state, validators=validators)
    paid = reward + commission
    closed = has_delegation and delegation_key(tx.validator, tx.delegator) not in state.delegations
    if paid == 0 and not closed:
        raise Rejected(RejectionReason.NOTHING_TO_CLAIM)
    state = evolve(state, pots=evolve(state.pots, rewards=state.pots.rewards - paid))
    state = credit(state, tx.delegator, paid)
    announced: tuple[Event, ...] = ()
    if reward:
        announced += (RewardPaid(tx.delegator, tx.validator, reward),)
    if commission:
        announced += (CommissionPaid(tx.validator, commission),)
    return Transition(state, events + announced)


def _take_whole(state: State, earned: int, stake: int) -> tuple[int, int, State]:
    """Return the whole units of earnings, what they leave, and the state that pays them.

    A division keeps less than one step of the index from each unit of stake, and that is
    still undistributed. Where it is all that a unit lacks, the share came out whole.
    """
    whole, fraction = divmod(earned, REWARD_UNIT)
    lacking = REWARD_UNIT - fraction
    if lacking > state.undistributed or lacking > stake * BPS or fraction == 0:
        return whole, fraction, state
    return whole + 1, 0, evolve(state, undistributed=state.undistributed - lacking)


RULES: Rules = MappingProxyType(
    {
        ClaimRewards: claim_rewards,
    }
)
