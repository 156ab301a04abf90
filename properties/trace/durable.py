"""Files that are there whole or not at all, also after a kill or a loss of power.

The text goes to a temporary file in the same folder, to the disk, and then to its name. The
temporary file is locked for as long as somebody writes to it: one without a lock was left
behind by a process that was killed, and whoever writes next to that folder removes it.
"""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path

PREFIX, SUFFIX = ".stakespec-", ".tmp"
"""The prefix and suffix of temporary files."""


def replace_file(target: Path, text: str, *, tidy: bool = True) -> None:
    """Write a file, or leave it as it was. Raises OSError, UnicodeError.

    Whoever writes many files into one folder removes what is left over there once, not each time.
    """
    content = text.encode("utf-8")
    if tidy:
        remove_leftovers(target.parent)
    descriptor, temporary = _open_locked(target.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that nobody is writing to."""
    for leftover in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with contextlib.suppress(OSError):
            descriptor = os.open(leftover, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leftover.unlink()
            finally:
                os.close(descriptor)


def _open_locked(folder: Path) -> tuple[int, Path]:
    """Return a new, locked temporary file, which no other process has removed as a leftover."""
    while True:
        temporary = folder / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor, temporary
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that the new name is on disk too, where the system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
