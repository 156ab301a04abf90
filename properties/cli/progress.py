"""Progress of long work: one line on standard error, shown on a terminal only.

It is drawn when there is news and by no thread: engines fork processes, and a thread that
holds a lock at that moment leaves it locked in the child.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

from properties.cli.output import is_quiet

REFRESH_SECONDS = 0.1


class Line:
    """What is being done, in words."""

    def __init__(self, *columns: ProgressColumn, **fields: Any) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            *columns or (TextColumn("{task.description}", markup=False),),
            console=console,
            transient=True,
            auto_refresh=False,
            disable=is_quiet() or not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", **fields)
        self._last = 0.0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the line away while something else is printed."""
        self._progress.stop()
        yield
        self._progress.start()

    def show(self, text: str, **changes: Any) -> None:
        """Show what is being done, unless the line was drawn just now."""
        now = time.monotonic()
        if now - self._last < REFRESH_SECONDS:
            return
        self._last = now
        self._progress.update(self._task, description=text, refresh=True, **changes)


class Bar(Line):
    """What is being done, how much of it is done, and how long is left where that is known."""

    def __init__(self, timed: bool = True) -> None:
        columns = [TextColumn("{task.description:<10}"), BarColumn(24)]
        if timed:
            columns.append(TimeRemainingColumn())
        columns.append(TextColumn("{task.fields[covered]}"))
        super().__init__(*columns, total=1.0 if timed else None, covered="")

    def update(self, text: str, share: float, covered: str) -> None:
        """Show how far it is, as a part of one, and in words."""
        self.show(text, completed=min(1.0, share), covered=covered)
