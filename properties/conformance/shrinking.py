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
    fewer_actors,
    fewer_signers,
    size_of,
    smaller_genesis,
)
from properties.trace.descent import Budget, Descent
from properties.trace.repair import repaired
from properties.trace.trial import Trial

Connect = Callable[[], Answering]
"""Starts the client afresh."""


@attrs.define(eq=False)
class Judge:
    """Runs trials on both sides to see whether they part."""

    machine: Machine
    connect: Connect
    client: Answering | None = None
    roots: set[bytes] = attrs.field(factory=set)
    """Roots of the checkpoints of all chains that were tried."""
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
            tx for tx, reply in zip(transactions, replies[1:place], strict=False) if OK in reply
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
    shrinker = _Shrinker(again.trial, budget, judge, again)
    shrinker.descend(fewer_actors, fewer_signers, smaller_genesis)
    return shrinker.parted


@attrs.define
class _Shrinker(Descent):
    judge: Judge
    parted: Parted
    """How the two part on the smallest trial so far."""

    def take(self, candidate: Trial) -> bool:
        parted = self.judge.parts_at(candidate)
        if parted is None or size_of(parted.trial) >= size_of(self.best):
            return False
        self.parted, self.best = parted, parted.trial
        return True
