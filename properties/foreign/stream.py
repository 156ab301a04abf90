"""Reads a document of any length: keeps what is needed, long lists on disk; counts the rest.

The document that comes out is the one that json would give, but for two things: a long list
of the chain's state is a `Spool`, and a part that nobody reads is `Skipped`.
"""

import contextlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any, Protocol

import ijson

from properties.foreign.fields import Skipped, Spool
from statemachine.annotations import MAX_DEPTH, Malformed

LONG = 2_000
"""Entries in the longest list that is kept in memory."""

LONGEST_NUMBER = 100
"""Digits in the longest number that is read."""


LONGEST_DIGITS = 20_000
"""The most digits in a row, in a number or not, in a file that is parsed at all."""

_DIGITS = re.compile(rb"[0-9]+")


class Readable(Protocol):
    """A source of bytes."""

    def read(self, count: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class _ShortDigits:
    """A file as it is, but refused where more digits follow each other than a parser should see.

    The parser makes a number of them before anybody can refuse it, which takes time
    quadratic in their count.
    """

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._before = 0
        """Digits at the end of what was read before."""

    def read(self, count: int, /) -> bytes:
        """Return at most so many bytes. Raises Malformed."""
        chunk = self._file.read(count)
        before, self._before = self._before, 0
        for run in _DIGITS.finditer(chunk):
            length = run.end() - run.start() + (before if run.start() == 0 else 0)
            if length > LONGEST_DIGITS:
                raise Malformed(f"more than {LONGEST_DIGITS:,} digits in a row")
            if run.end() == len(chunk):
                self._before = length
        return chunk


class Spooled(Spool):
    """A list whose entries lie in a temporary file, a line each."""

    def __init__(self, first: list[object]) -> None:
        # It lives as long as the document, and goes with it: nobody else knows its name.
        self._file: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._length = 0
        for entry in first:
            self.append(entry)

    def append(self, entry: object) -> None:
        """Append an entry."""
        self._file.write(json.dumps(entry) + "\n")
        self._length += 1

    def __iter__(self) -> Iterator[object]:
        self._file.flush()
        place = 0
        for _ in range(self._length):
            # Two may read at once, so each remembers its own place.
            self._file.seek(place)
            line = self._file.readline()
            place = self._file.tell()
            yield json.loads(line)

    def __len__(self) -> int:
        return self._length


Kept = Callable[[tuple[str, ...]], bool]
"""Says whether a part of the state is kept, by its name, or by its section's and its own."""


def read_stream(file: Readable, state: str, is_kept: Kept = lambda _path: True) -> object:
    """Return the document in a file of UTF-8 JSON.

    `state` names the member, at whatever depth, below which parts may be spooled or skipped.
    Raises Malformed.
    """
    builder = _Builder(state, is_kept)
    try:
        with _any_digits():
            for event, held in ijson.basic_parse(_ShortDigits(file)):
                builder.take(event, held)
    except ijson.JSONError as error:
        raise Malformed(f"not JSON: {_first_line(error)}") from error
    except (ValueError, ArithmeticError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(f"a number that is none: {error}") from error
    return builder.document


@contextlib.contextmanager
def _any_digits() -> Iterator[None]:
    """Let numbers have any number of digits, to refuse them here.

    Where Python refuses one, ijson 3.6 goes on with nothing in its place, and crashes.
    """
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(digits)


def _first_line(error: Exception) -> str:
    """Return the parser's complaint, without its drawing of the place."""
    lines = str(error).removeprefix("b'").replace("\\n", "\n").split("\n")
    near = f" near {lines[1].strip()!a}" if len(lines) > 1 and lines[1].strip() else ""
    return lines[0].removeprefix("parse error: ").removeprefix("lexical error: ") + near


class _Skip:
    """Counts the content of a part that is not read."""

    def __init__(self, is_list: bool, deepest: int) -> None:
        self.depth = 1
        """How many of its containers are still open."""
        self._is_list = is_list
        self._deepest = deepest
        self._values = self._entries = 0
        self._keys: list[str] = []

    def take(self, event: str, held: Any) -> None:
        """Count the next event."""
        if event == "map_key":
            if self.depth == 1:
                self._keys.append(held)
        elif event in ("end_map", "end_array"):
            self.depth -= 1
        else:
            self._entries += self.depth == 1
            if event in ("start_map", "start_array"):
                self.depth += 1
                if self.depth > self._deepest:
                    raise Malformed(f"nested more than {MAX_DEPTH} levels deep")
            elif event != "null":
                self._values += 1
        if len(self._keys) > LONG:
            self._keys.pop()

    def outcome(self) -> Skipped:
        """Return the size of the part, once it is closed."""
        return Skipped(self._entries, self._values, self._is_list, tuple(self._keys))


class _Builder:
    """Builds the document event by event."""

    def __init__(self, state: str, is_kept: Kept) -> None:
        self._state, self._is_kept = state, is_kept
        self.document: object = None
        self._open: list[dict[str, object] | list[object] | Spooled] = []
        self._names: list[str] = []
        """The name under which each open container lies; "" in a list."""
        self._name = ""
        self._state_depth: int | None = None
        """How many containers are open where the state's members are."""
        self._skip: _Skip | None = None

    def take(self, event: str, held: Any) -> None:
        """Process the next event."""
        if self._skip is not None:
            self._skip.take(event, held)
            if not self._skip.depth:
                self._place(self._skip.outcome())
                self._skip = None
        elif event == "map_key":
            self._name = held
            names = self._open[-1]
            if isinstance(names, dict) and held in names:
                raise Malformed(f"the key {held[:60]!r} is there twice")
        elif event in ("start_map", "start_array"):
            self._begin({} if event == "start_map" else [])
        elif event in ("end_map", "end_array"):
            self._end()
        else:
            self._place(_plain(held) if event == "number" else held)

    def _begin(self, container: dict[str, object] | list[object]) -> None:
        depth = len(self._open)
        if depth >= MAX_DEPTH:
            raise Malformed(f"nested more than {MAX_DEPTH} levels deep")
        name = self._name if depth and isinstance(self._open[-1], dict) else ""
        if self._state_depth is None and name == self._state:
            self._state_depth = depth + 1
        elif self._state_depth is not None:
            path = (*self._names[self._state_depth :], name)
            if len(path) <= 2 and "" not in path and not self._is_kept(path):
                self._skip = _Skip(isinstance(container, list), MAX_DEPTH - depth)
                return
        self._open.append(container)
        self._names.append(name)

    def _end(self) -> None:
        container = self._open.pop()
        self._name = self._names.pop()
        if self._state_depth is not None and len(self._open) < self._state_depth:
            self._state_depth = None
        self._place(container)

    def _place(self, held: object) -> None:
        if not self._open:
            self.document = held
            return
        holder = self._open[-1]
        if isinstance(holder, dict):
            holder[self._name] = held
            return
        holder.append(held)
        if isinstance(holder, list) and len(holder) > LONG and self._may_spool():
            self._open[-1] = Spooled(holder)

    def _may_spool(self) -> bool:
        """Say whether the open list is one of the chain's state, not one within an entry."""
        depth = self._state_depth
        return depth is not None and len(self._names) - depth <= 2 and "" not in self._names[depth:]


def _plain(number: Any) -> int | float:
    """Return a number as json has it."""
    if not isinstance(number, int):
        return float(number)
    if abs(number) >= 10**LONGEST_NUMBER:
        raise Malformed("a number is longer than any field")
    return number
