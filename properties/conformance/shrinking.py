"""Making a divergence small: fewer transactions, fewer actors, simpler numbers."""

from collections.abc import Callable
from typing import Any

import attrs

from properties.conformance.asks import OK, Answering
from properties.conformance.comparison import Pair
from properties.conformance.differences import Difference
from properties.conformance.fuzzing import Parted, asks_of
from properties.conformance.machine import Machine
from properties.conformance.walking import find_differences
from properties.trace.candidates import (
    Propose,
    fewer_actors,
    fewer_signers,
    simpler,
    sites_of,
    size_of,
    smaller_genesis,
)
from properties.trace.repair import repaired
from properties.trace.trial import Trial

Connect = Callable[[], Answering]
"""Starts the client afresh."""

Budget = Callable[[], bool]
"""Asked before each candidate whether there is still time for it."""


@attrs.define(eq=False)
class Judge:
    """Runs trials on both sides to see whether they part."""

    machine: Machine
    connect: Connect
    client: Answering | None = None
    roots: set[bytes] = attrs.field(factory=set)
    """Of the checkpoints of all chains that were tried."""
    tried: int = 0

    def parts_at(self, trial: Trial) -> Parted | None:
        """Return how two machines part on a trial, and the way to it; None where they do not.

        What is refused on the way is left out, and nothing after the divergence is there.
        """
        self.tried += 1
        machine = self.machine
        asks = asks_of(trial.start, ())
        replies = [machine.reply(asks[0])]
        if OK not in replies[0]:
            return None
        transactions: list[Any] = []
        for drawn in trial.transactions:
            transaction = repaired(machine.protocol, machine.now(), drawn, self.roots)
            transactions.append(transaction)
            replies.append(machine.apply(transaction))
        asks = asks_of(trial.start, tuple(transactions))
        pair = Pair(machine, self._ready())
        apart = pair.check(asks, replies)
        if apart is None:
            return None
        place, divergence = apart
        if divergence.kind.startswith("the client's fault"):
            self.close()
        kept = [
            one for one, reply in zip(transactions, replies[1:place], strict=False) if OK in reply
        ]
        last = transactions[place - 1 : place] if place else []
        return Parted(divergence, Trial(trial.start, (*kept, *last)))

    def _ready(self) -> Answering:
        if self.client is None:
            self.client = self.connect()
        return self.client

    def close(self) -> None:
        """End the client; the next trial starts it again."""
        if self.client is not None:
            self.client.close()
        self.client = None


@attrs.frozen
class Small:
    """A divergence made small."""

    parted: Parted
    differences: tuple[Difference, ...] = ()
    """Where the states differ then, as far as the client can say."""


def made_small(judge: Judge, parted: Parted, budget: Budget) -> Small:
    """Shrink a divergence while the budget lasts, and say where the states differ."""
    try:
        small = shrink(judge, parted, budget)
        # The last trial may have been another: both sides go the shortest way again.
        again = judge.parts_at(small.trial)
        if again is None or judge.client is None:
            return Small(small)
        return Small(again, find_differences(judge.machine, judge.client))
    finally:
        judge.close()


def shrink(judge: Judge, parted: Parted, budget: Budget) -> Parted:
    """Return the smallest way found to a divergence, while the budget lasts."""
    again = judge.parts_at(parted.trial)
    if again is None:
        return parted
    shrinker = _Shrinker(judge, budget, again)
    before = None
    while before is not shrinker.best and budget():
        before = shrinker.best
        shrinker.drop_transactions()
        for propose in (fewer_actors, fewer_signers, smaller_genesis):
            shrinker.improve(propose)
        shrinker.simplify_numbers()
    return shrinker.best


@attrs.define
class _Shrinker:
    judge: Judge
    budget: Budget
    best: Parted

    def _try(self, candidate: Trial) -> bool:
        parted = self.judge.parts_at(candidate)
        if parted is None or size_of(parted.trial) >= size_of(self.best.trial):
            return False
        self.best = parted
        return True

    def drop_transactions(self) -> None:
        """Leave out runs of transactions, long ones first and from the end."""
        chunk = max(1, len(self.best.trial.transactions) // 2)
        while True:
            place = len(self.best.trial.transactions) - chunk
            while place > -chunk:
                transactions = self.best.trial.transactions
                first = max(0, place)
                kept = transactions[:first] + transactions[place + chunk :]
                if not self.budget():
                    return
                self._try(Trial(self.best.trial.start, kept))
                place = min(place, len(self.best.trial.transactions)) - chunk
            if chunk == 1:
                return
            chunk //= 2

    def improve(self, propose: Propose) -> None:
        """Take every proposal that still parts the two, until none does."""
        progress = True
        while progress:
            progress = False
            for candidate in propose(self.best.trial):
                if not self.budget():
                    return
                if self._try(candidate):
                    progress = True
                    break

    def simplify_numbers(self) -> None:
        """Make each number as simple as it can be, one after another."""
        place = 0
        while place < len(sites := sites_of(self.best.trial)):
            site = sites[place]
            for number in simpler(site.number, site.plain):
                candidate = site.put(self.best.trial, number)
                if candidate is None:
                    continue
                if not self.budget():
                    return
                if self._try(candidate):
                    break
            else:
                place += 1
