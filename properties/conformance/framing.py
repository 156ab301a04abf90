"""Messages as bytes: one a line in JSON, or frames of CBOR with their length before them."""

import io
import json
from typing import Any, Protocol

import cbor2

from statemachine.annotations import Malformed
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

    def take(self, buffer: bytearray) -> Any:
        """Take the first whole line off a buffer, parsed; None where there is none yet."""
        end = buffer.find(b"\n")
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
        content = io.BytesIO(bytes(buffer[4 : 4 + length]))
        del buffer[: 4 + length]
        try:
            message = cbor2.load(content)
        except Exception as error:
            raise Malformed(f"not CBOR: {error}") from error
        if content.read(1):
            raise Malformed("a frame with bytes after its message")
        return message


def framing_named(cbor: bool) -> Framing:
    """Return CBOR frames, or else lines of JSON."""
    return Frames() if cbor else Lines()
