"""Mistakes that real chains made with rewards, and with what becomes of the fully slashed.

The rows are those of the catalogue of real bugs in `specs/properties.md`.
"""

import attrs

from properties.mutants.catalogue import Mutant
from properties.mutants.parts import fork_step, then
from statemachine.events import RewardIssued
from statemachine.map_keys import delegation_key, split_delegation_key
from statemachine.primitives import REWARD_UNIT
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, accounts, claims, delegation, rewards
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.lots import is_active
from statemachine.rules.rewards import settle_validator
from statemachine.state import State
from statemachine.transactions import ClaimRewards, Delegate, Undelegate

# B4 --------------------------------------------------------------------------------------


def _claim_without_slashes(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    """Work out what stake has earned as if it had never been slashed."""
    transition = claims.claim_rewards(protocol, state, tx)
    holding = state.delegations.get(delegation_key(tx.validator, tx.delegator))
    if holding is None:
        return transition
    settled = settle_validator(state.validators[tx.validator], state.reward_index)
    earning = sum(
        lot.amount for lot in holding.lots if is_active(lot.start, lot.end, state.epoch - 1)
    )
    unslashed = holding.reward + earning * (settled.index - holding.index)
    right = load_delegation(state, tx.validator, tx.delegator).delegation.reward
    extra = unslashed // REWARD_UNIT - right // REWARD_UNIT
    owing = transition.state.validators[tx.validator]
    extra = min(extra, owing.owed // REWARD_UNIT)
    if extra <= 0:
        return transition
    owing = evolve(owing, owed=owing.owed - extra * REWARD_UNIT)
    pots = evolve(transition.state.pots, rewards=transition.state.pots.rewards - extra)
    validators = transition.state.validators.set(tx.validator, owing)
    taken = evolve(transition.state, validators=validators, pots=pots)
    return attrs.evolve(transition, state=accounts.credit(taken, tx.delegator, extra))


# B6 --------------------------------------------------------------------------------------


def _delegate_and_truncate(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    """A new delegation rounds down what those before it have earned."""
    transition = delegation.delegate(protocol, state, tx)
    after = transition.state
    for key, holding in transition.state.delegations.with_prefix(tx.validator):
        fraction = holding.reward % REWARD_UNIT
        if split_delegation_key(key)[1] != tx.delegator and fraction:
            truncated = evolve(holding, reward=holding.reward - fraction)
            after = evolve(
                after,
                delegations=after.delegations.set(key, truncated),
                undistributed=after.undistributed + fraction,
            )
    return attrs.evolve(transition, state=after)


# B7, B10 ---------------------------------------------------------------------------------


def _history_in_128_bits(protocol: Protocol, state: State) -> Transition:
    transition = rewards.pay_epoch_reward(protocol, state)
    if transition.state.reward_index >= 2**112:
        raise OverflowError("the reward index left its 112 bits")
    return transition


def _round_rewards_up(protocol: Protocol, state: State) -> Transition:
    transition = rewards.pay_epoch_reward(protocol, state)
    if not any(isinstance(event, RewardIssued) for event in transition.events):
        return transition
    return then(transition, reward_index=transition.state.reward_index + 1)


# B8, B9 ----------------------------------------------------------------------------------


def _divide_by_tokens(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    """Work out a delegation's part of what is behind a validator, which may be nothing."""
    transition = claims.claim_rewards(protocol, state, tx)
    holding = state.delegations.get(delegation_key(tx.validator, tx.delegator))
    if holding is not None:
        tokens = sum(bucket.amount for bucket in state.validators[tx.validator].buckets)
        _part = sum(lot.amount for lot in holding.lots) // tokens
    return transition


def _diluted_by_the_dead(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    """Who unbonds shares with those in the same pool of whom slashes have left nothing."""
    transition = delegation.undelegate(protocol, state, tx)
    dead = 0
    for key, holding in state.delegations.with_prefix(tx.validator):
        lots = load_delegation(state, tx.validator, split_delegation_key(key)[1]).delegation.lots
        dead += sum(
            was.amount for was, now in zip(holding.lots, lots, strict=True) if not now.amount
        )
    touched = load_delegation(transition.state, tx.validator, tx.delegator)
    diluted = tuple(
        lot
        if lot.end is None
        else evolve(lot, amount=lot.amount * lot.amount // (lot.amount + dead))
        for lot in touched.delegation.lots
    )
    if not dead:
        return transition
    lost = sum(lot.amount for lot in touched.delegation.lots) - sum(lot.amount for lot in diluted)
    after, events = save_delegation(transition.state, touched, diluted)
    pots = evolve(after.pots, treasury=after.pots.treasury + lost)
    return Transition(evolve(after, pots=pots), (*transition.events, *events))


def _pay_the_claimer(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    """The operator's commission goes to whoever claims first."""
    transition = claims.claim_rewards(protocol, state, tx)
    validator = transition.state.validators[tx.validator]
    commission, rest = divmod(validator.commission, REWARD_UNIT)
    if not commission:
        return transition
    validators = transition.state.validators.set(tx.validator, evolve(validator, commission=rest))
    pots = evolve(transition.state.pots, rewards=transition.state.pots.rewards - commission)
    state = evolve(transition.state, validators=validators, pots=pots)
    return attrs.evolve(transition, state=accounts.credit(state, tx.delegator, commission))


MUTANTS = (
    Mutant(
        "B4", "cosmos-sdk#16940, #4012", "Rewards do not see the slashes that stake saw.",
        PROTOCOL.fork("b4-unseen-slashes", {ClaimRewards: _claim_without_slashes}),
        ("RWD-1", "ORA-1", "ORA-2"),
    ),
    Mutant(
        "B6", "cosmos-sdk#2914", "A delegation truncates what others have earned.",
        PROTOCOL.fork("b6-truncated", {Delegate: _delegate_and_truncate}),
        ("RWD-3",),
    ),
    Mutant(
        "B7", "cosmos-sdk#24933", "The history of rewards overflows, and the chain halts.",
        fork_step("b7-overflow", rewards.pay_epoch_reward, _history_in_128_bits),
        ("RUN-3", "RUN-1"),
    ),
    Mutant(
        "B8", "cosmos-sdk#1287, initia#526", "A part of nothing is worked out by division.",
        PROTOCOL.fork("b8-zero-tokens", {ClaimRewards: _divide_by_tokens}),
        ("RUN-3", "RUN-1"),
    ),
    Mutant(
        "B9", "autonity#819", "Those slashed to nothing dilute who unbonds after them.",
        PROTOCOL.fork("b9-diluted", {Undelegate: _diluted_by_the_dead}),
        ("STK-7", "ORA-1", "ORA-2"),
    ),
    Mutant(
        "B10", "penumbra#3802", "Rewards are rounded up: more is paid than was issued.",
        fork_step("b10-rounded-up", rewards.pay_epoch_reward, _round_rewards_up),
        ("ACC-6", "ORA-1", "RWD-1"),
    ),
    Mutant(
        "B17b", "solana#6277", "A commission goes to whoever claims.",
        PROTOCOL.fork("b17b-wrong-party", {ClaimRewards: _pay_the_claimer}),
        ("ORA-1", "ORA-2", "RWD-3"),
    ),
)  # fmt: skip
