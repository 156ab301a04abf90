"""Forks that break one law each that an engine checks, and the transactions that show it."""

from typing import Any

import attrs

from properties.laws.accusation import Accuse
from properties.mutants import MUTANTS
from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Offence,
    OffenceKind,
    ProduceBlock,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Transfer,
    Transition,
    Undelegate,
    evolve,
)
from statemachine.map_keys import epoch_key
from statemachine.messages import Header
from statemachine.rules import accounts, claims, delegation, epochs, slashing
from statemachine.rules.epochs import update_validator_set
from statemachine.transactions import CastVotes, ReportBlocks, ReportVotes
from tests.properties.laws.violations_of_states import good_state
from tests.statemachine.worlds import ANNA, BEN, CARA, DORA, EMIL, FAY, NOBODY, elected, votes

DOUBLE_SIGN = OffenceKind.DOUBLE_BLOCK


def accuse(offender: bytes, epoch: int) -> Accuse:
    """Accuse somebody of having signed twice."""
    return Accuse(EMIL, offender, DOUBLE_SIGN, epoch, 0)


def _sparing(_protocol: Protocol, state: State, _offence: Offence) -> Transition:
    return Transition(state)


def _too_hard(protocol: Protocol, state: State, offence: Offence) -> Transition:
    harder = evolve(state.params, double_sign_bps=6_000)
    transition = slashing.slash(protocol, evolve(state, params=harder), offence)
    return Transition(evolve(transition.state, params=state.params), transition.events)


def _whoever_is_there_now(protocol: Protocol, state: State, offence: Offence) -> Transition:
    return slashing.slash(protocol, state, attrs.evolve(offence, epoch=state.epoch))


def _again_and_again(protocol: Protocol, state: State, offence: Offence) -> Transition:
    transition = slashing.slash(protocol, state, offence)
    return Transition(evolve(transition.state, punished=state.punished), transition.events)


def _however_old(protocol: Protocol, state: State, offence: Offence) -> Transition:
    long = evolve(state.params, evidence_window=8, unbonding_epochs=8)
    transition = slashing.slash(protocol, evolve(state, params=long), offence)
    return Transition(evolve(transition.state, params=state.params), transition.events)


def _fresh_only(protocol: Protocol, state: State, offence: Offence) -> Transition:
    if offence.epoch < state.epoch:
        raise Rejected(RejectionReason.EVIDENCE_TOO_OLD, epoch=offence.epoch, oldest=state.epoch)
    return slashing.slash(protocol, state, offence)


def _somebody_else(protocol: Protocol, state: State, offence: Offence) -> Transition:
    return slashing.slash(protocol, state, attrs.evolve(offence, validator=ANNA))


