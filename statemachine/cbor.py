"""The shape of canonical bytes, checked before a decoder builds anything from them.

CBOR can say in ten bytes what takes a gigabyte to build: a shared reference (tags 28 and
29) doubles what the one before it stands for, a decimal fraction (tag 4) raises ten to any
power, and a length may promise more than follows. Canonical bytes use none of it, so one
pass over the heads of the items refuses it all, at a cost linear in the bytes.
"""

from statemachine.annotations import MAX_DEPTH, Malformed

MAX_NUMBER_LENGTH = 64
"""Bytes in the longest whole number that is read; those of the protocol have at most 32."""

_INTEGERS = (0, 1)
_STRINGS = (2, 3)
_BYTES, _ARRAY, _MAP, _TAG = 2, 4, 5, 6
"""Major types of RFC 8949, section 3.1."""

BIG_NUMBERS = (2, 3)
"""The only tags: a whole number beyond 64 bits, positive or negative, as its bytes."""

_FALSE, _TRUE, _NULL = 20, 21, 22
"""The only simple values."""


def check_shape(encoded: bytes, *, maps: bool = False) -> int:
    """Check that bytes are one item, made of nothing but what canonical bytes are made of.

    These are whole numbers, byte strings, texts, arrays, true, false and null; each with its
    length before it, no longer than what follows, and in at most MAX_DEPTH arrays. Messages
    that are no records may have maps too. Returns how many pairs their maps have, equal keys
    counted each. Raises Malformed with the position.
    """
    position, size = 0, len(encoded)
    pairs = 0
    missing = [1]  # items still to come, in each array that is open
    while missing:
        if missing[-1] == 0:
            missing.pop()
            continue
        missing[-1] -= 1
        start = position
        major, argument, position = _head(encoded, position)
        longest = size - position
        if major == _TAG:
            if argument not in BIG_NUMBERS:
                raise Malformed(f"byte {start}: tag {argument} is never used here")
            major, argument, position = _head(encoded, position)
            if major != _BYTES:
                raise Malformed(f"byte {start}: tag {encoded[start] & 31} on what is no number")
            longest = min(size - position, MAX_NUMBER_LENGTH)
        if major in _INTEGERS:
            continue
        if major == _MAP and maps:
            pairs += argument
            major, argument = _ARRAY, 2 * argument
        if major == _MAP:
            raise Malformed(f"byte {start}: a map of CBOR is never used here")
        if major not in (*_STRINGS, _ARRAY):
            if argument not in (_FALSE, _TRUE, _NULL) or position != start + 1:
                raise Malformed(f"byte {start}: neither true, false nor null")
            continue
        if argument > longest:
            raise Malformed(
                f"byte {start}: a length of {argument} where at most {longest} can follow"
            )
        if major in _STRINGS:
            position += argument
            continue
        if len(missing) > MAX_DEPTH:
            raise Malformed(f"byte {start}: nested more than {MAX_DEPTH} levels deep")
        missing.append(argument)
    if position != size:
        raise Malformed(f"byte {position}: {size - position} bytes more than one item")
    return pairs


def _head(encoded: bytes, position: int) -> tuple[int, int, int]:
    """Return an item's major type and argument, and the position after them."""
    if position >= len(encoded):
        raise Malformed(f"byte {position}: ends in the middle of an item")
    first = encoded[position]
    major, short = first >> 5, first & 31
    if short < 24:
        return major, short, position + 1
    if short > 27:
        raise Malformed(f"byte {position}: a length that is not given")
    end = position + 1 + (1 << short - 24)
    if end > len(encoded):
        raise Malformed(f"byte {position}: ends in the middle of an item")
    return major, int.from_bytes(encoded[position + 1 : end], "big"), end
