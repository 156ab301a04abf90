"""What is signed, and who signs: every signature is over a chain, a kind and a content."""

from enum import StrEnum

from statemachine.hashing import digest

ADDRESS_LENGTH = 20
"""Bytes in an address."""


class MessageKind(StrEnum):
    """What a signed content is; a signature for one kind is worth nothing for another."""

    BLOCK = "block"
    """The header of a block, by its proposer's validator key."""
    INVALID_BLOCK = "invalid_block"
    """The header of a block that a validator finds to be invalid, by that one's key."""
    REGISTRATION = "registration"
    """The operator that a validator key is registered for: the context of its proof."""
    REVEAL = "reveal"
    """The proposer's share of the randomness, by its validator key."""
    TRANSACTION = "transaction"
    """An envelope without its signature, by the sender's account key."""
    VOTE = "vote"
    """A finality vote, by a validator key."""


def signing_root(chain_id: str, kind: MessageKind, content: bytes) -> bytes:
    """Return the 32 bytes that are signed for a content of some kind on some chain."""
    return digest("stakespec/signed", chain_id.encode("ascii"), kind.value.encode(), content)


def address_of(public_key: bytes) -> bytes:
    """Return the address of the account that a key opens."""
    return digest("stakespec/address", public_key)[:ADDRESS_LENGTH]


def registration_context(chain_id: str, operator: bytes) -> bytes:
    """Return the context in which the possession of a validator key is proved.

    It names the operator, so that nobody can copy a proof and register another's key first.
    """
    return signing_root(chain_id, MessageKind.REGISTRATION, operator)
