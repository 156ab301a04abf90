"""Processes that end with the process that started them, however that one ends.

Ctrl-C and a polite kill may reach the whole group of processes. Only the first process
answers them: it tells its workers to stop, and collects what they have.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
"""The request, of Linux, to be sent a signal when the parent ends."""

POLL_SECONDS = 0.5
"""How often a worker looks for its parent where the kernel cannot tell."""


def begin_worker() -> None:
    """Make this process a worker: to be called first in each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with_parent(parent.pid)


def end_with_parent(parent: int) -> None:
    """Have this process killed as soon as its parent has ended."""
    if not _kernel_kills_with_parent():
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    # The parent may have ended before the kernel was asked.
    if os.getppid() != parent:
        _end()


def _kernel_kills_with_parent() -> bool:
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        refused: int = libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        return refused == 0
    return False


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    _end()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
