"""Putting results into the corpus, one by one as they come, while others are still worked on."""

import json
from typing import Any

import attrs

from properties.campaign.folder import Folder
from properties.campaign.history import Best, Written
from properties.campaign.tree import histories_of
from properties.trace.counterexample import Counterexample


@attrs.define
class Absorber:
    """What the corpus will be, as far as results were read."""

    folder: Folder
    types: tuple[type, ...]
    version: str | None
    before: list[Written]
    best: Best[Written] = attrs.field(factory=Best)
    read: set[str] = attrs.field(factory=set)
    """The names of the results that it has, now or since earlier."""
    stale: set[str] = attrs.field(factory=set)
    """The names of histories that no longer apply."""

    @classmethod
    def of(cls, folder: Folder, types: tuple[type, ...], version: str | None) -> "Absorber":
        """Begin with the corpus that there is. Raises BadCampaign."""
        absorber = cls(folder, types, version, folder.written())
        absorber.best.add(absorber.before)
        absorber.read = folder.absorbed()
        return absorber

    def catch_up(self) -> None:
        """Read the results that have come since. Raises BadCampaign."""
        for name in self.folder.result_names():
            if name not in self.read:
                self.take(name, self.folder.result(name))

    def finish(self) -> None:
        """Write the corpus that results and what there was before come to. Raises BadCampaign."""
        self.catch_up()
        self.folder.replace_corpus(self.best.histories(), self.before)
        for name in sorted(self.stale):
            self.folder.set_aside(name)
        self.folder.set_absorbed(self.read)

    def take(self, name: str, result: dict[str, Any]) -> None:
        """Keep what a result has that is shorter; what was mended stays so unless it found it."""
        self.read.add(name)
        self.stale.update(result["stale"])
        for history in histories_of(result):
            won = self.best.won(history.cost, history.cells)
            if won:
                self.best.keep(history.written(), won)
        current = result["task"]["version"] == self.version
        for failure in result["failures"]:
            package = Counterexample.from_text(json.dumps(failure), lambda _: self.types)
            self.folder.add_failure(package, current)


def absorb(folder: Folder, types: tuple[type, ...], version: str | None = None) -> None:
    """Put into the corpus whatever results it does not have. Raises BadCampaign."""
    Absorber.of(folder, types, version).finish()
