"""Blocks: signed headers with the signed transactions that they stand for."""

from collections.abc import Sequence

from statemachine.canonical import canonical_bytes
from statemachine.hashing import digest
from statemachine.messages import Header
from statemachine.primitives import Signature
from statemachine.records import record
from statemachine.signed.envelope import Envelope
from statemachine.signed.proofs import SignedVotes

Included = Envelope | SignedVotes
"""What a block can hold: transactions of accounts, and votes of validators."""


@record
class Block:
    """A block, as it goes from one node to another."""

    header: Header
    reveal: Signature
    """The proposer's share of the randomness: its signature over the slot."""
    transactions: tuple[Included, ...]
    signature: Signature
    """Over the header, by the proposer's validator key."""


def body_root(transactions: Sequence[Included]) -> bytes:
    """Return the digest of a block's transactions, in their order."""
    named = ([type(included).__name__, included] for included in transactions)
    return digest("stakespec/body", *(canonical_bytes(included) for included in named))


def reveal_root(reveal: bytes) -> bytes:
    """Return the digest of a proposer's share of the randomness."""
    return digest("stakespec/reveal", reveal)
