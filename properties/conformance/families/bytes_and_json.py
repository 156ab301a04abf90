"""Canonical bytes: of valid records, and each kind of bytes that is refused."""

from collections.abc import Iterator
from typing import Any

import cbor2

from properties.conformance.drafts import Draft, Family, one
from properties.model.names import address, public_key
from statemachine.codec import canonical_bytes, to_jsonable
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.params import Params
from statemachine.primitives import MAX_AMOUNT
from statemachine.state import (
    Bucket,
    Delegation,
    Departure,
    Lot,
    Pots,
    Slash,
    Status,
    Stay,
    Supply,
    Validator,
)
from statemachine.transactions import (
    CastVotes,
    ProduceBlock,
    RegisterValidator,
    ReportVotes,
    Transfer,
)

ANNA, BEN = address(1), address(2)

STAY = Stay(ANNA, 3, 24)
VOTE = Vote(Checkpoint(1, b"\x01" * 32), Checkpoint(300, b"\x02" * 32))
VOTES = CastVotes(VOTE, (ANNA, BEN))

RECORDS: tuple[Any, ...] = (
    Pots(bonded=1, unbonding=24, rewards=2**64, treasury=MAX_AMOUNT),
    Supply(genesis=2**64 - 1, issued=2**32, burned=2**16),
    Params(),
    STAY,
    Lot(5, 0),
    Lot(5, 3, 9, BEN, (STAY,)),
    Bucket(0, None, (), 5, 1),
    Bucket(2, 2**32, (STAY, STAY), 255, 256),
    Delegation((Lot(5, 0), Lot(6, 1)), 0, 2**200, 2**255),
    Slash(ANNA, 4, 5_000, 0),
    Departure(BEN, 65_535),
    Validator(Status.PENDING, public_key(ANNA), 0, 10_000),
    VOTE,
    Header(65_536, b"p" * 32, b"c" * 32, ANNA, b"r" * 32, b"b" * 32, b"s" * 32),
    Transfer(ANNA, BEN, 23),
    RegisterValidator(ANNA, public_key(ANNA), 500, 1_000),
    ProduceBlock(1, ANNA, bytes(32)),
    VOTES,
    ReportVotes(ANNA, VOTES, VOTES),
)


def _encoded() -> Iterator[Draft]:
    for number, record in enumerate(RECORDS, start=1):
        name = type(record).__name__
        encoded = "0x" + canonical_bytes(record).hex()
        about = "a record is the array of its fields, in order"
        yield one(
            f"{number}. A {name} has one encoding",
            about,
            "encode",
            type=name,
            record=to_jsonable(record),
        )
        yield one(f"{number}. A {name} is read back", about, "decode", type=name, bytes=encoded)


def _refused() -> Iterator[Draft]:
    good = canonical_bytes(Transfer(ANNA, BEN, 23))
    fields = cbor2.loads(good)
    for sentence, content in (
        ("Bytes that end too early are no CBOR", good[:-1]),
        ("No bytes are no CBOR", b""),
        ("Bytes after the end are refused", good + b"\x00"),
        ("A whole number in more bytes than it needs is not canonical", good[:-1] + b"\x18\x17"),
        ("A length in more bytes than it needs is not canonical", b"\x98\x03" + good[1:]),
        ("An array without an end in its head is not canonical", b"\x9f" + good[1:] + b"\xff"),
        (
            "A byte string in chunks is not canonical",
            good[:1] + b"\x5f" + good[1:22] + b"\xff" + good[22:],
        ),
        ("A small number as a bignum is not canonical", good[:-1] + b"\xc2\x41\x17"),
        ("A float is refused, also where it is whole", good[:-1] + b"\xf9\x4d\xc0"),
        ("A negative number is out of range", good[:-1] + b"\x20"),
        ("A number beyond 2^128 - 1 is out of range", cbor2.dumps([*fields[:2], 2**128])),
        ("True is no number", cbor2.dumps([*fields[:2], True])),
        ("Text is no byte string", cbor2.dumps(["a" * 20, *fields[1:]])),
        ("A byte string of another length is out of range", cbor2.dumps([b"a" * 19, *fields[1:]])),
        ("A field too few is refused", cbor2.dumps(fields[:2])),
        ("A field too many is refused", cbor2.dumps([*fields, 0])),
        ("A map is no record", cbor2.dumps({"sender": fields[0]})),
        ("Null is no record", cbor2.dumps(None)),
        ("A tag before a record is refused", b"\xd9\xd9\xf7" + good),
    ):
        yield one(
            sentence,
            "anything but the canonical encoding is refused",
            "decode",
            type="Transfer",
            bytes="0x" + content.hex(),
        )
    text = to_jsonable(Transfer(ANNA, BEN, 23))
    for sentence, changes in (
        ("An amount that is a number in JSON is refused", {"amount": 23}),
        ("An amount with a leading zero is refused", {"amount": "023"}),
        ("An amount beyond 2^128 - 1 is refused", {"amount": str(2**128)}),
        ("Upper-case hex is refused", {"sender": "0x" + "AB" * 20}),
        ("An address of 19 bytes is refused", {"sender": "0x" + "ab" * 19}),
        ("A field that a record does not have is refused", {"memo": ""}),
    ):
        yield one(
            sentence,
            "JSON is strict",
            "encode",
            type="Transfer",
            record={**text, **changes},
        )


FAMILIES = (
    Family("03-bytes", "Canonical bytes of records", _encoded),
    Family("04-bytes-refused", "Bytes and JSON that are not canonical", _refused),
)
