"""All shipped worlds within one time budget: the near states of each before the rest of any."""

import time
from collections.abc import Iterator

from properties.engines.explore.outcome import Exploration
from properties.engines.explore.search import Budget, Progress, explore
from properties.engines.explore.worlds import WORLDS
from statemachine.protocol import Protocol

NEAR = 200
"""States of each world that are visited before any world is visited whole."""


def explore_all(
    protocol: Protocol,
    seconds: float | None = None,
    states: int | None = None,
    workers: int = 1,
    progress: Progress = lambda _outcome: None,
) -> Iterator[Exploration]:
    """Visit all worlds, each a little first; yield what came of each, once.

    Each may use its share of the time that is left, and so many states at most. Of worlds
    for which no time is left there is nothing, or what was seen of them at first.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    left = {world.name: world for world in WORLDS}
    glances: dict[str, Exploration] = {}
    near = NEAR if states is None else min(NEAR, states)
    for most in (near, states):
        for number, world in enumerate(waiting := tuple(left.values())):
            share = None
            if deadline is not None:
                share = (deadline - time.monotonic()) / (len(waiting) - number)
                if share <= 0:
                    break
            outcome = explore(world, protocol, Budget(most, share, workers), progress=progress)
            glances[world.name] = outcome
            is_last = most == states or outcome.ended == "interrupted"
            if outcome.refutation is not None or outcome.exhausted or is_last:
                yield outcome
                del left[world.name]
            if outcome.ended == "interrupted":
                return
    for name in left:
        if name in glances:
            yield glances[name]
