"""Serving a machine: over standard input and output, or over a Unix socket."""

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

from properties.conformance.asks import MALFORMED, Message
from properties.conformance.framing import Framing
from properties.conformance.machine import Machine
from statemachine.annotations import Malformed

CHUNK = 1 << 20
"""Bytes asked for at a time."""


def serve_streams(machine: Machine, framing: Framing, reading: int, writing: int) -> None:
    """Answer what comes in on one file descriptor on another, until it ends or says bye."""

    def write(content: bytes) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(writing, view) :]

    serve(machine, framing, lambda: os.read(reading, CHUNK), write)


def serve_socket(make: Callable[[], Machine], framing: Framing, path: Path) -> None:
    """Answer whoever connects, one after another, each with a machine of its own."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        try:
            listening.listen(1)
            while True:
                connection, _ = listening.accept()
                # A client that goes away in the middle is no reason to end.
                with connection, contextlib.suppress(ConnectionError):
                    reading = connection.fileno()
                    serve_streams(make(), framing, reading, reading)
        finally:
            path.unlink(missing_ok=True)


def serve(
    machine: Machine,
    framing: Framing,
    read: Callable[[], bytes],
    write: Callable[[bytes], None],
) -> None:
    """Answer asks, in their order. What is no ask gets an answer that says so."""
    buffer = bytearray()
    while chunk := read():
        buffer += chunk
        replies = bytearray()
        over = False
        while not over:
            before = len(buffer)
            try:
                ask = framing.take(buffer)
            except Malformed as error:
                replies += framing.pack(_malformed(None, f"not a message: {error}"))
                # Without progress there is no telling where the next message begins.
                over = len(buffer) == before
                continue
            if ask is None:
                break
            reply, over = answered(machine, ask)
            replies += framing.pack(reply)
        if replies:
            write(bytes(replies))
        if over:
            return


def answered(machine: Machine, ask: object) -> tuple[Message, bool]:
    """Return the reply to a message, and whether it was the last."""
    if not isinstance(ask, dict):
        return _malformed(None, "a message is an object with a field 'do'"), False
    reply = {"id": ask.get("id"), **machine.reply(ask)}
    return reply, ask.get("do") == "bye"


def _malformed(ask_id: object, message: str) -> Message:
    return {"id": ask_id, MALFORMED: {"fault": "bad_ask", "message": message}}
