"""The ties of slashing: which evidence is taken, whose stake answers, what it loses, what is kept.

Epochs are keys of a state and no symbols here, so those around the window of evidence are gone
through one by one, for windows of several lengths. Amounts and shares are symbols.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

import z3

from properties.engines.prove.shapes import (
    DELEGATOR,
    EPOCH,
    FIRST,
    PARAMS,
    SECOND,
    THIRD,
    WINDOW,
    delegation,
    due,
    state_of,
    validator,
)
from properties.theorems import definitions as book
from properties.theorems.symbolic import Symbol, truth_of
from properties.theorems.tie import Tie, tie, within
from statemachine.errors import Rejected
from statemachine.params import Params
from statemachine.primitives import BPS, MAX_AMOUNT
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import epochs, holdings
from statemachine.state import Bucket, Departure, Lot, OffenceKind, Slash, State, Status, Stay

first, second, bps = z3.Ints("first second bps")

AROUND = range(EPOCH - WINDOW - 2, EPOCH + 2)
"""Epochs from before the window of evidence until after now."""

AROUND_IT = "for all epochs around the window"

WINDOWS = range(1, WINDOW + 2)
"""Lengths of the window of evidence."""

OWN, STAKE = 50, 100

AMOUNTS = z3.And(
    within(MAX_AMOUNT, first, second),
    first + second <= MAX_AMOUNT,
    first >= 1,
    second >= 1,
    within(BPS, bps),
)
"""Two amounts that fit together, and a share."""


def _offence(epoch: int) -> Offence:
    return Offence(FIRST, OffenceKind.DOUBLE_VOTE, epoch, 0)


def _slashed(protocol: Protocol, state: State, epoch: int) -> Transition | None:
    """Slash the first validator; None where that is refused."""
    try:
        return protocol.slash(protocol, state, _offence(epoch))
    except Rejected:
        return None


def _asked(question: Callable[[], Any], where: z3.BoolRef) -> z3.BoolRef:
    """Return when a question is answered with yes; a fork that raises answers with no."""
    return truth_of(
        question, where, lambda answer: not isinstance(answer, Exception) and answer, (Exception,)
    )


def _is_admissible(protocol: Protocol) -> Tie:
    """An offence of every epoch, under some windows: a fork may make keys of them."""
    own = validator(Bucket(0, None, (), OWN, 1))
    right = all(
        _is_punished(protocol, state_of(_with_window(length), {}, {FIRST: own}), epoch)
        is (EPOCH - length <= epoch <= EPOCH)
        for length, epoch in product(WINDOWS, AROUND)
    )
    says = "An offence is punished exactly from the oldest admissible epoch to the current."
    where = z3.BoolVal(True)
    claim = z3.BoolVal(right)
    return tie("old evidence is refused", protocol.slash, says, where, claim, AROUND_IT)


def _is_punished(protocol: Protocol, state: State, epoch: int) -> bool | None:
    """Say whether an offence is punished; None where a fork cannot say."""
    try:
        return _slashed(protocol, state, epoch) is not None
    except Exception:
        return None


def _with_window(length: int) -> Params:
    """Return parameters with a window of evidence, and unbonding that lasts as long."""
    return evolve(PARAMS, epoch_reward=0, evidence_window=length, unbonding_epochs=length)


def _answers(protocol: Protocol) -> Tie:
    """Stake that is, or was, behind the offender, from every start to every end."""
    starts = range(EPOCH - WINDOW, EPOCH + 1)
    spans = [(start, end) for start, end in product(starts, AROUND) if start < end]
    right = all(
        _taken(protocol, state, epoch) == (start <= epoch and epoch < end)
        for start, end in spans
        for state in (_behind(start, end), _moved(start, end), _moved(start, end, EPOCH + 1))
        for epoch in starts
    )
    says = "Stake answers exactly for the epochs in which it was active behind the offender."
    where = z3.BoolVal(True)
    claim = z3.BoolVal(right)
    return tie("what was active answers", protocol.slash, says, where, claim, AROUND_IT)


def _behind(start: int, end: int) -> State:
    """Return a state in which stake leaves, or has left, the offender, and unbonds."""
    own, leaving = Bucket(0, None, (), OWN, 1), Bucket(start, end, (), STAKE, 1)
    delegations = {
        FIRST + FIRST: delegation(Lot(OWN, 0)),
        FIRST + DELEGATOR: delegation(Lot(STAKE, start, end)),
    }
    return state_of(PARAMS, {}, {FIRST: validator(own, leaving)}, delegations)


def _moved(start: int, end: int, left: int | None = None) -> State:
    """Return a state in which stake has moved from the offender, and may be leaving since."""
    past = (Stay(FIRST, start, end),)
    own = Bucket(0, None, (), OWN, 1)
    offender = validator(own, departures=(Departure(SECOND, end),))
    holder = validator(own, Bucket(end, left, past, STAKE, 1))
    delegations = {
        FIRST + FIRST: delegation(Lot(OWN, 0)),
        SECOND + SECOND: delegation(Lot(OWN, 0)),
        SECOND + DELEGATOR: delegation(Lot(STAKE, end, left, past=past)),
    }
    return state_of(PARAMS, {}, {FIRST: offender, SECOND: holder}, delegations)


def _taken(protocol: Protocol, state: State, epoch: int) -> bool | None:
    """Say whether a slash takes a share of the stake that is not the operators' own.

    None where it takes anything else.
    """
    try:
        slashed = _slashed(protocol, state, epoch)
    except Exception:
        return None
    if slashed is None:
        return None
    params = state.params
    of_own = OWN * params.double_sign_bps // BPS
    of_stake = STAKE * params.double_sign_bps // BPS
    held, left = state.pots, slashed.state.pots
    lost = held.bonded + held.unbonding - left.bonded - left.unbonding
    return {of_own: False, of_own + of_stake: True}.get(lost)


def _cuts(protocol: Protocol) -> Tie:
    """Two buckets of any amounts that answer, one of them unbonding, and any share."""
    cuts = [book.share(amount, bps) for amount in (first, second)]

    def is_cut() -> bool:
        bonded = Bucket(0, None, (), Symbol(first), 1)
        leaving = Bucket(0, EPOCH - 1, (), Symbol(second), 2)
        params = evolve(PARAMS, double_sign_bps=Symbol(bps))
        state = state_of(params, {}, {FIRST: validator(bonded, leaving, status=Status.JAILED)})
        slashed = _slashed(protocol, state, EPOCH - 2)
        if slashed is None:
            return False
        after = slashed.state
        lost = (
            (state.pots.bonded - after.pots.bonded, cuts[0]),
            (state.pots.unbonding - after.pots.unbonding, cuts[1]),
            (after.supply.burned - state.supply.burned, z3.Sum(cuts)),
        )
        return after.validators[FIRST].dust_bound == bonded.lots + leaving.lots and all(
            amount == Symbol(cut) for amount, cut in lost
        )

    says = "A slash takes its share of each bucket, out of its pot, and burns all of it."
    claim = _asked(is_cut, AMOUNTS)
    return tie("each bucket is cut", protocol.slash, says, AMOUNTS, claim, "for all amounts")


def _pays() -> Tie:
    """Two lots of any amounts, loaded after a slash that one of them answers for."""

    def is_paid() -> bool:
        slash = Slash(FIRST, EPOCH - 2, Symbol(bps), 0)
        lots = Lot(Symbol(first), 0), Lot(Symbol(second), EPOCH - 1)
        state = state_of(
            PARAMS,
            {},
            {FIRST: validator(Bucket(0, None, (), OWN, 2), slashes=(slash,))},
            {FIRST + DELEGATOR: delegation(*lots)},
        )
        older, newer = holdings.load_delegation(state, FIRST, DELEGATOR).delegation.lots
        rest = Symbol(book.remaining(first, bps))
        return bool(older.amount == rest) and bool(newer.amount == Symbol(second))

    says = "What a slash leaves of a lot is rounded down, and of one that does not answer, all."
    claim = _asked(is_paid, AMOUNTS)
    return tie("each lot is cut", holdings.load_delegation, says, AMOUNTS, claim, "for all amounts")


def _keeps_stays(protocol: Protocol) -> Tie:
    """Stake that moves on, for the second time, under some windows: those are keys here."""
    right = all(
        _is_kept(protocol, length, ended) == (ended > EPOCH - length)
        for length, ended in product(WINDOWS, range(EPOCH - WINDOW - 1, EPOCH))
    )
    says = "Stake that moves on keeps the stays that admissible evidence can be about."
    place, where, claim = epochs.process_due_delegations, z3.BoolVal(True), z3.BoolVal(right)
    return tie("stays are kept", place, says, where, claim, AROUND_IT)


def _is_kept(protocol: Protocol, length: int, ended: int) -> bool | None:
    """Say whether a stay is kept when its stake moves on; None where a fork cannot move it."""
    stay = Stay(FIRST, 0, ended)
    own = Bucket(0, None, (), OWN, 1)
    state = state_of(
        _with_window(length),
        {},
        {
            FIRST: validator(own, departures=(Departure(SECOND, ended),)),
            SECOND: validator(own, Bucket(ended, EPOCH, (stay,), STAKE, 1)),
            THIRD: validator(own),
        },
        {
            **{operator + operator: delegation(Lot(OWN, 0)) for operator in (FIRST, SECOND, THIRD)},
            SECOND + DELEGATOR: delegation(Lot(STAKE, ended, EPOCH, THIRD, (stay,))),
        },
        agenda=tuple(due(EPOCH, holder, DELEGATOR) for holder in (SECOND, THIRD)),
    )
    try:
        for step in protocol.epoch_steps:
            state = step(protocol, state).state
        return stay in state.delegations[THIRD + DELEGATOR].lots[-1].past
    except Exception:
        return None


def ties(protocol: Protocol) -> tuple[Tie, ...]:
    """Return what ties a protocol's slashing to what theorems say of it."""
    return (
        _is_admissible(protocol),
        _answers(protocol),
        _cuts(protocol),
        _pays(),
        _keeps_stays(protocol),
    )
