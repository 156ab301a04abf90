"""EIP-3076: the format in which clients exchange what validators signed.

Source: EIP-3076, "Slashing Protection Interchange Format", version 5.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeVar

import attrs

from properties.foreign.fields import Field
from statemachine.duties import SigningRecord
from statemachine.primitives import MAX_SLOT
from statemachine.state import OffenceKind

VERSION = "5"
"""The version of the format that is read and written."""

KEY_LENGTH = 48
ROOT_LENGTH = 32


@attrs.frozen
class Attestation:
    """A signed vote, as in the format."""

    where: str
    source: int
    target: int
    root: bytes | None
    """The signing root; None if the file does not state it."""


@attrs.frozen
class Block:
    """A signed block, as in the format."""

    where: str
    slot: int
    root: bytes | None


Signed = TypeVar("Signed", Block, Attestation)


@attrs.frozen
class Contradiction:
    """Two messages in a file that together are an offence."""

    kind: OffenceKind
    public_key: bytes
    first: str
    second: str
    """Where they lie."""


@attrs.frozen
class Interchange:
    """The content of a file."""

    genesis_validators_root: bytes
    records: Mapping[bytes, SigningRecord]
    """By public key."""
    blocks: int
    attestations: int
    contradictions: tuple[Contradiction, ...]
    """Offences within the file: for each key, the first of each kind."""


def read_interchange(document: object) -> Interchange:
    """Read a parsed file. Raises Unreadable."""
    root = Field("", document)
    if not isinstance(document, dict):
        raise Field("the document", document).refuse("an object with metadata and data")
    version = root.need("metadata", "interchange_format_version")
    if version.text() != VERSION:
        raise version.refuse(f'"{VERSION}", the version that is read')
    chain = _bytes(root.need("metadata", "genesis_validators_root"), ROOT_LENGTH)
    records: dict[bytes, SigningRecord] = {}
    contradictions: list[Contradiction] = []
    block_count = attestation_count = 0
    for entry in root.needed_items("data"):
        key = _bytes(entry.need("pubkey"), KEY_LENGTH)
        blocks = tuple(_read_blocks(entry))
        attestations = tuple(_read_attestations(entry))
        block_count += len(blocks)
        attestation_count += len(attestations)
        record = _record(blocks, attestations)
        records[key] = latest(records[key], record) if key in records else record
        contradictions += contradictions_of(key, blocks, attestations)
    return Interchange(chain, records, block_count, attestation_count, tuple(contradictions))


def write_interchange(
    genesis_validators_root: bytes, records: Mapping[bytes, SigningRecord]
) -> dict[str, Any]:
    """Return a file with the latest signatures of each validator.

    That is all that a record knows, and what the format calls minimal: a reader who never
    goes behind it signs no contradiction.
    """
    return {
        "metadata": {
            "interchange_format_version": VERSION,
            "genesis_validators_root": "0x" + genesis_validators_root.hex(),
        },
        "data": [
            {
                "pubkey": "0x" + key.hex(),
                "signed_blocks": [] if record.slot is None else [{"slot": str(record.slot)}],
                "signed_attestations": []
                if record.source is None or record.target is None
                else [{"source_epoch": str(record.source), "target_epoch": str(record.target)}],
            }
            for key, record in sorted(records.items())
        ],
    }


def latest(first: SigningRecord, second: SigningRecord) -> SigningRecord:
    """Return the record of a validator that signed everything in two records."""
    return SigningRecord(
        source=_highest(first.source, second.source),
        target=_highest(first.target, second.target),
        slot=_highest(first.slot, second.slot),
    )


def contradictions_of(
    key: bytes, blocks: Iterable[Block], attestations: Iterable[Attestation]
) -> Iterator[Contradiction]:
    """Return the offences of one validator, the first of each kind.

    Messages without a root count as different from all others, as the format asks.
    """
    twice = _twice(blocks, lambda block: block.slot)
    if twice is not None:
        yield Contradiction(OffenceKind.DOUBLE_BLOCK, key, *twice)
    votes = tuple(attestations)
    twice = _twice(votes, lambda vote: vote.target)
    if twice is not None:
        yield Contradiction(OffenceKind.DOUBLE_VOTE, key, *twice)
    spanned = _surrounding(votes)
    if spanned is not None:
        yield Contradiction(OffenceKind.SURROUND_VOTE, key, *spanned)


def _twice(messages: Iterable[Signed], place: Callable[[Signed], int]) -> tuple[str, str] | None:
    for _, group in groupby(sorted(messages, key=place), key=place):
        first, *others = group
        for second in others:
            same = (first.root, getattr(first, "source", None)) == (
                second.root,
                getattr(second, "source", None),
            )
            if first.root is None or not same:
                return first.where, second.where
    return None


def _surrounding(votes: tuple[Attestation, ...]) -> tuple[str, str] | None:
    """Return two votes of which the first spans the second."""
    outer: Attestation | None = None
    for _, group in groupby(
        sorted(votes, key=lambda vote: vote.source), key=lambda vote: vote.source
    ):
        together = tuple(group)
        for vote in together:
            if outer is not None and vote.target < outer.target:
                return outer.where, vote.where
        furthest = max(together, key=lambda vote: vote.target)
        if outer is None or furthest.target > outer.target:
            outer = furthest
    return None


def _record(blocks: tuple[Block, ...], attestations: tuple[Attestation, ...]) -> SigningRecord:
    return SigningRecord(
        source=max((vote.source for vote in attestations), default=None),
        target=max((vote.target for vote in attestations), default=None),
        slot=max((block.slot for block in blocks), default=None),
    )


def _read_blocks(entry: Field) -> Iterator[Block]:
    for block in entry.needed_items("signed_blocks"):
        yield Block(block.where, _time(block.need("slot")), _root(block))


def _read_attestations(entry: Field) -> Iterator[Attestation]:
    for vote in entry.needed_items("signed_attestations"):
        source, target = vote.need("source_epoch"), vote.need("target_epoch")
        if _time(source) > _time(target):
            raise source.refuse(f"at most target_epoch = {target.integer()}")
        yield Attestation(vote.where, _time(source), _time(target), _root(vote))


def _time(field: Field) -> int:
    number = field.integer()
    if number > MAX_SLOT:
        raise field.refuse(f"at most {MAX_SLOT}")
    return number


def _root(message: Field) -> bytes | None:
    root = message.child("signing_root")
    return None if root is None else _bytes(root, ROOT_LENGTH)


def _bytes(field: Field, length: int) -> bytes:
    text = field.text()
    wanted = f"0x and {2 * length} hex digits"
    if not text.startswith("0x") or len(text) != 2 + 2 * length:
        raise field.refuse(wanted)
    digits = text[2:]
    if digits.strip("0123456789abcdefABCDEF"):
        raise field.refuse(wanted)
    return bytes.fromhex(digits)


def _highest(first: int | None, second: int | None) -> int | None:
    present = [number for number in (first, second) if number is not None]
    return max(present, default=None)
