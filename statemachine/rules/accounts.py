"""Account balances."""

from types import MappingProxyType

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import Transferred
from statemachine.protocol import Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.state import State
from statemachine.transactions import Transfer


def balance_of(state: State, account: bytes) -> int:
    """Return an account's balance; 0 for one that does not exist."""
    return state.accounts.get(account, 0)


def credit(state: State, account: bytes, amount: int) -> State:
    """Add to a balance. The amount must come out of a pot or another account."""
    if amount == 0:
        return state
    accounts = state.accounts
    return evolve(state, accounts=accounts.set(account, accounts.get(account, 0) + amount))


def debit(state: State, account: bytes, amount: int) -> State:
    """Take from a balance; an emptied account ceases to exist.

    Rejects: zero_amount, insufficient_balance.
    """
    if amount == 0:
        raise Rejected(RejectionReason.ZERO_AMOUNT)
    available = state.accounts.get(account, 0)
    if available < amount:
        raise Rejected(RejectionReason.INSUFFICIENT_BALANCE, needed=amount, available=available)
    if available == amount:
        return evolve(state, accounts=state.accounts.remove(account))
    return evolve(state, accounts=state.accounts.set(account, available - amount))


def transfer(_protocol: Protocol, state: State, tx: Transfer) -> Transition:
    """Move tokens from one account to another.

    Rejects: zero_amount, insufficient_balance.
    """
    state = debit(state, tx.sender, tx.amount)
    state = credit(state, tx.recipient, tx.amount)
    return Transition(state, (Transferred(tx.sender, tx.recipient, tx.amount),))


def destroy(state: State, amount: int) -> State:
    """Destroy tokens that have been taken from somewhere."""
    supply = evolve(state.supply, burned=state.supply.burned + amount)
    return evolve(state, supply=supply)


RULES: Rules = MappingProxyType(
    {
        Transfer: transfer,
    }
)
