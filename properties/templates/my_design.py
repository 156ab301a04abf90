"""A first design: transfers of less than a least amount are refused.

Ask a question of a protocol by changing it: a fork replaces rules, and a design adds what the fork
needs and what must hold of it. This file has one of each thing; put your own in its place.
"""

from collections.abc import Iterator
from typing import Any

from properties.model.design import Aside, Design, Law, OnStep, Witness
from statemachine import (
    PROTOCOL,
    Genesis,
    Params,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Transfer,
    Transition,
)
from statemachine.primitives import Amount
from statemachine.records import record

# A parameter of your own. Records extend ours: a new field has a bound, by its type, and a default.
# `--set least_transfer=5` then works, and so do files, bytes and stories.


@record
class MyParams(Params):
    """The parameters of the chain, and one more."""

    least_transfer: Amount = 3
    """The least that a transfer may move."""


@record
class MyState(State):
    """A state with these parameters; it can have fields and maps of its own as well."""

    params: MyParams


@record
class MyGenesis(Genesis):
    """What such a chain begins with."""

    params: MyParams


# A rule of your own: a pure function of the protocol, a state and a transaction. It returns what
# the state becomes and what happened, or raises Rejected.


def transfer(protocol: Protocol, state: Any, tx: Transfer) -> Transition:
    """Move tokens as before, if they are enough."""
    if tx.amount < state.params.least_transfer:
        least = state.params.least_transfer
        raise Rejected(RejectionReason.ZERO_AMOUNT, needed=least, given=tx.amount)
    return PROTOCOL.rules[Transfer](protocol, state, tx)


# A law of your own: it works out from the states what should be, and believes no rule.


def nothing_small_moves(_protocol: Protocol, step: Any) -> Iterator[str]:
    """Complain of a balance that a transfer changed by less than the least amount."""
    for address in step.changed_accounts:
        before, after = (state.accounts.get(address, 0) for state in (step.before, step.after))
        if abs(after - before) < step.before.params.least_transfer:
            yield f"0x{address.hex()[:8]} had {before:,} and has {after:,}"


def is_least(step: Any) -> bool:
    """Say whether exactly the least amount was moved."""
    least: int = step.before.params.least_transfer
    return isinstance(step.transaction, Transfer) and step.transaction.amount == least


REFUSES = "transfers of less than the least amount are refused"

DESIGN = Design.of(
    PROTOCOL.fork("my_design", {Transfer: transfer}, state=MyState, description=MyGenesis),
    laws=(
        Law(
            id="MY-1",
            name="nothing small moves",
            statement="A transfer moves at least the least amount.",
            check=OnStep(nothing_small_moves),
            about=(Transfer,),
        ),
    ),
    # Something that must happen at least once, or the check has not looked far enough.
    witnesses=(Witness("least", "exactly the least amount is moved", OnStep.when(is_least)),),
    # Laws of ours that the design contradicts on purpose, each with the reason; here for
    # transfers alone.
    set_aside={
        "ADM-2": Aside(REFUSES, (Transfer,)),
        "ADM-3": Aside(REFUSES, (Transfer,)),
    },
)
