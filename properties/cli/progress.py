"""A progress bar on standard error, shown on a terminal only."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

REFRESH_SECONDS = 0.1


class Bar:
    """What is being done, how much of the time is used, and how long is left."""

    def __init__(self, timed: bool) -> None:
        columns = [TextColumn("{task.description:<10}"), BarColumn(24)]
        if timed:
            columns.append(TimeRemainingColumn())
        columns.append(TextColumn("{task.fields[counts]}"))
        console = Console(stderr=True)
        self._progress = Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._task = self._progress.add_task("starting", total=1.0 if timed else None, counts="")
        self._last = 0.0

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self, what: str, used: float, covered: str) -> None:
        """Show where a campaign stands."""
        now = time.monotonic()
        if now - self._last < REFRESH_SECONDS:
            return
        self._last = now
        self._progress.update(
            self._task,
            description=what,
            completed=min(1.0, used),
            counts=covered,
        )
