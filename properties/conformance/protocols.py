"""Differential search: the same transactions put to two protocols, in this process."""

import time
from collections.abc import Callable

import attrs

from properties.conformance.comparison import Pair
from properties.conformance.differences import Difference
from properties.conformance.fuzzing import Covered, Fuzzer, Parted
from properties.conformance.inside import Inside
from properties.conformance.machine import Machine
from properties.conformance.shrinking import Judge, made_small
from properties.trace.descent import Budget
from statemachine.description import Genesis
from statemachine.protocol import Protocol

TELLS = frozenset({"events"})
"""What is compared beside acceptance, reasons and roots: no values that a reason comes with."""


@attrs.frozen
class Found:
    """How two protocols differ."""

    parted: Parted
    """Where they part, on the shortest way to it."""
    original_length: int
    """Transactions on the way as it was met."""
    tried: int
    """Ways that were tried to make it shorter."""
    differences: tuple[Difference, ...]
    """Where the states differ then."""


@attrs.define(eq=False)
class ProtocolSearch:
    """A search for a difference between two protocols; the first draws the transactions."""

    ours: Protocol
    theirs: Protocol
    seed: int
    start: Genesis | None = None
    """Where every world begins; None for drawn ones."""
    seconds: float = 0.0
    """What the search took, without making small what it met."""
    fuzzer: Fuzzer = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin at the seed."""
        pair = Pair(Machine(self.ours), self._other())
        self.fuzzer = Fuzzer(pair, self.seed, self.start)

    @property
    def covered(self) -> Covered:
        """What was put to both so far."""
        return self.fuzzer.covered

    def _other(self) -> Inside:
        machine = Machine(self.theirs)
        # A type of transaction that it has no rule for is refused, not unreadable.
        machine.types = tuple({*machine.types, *Machine(self.ours).types})
        return Inside(machine, TELLS)

    def run(self, steps: int | None, go_on: Callable[[], bool], budget: Budget) -> Found | None:
        """Search for so many steps, or as long as `go_on` says; make small what is met."""
        began = time.monotonic()
        parted = self.fuzzer.run(steps, go_on)
        self.seconds = time.monotonic() - began
        if parted is None:
            return None
        judge = Judge(Machine(self.ours), self._other)
        small = made_small(judge, parted, budget)
        return Found(small.parted, len(parted.trial.transactions), judge.tried, small.differences)
