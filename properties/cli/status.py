"""A line on standard error that says where a search stands, on a terminal only."""

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from properties.fuzz.workers import Standing


class Status:
    """Transactions so far and in a second, cells, states kept, failures."""

    def __init__(self, enabled: bool) -> None:
        console = Console(stderr=True)
        self._live = (
            Live(console=console, transient=True, auto_refresh=False)
            if enabled and console.is_terminal
            else None
        )
        self._began = time.monotonic()

    def __enter__(self) -> "Status":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, standings: list[Standing]) -> None:
        """Show where the shards stand."""
        if self._live is not None:
            line = line_of(standings, time.monotonic() - self._began)
            self._live.update(Text(line), refresh=True)


def line_of(standings: list[Standing], seconds: float) -> str:
    """Say where the shards stand, together."""
    drawn = sum(one.drawn for one in standings)
    cells = max((one.cells for one in standings), default=0)
    corpus = sum(one.corpus for one in standings)
    failures = sum(one.failures for one in standings)
    doing = "shrinking" if any(one.shrinking for one in standings) else f"{seconds:,.0f} s"
    return (
        f"{doing}: {drawn:,} steps ({drawn / max(seconds, 0.001):,.0f} a second), {cells:,} cells,"
        f" {corpus:,} states kept, {failures} failures"
    )
