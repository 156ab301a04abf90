"""What a campaign is asked to do."""

from collections.abc import Callable
from types import MappingProxyType

import attrs

from statemachine.protocol import Protocol
from statemachine.rules.genesis import Genesis

SHARES = MappingProxyType(
    {
        "walk": 0.26,
        "one-step": 0.05,
        "branches": 0.09,
        "hypothesis": 0.05,
        "fuzz": 0.11,
        "explore": 0.20,
        "prove": 0.24,
    }
)
"""What part of the time each engine may use.

What one leaves, or takes more than that, those after it gain or lose in proportion.
"""

ENGINES = tuple(SHARES)
"""What looks for a way to break a law, in this order."""

FROM_A_GENESIS = ("fuzz", "walk")
"""The engines that can begin with a genesis; the others begin in worlds of their own.

A walk comes last: it ends with everyone leaving, which on a large state is long work.
"""

Progress = Callable[[str, float, str], None]
"""Told now and then what is being done, how much of the time is used, and what was covered."""


@attrs.frozen
class Plan:
    """What is checked, from where, by what, and for how long.

    Every run of an engine is determined by the seed and its number, so a plan of as many
    runs does the same again. Time decides only how many runs there are.
    """

    protocol: Protocol
    path: str
    """Where the protocol is, as MODULE:NAME."""
    seed: int
    seconds: float
    """For all engines, without making counterexamples small."""
    genesis: Genesis | None = None
    runs: int | None = None
    """So many runs of each engine, instead of as many as fit into the time."""
    engines: tuple[str, ...] = ENGINES
    workers: int = 1
    """Processes that share the work of an engine."""
    fail_fast: bool = False
    """Stop at the first law that is broken."""
    shrink_seconds: float = 20.0
    """How long counterexamples may be worked on, all of them together."""

    def shares(self) -> list[tuple[str, float]]:
        """Return the engines that are asked, each with its part of the time then left."""
        able = ENGINES if self.genesis is None else FROM_A_GENESIS
        chosen = [name for name in able if name in self.engines]
        left = sum(SHARES[name] for name in chosen)
        found = []
        for name in chosen:
            found.append((name, SHARES[name] / left))
            left -= SHARES[name]
        return found
