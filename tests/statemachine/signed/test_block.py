"""Blocks as bytes and as JSON, and what their roots stand for."""

import json
from itertools import permutations
from typing import Any

import cbor2
import pytest

from statemachine import Exit, OutOfRange, Transfer, evolve
from statemachine.codec import (
    Malformed,
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    parse_json,
    to_jsonable,
)
from statemachine.hashing import digest
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.signed.block import Block, Included, body_root, reveal_root
from statemachine.signed.envelope import Envelope
from statemachine.signed.proofs import SignedVotes
from statemachine.transactions import CastVotes
from tests.statemachine.crypto.signers import FIRST
from tests.statemachine.worlds import ANNA, BEN, DORA

ONE, TWO = bytes([1]) * 32, bytes([2]) * 32
HEADER = Header(7, ONE, ONE, BEN, ONE, ONE, ONE)
CAST = CastVotes(Vote(Checkpoint(0, ONE), Checkpoint(1, TWO)), (ANNA, BEN))
VOTES = SignedVotes(CAST, bytes([3]) * 96)
ENVELOPE = Envelope("small-world", 7, FIRST, Exit(DORA), bytes([5]) * 96)
BLOCK = Block(HEADER, bytes([8]) * 96, (VOTES, ENVELOPE), bytes([9]) * 96)


def test_blocks_come_back_from_bytes_and_from_json() -> None:
    for block in (BLOCK, evolve(BLOCK, transactions=()), evolve(BLOCK, transactions=(VOTES,) * 2)):
        assert from_canonical_bytes(canonical_bytes(block), Block) == block
        assert from_jsonable(parse_json(json.dumps(to_jsonable(block))), Block) == block


def test_what_a_block_holds_goes_with_its_types_name() -> None:
    _, _, packed, _ = cbor2.loads(canonical_bytes(BLOCK))
    assert [name for name, _ in packed] == ["SignedVotes", "Envelope"]
    assert [entry["type"] for entry in to_jsonable(BLOCK)["transactions"]] == [
        "SignedVotes",
        "Envelope",
    ]


@pytest.mark.parametrize("wrong", [CAST, Exit(DORA), Transfer(ANNA, BEN, 1), BLOCK, None])
def test_nothing_without_a_signature_of_its_own_can_be_in_a_block(wrong: Any) -> None:
    expected = r"Block\.transactions = .*: must be a tuple in which each is a Envelope or a Signed"
    with pytest.raises(OutOfRange, match=expected):
        evolve(BLOCK, transactions=(wrong,))


@pytest.mark.parametrize(
    "wrong",
    [
        ["Exit", [DORA]],
        ["CastVotes", []],
        ["Block", []],
        ["envelope", []],
        ["Envelope"],
        ["Envelope", [], []],
        ["SignedVotes", cbor2.loads(canonical_bytes(ENVELOPE))],
        ["Envelope", cbor2.loads(canonical_bytes(VOTES))],
        [b"Envelope", cbor2.loads(canonical_bytes(ENVELOPE))],
        cbor2.loads(canonical_bytes(ENVELOPE)),
        "Envelope",
        None,
    ],
)
def test_bytes_of_a_block_with_anything_else_in_it_are_refused(wrong: Any) -> None:
    header, reveal, packed, signature = cbor2.loads(canonical_bytes(BLOCK))
    encoded = cbor2.dumps([header, reveal, [packed[0], wrong], signature], canonical=True)
    with pytest.raises(Malformed, match=r"Block\.transactions: must be a type's name|not an array"):
        from_canonical_bytes(encoded, Block)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"type": "Exit", "operator": "0x"}, r"\[1\]\.type: must be one of Envelope, SignedVotes"),
        (
            {**to_jsonable(VOTES), "type": "Envelope"},
            r"\[1\]: Envelope: field 'chain_id' is missing",
        ),
        (to_jsonable(VOTES), r"\[1\]\.type: must be one of Envelope, SignedVotes, not None"),
        ([], r"\[1\]: must be an object with a type"),
        ("Envelope", r"\[1\]: must be an object with a type"),
    ],
)
def test_json_of_a_block_with_anything_else_in_it_is_refused(wrong: Any, complaint: str) -> None:
    written = to_jsonable(BLOCK)
    written["transactions"][1] = wrong
    with pytest.raises(Malformed, match=r"\.transactions" + complaint):
        from_jsonable(written, Block)


# --- roots -------------------------------------------------------------------------------


def test_a_bodys_root_is_over_what_its_transactions_are_in_a_block() -> None:
    _, _, packed, _ = cbor2.loads(canonical_bytes(BLOCK))
    parts = (cbor2.dumps(entry, canonical=True) for entry in packed)
    assert body_root(BLOCK.transactions) == digest("stakespec/body", *parts)
    assert body_root(()) == digest("stakespec/body")


def test_the_number_and_the_order_of_transactions_are_in_the_root_of_a_body() -> None:
    some: tuple[Included, ...] = (VOTES, ENVELOPE, evolve(ENVELOPE, nonce=8))
    assert len({body_root(each) for each in permutations(some)}) == 6
    assert len({body_root(some[:count]) for count in range(4)}) == 4
    assert body_root((VOTES, VOTES)) != body_root((VOTES,))


def test_a_reveals_root_is_its_digest() -> None:
    assert reveal_root(BLOCK.reveal) == digest("stakespec/reveal", BLOCK.reveal)
