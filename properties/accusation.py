"""A transaction that stands in for proved evidence, so that engines can slash anyone.

The protocol slashes for downtime by itself; other offences arrive as evidence. Engines
add this one rule to whatever protocol they are given, and so reach every slash that
evidence could ever cause, without signatures.
"""

from statemachine.primitives import Address, Epoch, Slot
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import record
from statemachine.state import OffenceKind, State
from statemachine.transactions import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    Transfer,
    Undelegate,
    Unjail,
)


@record
class Accuse:
    """Slash a validator for an offence, as if it had been proved."""

    reporter: Address
    validator: Address
    kind: OffenceKind
    epoch: Epoch
    """The epoch of the infraction."""
    slot: Slot
    """Tells offences of one kind and epoch apart."""


def accuse(protocol: Protocol, state: State, order: Accuse) -> Transition:
    """Hand an offence to the protocol's own slashing. Rejects as that does."""
    offence = Offence(order.validator, order.kind, order.epoch, order.slot, order.reporter)
    return protocol.slash(protocol, state, offence)


def with_accusations(protocol: Protocol) -> Protocol:
    """Return the protocol with the rule for accusations, unless it has one of its own."""
    if Accuse in protocol.rules:
        return protocol
    return protocol.fork(protocol.name, {Accuse: accuse})


TRANSACTION_TYPES: tuple[type, ...] = (
    Transfer,
    RegisterValidator,
    ChangeCommission,
    Delegate,
    Undelegate,
    Redelegate,
    ClaimRewards,
    Exit,
    Unjail,
    ProduceBlock,
    Accuse,
)
"""What engines generate, and what a file of transactions may hold."""

SENDER_FIELDS = ("sender", "operator", "delegator", "proposer", "reporter")


def sender_of(transaction: object) -> bytes:
    """Return the account that a transaction is by."""
    for name in SENDER_FIELDS:
        sender = getattr(transaction, name, None)
        if isinstance(sender, bytes):
            return sender
    raise TypeError(f"{type(transaction).__name__} has no sender")
