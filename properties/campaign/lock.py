"""One process at a time works in a campaign's folder, and says who it is."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from properties.campaign.folder import BadCampaign


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock. Raises BadCampaign with the holder, OSError.

    The kernel drops the lock with the process, however it ends.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip()
            raise BadCampaign(
                f"{folder}: {holder or 'another process'} works in it; wait for its end, or"
                " name another folder"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
