"""Forks with one mistake each, and the promise of a contract that each must break."""

from collections.abc import Callable
from typing import Any

import attrs

from properties.engines.prove.laws import LAWS_OF
from properties.engines.prove.shapes import FIRST, OTHER
from properties.mutants import CATALOGUE
from properties.mutants.finality import exactly_two_thirds, half
from statemachine.errors import Rejected, RejectionReason
from statemachine.protocol import Offence, Protocol, Rule, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL
from statemachine.state import State, Validator
from statemachine.transactions import (
    CastVotes,
    ClaimRewards,
    Exit,
    RegisterValidator,
    ReportBlocks,
    Transfer,
    Undelegate,
    Unjail,
)

BY_ID = {mutant.id: mutant.protocol for mutant in CATALOGUE}


@attrs.frozen
class Planted:
    """A fork, and what must refute it."""

    fork: Protocol
    contract: str
    promise: str
    law: str | None = None
    """Which law of the promise must be named; None for any of them."""

    @property
    def id(self) -> str:
        """What a test of it is called."""
        return "-".join((self.contract, self.law or self.promise))

    @property
    def laws(self) -> tuple[str, ...]:
        """The laws that may be named."""
        return (self.law,) if self.law else LAWS_OF[self.promise]


def _then(kind: type, change: Callable[[State], State]) -> Protocol:
    """Return a fork that changes the state once more after transactions of a type."""
    rule: Rule[Any] = PROTOCOL.rules[kind]

    def changed(protocol: Protocol, state: State, tx: Any) -> Transition:
        transition = rule(protocol, state, tx)
        return attrs.evolve(transition, state=change(transition.state))

    return PROTOCOL.fork(f"after-{kind.__name__}", {kind: changed})


def _with_treasury(state: State) -> State:
    pots = state.pots
    return evolve(state, pots=evolve(pots, treasury=pots.treasury + 1))


def with_a_unit_more(kind: type) -> Protocol:
    """Return a fork in which transactions of a type make a unit out of nothing."""
    return _then(kind, _with_treasury)


def _bonded_to_treasury(state: State) -> State:
    pots = state.pots
    if pots.bonded == 0:
        return state
    return evolve(state, pots=evolve(pots, bonded=pots.bonded - 1, treasury=pots.treasury + 1))


def _rewards_to_treasury(state: State) -> State:
    pots = state.pots
    if pots.rewards == 0:
        return state
    return evolve(state, pots=evolve(pots, rewards=pots.rewards - 1, treasury=pots.treasury + 1))


def _taken_from_treasury(state: State) -> State:
    """Take what may not be there: a number below zero."""
    pots = state.pots
    return evolve(state, pots=evolve(pots, treasury=pots.treasury - 1, bonded=pots.bonded + 1))


def _paid_again(state: State) -> State:
    """Pay a fee that nobody asked for, out of what was sent."""
    balance = state.accounts[OTHER]
    if balance < 2:
        return state
    return _with_treasury(evolve(state, accounts=state.accounts.set(OTHER, balance - 1)))


def _finality_undone(state: State) -> State:
    finality = state.finality
    epoch = finality.finalised.epoch - 1
    return evolve(
        state, finality=evolve(finality, finalised=evolve(finality.finalised, epoch=epoch))
    )


def _with_first(state: State, change: Callable[[Validator], Validator]) -> State:
    first = change(state.validators[FIRST])
    return evolve(state, validators=state.validators.set(FIRST, first))


def _dust_forgotten(state: State) -> State:
    return _with_first(state, lambda first: evolve(first, dust_bound=0))


def _lot_miscounted(state: State) -> State:
    def change(first: Validator) -> Validator:
        bucket, *others = first.buckets
        return evolve(first, buckets=(evolve(bucket, lots=bucket.lots + 1), *others))

    return _with_first(state, change)


def _slash_and_take(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = PROTOCOL.slash(protocol, state, offence)
    return attrs.evolve(transition, state=_bonded_to_treasury(transition.state))


_SLASHING = PROTOCOL.fork("slash-and-take", slash=_slash_and_take)


def _refuse(_protocol: Protocol, _state: State, _tx: object) -> Transition:
    raise Rejected(RejectionReason.ZERO_AMOUNT)


REFUSING = PROTOCOL.fork("refusing", {Transfer: _refuse})
"""A fork that breaks no law, because it does nothing."""

QUICK = (
    Planted(_then(Transfer, _with_treasury), "transfer", "conserves"),
    Planted(_then(Transfer, _taken_from_treasury), "transfer", "never_negative"),
    Planted(_then(RegisterValidator, _bonded_to_treasury), "register", "covers_stake"),
    Planted(_then(ClaimRewards, _rewards_to_treasury), "claim", "covers_rewards"),
    Planted(_then(Unjail, _dust_forgotten), "unjail", "covers_stake", "STK-2"),
    Planted(_then(Unjail, _lot_miscounted), "unjail", "covers_stake", "STK-3"),
    Planted(BY_ID["S8"], "delegate", "does_as_ordered"),
    Planted(BY_ID["S15"], "register", "bounds_commission"),
    Planted(_then(CastVotes, _finality_undone), "vote_for_current", "stays_final"),
    Planted(
        PROTOCOL.fork("at-least", is_quorum=exactly_two_thirds),
        "vote_for_current",
        "links_by_two_thirds",
    ),
    Planted(BY_ID["F2"], "vote_for_current", "final_by_a_link"),
    Planted(
        PROTOCOL.fork("at-least", is_quorum=exactly_two_thirds),
        "report_invalid_block",
        "certified_by_two_thirds",
    ),
    Planted(BY_ID["S7"], "slash", "punishes_once"),
    Planted(BY_ID["B12"], "keep_unbonding", "releases_late"),
    Planted(BY_ID["B15"], "register_anyone", "covers_stake", "STK-3"),
    Planted(BY_ID["B17"], "undelegate_moved", "does_as_ordered"),
    Planted(PROTOCOL.fork("at-least", is_quorum=exactly_two_thirds), "quorum_is_two_thirds", "_"),
    Planted(PROTOCOL.fork("half", is_quorum=half), "quorums_intersect", "_"),
)
"""One for each law; all together take some ten seconds."""

SLOW = (
    Planted(BY_ID["S6"], "slash", "conserves"),
    Planted(BY_ID["S6"], "slash_again", "conserves"),
    Planted(BY_ID["S6"], "slash_moved", "conserves"),
    Planted(BY_ID["S6"], "report_votes", "conserves"),
    Planted(BY_ID["S9"], "delegate", "conserves"),
    Planted(BY_ID["S9"], "delegate_after_slash", "conserves"),
    Planted(BY_ID["S13"], "reward", "covers_rewards"),
    Planted(BY_ID["S9"], "delegate_to_another", "does_as_ordered"),
    Planted(_then(Transfer, _paid_again), "transfer", "does_as_ordered"),
    Planted(BY_ID["S11"], "undelegate_from_jailed", "does_as_ordered"),
    Planted(_SLASHING, "slash", "covers_stake"),
    Planted(_SLASHING, "produce_after_slash", "covers_stake"),
    Planted(_then(Undelegate, _bonded_to_treasury), "undelegate", "covers_stake"),
    Planted(_then(Exit, _bonded_to_treasury), "leave", "covers_stake"),
    Planted(_then(Unjail, _with_treasury), "unjail", "conserves"),
    Planted(_then(ReportBlocks, _taken_from_treasury), "report_blocks", "never_negative"),
)
"""More of them, rule by rule."""
