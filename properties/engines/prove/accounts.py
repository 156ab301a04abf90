"""Contracts of the rules about account balances."""

# ruff: noqa: F401 (what a contract asks and promises, its text names)

from properties.engines.prove.laws import (
    does_as_ordered,
    outcome_of,
    stays_lawful,
)
from properties.engines.prove.shapes import (
    DELEGATOR,
    OTHER,
    PARAMS,
    is_amount,
    natural,
    positive,
    state_of,
    sums_fit,
)
from properties.laws.application import Outcome
from statemachine.transactions import Transfer


def transfer(sender: int = 7, recipient: int = 5, burned: int = 3, amount: int = 2) -> Outcome:
    """Move tokens between two accounts.

    pre: positive(sender, recipient)
    pre: natural(burned)
    pre: sums_fit(sender, recipient, burned)
    pre: is_amount(amount)
    post: stays_lawful(_)
    post: does_as_ordered(_)
    """
    state = state_of(PARAMS, {DELEGATOR: sender, OTHER: recipient}, burned=burned)
    return outcome_of(state, Transfer(DELEGATOR, OTHER, amount))
