"""One process at a time works in a campaign's folder, and says who it is."""

import fcntl
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from properties.campaign.folder import BadCampaign

PATIENCE_SECONDS = 5.0
"""How long the workers of a holder that has ended may take to end as well."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock. Raises BadCampaign with the holder, OSError.

    The kernel drops the lock with the process, however it ends, and with its workers, which
    have it too and end a moment later.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _take(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, folder: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            if _has_ended(holder) and time.monotonic() < until:
                time.sleep(0.05)
                continue
            raise BadCampaign(
                f"{folder}: {holder or 'another process'} works in it; wait for its end, or"
                " name another folder"
            ) from None
        return


def _has_ended(holder: str) -> bool:
    """Say whether the process that a lock names was one of this machine, and is no more."""
    named = re.fullmatch(r"process (\d{1,9}) on (.+)", holder)
    if named is None or named[2] != socket.gethostname():
        return False
    try:
        os.kill(int(named[1]), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False
