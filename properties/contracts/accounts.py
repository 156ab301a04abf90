"""Contracts of the rules about account balances."""

from properties.contracts.laws import Outcome, conserves, never_negative, outcome_of
from properties.contracts.shapes import DELEGATOR, FIRST, MAX, OTHER, params, state_of, sums_fit
from statemachine.transactions import Transfer


def transfer(sender: int, recipient: int, burned: int, amount: int) -> Outcome:
    """Move tokens between two accounts.

    pre: 0 < sender
    pre: 0 < recipient
    pre: 0 <= burned
    pre: sums_fit(sender, recipient, burned)
    pre: 0 <= amount <= MAX
    post: conserves(_)
    post: never_negative(_)
    """
    state = state_of(params(), {DELEGATOR: sender, OTHER: recipient}, burned=burned)
    return outcome_of(state, Transfer(DELEGATOR, OTHER, amount))
