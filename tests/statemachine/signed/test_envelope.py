"""Envelopes as bytes and as JSON: one form each, and nothing else is read."""

import json
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
from statemachine.codec import (
    Malformed,
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    parse_json,
    to_jsonable,
)
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.primitives import Signature
from statemachine.signed.envelope import (
    ENCLOSED,
    PROVEN,
    Enclosed,
    Envelope,
    Proven,
    envelope_root,
    sender_of,
    transaction_of,
)
from statemachine.signed.proofs import (
    BlocksEvidence,
    InvalidBlockEvidence,
    ProposerEvidence,
    Registration,
    VotesEvidence,
)
from statemachine.transactions import (
    TRANSACTION_TYPES,
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
    ValidatorMessage,
    sender_field_of,
)
from tests.statemachine.crypto.signers import FIRST, SECOND
from tests.statemachine.generic import field_types
from tests.statemachine.worlds import ANNA, BEN, CARA, DORA

DORA_HEX = "0x" + DORA.hex()

TX = RegisterValidator(DORA, SECOND, 500, 1_000)
ONE, TWO = bytes([1]) * 32, bytes([2]) * 32
HEADER = Header(7, ONE, ONE, BEN, ONE, ONE, ONE)
VOTES = CastVotes(Vote(Checkpoint(0, ONE), Checkpoint(1, TWO)), (ANNA, BEN))
SIGNATURES = tuple(bytes([number]) * 96 for number in (1, 2))
TXS: tuple[Enclosed, ...] = (
    Transfer(DORA, ANNA, 2**100),
    Registration(TX, bytes(96)),
    ChangeCommission(DORA, 100),
    Delegate(DORA, ANNA, 5),
    Undelegate(DORA, ANNA, 5),
    Redelegate(DORA, ANNA, BEN, 5),
    ClaimRewards(DORA, ANNA),
    Exit(DORA),
    Unjail(DORA),
    BlocksEvidence(ReportBlocks(DORA, HEADER, evolve(HEADER, body=TWO)), *SIGNATURES),
    VotesEvidence(ReportVotes(DORA, VOTES, evolve(VOTES, signers=(BEN,))), *SIGNATURES),
    ProposerEvidence(ReportProposer(DORA, HEADER), SIGNATURES[0]),
    InvalidBlockEvidence(ReportInvalidBlock(DORA, HEADER, (ANNA, CARA)), *SIGNATURES),
)


def enveloped(tx: Any, nonce: int = 7) -> Envelope:
    return Envelope("small-world", nonce, FIRST, tx, bytes([5]) * 96)


ENVELOPE = enveloped(TXS[0])


def test_every_transaction_of_an_account_has_a_sender_and_can_be_enclosed() -> None:
    kinds = set(TRANSACTION_TYPES) - set(typing.get_args(ValidatorMessage))
    assert all(sender_field_of(kind) for kind in kinds)
    with_proofs = {field_types(proven)["transaction"] for proven in PROVEN}
    assert set(ENCLOSED) == (kinds - with_proofs) | set(PROVEN)
    assert {type(tx) for tx in TXS} == set(ENCLOSED)


def test_what_is_enclosed_with_proofs_is_an_order_and_signatures() -> None:
    for proven in PROVEN:
        tx, *proofs = field_types(proven).items()
        assert tx[0] == "transaction"
        assert proofs
        assert {kind for _, kind in proofs} == {Signature}


@pytest.mark.parametrize("tx", TXS, ids=lambda tx: type(tx).__name__)
def test_envelopes_come_back_from_bytes_and_from_json(tx: Enclosed) -> None:
    envelope = enveloped(tx)
    assert from_canonical_bytes(canonical_bytes(envelope), Envelope) == envelope
    assert from_jsonable(parse_json(json.dumps(to_jsonable(envelope))), Envelope) == envelope
    assert sender_of(envelope) == DORA


def test_what_an_envelope_says_is_its_transaction_without_the_proofs() -> None:
    for tx in TXS:
        said = transaction_of(enveloped(tx))
        assert said is (tx.transaction if isinstance(tx, Proven) else tx)
        assert isinstance(said, typing.get_args(Transaction))


def test_in_bytes_and_in_json_a_transaction_goes_with_its_types_name() -> None:
    exit_envelope = enveloped(Exit(DORA))
    assert to_jsonable(exit_envelope)["transaction"] == {"type": "Exit", "operator": DORA_HEX}
    assert canonical_bytes(exit_envelope) == (
        b"\x85\x6bsmall-world\x07"
        + (b"\x58\x30" + FIRST)
        + (b"\x82\x64Exit" + b"\x81\x54" + DORA)
        + (b"\x58\x60" + bytes([5]) * 96)
    )
    registered = to_jsonable(enveloped(TXS[1]))["transaction"]
    assert list(registered) == ["type", "transaction", "proof_of_possession"]
    # The type of the transaction follows from the field: no name is needed.
    assert "type" not in registered["transaction"]


def test_two_transactions_with_the_same_fields_are_signed_differently() -> None:
    pair = (Delegate(DORA, ANNA, 5), Undelegate(DORA, ANNA, 5))
    assert len({envelope_root(enveloped(tx)) for tx in pair}) == 2


def test_all_but_the_signature_is_signed() -> None:
    changed = (
        evolve(ENVELOPE, chain_id="large-world"),
        evolve(ENVELOPE, nonce=8),
        evolve(ENVELOPE, public_key=SECOND),
        evolve(ENVELOPE, transaction=Transfer(DORA, ANNA, 1)),
    )
    assert len({envelope_root(envelope) for envelope in (ENVELOPE, *changed)}) == 5
    assert envelope_root(evolve(ENVELOPE, signature=bytes(96))) == envelope_root(ENVELOPE)


