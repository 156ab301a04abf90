"""What a campaign's results come to together, in the order in which they were done."""

from collections import Counter
from typing import Any

import attrs

from properties.campaign.effort import Effort
from properties.campaign.folder import Folder


@attrs.frozen
class ShardRow:
    """A shard, and where the campaign stood when it was done."""

    name: str
    number: int
    drawn: int
    effort: Effort | None
    cells: int
    """Cells that were reached by then, by it or by a shard before it."""
    new_cells: int
    """Those of them that no shard before it reached."""
    failures: int
    """Counterexamples that it found itself."""


@attrs.define
class Account:
    """All results that were read so far; a result is read once."""

    rows: list[ShardRow] = attrs.field(factory=list)
    drawn: int = 0
    cells: set[str] = attrs.field(factory=set)
    accepted: Counter[str] = attrs.field(factory=Counter)
    rejected: dict[str, Counter[str]] = attrs.field(factory=dict)
    judged: Counter[str] = attrs.field(factory=Counter)
    """How often each law had something to judge, by its id."""

    def read(self, folder: Folder) -> None:
        """Read the results that have come since. Raises BadCampaign."""
        known = {row.name for row in self.rows}
        names = [name for name in folder.result_names() if name not in known]
        efforts = {name: folder.effort(name) for name in names}
        for name in sorted(names, key=lambda name: (_ended(efforts[name]), name)):
            self._add(name, folder.result(name), efforts[name])

    def steps_a_second(self) -> float:
        """Return how many steps shards make in a second of a processor, where that is known."""
        timed = [(row.drawn, row.effort) for row in self.rows if row.effort is not None]
        spent = sum(effort.processor_milliseconds for _, effort in timed)
        return 1_000 * sum(drawn for drawn, _ in timed) / max(spent, 1)

    def _add(self, name: str, result: dict[str, Any], effort: Effort | None) -> None:
        before = len(self.cells)
        self.cells.update(result["cells"])
        drawn = result["tally"]["drawn"]
        self.drawn += drawn
        self.accepted.update(result["accepted"])
        for kind, reasons in result["rejected"].items():
            self.rejected.setdefault(kind, Counter()).update(reasons)
        self.judged.update(result["judged"])
        self.rows.append(
            ShardRow(
                name,
                result["task"]["shard"],
                drawn,
                effort,
                len(self.cells),
                len(self.cells) - before,
                len(result["failures"]),
            )
        )


def _ended(effort: Effort | None) -> int:
    """Those of unknown time come first: their campaign was merged into this one."""
    return effort.ended if effort else 0
