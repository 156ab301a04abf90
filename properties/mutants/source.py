"""The mistakes of the design that the project started from (S1-S25), planted as forks.

Rows about quorums and evidence (S18-S23) are in `finality` and `evidence`.
"""

from collections.abc import Callable

import attrs

from properties.mutants.catalogue import Mutant
from properties.mutants.elections import drawing, electors_of
from properties.mutants.parts import earning_again, fork_step, spare, then
from statemachine.errors import Rejected, RejectionReason
from statemachine.events import StakeSlashed
from statemachine.hashing import digest
from statemachine.map_keys import delegation_key, epoch_key, split_agenda_key, split_delegation_key
from statemachine.merkle_map import MerkleMap
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.protocol import Offence, Protocol, Rule, Transition
from statemachine.records import evolve
from statemachine.rules import (
    PROTOCOL,
    accounts,
    claims,
    delegation,
    epochs,
    rewards,
    slashing,
    validators,
)
from statemachine.rules.agenda import schedule_review
from statemachine.rules.buckets import with_buckets
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.rewards import settle_validator
from statemachine.state import Lot, State, Status
from statemachine.transactions import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    RegisterValidator,
    Undelegate,
)

Slash = Callable[[Protocol, State, Offence], Transition]


# S1 --------------------------------------------------------------------------------------


def _draw_in_set_order(state: State, slot: int, stake: MerkleMap[int]) -> bytes | None:
    total = stake.total_weight
    if total == 0:
        return None
    drawn = digest("stakespec/proposer", state.seed, slot.to_bytes(8, "big"))
    target = int.from_bytes(drawn, "big") % total
    address: bytes
    for address in {*stake}:
        target -= stake[address]
        if target < 0:
            return address
    return None


def _draw_the_first(_state: State, _slot: int, stake: MerkleMap[int]) -> bytes | None:
    return next(iter(stake), None)


# S2 --------------------------------------------------------------------------------------


def _slash_beside_the_total(protocol: Protocol, state: State, offence: Offence) -> Transition:
    slashed = slashing.slash(protocol, state, offence)
    validator = slashed.state.validators[offence.validator]
    stale = evolve(validator, earning=state.validators[offence.validator].earning)
    kept = slashed.state.validators.set(offence.validator, stale)
    return then(slashed, validators=kept)


# S3 --------------------------------------------------------------------------------------


def _elect_by_remainder(state: State, slot: int) -> bytes | None:
    drawn = digest("stakespec/proposer", state.seed, slot.to_bytes(8, "big"))
    number = int.from_bytes(drawn[:16], "little")
    # Where nobody is active, the total is zero.
    number %= state.snapshot.total_weight * (electors_of(state).total_weight or 1)

    def draw(_state: State, _slot: int, stake: MerkleMap[int]) -> bytes | None:
        return stake.locate(number % stake.total_weight)[0] if stake else None

    return drawing(draw)(state, slot)


# S4, S5, S6, S7 --------------------------------------------------------------------------


def _slash_sparing(spared: Callable[[bytes, bytes, Lot], bool]) -> Slash:
    """Slash, and then make some lots what they were, out of what would have been burned."""

    def slash(protocol: Protocol, state: State, offence: Offence) -> Transition:
        slashed = slashing.slash(protocol, state, offence)
        pairs = [split_delegation_key(key) for key in state.delegations]
        back = spare(state, slashed.state, pairs, spared)
        return Transition(back.state, slashed.events + back.events)

    return slash


_slash_own_stake_only = _slash_sparing(lambda holder, delegator, _lot: holder != delegator)
_slash_bonded_only = _slash_sparing(lambda _holder, _delegator, lot: lot.end is not None)


def _slash_into_nowhere(protocol: Protocol, state: State, offence: Offence) -> Transition:
    slashed = slashing.slash(protocol, state, offence)
    supply = evolve(slashed.state.supply, burned=state.supply.burned)
    return then(slashed, supply=supply)


def _slash_again(protocol: Protocol, state: State, offence: Offence) -> Transition:
    slashed = slashing.slash(protocol, state, offence)
    return then(slashed, punished=state.punished)


# S8, S9, S11 -----------------------------------------------------------------------------