def _generous(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    return claims.claim_rewards(protocol, _with_more_reward(state, tx), tx)


def _with_more_reward(state: State, tx: ClaimRewards) -> State:
    """Have somebody own two tokens of reward more, out of the treasury."""
    key = tx.validator + tx.delegator
    holding = state.delegations[key]
    more = evolve(holding, reward=holding.reward + 2 * 2**96 * 10_000)
    pots = evolve(state.pots, rewards=state.pots.rewards + 2, treasury=state.pots.treasury - 2)
    return evolve(state, delegations=state.delegations.set(key, more), pots=pots)


def _to_somebody_else(protocol: Protocol, state: State, tx: ClaimRewards) -> Transition:
    transition = claims.claim_rewards(protocol, state, tx)
    paid = accounts.balance_of(transition.state, tx.delegator) - accounts.balance_of(
        state, tx.delegator
    )
    robbed = accounts.debit(transition.state, tx.delegator, paid)
    return Transition(accounts.credit(robbed, NOBODY, paid), transition.events)


def _no_way_out(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    if tx.delegator == DORA:
        raise Rejected(RejectionReason.ZERO_AMOUNT)
    return delegation.undelegate(protocol, state, tx)


def _crash(_protocol: Protocol, _state: State, tx: Transfer) -> Transition:
    raise ZeroDivisionError(f"{tx.amount} by 0")


def _forgot_the_events(_protocol: Protocol, state: State, _tx: Transfer) -> Any:
    return state


def _unlike_it_began(protocol: Protocol, state: State) -> Transition:
    """Remember an epoch with its seed for its checkpoint."""
    transition = epochs.begin_epoch(protocol, state)
    finality, key = transition.state.finality, epoch_key(state.epoch)
    wrong = evolve(finality.history[key], root=transition.state.seed)
    finality = evolve(finality, history=finality.history.set(key, wrong))
    return Transition(evolve(transition.state, finality=finality), transition.events)


def _in_place(protocol: Protocol, state: State, tx: Transfer) -> Transition:
    transition = accounts.transfer(protocol, state, tx)
    object.__setattr__(state, "accounts", transition.state.accounts)
    return transition


@attrs.frozen
class PlantedFork:
    """A fork that breaks a law, by these transactions from the good state."""

    law: str
    protocol: Protocol
    txs: tuple[Any, ...]
    message: str
    refused: int = 0
    """How many of the transactions the protocol rejects."""


def _slashing(name: str, rule: Any) -> Protocol:
    return PROTOCOL.fork(name, slash=rule)


def _mutant(mutant_id: str) -> Protocol:
    return next(mutant.protocol for mutant in MUTANTS if mutant.id == mutant_id)


def _cast(source: int, target: int, *signers: bytes) -> CastVotes:
    return votes(good_state(), source, target, *signers)


def _block_at(slot: int) -> ProduceBlock:
    return ProduceBlock(slot, elected(good_state(), slot) or NOBODY, bytes(32))


_TRANSFER = Transfer(FAY, EMIL, 50)

_EVERYBODY = (ANNA, BEN, CARA)

_HEADER = Header(12, bytes(32), bytes(32), CARA, bytes(32), bytes(32), bytes(32))

_TWICE = ReportVotes(EMIL, _cast(0, 3, CARA), _cast(1, 3, BEN, CARA))
"""Evidence that Cara voted twice for epoch 3."""

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
        "double_block cost 6000 bps instead of 5000",
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
        "SLA-4",
        _slashing("again-and-again", _again_and_again),
        (_TWICE,),
        "the same offence was accepted, and punished, a second time",
    ),
    PlantedFork(
        "SLA-5",
        _slashing("fresh-only", _fresh_only),
        (ReportBlocks(EMIL, evolve(_HEADER, slot=8), evolve(_HEADER, slot=8, body=b"b" * 32)),),
        "evidence of epoch 2 was refused in epoch 3 (evidence_too_old: epoch 2, oldest 3), with"
        " a window of 3",
    ),
    PlantedFork(
        "SLA-6",
        _mutant("S23b"),
        (ReportBlocks(EMIL, _HEADER, _HEADER),),
        "ReportBlocks was accepted, which proves nothing new",
        refused=1,
    ),
    PlantedFork(
        "SLA-6",
        _slashing("somebody-else", _somebody_else),
        (_TWICE,),
        "0x01010101 was slashed for double_vote in epoch 3, which nothing proves",
    ),
    PlantedFork(
        "SLA-7",
        _slashing("somebody-else", _somebody_else),
        (_TWICE,),
        "0x03030303 was not slashed for double_vote in epoch 3, which was proved",
    ),
    PlantedFork(
        "SLA-7",
        _mutant("E1"),
        (_TWICE,),
        "ReportVotes proves double_vote of 0x03030303 in epoch 3, and was refused:"
        " not_an_offence: needed something else",
    ),
    PlantedFork(
        "SLA-8",
        _mutant("N1"),
        (accuse(CARA, 1),),
        "0x03030303 was slashed for double_block and is active, not tombstoned",
    ),
    PlantedFork(
        "STK-10",
        _mutant("N8b"),
        (Undelegate(DORA, ANNA, 100),),
        "stake moves at epoch 5, though there was room for it by epoch 4",
    ),
    PlantedFork(
        "FIN-2",
        _mutant("S18d"),
        (_cast(0, 3, ANNA),),
        "the checkpoint of epoch 3 is justified; of 4,700 voted: 2,500 from epoch 0",
    ),
    PlantedFork(
        "FIN-3",
        _mutant("F2"),
        (_cast(0, 1, *_EVERYBODY), _cast(1, 3, *_EVERYBODY)),
        "the latest final checkpoint is that of epoch 1, by the votes it is that of epoch 0",
    ),
    PlantedFork(
        "FIN-4",
        PROTOCOL.fork("unlike-it-began", opening_steps=(update_validator_set, _unlike_it_began)),
        (_block_at(16),),
        "epoch 4 is not remembered as it began",
    ),
    PlantedFork(
        "FIN-4",
        PROTOCOL.fork("unlike-it-began", opening_steps=(update_validator_set, _unlike_it_began)),
        (_block_at(24),),
        "epoch 5 is not remembered as it began",
    ),
    PlantedFork(
        "FIN-5",
        _mutant("S20"),
        (_cast(0, 3, ANNA, NOBODY),),
        "votes from epoch 0 to 3 were counted, though unknown_signer",
        refused=1,
    ),
    PlantedFork(
        "FIN-6",
        _mutant("F8"),
        (_cast(0, 3, ANNA),),
        "votes from epoch 0 to 3 were refused: already_voted: signers 1; nothing is against them",
    ),
    PlantedFork(
        "FIN-7",
        _mutant("S22"),
        (_cast(0, 1, ANNA),),
        "votes from epoch 0 to 1: 1 new, 2,500 of 4,700 were counted, there were 1 new, 3,000 of"
        " 5,000",
    ),
    PlantedFork(
        "LIV-2",
        _mutant("F7"),
        (),
        "with all votes 1 epochs late finality lags by 9 epochs after 6 more; at most 2 are"
        " allowed",
    ),
    PlantedFork(
        "ORA-1",
        PROTOCOL.fork("generous", {ClaimRewards: _generous}),
        (ClaimRewards(DORA, ANNA),),
        "the reward paid to 0x04040404 at 0x01010101 is 2,162.000000, the oracle says"
        " 2,160.000000 (bound 1)",
    ),
    PlantedFork(
        "ORA-2",
        PROTOCOL.fork("to-somebody-else", {ClaimRewards: _to_somebody_else}),
        (ClaimRewards(DORA, ANNA),),
        "0x09090909 has 2,160, the oracle says 0",
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
        "Transfer raised ZeroDivisionError: 50 by 0 (in _crash, laws/violations_of_forks.py line"
        f" {_crash.__code__.co_firstlineno + 1})",
    ),
    PlantedFork(
        "RUN-3",
        PROTOCOL.fork("forgot-the-events", {Transfer: _forgot_the_events}),
        (_TRANSFER,),
        "the rule of Transfer returned State, not a Transition",
    ),
    PlantedFork(
        "RUN-4",
        PROTOCOL.fork("in-place", {Transfer: _in_place}),
        (_TRANSFER,),
        "the rule changed accounts in its own input",
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
