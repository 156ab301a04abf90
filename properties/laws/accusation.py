"""A transaction that stands in for proved evidence, so that engines can slash anyone.

The protocol slashes for downtime by itself; other offences arrive as evidence. Engines
add this one rule to whatever protocol they are given, and so reach every slash that
evidence could ever cause, without signatures.
"""

import typing

from statemachine.primitives import Address, Epoch, Slot
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve, record
from statemachine.state import OffenceKind, State
from statemachine.transactions import (
    TRANSACTION_TYPES,
    CastVotes,
    Report,
    ReportBlocks,
    ReportVotes,
    Transaction,
    sender_field_of,
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


Submission = Transaction | Accuse
"""What engines can ask of the machine."""

Evidence = Report | Accuse
"""All that slashes, but for the counters of missed blocks."""

EVIDENCE_TYPES: tuple[type, ...] = typing.get_args(Evidence)
"""The types of evidence."""


def accuse(protocol: Protocol, state: State, tx: Accuse) -> Transition:
    """Hand an offence to the protocol's own slashing. Rejects as that does."""
    offence = Offence(tx.validator, tx.kind, tx.epoch, tx.slot, tx.reporter)
    return protocol.slash(protocol, state, offence)


def with_accusations(protocol: Protocol) -> Protocol:
    """Return the protocol with the rule for accusations, unless it has one of its own."""
    if Accuse in protocol.rules:
        return protocol
    return protocol.fork(protocol.name, {Accuse: accuse})


def repetitions(evidence: Evidence) -> tuple[Evidence, ...]:
    """Return evidence of the same offence: itself, and with its two messages swapped."""
    if isinstance(evidence, ReportBlocks | ReportVotes):
        swapped = evolve(evidence, first=evidence.second, second=evidence.first)
        return (evidence, swapped)
    return (evidence,)


DRAWN_TYPES: tuple[type, ...] = (*TRANSACTION_TYPES, Accuse)
"""What engines draw, and what a counterexample may hold."""

SENDER_FIELDS = tuple(
    dict.fromkeys(field for kind in TRANSACTION_TYPES if (field := sender_field_of(kind)))
)
"""The names of the fields that say who sends a transaction, also in those of a design."""


def sender_of(transaction: object) -> bytes:
    """Return the account that a transaction is by; of votes, which are by many, nothing."""
    if isinstance(transaction, CastVotes):
        return b""
    for name in SENDER_FIELDS:
        sender = getattr(transaction, name, None)
        if isinstance(sender, bytes):
            return sender
    raise TypeError(f"{type(transaction).__name__} has no sender")