def _delegate_over(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    key = delegation_key(tx.validator, tx.delegator)
    transition = delegation.delegate(protocol, state, tx)
    entry = transition.state.delegations[key]
    newest = entry.lots[-1]
    overwritten = evolve(entry, lots=(newest,))
    return then(transition, delegations=transition.state.delegations.set(key, overwritten))


def _delegate_for_free(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    transition = delegation.delegate(protocol, state, tx)
    return attrs.evolve(
        transition, state=accounts.credit(transition.state, tx.delegator, tx.amount)
    )


def _undelegate_all(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    delegation.require_validator(state, tx.validator)
    lots = load_delegation(state, tx.validator, tx.delegator).delegation.lots
    bonded = sum(lot.amount for lot in lots if lot.end is None)
    return delegation.undelegate(protocol, state, evolve(tx, amount=bonded))


# S10 -------------------------------------------------------------------------------------


def _remove_with_delegations(protocol: Protocol, state: State) -> Transition:
    transition = epochs.update_validator_set(protocol, state)
    after = transition.state
    for key, _ in state.agenda.with_prefix(epoch_key(state.epoch)):
        _, address, _ = split_agenda_key(key)
        validator = after.validators.get(address)
        if validator is not None and validator.status is Status.EXITED:
            bonded = sum(bucket.amount for bucket in validator.buckets if bucket.end is None)
            leaving = sum(bucket.amount for bucket in validator.buckets) - bonded
            pots = after.pots
            after = evolve(
                after,
                validators=after.validators.remove(address),
                undistributed=after.undistributed + _owed(after, address),
                pots=evolve(
                    pots,
                    bonded=pots.bonded - bonded,
                    unbonding=pots.unbonding - leaving,
                    treasury=pots.treasury + bonded + leaving,
                ),
            )
    return attrs.evolve(transition, state=after)


def _owed(state: State, address: bytes) -> int:
    """Return what a validator owes, credited or not, in fractions."""
    settled = settle_validator(state.validators[address], state.reward_index)
    credited = sum(holding.reward for _, holding in state.delegations.with_prefix(address))
    return settled.owed + settled.commission + credited


# S12, S13, S14 ---------------------------------------------------------------------------


def _claim_for_the_first(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    delegation.require_validator(state, tx.validator)
    first = next(iter(state.delegations.with_prefix(tx.validator)), None)
    owner = split_delegation_key(first[0])[1] if first is not None else tx.delegator
    if owner == tx.delegator:
        return claims.claim_rewards(protocol, state, tx)
    # Everybody's reward but the first delegator's is lost when it is asked for.
    claimed = claims.claim_rewards(protocol, state, tx)
    paid = accounts.balance_of(claimed.state, tx.delegator) - accounts.balance_of(
        state, tx.delegator
    )
    taken = accounts.debit(claimed.state, tx.delegator, paid) if paid else claimed.state
    return attrs.evolve(claimed, state=accounts.credit(taken, owner, paid))


def _drop_remainders(protocol: Protocol, state: State) -> Transition:
    paid = rewards.pay_epoch_reward(protocol, state)
    return then(paid, undistributed=0)


def _divide_by_nothing(protocol: Protocol, state: State) -> Transition:
    share = state.params.epoch_reward * REWARD_UNIT // (state.validators.total_weight * BPS)
    del share
    return rewards.pay_epoch_reward(protocol, state)


def _active_at_once(protocol: Protocol, state: State, tx: Delegate) -> Transition:
    """New stake earns for the epoch in which it came."""
    transition = delegation.delegate(protocol, state, tx)
    key = delegation_key(tx.validator, tx.delegator)
    entry = transition.state.delegations[key]
    early = tuple(
        evolve(lot, start=state.epoch) if lot.start == state.epoch + 1 else lot
        for lot in entry.lots
    )
    touched = load_delegation(transition.state, tx.validator, tx.delegator)
    after, events = save_delegation(transition.state, touched, early)
    validator = after.validators[tx.validator]
    if validator.earning:
        sooner = evolve(validator, earning=validator.earning + tx.amount)
        after = evolve(after, validators=after.validators.set(tx.validator, sooner))
    return Transition(after, transition.events + events)


# S15, S16, S17 ---------------------------------------------------------------------------


def _register_unchecked(protocol: Protocol, state: State, tx: RegisterValidator) -> Transition:
    lawful = min(tx.commission_bps, state.params.max_commission_bps)
    transition = validators.register_validator(protocol, state, evolve(tx, commission_bps=lawful))
    validator = evolve(
        transition.state.validators[tx.operator],
        commission_bps=tx.commission_bps,
        next_commission_bps=tx.commission_bps,
    )
    changed = transition.state.validators.set(tx.operator, validator)
    return then(transition, validators=changed)


def _change_unchecked(_protocol: Protocol, state: State, tx: ChangeCommission) -> Transition:
    validator = validators.require_in_service(state, tx.operator)
    asked = evolve(validator, next_commission_bps=tx.commission_bps)
    state = evolve(state, validators=state.validators.set(tx.operator, asked))
    return Transition(schedule_review(state, tx.operator))


def _wrapped_share(amount: int, bps: int) -> int:
    return (amount * bps) % 2**128 // BPS


def _float_share(amount: int, bps: int) -> int:
    return min(amount, int(amount * (bps / BPS)))


def _slash_with(share: Callable[[int, int], int]) -> Slash:
    """Slash with another way to take a share of a bucket."""

    def slash(protocol: Protocol, state: State, offence: Offence) -> Transition:
        slashed = slashing.slash(protocol, state, offence)
        after, difference = slashed.state, {"bonded": 0, "unbonding": 0}
        fraction = slashing.fraction_of(state, offence)
        left = after.supply.burned - state.supply.burned
        for event in slashed.events:
            if not isinstance(event, StakeSlashed):
                continue
            validator = after.validators[event.holder]
            place = next(
                number
                for number, bucket in enumerate(validator.buckets)
                if (bucket.start, bucket.end, bucket.past) == (event.start, event.end, event.past)
            )
            bucket = validator.buckets[place]
            wrong = share(bucket.amount + event.amount, fraction) - event.amount
            wrong = max(wrong, -left)  # no more comes back than was burned
            left += wrong
            difference["bonded" if event.end is None else "unbonding"] += wrong
            changed = evolve(bucket, amount=bucket.amount - wrong)
            buckets = (*validator.buckets[:place], changed, *validator.buckets[place + 1 :])
            validator = with_buckets(validator, buckets, state.epoch)
            after = evolve(after, validators=after.validators.set(event.holder, validator))
            after = earning_again(state, after, event.holder)
        pots, supply = after.pots, after.supply
        after = evolve(
            after,
            pots=evolve(
                pots,
                bonded=pots.bonded - difference["bonded"],
                unbonding=pots.unbonding - difference["unbonding"],
            ),
            supply=evolve(supply, burned=supply.burned + sum(difference.values())),
        )
        return attrs.evolve(slashed, state=after)

    return slash


# S24 -------------------------------------------------------------------------------------


def _in_place(rule: Rule[Delegate]) -> Rule[Delegate]:
    """Half of a transition is done before it is known whether the rest can be."""

    def mutate(protocol: Protocol, state: State, tx: Delegate) -> Transition:
        if state.accounts.get(tx.delegator, 0) >= tx.amount > 0:
            object.__setattr__(
                state, "accounts", accounts.debit(state, tx.delegator, tx.amount).accounts
            )
            refunded = accounts.credit(state, tx.delegator, tx.amount)
            return rule(protocol, refunded, tx)
        raise Rejected(RejectionReason.INSUFFICIENT_BALANCE)

    return mutate


_STEPS = PROTOCOL.epoch_steps

MUTANTS = (
    Mutant(
        "B28", "tendermint#2960", "One proposer is elected for all slots.",
        PROTOCOL.fork("b28-one-proposer", elect=drawing(_draw_the_first)),
        ("PRO-1",),
    ),
    Mutant(
        "S1", "seed", "The proposer is found by iterating a hash map.",
        PROTOCOL.fork("s1-set-order", elect=drawing(_draw_in_set_order)),
        ("RUN-2",),
        ("S1", "B29"),
    ),
    Mutant(
        "S2", "seed", "The total stake is kept beside the stakes, and slashing forgets it.",
        PROTOCOL.fork("s2-stale-total", slash=_slash_beside_the_total),
        ("ACC-7", "ORA-1"),
    ),
    Mutant(
        "S3", "seed", "The proposer's number is reduced by a total that may be zero.",
        PROTOCOL.fork("s3-zero-total", elect=_elect_by_remainder),
        ("RUN-3", "RUN-1"),
    ),
    Mutant(
        "S4", "seed", "Slashing takes only the validator's own stake.",
        PROTOCOL.fork("s4-own-stake", slash=_slash_own_stake_only),
        ("SLA-1", "ORA-1", "ORA-2"),
    ),
    Mutant(
        "S5", "seed", "Unbonding stake is not slashed.",
        PROTOCOL.fork("s5-unbonding-spared", slash=_slash_bonded_only),
        ("SLA-1", "ORA-1", "ORA-2"),
        ("S5", "B33"),
    ),
    Mutant(
        "S6", "seed", "Slashed tokens vanish from no account.",
        PROTOCOL.fork("s6-vanished", slash=_slash_into_nowhere),
        ("ACC-1", "ORA-2"),
    ),
    Mutant(
        "S7", "seed", "The same offence can be reported again and again.",
        PROTOCOL.fork("s7-again", slash=_slash_again),
        ("SLA-4",),
        ("S7", "B19"),
    ),
    Mutant(
        "S8", "seed", "Delegating overwrites the earlier delegation.",
        PROTOCOL.fork("s8-overwrite", {Delegate: _delegate_over}),
        ("STK-7", "STK-3", "STK-2"),
    ),
    Mutant(
        "S9", "seed", "Delegating debits nobody.",
        PROTOCOL.fork("s9-free-stake", {Delegate: _delegate_for_free}),
        ("ACC-1", "STK-7"),
    ),
    Mutant(
        "S10", "seed", "A removed validator's delegations stay, their stake out of the total.",
        fork_step("s10-orphans", epochs.update_validator_set, _remove_with_delegations),
        ("STK-6", "STK-5"),
    ),
    Mutant(
        "S11", "seed", "Undelegation is all or nothing.",
        PROTOCOL.fork("s11-all-or-nothing", {Undelegate: _undelegate_all}),
        ("STK-7", "RUN-1"),
    ),
    Mutant(
        "S12", "seed", "Rewards go to the first delegator found.",
        PROTOCOL.fork("s12-first-delegator", {ClaimRewards: _claim_for_the_first}),
        ("ORA-2",),
    ),
    Mutant(
        "S13", "seed", "What the division of rewards leaves is dropped.",
        fork_step("s13-dropped", rewards.pay_epoch_reward, _drop_remainders),
        ("ACC-6",),
    ),
    Mutant(
        "S13b", "seed", "Rewards are divided by a total that may be zero.",
        fork_step("s13b-zero-total", rewards.pay_epoch_reward, _divide_by_nothing),
        ("RUN-3", "RUN-1"),
    ),
    Mutant(
        "S14", "seed", "Stake that joins at the last moment earns for the whole epoch.",
        PROTOCOL.fork("s14-last-moment", {Delegate: _active_at_once}),
        ("ORA-1", "ACC-7"),
    ),
    Mutant(
        "S15", "seed", "A commission is not checked when registering.",
        PROTOCOL.fork("s15-register", {RegisterValidator: _register_unchecked}),
        ("RWD-4",),
        ("S15", "B31"),
    ),
    Mutant(
        "S15b", "seed", "A commission is not checked when it is changed.",
        PROTOCOL.fork("s15b-change", {ChangeCommission: _change_unchecked}),
        ("RWD-4", "RWD-5", "ADM-1"),
    ),
    Mutant(
        "S16", "seed", "A share is worked out in 128 bits, and wraps.",
        PROTOCOL.fork("s16-wrapped", slash=_slash_with(_wrapped_share)),
        ("STK-2", "ORA-2"),
    ),
    Mutant(
        "S17", "seed", "Floating-point numbers decide about stake.",
        PROTOCOL.fork("s17-float", slash=_slash_with(_float_share)),
        ("STK-2", "STK-1", "RUN-3"),
    ),
    Mutant(
        "S24", "seed", "A transition changes the state in place before it is decided.",
        PROTOCOL.fork("s24-in-place", {Delegate: _in_place(delegation.delegate)}),
        ("RUN-4",),
    ),
    Mutant(
        "S25", "seed", "The validator set is updated before the rewards are paid.",
        PROTOCOL.fork("s25-set-first", closing_steps=(_STEPS[1], _STEPS[2], _STEPS[0])),
        ("ORA-1", "RWD-2"),
    ),
)  # fmt: skip
