"""Messages as bytes: one a line in JSON, or frames of CBOR with their length before them."""

import json
from typing import Any, Protocol

import cbor2

from statemachine.annotations import Malformed, cut
from statemachine.cbor import check_shape
from statemachine.codec import parse_json

LONGEST_MESSAGE = 256 * 2**20
"""Bytes in the longest message that is read."""


class Framing(Protocol):
    """How messages go over a stream of bytes."""

    name: str

    def pack(self, message: Any) -> bytes:
        """Return a message as bytes."""

    def take(self, buffer: bytearray) -> Any:
        """Take the first whole message off a buffer; None where there is none yet.

        Raises Malformed for what can never become one. What was wrong is gone from the buffer,
        unless there is no telling where the next message begins.
        """


class Lines:
    """One message a line, in JSON."""

    name = "json"

    def pack(self, message: Any) -> bytes:
        """Return a message as one line."""
        return json.dumps(message, separators=(",", ":")).encode() + b"\n"

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        """Bytes at the beginning of that buffer in which no line ends."""

    def take(self, buffer: bytearray) -> Any:
        """Take the first whole line off a buffer, parsed; None where there is none yet."""
        end = buffer.find(b"\n", self._searched if buffer is self._buffer else 0)
        # Nothing is searched twice: a long line comes in many pieces.
        self._buffer, self._searched = buffer, len(buffer) if end < 0 else 0
        if end < 0:
            if len(buffer) > LONGEST_MESSAGE:
                raise Malformed(f"a line of more than {LONGEST_MESSAGE:,} bytes")
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        return parse_json(line)


class Frames:
    """Four bytes of length, big-endian, and then so many bytes of CBOR."""

    name = "cbor"

    def pack(self, message: Any) -> bytes:
        """Return a message as one frame."""
        content = cbor2.dumps(message)
        return len(content).to_bytes(4, "big") + content

    def take(self, buffer: bytearray) -> Any:
        """Take the first whole frame off a buffer, parsed; None where there is none yet."""
        if len(buffer) < 4:
            return None
        length = int.from_bytes(buffer[:4], "big")
        if length > LONGEST_MESSAGE:
            raise Malformed(f"a frame of {length:,} bytes; {LONGEST_MESSAGE:,} are read at most")
        if len(buffer) < 4 + length:
            return None
        content = bytes(buffer[4 : 4 + length])
        del buffer[: 4 + length]
        try:
            pairs = check_shape(content, maps=True)
            message = cbor2.loads(content)
            if _pairs_in(message) != pairs:
                raise Malformed("a key is there twice")
            return message
        except (ValueError, cbor2.CBORDecodeError) as error:
            raise Malformed(f"not CBOR of a message: {cut(str(error))}") from error


def _pairs_in(message: object) -> int:
    """Count the pairs of all maps in a message, which is not nested deeply."""
    if isinstance(message, dict):
        if not all(isinstance(key, str) for key in message):
            raise Malformed("a key is no text")
        return len(message) + sum(map(_pairs_in, message.values()))
    return sum(map(_pairs_in, message)) if isinstance(message, list) else 0


def framing_named(cbor: bool) -> Framing:
    """Return CBOR frames, or else lines of JSON."""
    return Frames() if cbor else Lines()
