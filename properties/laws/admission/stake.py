"""Admission of transfers, and of what puts stake behind a validator, takes it back or moves it."""

from properties.laws.admission.churn import no_room_to_join, no_room_to_leave
from properties.laws.admission.objection import (
    Objections,
    cannot_pay,
    not_accepting,
    unknown_validator,
)
from properties.laws.describe import short
from statemachine.errors import RejectionReason
from statemachine.map_keys import delegation_key
from statemachine.primitives import BPS
from statemachine.protocol import Protocol
from statemachine.state import Lot, Slash, State
from statemachine.transactions import Delegate, Redelegate, Transfer, Undelegate


def transfer(_protocol: Protocol, state: State, transaction: Transfer) -> Objections:
    """Object to a transfer."""
    return cannot_pay(state, transaction.sender, transaction.amount)


def delegate(_protocol: Protocol, state: State, transaction: Delegate) -> Objections:
    """Object to a delegation."""
    yield from not_accepting(state, transaction.validator)
    yield from cannot_pay(state, transaction.delegator, transaction.amount)
    yield from no_room_to_join(state, transaction.amount)


def undelegate(_protocol: Protocol, state: State, transaction: Undelegate) -> Objections:
    """Object to taking stake back."""
    validator, amount = transaction.validator, transaction.amount
    yield from unknown_validator(state, validator)
    yield from _not_there(state, validator, transaction.delegator, amount)
    yield from no_room_to_leave(state, validator, amount)


def redelegate(_protocol: Protocol, state: State, transaction: Redelegate) -> Objections:
    """Object to moving stake."""
    source, destination, amount = transaction.source, transaction.destination, transaction.amount
    if source == destination:
        yield RejectionReason.SAME_VALIDATOR, f"from {short(source)} to itself"
    yield from unknown_validator(state, source)
    yield from not_accepting(state, destination)
    yield from _not_there(state, source, transaction.delegator, amount)
    yield from no_room_to_leave(state, source, amount, destination)


def _not_there(state: State, validator: bytes, delegator: bytes, amount: int) -> Objections:
    if amount == 0:
        yield RejectionReason.ZERO_AMOUNT, "the amount is 0"
    if delegation_key(validator, delegator) not in state.delegations:
        facts = f"{short(delegator)} has nothing at {short(validator)}"
        yield RejectionReason.NO_DELEGATION, facts
    bonded = bonded_stake(state, validator, delegator)
    if amount > bonded:
        facts = f"{short(delegator)} has {bonded:,} of {amount:,} bonded at {short(validator)}"
        yield RejectionReason.INSUFFICIENT_STAKE, facts


def bonded_stake(state: State, validator: bytes, delegator: bytes) -> int:
    """Return what a delegator has behind a validator that has not been told to leave."""
    amounts = lots_after_slashes(state, validator, delegator)
    return sum(amount for lot, amount in amounts if lot.end is None)


def lots_after_slashes(
    state: State, validator: bytes, delegator: bytes
) -> tuple[tuple[Lot, int], ...]:
    """Return the lots of a delegation, each with what slashes have left of it by now."""
    delegation = state.delegations.get(delegation_key(validator, delegator))
    if delegation is None:
        return ()
    slashes = state.validators[validator].slashes[delegation.slashes_seen :]
    return tuple((lot, _left_of(lot, validator, slashes)) for lot in delegation.lots)


def _left_of(lot: Lot, holder: bytes, slashes: tuple[Slash, ...]) -> int:
    left = lot.amount
    for slash in slashes:
        if was_behind(lot, holder, slash.offender, slash.epoch):
            left = left * (BPS - slash.fraction_bps) // BPS
    return left


def was_behind(lot: Lot, holder: bytes, offender: bytes, epoch: int) -> bool:
    """Say whether a lot at a holder was active behind an offender in an epoch."""
    if holder == offender and lot.start <= epoch and (lot.end is None or epoch < lot.end):
        return True
    return any(stay.validator == offender and stay.start <= epoch < stay.end for stay in lot.past)
