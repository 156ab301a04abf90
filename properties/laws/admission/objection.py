"""What can speak against a transaction, and views of a state that several subjects share."""

from collections.abc import Iterator

from properties.laws.describe import short
from statemachine.errors import RejectionReason
from statemachine.state import State, Status

Objection = tuple[RejectionReason, str]
"""A reason to reject a transaction, and the facts that make it one."""

Objections = Iterator[Objection]
"""In the order in which they are asked for. Only the first is ever taken: a later one may
rest on what an earlier one denies."""


def unknown_validator(state: State, address: bytes) -> Objections:
    """Object that somebody is no validator."""
    if address not in state.validators:
        yield RejectionReason.UNKNOWN_VALIDATOR, f"{short(address)} is no validator"


def not_accepting(state: State, address: bytes) -> Objections:
    """Object that somebody is no validator, or one that takes no stake."""
    yield from unknown_validator(state, address)
    status = state.validators[address].status
    if status not in (Status.PENDING, Status.ACTIVE, Status.JAILED):
        yield RejectionReason.VALIDATOR_NOT_ACCEPTING, f"{short(address)} is {status.value}"


def not_in_service(state: State, address: bytes) -> Objections:
    """Object that somebody is no validator, or one that has left for good."""
    yield from unknown_validator(state, address)
    status = state.validators[address].status
    if status not in (Status.PENDING, Status.ACTIVE, Status.JAILED):
        yield RejectionReason.VALIDATOR_NOT_IN_SERVICE, f"{short(address)} is {status.value}"


def cannot_pay(state: State, account: bytes, amount: int) -> Objections:
    """Object that an amount is nothing, or more than an account has."""
    if amount == 0:
        yield RejectionReason.ZERO_AMOUNT, "the amount is 0"
    balance = state.accounts.get(account, 0)
    if amount > balance:
        facts = f"{short(account)} has {balance:,} of {amount:,}"
        yield RejectionReason.INSUFFICIENT_BALANCE, facts


def bad_list(signers: tuple[bytes, ...]) -> Objections:
    """Object that a list of signers is empty, or does not rise from each to the next."""
    if not signers:
        yield RejectionReason.NO_SIGNERS, "nobody signed"
    for place in range(1, len(signers)):
        if signers[place - 1] == signers[place]:
            yield RejectionReason.DUPLICATE_SIGNER, f"{short(signers[place])} is named twice"
        if signers[place - 1] > signers[place]:
            facts = f"{short(signers[place - 1])} comes before {short(signers[place])}"
            yield RejectionReason.UNSORTED_SIGNERS, facts
