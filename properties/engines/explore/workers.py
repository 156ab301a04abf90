"""A level shared among processes.

A state stays in the process that found it: what travels are the keys of finds, 16 bytes
each, and back which of them are new. Each process begins as a copy of the first (fork), so
that nothing that it starts with need be sent.
"""

from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import attrs

from properties.engines.explore.share import Found, Share
from properties.laws import Violation
from properties.trace.worker import Worker


@attrs.define(eq=False)
class RemoteShare:
    """A share of each level that another process expands."""

    worker: Worker

    def begin_expanding(self, deadline: float | None) -> None:
        """Have the process work out what can follow its part of the level."""
        self.worker.connection.send(deadline)

    def end_expanding(self) -> Found:
        """Return what it found."""
        keys, *fields = self._receive()
        return Found([keys[place : place + 16] for place in range(0, len(keys), 16)], *fields)

    def begin_keeping(self, places: Sequence[int], numbers: Sequence[int]) -> None:
        """Tell it which of its finds are new to all, and their numbers."""
        self.worker.connection.send((places, numbers))

    def end_keeping(self) -> tuple[int, Violation] | None:
        """Return the first of them that breaks a law, and how."""
        unlawful: tuple[int, Violation] | None = self._receive()
        return unlawful

    def close(self) -> None:
        """End the process."""
        self.worker.end()

    def _receive(self) -> Any:
        try:
            return self.worker.connection.recv()
        except EOFError:
            raise WorkerDied("a process that shared the search has ended") from None


class WorkerDied(RuntimeError):
    """A process that shared the search has ended before it was told to."""


def send_out(share: Share, workers: int) -> list[RemoteShare]:
    """Deal out a share's level to new processes, a position to each in turn."""
    away = [RemoteShare(Worker.start(_work, share, number, workers)) for number in range(workers)]
    share.level = []
    return away


def _work(share: Share, worker: int, workers: int, connection: Connection) -> None:
    """Expand and keep, level after level, until the connection ends."""
    share.level = share.level[worker::workers]
    try:
        while True:
            share.begin_expanding(connection.recv())
            finds = share.end_expanding()
            keys = b"".join(finds.keys)
            connection.send(
                (
                    keys,
                    finds.parents,
                    finds.moves,
                    finds.fired,
                    finds.refused,
                    finds.broken,
                    finds.complete,
                )
            )
            share.begin_keeping(*connection.recv())
            connection.send(share.end_keeping())
    except EOFError:
        return
