"""All transaction types. The rules assume that every transaction is authentic.

A new transaction is a record here and in one of the unions at the end, with a rule in
`rules/`. What else must know all transactions, or who sends one, reads it off these.
"""

import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs

from statemachine.messages import NO_BODY, Header, Vote
from statemachine.primitives import Address, Amount, BasisPoints, PublicKey, Root, Slot
from statemachine.records import fields_of, record

__all__ = [
    "TRANSACTION_TYPES",
    "CastVotes",
    "ChangeCommission",
    "ClaimRewards",
    "Delegate",
    "Exit",
    "ProduceBlock",
    "Redelegate",
    "RegisterValidator",
    "ReportBlocks",
    "ReportInvalidBlock",
    "ReportProposer",
    "ReportVotes",
    "Transaction",
    "Transfer",
    "Undelegate",
    "Unjail",
]
"""What the package names at its top."""

SENDS: Mapping[Any, Any] = MappingProxyType({"sends": True})
"""Marks the field that names the sender: an account or a validator."""


@record
class Transfer:
    """Move tokens from one account to another."""

    sender: Address = attrs.field(metadata=SENDS)
    recipient: Address
    amount: Amount


@record
class RegisterValidator:
    """Become a validator with some self-stake. Possession of the key was proved before."""

    operator: Address = attrs.field(metadata=SENDS)
    public_key: PublicKey
    commission_bps: BasisPoints
    self_stake: Amount


@record
class ChangeCommission:
    """Set the commission from the next epoch on."""

    operator: Address = attrs.field(metadata=SENDS)
    commission_bps: BasisPoints


@record
class Delegate:
    """Delegate tokens to a validator, in addition to any existing stake."""

    delegator: Address = attrs.field(metadata=SENDS)
    validator: Address
    amount: Amount


@record
class Undelegate:
    """Withdraw any part of a stake; it is released after the unbonding time."""

    delegator: Address = attrs.field(metadata=SENDS)
    validator: Address
    amount: Amount


@record
class Redelegate:
    """Move any part of a stake to another validator; its history moves with it."""

    delegator: Address = attrs.field(metadata=SENDS)
    source: Address
    destination: Address
    amount: Amount


@record
class ClaimRewards:
    """Pay out the rewards of a delegation, and for an operator also the commission."""

    delegator: Address = attrs.field(metadata=SENDS)
    validator: Address


@record
class Exit:
    """Stop being a validator, and unbond the operator's own stake."""

    operator: Address = attrs.field(metadata=SENDS)


@record
class Unjail:
    """Return from jail."""

    operator: Address = attrs.field(metadata=SENDS)


@record
class ProduceBlock:
    """Propose the block of a slot; skipped slots count as missed."""

    slot: Slot
    proposer: Address = attrs.field(metadata=SENDS)
    reveal: Root
    """A digest of the proposer's verified reveal."""
    body: Root = NO_BODY
    """A digest of the block's transactions."""


@record
class CastVotes:
    """Count a vote for each of its signers."""

    vote: Vote
    signers: tuple[Address, ...]
    """The validators who signed it, in ascending order, each once."""


@record
class ReportBlocks:
    """Prove that a validator signed two blocks for one slot."""

    reporter: Address = attrs.field(metadata=SENDS)
    first: Header
    second: Header


@record
class ReportVotes:
    """Prove that validators signed two votes that contradict each other.

    Validators that signed both have offended; those that signed only one have not.
    """

    reporter: Address = attrs.field(metadata=SENDS)
    first: CastVotes
    second: CastVotes


@record
class ReportProposer:
    """Prove that a validator signed a block for a slot for which another was elected."""

    reporter: Address = attrs.field(metadata=SENDS)
    header: Header


@record
class ReportInvalidBlock:
    """Prove that a supermajority certified a block signed by a validator as invalid."""

    reporter: Address = attrs.field(metadata=SENDS)
    header: Header
    signers: tuple[Address, ...]
    """The validators who signed the certificate, in ascending order, each once."""


AccountTransaction = (
    Transfer | ChangeCommission | Delegate | Undelegate | Redelegate | ClaimRewards | Exit | Unjail
)
"""Transactions that need only the signature of their sender."""

Report = ReportBlocks | ReportVotes | ReportProposer | ReportInvalidBlock
"""Evidence: what an account proves by what validators signed."""

ValidatorMessage = ProduceBlock | CastVotes
"""Transactions signed by validator keys, not by an account."""

Transaction = AccountTransaction | RegisterValidator | ValidatorMessage | Report

TRANSACTION_TYPES: tuple[type, ...] = typing.get_args(Transaction)


def sender_field_of(kind: type) -> str | None:
    """Return the field that names the sender of a type; None for votes, which have many."""
    return next((field.name for field in fields_of(kind) if field.metadata.get("sends")), None)
