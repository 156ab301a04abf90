"""A client: a process, or a socket, that is asked things; and everything it may do wrong."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import attrs

from properties.conformance.asks import KINDS, OK, VERSIONS, Message
from properties.conformance.framing import Framing, Lines
from statemachine.annotations import Malformed

TIMEOUT_SECONDS = 10.0
"""How long a client may take for an answer."""

START_SECONDS = 30.0
"""How long a client may take to start, if that is longer."""

ANOTHER_FRAMING = "; does it speak as it is spoken to? Give --cbor to both sides, or to neither"
"""What to try with a client that does not greet."""

MEMORY_MEGABYTES = 4_096
"""How much memory a client may use, where that can be seen."""

AT_ONCE = 64
"""Asks that are under way at a time."""

LAST_WORDS = 2_000
"""Bytes kept of the end of what a client says on its standard error."""

CHECK_MEMORY_EVERY = 4_096
"""Asks between two looks at a client's memory."""


LOOK_SECONDS = 0.5
"""The longest time in which nobody looks at a client's memory."""


class ClientFault(Exception):
    """A client that does not answer as it must: how, and what it was asked last."""

    def __init__(self, kind: str, message: str, last: Message | None) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        """One of timeout, died, rubbish, out_of_order, memory."""
        self.message = message
        self.last = last
        """The ask that it owed an answer."""


class NoClient(Exception):
    """A client that cannot be started, or speaks no version of ours."""


