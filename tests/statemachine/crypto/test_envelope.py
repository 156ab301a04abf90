"""Envelopes as bytes and as JSON: one form each, and nothing else is read."""

import typing
from typing import Any

import cbor2
import pytest

from statemachine import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    OutOfRange,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    Transaction,
    Transfer,
    Undelegate,
    Unjail,
    evolve,
)
from statemachine.codec import Malformed
from statemachine.crypto.envelope import (
    ENCLOSED,
    SENDER_FIELDS,
    Enclosed,
    Envelope,
    Registration,
    envelope_bytes,
    envelope_from_jsonable,
    envelope_root,
    envelope_to_jsonable,
    parse_envelope,
    sender_of,
    transaction_of,
)
from tests.statemachine.crypto.signers import FIRST, SECOND
from tests.statemachine.worlds import ANNA, BEN, DORA

ORDER = RegisterValidator(DORA, SECOND, 500, 1_000)
ORDERS: tuple[Enclosed, ...] = (
    Transfer(DORA, ANNA, 2**100),
    Registration(ORDER, bytes(96)),
    ChangeCommission(DORA, 100),
    Delegate(DORA, ANNA, 5),
    Undelegate(DORA, ANNA, 5),
    Redelegate(DORA, ANNA, BEN, 5),
    ClaimRewards(DORA, ANNA),
    Exit(DORA),
    Unjail(DORA),
)


def enveloped(order: Any, nonce: int = 7) -> Envelope:
    return Envelope("small-world", nonce, FIRST, order, bytes([5]) * 96)


ENVELOPE = enveloped(ORDERS[0])


def test_every_transaction_but_a_block_has_a_sender_and_can_be_enclosed() -> None:
    kinds = set(typing.get_args(Transaction))
    # A new transaction belongs into Enclosed and SENDER_FIELDS, or, signed otherwise, here.
    assert set(SENDER_FIELDS) == kinds - {ProduceBlock}
    assert set(ENCLOSED) == (kinds - {ProduceBlock, RegisterValidator}) | {Registration}
    assert {type(order) for order in ORDERS} == set(ENCLOSED)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_envelopes_come_back_from_bytes_and_from_json(order: Enclosed) -> None:
    envelope = enveloped(order)
    assert parse_envelope(envelope_bytes(envelope)) == envelope
    assert envelope_from_jsonable(envelope_to_jsonable(envelope)) == envelope
    assert sender_of(envelope) == DORA


def test_the_transaction_of_a_registration_is_its_order() -> None:
    assert transaction_of(enveloped(ORDERS[1])) == ORDER
    assert transaction_of(ENVELOPE) == ORDERS[0]


def test_two_transactions_with_the_same_fields_are_signed_differently() -> None:
    roots = {envelope_root(enveloped(order)) for order in (Delegate(DORA, ANNA, 5), ORDERS[4])}
    assert len(roots) == 2


def test_all_but_the_signature_is_signed() -> None:
    changed = (
        evolve(ENVELOPE, chain_id="large-world"),
        evolve(ENVELOPE, nonce=8),
        evolve(ENVELOPE, public_key=SECOND),
        evolve(ENVELOPE, transaction=Transfer(DORA, ANNA, 1)),
    )
    assert len({envelope_root(envelope) for envelope in (ENVELOPE, *changed)}) == 5
    assert envelope_root(evolve(ENVELOPE, signature=bytes(96))) == envelope_root(ENVELOPE)


@pytest.mark.parametrize("order", [ORDER, ProduceBlock(5, ANNA, bytes(32)), None])
def test_neither_a_registration_without_proof_nor_a_block_can_be_enclosed(order: Any) -> None:
    with pytest.raises(OutOfRange, match=r"Envelope\.transaction = .* or a Registration or "):
        enveloped(order)


def test_truncated_and_continued_bytes_are_refused() -> None:
    encoded = envelope_bytes(ENVELOPE)
    for length in range(len(encoded)):
        with pytest.raises(Malformed):
            parse_envelope(encoded[:length])
    with pytest.raises(Malformed):
        parse_envelope(encoded + b"\0")


def packed(**changes: Any) -> bytes:
    """The bytes of ENVELOPE with parts replaced by anything."""
    chain_id, nonce, public_key, transaction, signature = cbor2.loads(envelope_bytes(ENVELOPE))
    parts = {
        "chain_id": chain_id,
        "nonce": nonce,
        "public_key": public_key,
        "transaction": transaction,
        "signature": signature,
    }
    return cbor2.dumps([*{**parts, **changes}.values()], canonical=True)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"chain_id": ""}, r"Envelope\.chain_id"),
        ({"nonce": -1}, r"Envelope\.nonce = -1: must be a whole number from 0"),
        ({"nonce": "7"}, r"Envelope\.nonce = '7'"),
        ({"public_key": FIRST[:-1]}, r"Envelope\.public_key .* must be 48 bytes"),
        ({"signature": bytes(95)}, r"Envelope\.signature .* must be 96 bytes"),
        ({"transaction": ["Mint", [DORA]]}, r"Envelope\.transaction: must be one of Transfer, Reg"),
        ({"transaction": ["Exit", [DORA, DORA]]}, "Exit: not an array of 1 fields"),
        ({"transaction": ["Exit", [DORA[:-1]]]}, r"Exit\.operator .* must be 20 bytes"),
        ({"transaction": ["RegisterValidator", []]}, r"Envelope\.transaction: must be one of"),
        ({"transaction": [{}, []]}, "Envelope: not an array of chain id, nonce, key"),
        ({"transaction": "Exit"}, "Envelope: not an array of chain id, nonce, key"),
        ({"more": 0}, "Envelope: not an array of chain id, nonce, key"),
    ],
)
def test_bytes_of_anything_else_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises((Malformed, OutOfRange), match=complaint):
        parse_envelope(packed(**changes))


def test_bytes_that_are_not_canonical_are_refused() -> None:
    assert packed() == envelope_bytes(ENVELOPE)
    # The nonce 7 in two bytes in the place of one.
    encoded = packed().replace(b"small-world\x07", b"small-world\x18\x07")
    assert cbor2.loads(encoded) == cbor2.loads(packed())
    with pytest.raises(Malformed, match="Envelope: the encoding is not canonical"):
        parse_envelope(encoded)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"nonce": None}, r"\.nonce: must be a whole number, not None"),
        ({"extra": 1}, "EnvelopeHeader has no field 'extra'"),
        ({"signature": "0x00"}, r"\.signature: must be 0x and 192 lower-case hex digits"),
        ({"transaction": {"type": "ProduceBlock"}}, r"\.transaction: \.type: must be one of Tra"),
        ({"transaction": {"type": "Exit"}}, r"\.transaction: Exit: field 'operator' is missing"),
    ],
)
def test_json_of_anything_else_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        envelope_from_jsonable({**envelope_to_jsonable(ENVELOPE), **changes})
    with pytest.raises(Malformed, match="must be an object with a transaction"):
        envelope_from_jsonable([])
