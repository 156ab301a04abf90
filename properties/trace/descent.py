"""Making a trial small step by step, whatever fault it shows."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import attrs

from properties.trace.candidates import Propose, simpler, sites_of
from properties.trace.trial import Trial

Budget = Callable[[], bool]
"""Asked before each candidate whether there is still time for it."""


@attrs.define
class Descent(ABC):
    """A greedy search for a smaller trial that shows the same fault."""

    best: Trial
    """The smallest trial so far."""
    budget: Budget

    @abstractmethod
    def take(self, candidate: Trial) -> bool:
        """Make a candidate the best trial if it is smaller and shows the fault; say whether."""

    def descend(self, *proposals: Propose) -> None:
        """Shrink until nothing makes the trial smaller."""
        before = None
        while before is not self.best and self.budget():
            before = self.best
            self._drop_transactions()
            for propose in proposals:
                self._improve(propose)
            self._simplify_numbers()

    def _drop_transactions(self) -> None:
        """Leave out runs of transactions, long ones first and from the end."""
        chunk = max(1, len(self.best.transactions) // 2)
        while True:
            place = len(self.best.transactions) - chunk
            while place > -chunk:
                txs = self.best.transactions
                first = max(0, place)
                candidate = Trial(self.best.start, txs[:first] + txs[place + chunk :])
                if not self.budget():
                    return
                self.take(candidate)
                place = min(place, len(self.best.transactions)) - chunk
            if chunk == 1:
                return
            chunk //= 2

    def _improve(self, propose: Propose) -> None:
        """Take every proposal that still shows the fault, until none does."""
        progress = True
        while progress:
            progress = False
            for candidate in propose(self.best):
                if not self.budget():
                    return
                if self.take(candidate):
                    progress = True
                    break

    def _simplify_numbers(self) -> None:
        """Make each number as simple as it can be, one after another."""
        place = 0
        while place < len(sites := sites_of(self.best)):
            site = sites[place]
            for number in simpler(site.number, site.plain):
                candidate = site.put(self.best, number)
                if candidate is None:
                    continue
                if not self.budget():
                    return
                if self.take(candidate):
                    break
            else:
                place += 1
