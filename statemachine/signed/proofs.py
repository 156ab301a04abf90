"""Transactions that rest on signatures of validators, together with these.

The protocol sees the transaction alone; the signature boundary checks the signatures.
"""

from statemachine.primitives import Signature
from statemachine.records import record
from statemachine.transactions import (
    CastVotes,
    RegisterValidator,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)


@record
class Registration:
    """A registration with the proof that whoever has the validator key wants it."""

    transaction: RegisterValidator
    proof_of_possession: Signature
    """By the validator key, in the `registration_context` of the chain and the operator."""


@record
class SignedVotes:
    """Votes with their signers' signatures, added up."""

    transaction: CastVotes
    signature: Signature
    """Over the vote, by all of the signers."""


@record
class BlocksEvidence:
    """Two headers of one validator for one slot."""

    transaction: ReportBlocks
    first_signature: Signature
    """Over the first header, by its proposer."""
    second_signature: Signature


@record
class VotesEvidence:
    """Two votes that contradict each other."""

    transaction: ReportVotes
    first_signature: Signature
    """Over the first vote, by all of its signers."""
    second_signature: Signature


@record
class ProposerEvidence:
    """A header for a slot that was not its proposer's."""

    transaction: ReportProposer
    signature: Signature
    """Over the header, by its proposer."""


@record
class InvalidBlockEvidence:
    """A header, and the certificate that its block is invalid."""

    transaction: ReportInvalidBlock
    signature: Signature
    """Over the header, by its proposer."""
    certificate: Signature
    """Over the header as one of an invalid block, by all of the signers."""
