"""Forks that break one law each that an engine checks, and the orders that show it."""

from typing import Any

import attrs

from properties.accusation import Accuse
from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Offence,
    OffenceKind,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Transfer,
    Transition,
    Undelegate,
    evolve,
)
from statemachine.rules import accounts, delegation, rewards, slashing
from tests.statemachine.worlds import ANNA, CARA, DORA, EMIL, FAY, NOBODY

DOUBLE_SIGN = OffenceKind.DOUBLE_SIGN


def accuse(offender: bytes, epoch: int) -> Accuse:
    """Accuse somebody of having signed twice."""
    return Accuse(EMIL, offender, DOUBLE_SIGN, epoch, 0)


def _sparing(_protocol: Protocol, state: State, _offence: Offence) -> Transition:
    return Transition(state)


def _too_hard(protocol: Protocol, state: State, offence: Offence) -> Transition:
    harder = evolve(state.params, double_sign_bps=6_000)
    done = slashing.slash(protocol, evolve(state, params=harder), offence)
    return Transition(evolve(done.state, params=state.params), done.events)


def _whoever_is_there_now(protocol: Protocol, state: State, offence: Offence) -> Transition:
    return slashing.slash(protocol, state, attrs.evolve(offence, epoch=state.epoch))


def _again_and_again(protocol: Protocol, state: State, offence: Offence) -> Transition:
    done = slashing.slash(protocol, state, offence)
    return Transition(evolve(done.state, punished=state.punished), done.events)


def _however_old(protocol: Protocol, state: State, offence: Offence) -> Transition:
    long = evolve(state.params, evidence_window=8, unbonding_epochs=8)
    done = slashing.slash(protocol, evolve(state, params=long), offence)
    return Transition(evolve(done.state, params=state.params), done.events)


def _fresh_only(protocol: Protocol, state: State, offence: Offence) -> Transition:
    if offence.epoch < state.epoch:
        raise Rejected(RejectionReason.EVIDENCE_TOO_OLD, epoch=offence.epoch, oldest=state.epoch)
    return slashing.slash(protocol, state, offence)


def _generous(protocol: Protocol, state: State, order: ClaimRewards) -> Transition:
    return rewards.claim_rewards(protocol, _with_more_reward(state, order), order)


def _with_more_reward(state: State, order: ClaimRewards) -> State:
    """Have somebody own two tokens of reward more, out of the treasury."""
    key = order.validator + order.delegator
    known = state.delegations[key]
    more = evolve(known, reward=known.reward + 2 * 2**96 * 10_000)
    pots = evolve(state.pots, rewards=state.pots.rewards + 2, treasury=state.pots.treasury - 2)
    return evolve(state, delegations=state.delegations.set(key, more), pots=pots)


def _to_somebody_else(protocol: Protocol, state: State, order: ClaimRewards) -> Transition:
    done = rewards.claim_rewards(protocol, state, order)
    paid = accounts.balance_of(done.state, order.delegator) - accounts.balance_of(
        state, order.delegator
    )
    robbed = accounts.debit(done.state, order.delegator, paid)
    return Transition(accounts.credit(robbed, NOBODY, paid), done.events)


def _no_way_out(protocol: Protocol, state: State, order: Undelegate) -> Transition:
    if order.delegator == DORA:
        raise Rejected(RejectionReason.ZERO_AMOUNT)
    return delegation.undelegate(protocol, state, order)


def _crash(_protocol: Protocol, _state: State, order: Transfer) -> Transition:
    raise ZeroDivisionError(f"{order.amount} by 0")


def _forgot_the_events(_protocol: Protocol, state: State, _order: Transfer) -> Any:
    return state


def _in_place(protocol: Protocol, state: State, order: Transfer) -> Transition:
    done = accounts.transfer(protocol, state, order)
    object.__setattr__(state, "accounts", done.state.accounts)
    return done


@attrs.frozen
class PlantedFork:
    """A fork that breaks a law, by these orders from the good state."""

    law: str
    protocol: Protocol
    orders: tuple[Any, ...]
    message: str


def _slashing(name: str, rule: Any) -> Protocol:
    return PROTOCOL.fork(name, slash=rule)


_TRANSFER = Transfer(FAY, EMIL, 50)

PLANTED_FORKS = (
    PlantedFork(
        "SLA-1",
        _slashing("sparing", _sparing),
        (accuse(CARA, 1),),
        "0x03030303 at 0x03030303 lost only 0 of 500.000 due",
    ),
    PlantedFork(
        "SLA-2",
        _slashing("too-hard", _too_hard),
        (accuse(CARA, 1),),
        "a double_sign cost 6000 bps instead of 5000",
    ),
    PlantedFork(
        "SLA-2",
        _slashing("too-hard", _too_hard),
        (accuse(CARA, 1),),
        "0x03030303 at 0x03030303 lost 600 of 500.000 due",
    ),
    PlantedFork(
        "SLA-3",
        _slashing("whoever-is-there-now", _whoever_is_there_now),
        (accuse(ANNA, 0),),
        "0x04040404 at 0x01010101 lost 750, and had nothing at stake",
    ),
    PlantedFork(
        "SLA-4",
        _slashing("again-and-again", _again_and_again),
        (accuse(CARA, 3),),
        "the same offence was accepted, and punished, a second time",
    ),
    PlantedFork(
        "SLA-5",
        _slashing("fresh-only", _fresh_only),
        (accuse(CARA, 2),),
        "evidence of epoch 2 was refused in epoch 3 (evidence_too_old: epoch 2, oldest 3), with"
        " a window of 3",
    ),
    PlantedFork(
        "ORA-1",
        PROTOCOL.fork("generous", {ClaimRewards: _generous}),
        (ClaimRewards(DORA, ANNA),),
        "the reward paid to 0x04040404 at 0x01010101 is 2,161.000000, the oracle says"
        " 2,160.000000 (bound 1)",
    ),
    PlantedFork(
        "ORA-2",
        PROTOCOL.fork("to-somebody-else", {ClaimRewards: _to_somebody_else}),
        (ClaimRewards(DORA, ANNA),),
        "0x09090909 has 2,159, the oracle says 0",
    ),
    PlantedFork(
        "RUN-1",
        PROTOCOL.fork("no-way-out", {Undelegate: _no_way_out}),
        (),
        "0x04040404 cannot leave 0x01010101: zero_amount",
    ),
    PlantedFork(
        "RUN-3",
        PROTOCOL.fork("crash", {Transfer: _crash}),
        (_TRANSFER,),
        "Transfer raised ZeroDivisionError: 50 by 0",
    ),
    PlantedFork(
        "RUN-3",
        PROTOCOL.fork("forgot-the-events", {Transfer: _forgot_the_events}),
        (_TRANSFER,),
        "a rule returned State",
    ),
    PlantedFork(
        "RUN-4",
        PROTOCOL.fork("in-place", {Transfer: _in_place}),
        (_TRANSFER,),
        "the rule changed accounts in the state it was given",
    ),
)
"""Laws that engines check, each broken by a fork."""

HOWEVER_OLD = PlantedFork(
    "SLA-5",
    _slashing("however-old", _however_old),
    (accuse(CARA, 0),),
    "evidence of epoch 0 was accepted in epoch 4, with a window of 3",
)
"""As above, but an epoch after the good state; the protocol refuses this evidence."""