@attrs.define(eq=False)
class Client:
    """A connection to a client."""

    framing: Framing = attrs.field(factory=Lines)
    timeout: float = TIMEOUT_SECONDS
    memory_megabytes: int = MEMORY_MEGABYTES
    process: "subprocess.Popen[bytes] | None" = None
    connection: socket.socket | None = None
    asks: frozenset[str] = frozenset()
    """What it can be asked."""
    tells: frozenset[str] = frozenset()
    """What it tells beside roots and reasons."""
    transactions: frozenset[str] | None = None
    """The types of transaction that it can apply; None for all."""
    name: str = ""
    asked: int = 0
    _looked: float = attrs.field(factory=time.monotonic)
    """When its memory was last looked at."""
    _buffer: bytearray = attrs.field(factory=bytearray)
    _errors: bytearray = attrs.field(factory=bytearray)

    @classmethod
    def start(cls, command: Sequence[str], **settings: Any) -> "Client":
        """Start a client as a process, and greet it. Raises NoClient, ClientFault."""
        try:
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise NoClient(f"{command[0]} cannot be started: {error}") from error
        client = cls(process=process, **settings)
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
        client._greet()
        return client

    @classmethod
    def connect(cls, path: Path, **settings: Any) -> "Client":
        """Connect to a client that listens on a Unix socket. Raises NoClient, ClientFault."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
        except OSError as error:
            connection.close()
            raise NoClient(f"nobody listens on {path}: {error.strerror or error}") from error
        connection.setblocking(False)
        client = cls(connection=connection, **settings)
        client._greet()
        return client

    def _greet(self) -> None:
        patience, self.timeout = self.timeout, max(self.timeout, START_SECONDS)
        try:
            reply = self.ask({"do": "hello", "versions": list(VERSIONS), "name": "stakespec"})
            greeting: Message = reply[OK] if isinstance(reply.get(OK), dict) else {}
            version = greeting.get("version")
            if type(version) is not int or version not in VERSIONS:
                raise NoClient(f"no version in common; it answers {str(reply)[:200]}")
        except ClientFault as fault:
            self.close()
            # One that waits for the rest of a message of another framing says nothing at all.
            hint = ANOTHER_FRAMING if fault.kind == "timeout" else ""
            raise NoClient(f"no greeting: {fault}{hint}") from fault
        except BaseException:
            self.close()
            raise
        self.timeout = patience
        said = str(greeting.get("name", ""))[:80]
        self.name = "".join(letter if letter.isprintable() else "?" for letter in said)
        self.asks = _names(greeting.get("asks"))
        self.tells = _names(greeting.get("tells"))
        if "transactions" in greeting:
            self.transactions = _names(greeting["transactions"])

    def ask(self, ask: Message) -> Message:
        """Ask one thing. Raises ClientFault."""
        return self.ask_all([ask])[0]

    def ask_all(self, asks: Sequence[Message]) -> list[Message]:
        """Ask several things, some at a time; return the replies. Raises ClientFault."""
        replies: list[Message] = []
        for start in range(0, len(asks), AT_ONCE):
            replies += self._exchange(asks[start : start + AT_ONCE])
        return replies

    def close(self) -> None:
        """Say goodbye, and end it if it does not."""
        with contextlib.suppress(ClientFault, OSError):
            if self.process is None or self.process.poll() is None:
                self.timeout = min(self.timeout, 2.0)
                self.ask({"do": "bye"})
        if self.connection is not None:
            self.connection.close()
        if self.process is not None:
            _end(self.process)

    # --- what goes over the wire ---------------------------------------------------------

    def _exchange(self, asks: Sequence[Message]) -> list[Message]:
        first = self.asked
        self.asked += len(asks)
        pending = memoryview(
            b"".join(
                self.framing.pack({"id": first + place, **ask}) for place, ask in enumerate(asks)
            )
        )
        replies: list[Message] = []
        deadline = time.monotonic() + self.timeout
        reading, writing, errors = self._streams()
        with selectors.DefaultSelector() as selector:
            _watch(selector, reading, writing, bool(pending))
            if errors is not None:
                selector.register(errors, selectors.EVENT_READ)
            while len(replies) < len(asks):
                owed = asks[len(replies)]
                left = deadline - time.monotonic()
                ready = selector.select(max(0.0, min(left, LOOK_SECONDS)))
                if not ready and left <= LOOK_SECONDS:
                    self._fault("timeout", f"no answer within {self.timeout:g} s", owed)
                if not ready:
                    self._check_memory(owed)
                for key, events in ready:
                    if key.fd == errors:
                        self._listen(selector, errors)
                    if key.fd == writing and events & selectors.EVENT_WRITE:
                        pending = self._write(writing, pending, owed)
                        if not pending:
                            _watch(selector, reading, writing, False)
                    if key.fd == reading and events & selectors.EVENT_READ:
                        before = len(replies)
                        self._read(reading, owed)
                        self._take(replies, asks, first)
                        if len(replies) > before:
                            deadline = time.monotonic() + self.timeout
        now = time.monotonic()
        if (
            now - self._looked > LOOK_SECONDS
            or first // CHECK_MEMORY_EVERY != self.asked // CHECK_MEMORY_EVERY
        ):
            self._looked = now
            self._check_memory(asks[-1])
        return replies

    def _streams(self) -> tuple[int, int, int | None]:
        """Return where to read, where to write, and where it complains."""
        if self.connection is not None:
            return self.connection.fileno(), self.connection.fileno(), None
        process = self.process
        assert process is not None and process.stdin and process.stdout and process.stderr
        errors = -1 if process.stderr.closed else process.stderr.fileno()
        return process.stdout.fileno(), process.stdin.fileno(), None if errors < 0 else errors

    def _write(self, writing: int, pending: memoryview, owed: Message) -> memoryview:
        try:
            return pending[os.write(writing, pending) :]
        except BlockingIOError:
            return pending
        except OSError:
            self._died(owed)

    def _read(self, reading: int, owed: Message) -> None:
        try:
            chunk = os.read(reading, 1 << 20)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._died(owed)
        self._buffer += chunk

    def _take(self, replies: list[Message], asks: Sequence[Message], first: int) -> None:
        """Take whole replies off the buffer."""
        while len(replies) < len(asks):
            owed = asks[len(replies)]
            try:
                reply = self.framing.take(self._buffer)
            except Malformed as error:
                self._fault("rubbish", str(error), owed)
            if reply is None:
                return
            if not isinstance(reply, dict) or sum(kind in reply for kind in KINDS) != 1:
                shown = str(reply)[:200]
                self._fault("rubbish", f"a reply is one of {', '.join(KINDS)}: {shown}", owed)
            number = first + len(replies)
            if reply.get("id") != number:
                said = str(reply.get("id"))[:40]
                self._fault("out_of_order", f"answered {said} where {number} was due", owed)
            replies.append(reply)

    # --- what it does wrong --------------------------------------------------------------

    def _listen(self, selector: selectors.BaseSelector, errors: int) -> None:
        try:
            said = os.read(errors, 1 << 16)
        except BlockingIOError:
            return
        if not said:
            selector.unregister(errors)
            assert self.process is not None and self.process.stderr is not None
            self.process.stderr.close()
        self._errors = (self._errors + said)[-LAST_WORDS:]

    def _died(self, owed: Message) -> NoReturn:
        if self.process is None:
            self._fault("died", "it closed the connection", owed)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        with contextlib.suppress(OSError, ValueError):
            if self.process.stderr is not None:
                self._errors = (self._errors + (self.process.stderr.read() or b""))[-LAST_WORDS:]
        code = self.process.returncode
        how = "it closed its standard output" if code is None else f"it ended with status {code}"
        complaint = self._errors.decode(errors="replace").strip()
        self._fault("died", f"{how}; it last said: {complaint}" if complaint else how, owed)

    def _check_memory(self, last: Message) -> None:
        if self.process is None:
            return
        used = megabytes_of(self.process.pid)
        if used is not None and used > self.memory_megabytes:
            self._fault("memory", f"{used:,} MB; {self.memory_megabytes:,} are allowed", last)

    def _fault(self, kind: str, message: str, owed: Message) -> NoReturn:
        raise ClientFault(kind, message, owed)


def megabytes_of(process_id: int) -> int | None:
    """Return the memory that a process uses; None where that cannot be seen."""
    try:
        pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def _watch(selector: selectors.BaseSelector, reading: int, writing: int, to_write: bool) -> None:
    """Wait to read, and to write while there is something to write."""
    wanted = {reading: selectors.EVENT_READ}
    if to_write:
        wanted[writing] = wanted.get(writing, 0) | selectors.EVENT_WRITE
    for descriptor in {reading, writing}:
        with contextlib.suppress(KeyError):
            selector.unregister(descriptor)
        if descriptor in wanted:
            selector.register(descriptor, wanted[descriptor])


def _names(listed: Any) -> frozenset[str]:
    if not isinstance(listed, list):
        return frozenset()
    return frozenset(name for name in listed if isinstance(name, str))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait a moment for a process, then end it."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.5)
    # What it has started is of its group, and ends with it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
