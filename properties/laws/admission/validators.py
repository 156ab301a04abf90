"""Admission of what makes a validator, and of what an operator asks as one."""

from properties.laws.admission.churn import no_room_to_join, no_room_to_leave
from properties.laws.admission.objection import (
    Objections,
    cannot_pay,
    not_in_service,
    unknown_validator,
)
from properties.laws.admission.stake import bonded_stake
from properties.laws.describe import short
from statemachine.errors import RejectionReason
from statemachine.protocol import Protocol
from statemachine.state import State, Status
from statemachine.transactions import ChangeCommission, Exit, RegisterValidator, Unjail


def register_validator(
    _protocol: Protocol, state: State, transaction: RegisterValidator
) -> Objections:
    """Object to a registration."""
    operator, stake = transaction.operator, transaction.self_stake
    if operator in state.validators:
        status = state.validators[operator].status.value
        yield RejectionReason.ACCOUNT_IS_VALIDATOR, f"{short(operator)} is {status}"
    owner = state.keys.get(transaction.public_key)
    if owner is not None:
        yield RejectionReason.KEY_IN_USE, f"the key is that of {short(owner)}"
    yield from _commission_too_high(state, transaction.commission_bps)
    if stake < state.params.min_stake:
        facts = f"{stake:,} of {state.params.min_stake:,} is staked"
        yield RejectionReason.INSUFFICIENT_SELF_STAKE, facts
    yield from cannot_pay(state, operator, stake)
    yield from no_room_to_join(state, stake)


def _commission_too_high(state: State, commission_bps: int) -> Objections:
    highest = state.params.max_commission_bps
    if commission_bps > highest:
        yield RejectionReason.COMMISSION_TOO_HIGH, f"{commission_bps} bps of at most {highest}"


def change_commission(
    _protocol: Protocol, state: State, transaction: ChangeCommission
) -> Objections:
    """Object to a change of commission."""
    yield from not_in_service(state, transaction.operator)
    yield from _commission_too_high(state, transaction.commission_bps)
    asks = state.validators[transaction.operator].commission_bps
    change = max(asks, transaction.commission_bps) - min(asks, transaction.commission_bps)
    largest = state.params.max_commission_change_bps
    if change > largest:
        facts = f"from {asks} to {transaction.commission_bps} bps, by at most {largest}"
        yield RejectionReason.COMMISSION_CHANGE_TOO_LARGE, facts


def exit_validator(_protocol: Protocol, state: State, transaction: Exit) -> Objections:
    """Object to leaving."""
    operator = transaction.operator
    yield from not_in_service(state, operator)
    yield from no_room_to_leave(state, operator, bonded_stake(state, operator, operator))


def unjail(_protocol: Protocol, state: State, transaction: Unjail) -> Objections:
    """Object to a return from jail."""
    operator = transaction.operator
    yield from unknown_validator(state, operator)
    validator = state.validators[operator]
    if validator.status is not Status.JAILED:
        yield RejectionReason.NOT_JAILED, f"{short(operator)} is {validator.status.value}"
    if state.epoch < validator.jailed_until:
        facts = f"epoch {validator.jailed_until} has not come in epoch {state.epoch}"
        yield RejectionReason.STILL_JAILED, facts
    own, least = bonded_stake(state, operator, operator), state.params.min_stake
    if own < least:
        facts = f"{short(operator)} has {own:,} of {least:,} bonded of its own"
        yield RejectionReason.INSUFFICIENT_SELF_STAKE, facts
