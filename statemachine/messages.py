"""Messages that validators sign: block headers, and votes for checkpoints."""

from statemachine.canonical import canonical_bytes
from statemachine.hashing import digest
from statemachine.primitives import Address, Epoch, Root, Slot
from statemachine.records import record

NO_BODY = bytes(32)
"""The body where the state machine runs without blocks."""


@record
class Checkpoint:
    """The last block before an epoch, as the start of that epoch.

    If an epoch passes without blocks, the next has the same block as its checkpoint.
    """

    epoch: Epoch
    root: Root
    """The block's root."""


@record
class Vote:
    """A vote to go from one checkpoint to another: a link of Casper FFG."""

    source: Checkpoint
    """A justified checkpoint."""
    target: Checkpoint
    """A later one on the same chain."""


@record
class Header:
    """What the proposer of a block signs."""

    slot: Slot
    parent: Root
    """The root of the block before it."""
    checkpoint: Root
    """The root of the checkpoint of the slot's epoch, which determines who was elected."""
    proposer: Address
    reveal: Root
    """A digest of the proposer's contribution to the randomness."""
    body: Root
    """A digest of the block's transactions."""
    state_root: Root
    """The root of the state after the block."""


def block_root(parent: bytes, slot: int, proposer: bytes, reveal: bytes, body: bytes) -> bytes:
    """Return the root that identifies a block.

    Its checkpoint and its state root follow from these, so they are not hashed; a state
    can then hold the root of the block that led to it.
    """
    return digest("stakespec/block", parent, slot.to_bytes(8, "big"), proposer, reveal, body)


def header_root(header: Header) -> bytes:
    """Return the root of the block that a header is of."""
    return block_root(header.parent, header.slot, header.proposer, header.reveal, header.body)


def header_content(header: Header) -> bytes:
    """Return the bytes of a header that are signed."""
    return canonical_bytes(header)


def vote_content(vote: Vote) -> bytes:
    """Return the bytes of a vote that are signed."""
    return canonical_bytes(vote)
