"""Messages from a client that means harm: refused before they cost anything."""

import json

import cbor2
import pytest

from properties.conformance.framing import Frames, Lines
from statemachine.annotations import Malformed
from tests.statemachine.test_cbor import bomb


def framed(content: bytes) -> bytearray:
    return bytearray(len(content).to_bytes(4, "big") + content)


@pytest.mark.parametrize("message", [{"id": 1, "ask": "root", "args": [1, "x", b"y", None]}, [], 7])
def test_what_is_packed_is_taken(message: object) -> None:
    buffer = bytearray(Frames().pack(message) * 2)
    assert Frames().take(buffer) == Frames().take(buffer) == message
    assert not buffer


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (bomb(25), "tag 28 is never used here"),
        (b"\xa1\x61\x61" + b"\xc4\x82\x1a\x00\x0f\x42\x40\x01", "tag 4 is never used here"),
        (b"\xa1" * 100_000, "nested more than 64 levels deep"),
        (b"\xbb" + b"\xff" * 8, "can follow"),
        (b"\x00\x00", "1 bytes more than one item"),
        (b"\x62\xff\xff", "not CBOR of a message"),
        (b"\xa2\x62id\x01\x62id\x02", "a key is there twice"),
        (b"\xa1\x62ok\x81\xa2\x61a\x01\x61a\x01", "a key is there twice"),
        (b"\xa1\x81\x01\x01", "a key is no text"),
    ],
    ids=["shared", "decimal", "nested", "length", "two", "UTF-8", "twice", "inside", "key"],
)
def test_a_frame_that_would_cost_more_than_it_weighs_is_refused(
    content: bytes, complaint: str
) -> None:
    buffer = framed(content) + framed(cbor2.dumps("next"))
    framing = Frames()
    with pytest.raises(Malformed, match=complaint) as refused:
        framing.take(buffer)
    assert len(str(refused.value)) < 300
    assert framing.take(buffer) == "next"


class Counted(bytearray):
    """A buffer that counts the bytes in which something is sought."""

    searched = 0

    def find(self, wanted: object, start: object = 0, end: object = None) -> int:
        assert isinstance(wanted, bytes) and isinstance(start, int)
        self.searched += len(self) - start
        return super().find(wanted, start)


def test_a_long_line_in_many_pieces_is_searched_once() -> None:
    buffer, framing = Counted(), Lines()
    line = json.dumps("x" * 100_000).encode() + b"\n"
    for place in range(0, len(line), 100):
        if place:
            assert framing.take(buffer) is None
        buffer += line[place : place + 100]
    assert framing.take(buffer) == "x" * 100_000
    assert buffer.searched <= 2 * len(line)


def test_lines_of_two_buffers_are_kept_apart() -> None:
    framing = Lines()
    assert framing.take(bytearray(b"[1, 2, 3")) is None
    buffer = bytearray(b"1\n2\n")
    assert (framing.take(buffer), framing.take(buffer), framing.take(buffer)) == (1, 2, None)
