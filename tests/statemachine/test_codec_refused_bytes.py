"""What is not the canonical bytes of a record is refused, and with nothing but a refusal."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine import OutOfRange, state_root
from statemachine.codec import (
    Malformed,
    canonical_bytes,
    from_canonical_bytes,
)
from statemachine.state import State, Stay
from tests.statemachine.generic import RECORDS, field_types, names, plain
from tests.statemachine.worlds import ANNA, DORA, world

STAY = Stay(ANNA, 1, 2)
HEAD = b"\x83\x54" + ANNA
"""The bytes of a stay, up to its two epochs."""

REFUSALS = (Malformed, OutOfRange)


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        HEAD + b"\x01",
        HEAD + b"\x01\x02\x00",
        HEAD + b"\x18\x01\x02",
        HEAD + b"\x19\x00\x01\x02",
        HEAD + b"\x1b" + bytes(7) + b"\x01\x02",
        HEAD + b"\xc2\x41\x01\x02",
        HEAD + b"\xc2\x40\x02",
        HEAD + b"\xf9\x3c\x00\x02",
        HEAD + b"\xfa\x3f\x80\x00\x00\x02",
        HEAD + b"\xf5\x02",
        HEAD + b"\xf6\x02",
        HEAD + b"\x20\x02",
        HEAD + b"\x61\x31\x02",
        HEAD + b"\x1b\x80" + bytes(7) + b"\x02",
        HEAD + b"\xd9\xd9\xf7\x01\x02",
        b"\xd9\xd9\xf7" + HEAD + b"\x01\x02",
        b"\x9f\x54" + ANNA + b"\x01\x02\xff",
        b"\x83\x5f\x54" + ANNA + b"\xff\x01\x02",
        b"\x83\x58\x14" + ANNA + b"\x01\x02",
        b"\x98\x03\x54" + ANNA + b"\x01\x02",
        b"\x82\x54" + ANNA + b"\x01",
        b"\x84\x54" + ANNA + b"\x01\x02\x03",
        b"\x83\x53" + ANNA[1:] + b"\x01\x02",
        b"\x83\x74" + ANNA + b"\x01\x02",
        b"\xa3\x54" + ANNA + b"\x01\x01\x02\x02\x03",
        b"\x83" + b"\xd8\x1c\x54" + ANNA + b"\x01\x02",
        b"\x01",
        b"\xff",
        b"\x81" * 50_000 + b"\x00",
        b"\x9b" + b"\xff" * 8,
        b"\x5b\x00\x00\x00\x7f" + b"\xff" * 4,
        b"\xd8\x1c\x81\xd8\x1d\x00",
    ],
)
def test_bytes_that_are_not_canonical_are_refused(encoded: bytes) -> None:
    assert from_canonical_bytes(HEAD + b"\x01\x02", Stay) == STAY
    with pytest.raises(REFUSALS):
        from_canonical_bytes(encoded, Stay)


@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_canonical_bytes_cut_short_or_continued_are_refused(cls: type) -> None:
    encoded = canonical_bytes(plain(cls))
    for length in range(len(encoded)):
        with pytest.raises(REFUSALS):
            from_canonical_bytes(encoded[:length], cls)
    for more in (b"\x00", b"\xf6", b"\x80", encoded):
        with pytest.raises(REFUSALS):
            from_canonical_bytes(encoded + more, cls)


@given(st.binary(max_size=200), st.sampled_from(RECORDS))
def test_arbitrary_bytes_are_refused_and_nothing_else(encoded: bytes, cls: type) -> None:
    with pytest.raises(REFUSALS):
        from_canonical_bytes(encoded, cls)


@given(st.data(), st.sampled_from(RECORDS))
def test_damaged_bytes_are_refused_or_canonical_for_another_record(
    data: st.DataObject, cls: type
) -> None:
    encoded = bytearray(canonical_bytes(plain(cls)))
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        read: object = from_canonical_bytes(bytes(encoded), cls)
    except REFUSALS:
        return
    assert canonical_bytes(read) == encoded


ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**260)
    | st.floats()
    | st.text(max_size=3)
    | st.binary(max_size=2)
    | st.sampled_from((ANNA, bytes(32), bytes(40), bytes(48), bytes(60)))
)
ITEMS = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ATOMS, inner, max_size=2)
)


@given(st.data())
def test_a_state_with_any_one_part_replaced_by_anything_is_refused_or_canonical(
    data: st.DataObject,
) -> None:
    parts = cbor2.loads(canonical_bytes(world()))
    place = data.draw(st.integers(0, len(parts) - 1))
    parts[place] = data.draw(ITEMS)
    encoded = cbor2.dumps(parts, canonical=True)
    try:
        state = from_canonical_bytes(encoded, State)
    except REFUSALS:
        return
    assert canonical_bytes(state) == encoded
    assert len(state_root(state)) == 32


def with_map(name: str, entries: Any) -> bytes:
    parts = cbor2.loads(canonical_bytes(plain(State)))
    parts[list(field_types(State)).index(name)] = entries
    return cbor2.dumps(parts, canonical=True)


@pytest.mark.parametrize(
    ("name", "entries", "message"),
    [
        ("accounts", [[DORA, 1], [ANNA, 1]], f"key 0x{ANNA.hex()} is not after the one before it"),
        ("accounts", [[ANNA, 1], [ANNA, 1]], f"key 0x{ANNA.hex()} is not after the one before it"),
        ("accounts", [[ANNA, 2**128]], f"must be a whole number from 0 to {2**128 - 1}"),
        ("accounts", [[ANNA, -1]], f"must be a whole number from 0 to {2**128 - 1}"),
        ("accounts", [[ANNA, True]], f"must be a whole number from 0 to {2**128 - 1}"),
        ("accounts", [[ANNA, None]], f"must be a whole number from 0 to {2**128 - 1}"),
        ("accounts", [[ANNA, "1"]], f"must be a whole number from 0 to {2**128 - 1}"),
        ("accounts", [[ANNA[1:], 1]], "must be 20 bytes"),
        ("accounts", [["a", 1], ["a", 1]], "must be pairs of key and entry"),
        ("accounts", [[ANNA, 1, 1]], "must be pairs of key and entry"),
        ("accounts", [7], "must be pairs of key and entry"),
        ("accounts", {ANNA: 1}, "a map of CBOR is never used here"),
        ("accounts", 7, "must be a list, not 7"),
        ("keys", [[bytes(48), 7]], "must be 20 bytes"),
        ("keys", [[bytes(48), bytes(21)]], "must be 20 bytes"),
        ("agenda", [[bytes(48), "x"]], "must be a bool"),
        ("agenda", [[bytes(48), 1]], "must be a bool"),
        ("validators", [[ANNA, []]], "Validator: not an array of 15 fields"),
        ("joining", [[1, -7]], "Booking.amount = -7: must be"),
        ("joining", [1], "State.joining: Booking: not an array of 2 fields"),
        ("joining", "ab", "State.joining: must be a list, not 'ab'"),
    ],
)
def test_entries_of_maps_are_held_to_their_bounds(name: str, entries: Any, message: str) -> None:
    with pytest.raises(REFUSALS) as refused:
        from_canonical_bytes(with_map(name, entries), State)
    assert message in str(refused.value)