@pytest.mark.parametrize(
    "tx",
    [
        *(tx.transaction for tx in TXS if isinstance(tx, Proven)),
        ProduceBlock(5, ANNA, bytes(32)),
        VOTES,
        None,
    ],
    ids=lambda tx: type(tx).__name__,
)
def test_neither_an_order_without_its_proofs_nor_blocks_and_votes_can_be_enclosed(
    tx: Any,
) -> None:
    with pytest.raises(OutOfRange, match=r"Envelope\.transaction = .* or a Registration or "):
        enveloped(tx)


def test_truncated_and_continued_bytes_are_refused() -> None:
    encoded = canonical_bytes(ENVELOPE)
    for length in range(len(encoded)):
        with pytest.raises(Malformed):
            from_canonical_bytes(encoded[:length], Envelope)
    with pytest.raises(Malformed):
        from_canonical_bytes(encoded + b"\0", Envelope)


def packed(**changes: Any) -> bytes:
    """The bytes of ENVELOPE with parts replaced by anything."""
    chain_id, nonce, public_key, transaction, signature = cbor2.loads(canonical_bytes(ENVELOPE))
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
        ({"transaction": ["Mint", [DORA]]}, r"Envelope\.transaction: must be a type's name, of Tr"),
        ({"transaction": ["exit", [DORA]]}, "must be a type's name"),
        ({"transaction": ["RegisterValidator", [DORA, SECOND, 500, 1]]}, "must be a type's name"),
        ({"transaction": ["ReportProposer", [DORA, []]]}, "must be a type's name"),
        ({"transaction": ["CastVotes", []]}, "must be a type's name"),
        ({"transaction": ["Envelope", []]}, "must be a type's name"),
        ({"transaction": ["Exit"]}, "must be a type's name"),
        ({"transaction": ["Exit", [DORA], [DORA]]}, "must be a type's name"),
        ({"transaction": [b"Exit", [DORA]]}, "must be a type's name"),
        ({"transaction": [{}, []]}, "a map of CBOR is never used here"),
        ({"transaction": [7, []]}, "must be a type's name"),
        ({"transaction": {"Exit": [DORA]}}, "a map of CBOR is never used here"),
        ({"transaction": "Exit"}, "must be a type's name"),
        ({"transaction": [DORA]}, "must be a type's name"),
        ({"transaction": None}, "must be a type's name"),
        ({"transaction": ["Exit", [DORA, DORA]]}, "Exit: not an array of 1 fields"),
        ({"transaction": ["Exit", DORA]}, "Exit: not an array of 1 fields"),
        ({"transaction": ["Exit", {"operator": DORA}]}, "a map of CBOR is never used here"),
        ({"transaction": ["Exit", [DORA[:-1]]]}, r"Exit\.operator .* must be 20 bytes"),
        (
            {"transaction": ["Registration", [["RegisterValidator", []], bytes(96)]]},
            "RegisterValidator: not an array of 4 fields",
        ),
        ({"more": 0}, "Envelope: not an array of 5 fields"),
    ],
)
def test_bytes_of_anything_else_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises((Malformed, OutOfRange), match=complaint):
        from_canonical_bytes(packed(**changes), Envelope)


def test_bytes_that_are_not_canonical_are_refused() -> None:
    assert packed() == canonical_bytes(ENVELOPE)
    # The nonce 7 in two bytes in the place of one.
    encoded = packed().replace(b"small-world\x07", b"small-world\x18\x07")
    assert cbor2.loads(encoded) == cbor2.loads(packed())
    with pytest.raises(Malformed, match="Envelope: the encoding is not canonical"):
        from_canonical_bytes(encoded, Envelope)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"nonce": None}, r"\.nonce: must be a whole number, not None"),
        ({"extra": 1}, "Envelope has no field 'extra'"),
        ({"signature": "0x00"}, r"\.signature: must be 0x and 192 lower-case hex digits"),
        ({"transaction": {"type": "Mint"}}, r"\.transaction\.type: must be one of Transfer, Cha"),
        ({"transaction": {"type": "ProduceBlock"}}, r"\.transaction\.type: must be one of Tr"),
        ({"transaction": {"type": "RegisterValidator"}}, r"\.transaction\.type: must be one of"),
        ({"transaction": {"type": "CastVotes"}}, r"\.transaction\.type: must be one of"),
        ({"transaction": {"type": ["Exit"]}}, r"\.transaction\.type: must be one of"),
        ({"transaction": {"operator": "0x"}}, r"\.transaction\.type: must be one of .*, not None"),
        ({"transaction": ["Exit", {}]}, r"\.transaction: must be an object with a type"),
        ({"transaction": None}, r"\.transaction: must be an object with a type, not None"),
        ({"transaction": {"type": "Exit"}}, r"\.transaction: Exit: field 'operator' is missing"),
        (
            {"transaction": {"type": "Exit", "operator": DORA_HEX, "order": {}}},
            r"\.transaction: Exit has no field 'order'",
        ),
        (
            {"transaction": {"type": "Registration", "transaction": {"type": "RegisterValidator"}}},
            r"\.transaction\.transaction: RegisterValidator has no field 'type'",
        ),
    ],
)
def test_json_of_anything_else_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        from_jsonable({**to_jsonable(ENVELOPE), **changes}, Envelope)
