"""Opening files that may be compressed, and telling how much of them is read."""

import bz2
import contextlib
import gzip
import io
import lzma
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from properties.cli.files import STANDARD_INPUT, BadInput, explain, shown

Progress = Callable[[int, int | None], None]
"""Told the bytes read so far, and of how many where that is known."""

Bytes = IO[bytes] | gzip.GzipFile

_OPENERS: dict[bytes, Callable[[IO[bytes]], Bytes]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}
"""By what a compressed file begins with, what unpacks it."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)
_TAR_PLACE = 257
_TAR = b"ustar"


class Unpacked:
    """A file's unpacked bytes, no more than a limit. Its read raises BadInput."""

    def __init__(
        self, name: str, inner: IO[bytes] | gzip.GzipFile, limit: int, report: Callable[[], None]
    ) -> None:
        self._name, self._inner, self._limit, self._tell = name, inner, limit, report
        self._count = 0

    def read(self, count: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        try:
            piece = self._inner.read(count)
        except _BROKEN as error:
            raise BadInput(f"{self._name}: is compressed, and damaged: {error}") from error
        except OSError as error:
            # What bz2 complains about comes from no operating system, so it has no number.
            problem = explain(self._name, error, "read")
            if error.errno is None:
                problem = f"{self._name}: is compressed, and damaged: {error}"
            raise BadInput(problem) from error
        if not self._count and piece[_TAR_PLACE : _TAR_PLACE + len(_TAR)] == _TAR:
            raise BadInput(f"{self._name}: is a tar archive; unpack it with tar -xf first")
        self._count += len(piece)
        if self._count > self._limit:
            raise BadInput(f"{self._name}: more than {self._limit:,} bytes, the most that is read")
        self._tell()
        return piece


@contextlib.contextmanager
def unpacked(path: str | Path, limit: int, progress: Progress) -> Iterator[Unpacked]:
    """Open a file, or standard input for `-`, packed by gzip, zip, bzip2, xz or not at all.

    Raises BadInput.
    """
    name = shown(path)
    with contextlib.ExitStack() as stack:
        try:
            raw: IO[bytes]
            size: int | None
            if str(path) == STANDARD_INPUT:
                raw, size = sys.stdin.buffer, None
            else:
                raw = stack.enter_context(open(path, "rb"))
                size = os.fstat(raw.fileno()).st_size
            place = _Place(raw)
            inner = _open(name, io.BufferedReader(place), stack)
        except OSError as error:
            raise BadInput(explain(name, error, "read")) from error
        except ValueError as error:
            raise BadInput(f"{name}: not the name of a file ({error})") from error
        yield Unpacked(name, inner, limit, lambda: progress(place.count, size))


class _Place(io.RawIOBase):
    """Counts the bytes that are read from a file, packed as they are."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        piece = self._raw.read(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        return len(piece)


def _open(
    name: str, file: "io.BufferedReader[Any]", stack: contextlib.ExitStack
) -> IO[bytes] | gzip.GzipFile:
    start = file.peek(8)[:8]
    for magic, opener in _OPENERS.items():
        if start.startswith(magic):
            opened = opener(file)
            stack.callback(opened.close)
            return opened
    if start.startswith(_ZIP):
        return stack.enter_context(_open_zip(name, file, stack))
    return file


def _open_zip(name: str, file: IO[bytes], stack: contextlib.ExitStack) -> IO[bytes]:
    """Open the one file of a zip archive, whose table of contents is at its end."""
    copy: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    shutil.copyfileobj(file, copy)
    try:
        archive = stack.enter_context(zipfile.ZipFile(copy))
        members = [entry for entry in archive.infolist() if not entry.is_dir()]
        documents = [entry for entry in members if entry.filename.endswith(".json")] or members
        if len(documents) != 1:
            named = ", ".join(ascii(entry.filename) for entry in documents[:5]) or "no file"
            raise BadInput(
                f"{name}: is a zip of {len(documents)} files ({named}); unpack the right"
                " one and name it"
            )
        return archive.open(documents[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"{name}: is a zip that cannot be unpacked: {error}") from error
