"""Bytes that would cost more than they weigh are refused before anything is built from them."""

import cbor2
import pytest

from statemachine import Transfer
from statemachine.annotations import MAX_DEPTH, Malformed
from statemachine.canonical import canonical_bytes, from_canonical_bytes
from statemachine.cbor import MAX_NUMBER_LENGTH, check_shape
from statemachine.state import State
from tests.statemachine.generic import RECORDS, field_types, names, plain
from tests.statemachine.worlds import world


def bomb(doublings: int) -> bytes:
    """Return shared references of which each is a list of the one before it, twice."""
    first = b"\xd8\x1c\x81\x00"
    again = (
        b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + cbor2.dumps(before)) for before in range(doublings)
    )
    return bytes([0x98, doublings + 1]) + first + b"".join(again)


def long_string(head: int, content: bytes) -> bytes:
    return bytes([head | 26]) + len(content).to_bytes(4, "big") + content


def tagged(number: int, item: bytes) -> bytes:
    return (bytes([0xC0 | number]) if number < 24 else bytes([0xD8, number])) + item


@pytest.mark.parametrize(
    ("encoded", "complaint"),
    [
        (bomb(25), "byte 2: tag 28 is never used here"),
        (tagged(29, b"\x00"), "byte 0: tag 29 is never used here"),
        (b"\x81" + tagged(4, b"\x82\x1a\x00\x0f\x42\x40\x01"), "byte 1: tag 4 is never used here"),
        (tagged(5, b"\x82\x1a\x00\x0f\x42\x40\x01"), "byte 0: tag 5 is never used here"),
        (tagged(30, b"\x82\x01\x02"), "byte 0: tag 30 is never used here"),
        (b"\xd9\x01\x02\x80", "byte 0: tag 258 is never used here"),
        (b"\xdb" + b"\xff" * 8 + b"\x00", f"byte 0: tag {2**64 - 1} is never used here"),
        (tagged(2, b"\x01"), "byte 0: tag 2 on what is no number"),
        (tagged(3, tagged(2, b"\x41\x01")), "byte 0: tag 3 on what is no number"),
        (
            tagged(2, long_string(0x40, bytes(65))),
            "byte 0: a length of 65 where at most 64 can follow",
        ),
        (
            tagged(2, long_string(0x40, b"\xff" * 400_000)),
            "byte 0: a length of 400000 where at most 64 can follow",
        ),
        (b"\xa1\x00\x00", "byte 0: a map of CBOR is never used here"),
        (b"\xf9\x3c\x00", "byte 0: neither true, false nor null"),
        (b"\xfb" + bytes(8), "byte 0: neither true, false nor null"),
        (b"\xf8\x14", "byte 0: neither true, false nor null"),
        (b"\xf7", "byte 0: neither true, false nor null"),
        (b"\xff", "byte 0: a length that is not given"),
        (b"\x9f\xff", "byte 0: a length that is not given"),
        (b"\x5f\xff", "byte 0: a length that is not given"),
        (b"\x1c", "byte 0: a length that is not given"),
        (b"\x9b" + b"\xff" * 8, f"byte 0: a length of {2**64 - 1} where at most 0 can follow"),
        (b"\x5b" + b"\xff" * 8, f"byte 0: a length of {2**64 - 1} where at most 0 can follow"),
        (b"\x84\x00\x00\x00", "byte 0: a length of 4 where at most 3 can follow"),
        (b"\x82\x81\x00", "byte 3: ends in the middle of an item"),
        (b"\x19\x01", "byte 0: ends in the middle of an item"),
        (b"", "byte 0: ends in the middle of an item"),
        (b"\x00\x00", "byte 1: 1 bytes more than one item"),
        (b"\x81" * 50_000 + b"\x00", f"byte {MAX_DEPTH}: nested more than {MAX_DEPTH} levels deep"),
    ],
    ids=map(str, range(28)),
)
def test_what_canonical_bytes_never_use_is_refused_by_its_first_byte(
    encoded: bytes, complaint: str
) -> None:
    with pytest.raises(Malformed) as refused:
        check_shape(encoded)
    assert str(refused.value) == complaint
    with pytest.raises(Malformed) as refused:
        from_canonical_bytes(encoded, Transfer)
    assert str(refused.value) == f"Transfer: not canonical CBOR: {complaint}"


def test_a_decoder_is_never_reached_by_what_it_would_choke_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[bytes] = []
    monkeypatch.setattr(cbor2, "loads", lambda encoded: decoded.append(encoded))
    for encoded in (bomb(25), tagged(4, b"\x82\x1a\x00\x0f\x42\x40\x01"), b"\x81" * 50_000):
        with pytest.raises(Malformed):
            from_canonical_bytes(encoded, State)
    assert not decoded


@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_canonical_bytes_have_the_shape(cls: type) -> None:
    check_shape(canonical_bytes(plain(cls)))


def test_the_longest_numbers_and_the_deepest_arrays_have_the_shape() -> None:
    check_shape(canonical_bytes(world()))
    check_shape(b"\x81" * MAX_DEPTH + b"\x00")
    for head in (b"\xc2", b"\xc3"):
        check_shape(head + b"\x58\x40" + b"\xff" * MAX_NUMBER_LENGTH)
    check_shape(b"\x85\xf4\xf5\xf6\x60\x40")


@pytest.mark.parametrize(
    "encoded",
    [
        # A key, a field, and a name of a type: whatever an error may quote.
        b"\x83" + long_string(0x40, bytes(5_000_000)) + b"\x00\x00",
        b"\x83" + long_string(0x60, b"x" * 5_000_000) + b"\x00\x00",
        b"\x9a\x00\x4c\x4b\x40" + bytes(5_000_000),
        long_string(0x60, b"\xff" * 5_000_000),
    ],
    ids=["bytes", "text", "array", "not UTF-8"],
)
def test_an_error_is_short_however_long_what_it_quotes(encoded: bytes) -> None:
    with pytest.raises(ValueError) as refused:
        from_canonical_bytes(encoded, Transfer)
    assert len(str(refused.value)) < 400


def test_the_error_about_keys_out_of_order_is_short() -> None:
    parts = cbor2.loads(canonical_bytes(plain(State)))
    place = list(field_types(State)).index("accounts")
    parts[place] = [[b"\x01" * 1_000_000, 1], [bytes(1_000_000), 1]]
    with pytest.raises(Malformed) as refused:
        from_canonical_bytes(cbor2.dumps(parts, canonical=True), State)
    assert len(str(refused.value)) < 400
