"""Processes that end with the process that started them, however that one ends.

Ctrl-C and a polite kill may reach the whole group of processes. Only the first process
answers them: it tells its workers to stop, and collects what they have.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import attrs

PR_SET_PDEATHSIG = 1
"""The Linux request to be sent a signal when the parent ends."""

POLL_SECONDS = 0.5
"""How often a worker looks for its parent where the kernel cannot tell."""

FIRST = """
import sys
from properties.trace.worker import end_with_parent
end_with_parent(int(sys.argv[1]))
"""
"""How such a program begins; its argument is the id of the parent process."""


@attrs.define(eq=False)
class Worker:
    """A worker process, and the connection to it."""

    process: BaseProcess
    connection: Connection

    @classmethod
    def start(cls, work: Callable[..., object], *arguments: object) -> "Worker":
        """Have a process of its own call `work` with the arguments and its end of a connection.

        It begins as a copy of this one (fork), so that any protocol can be worked on, also one
        that no module has by a name.
        """
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        # No daemon: a worker may have workers itself, and all end with their parents.
        process = context.Process(target=_work, args=(work, arguments, theirs))
        process.start()
        theirs.close()
        return cls(process, ours)

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _work(
    work: Callable[..., object], arguments: tuple[object, ...], connection: Connection
) -> None:
    _begin()
    work(*arguments, connection)
    connection.close()


def start_program(program: str, **variables: str) -> "subprocess.Popen[str]":
    """Start Python on a program, which ends with this process, however this one ends.

    It sees the modules that this process sees, and the environment with some variables replaced.
    """
    search_path = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", FIRST + program, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables, "PYTHONPATH": search_path},
    )


def _begin() -> None:
    """Make this process a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with_parent(parent.pid)


def end_with_parent(parent: int) -> None:
    """Have this process killed when its parent ends."""
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
