"""The engines as the hunt for mutants uses them: one protocol, one budget, one answer."""

import time
from collections.abc import Callable

import attrs

from properties.campaign import ENGINES as CAMPAIGN_ENGINES
from properties.campaign import Campaign
from properties.coverage import Coverage
from properties.explore import WORLDS, Budget, explore
from properties.fuzz.replays import replay_elsewhere
from properties.fuzz.workers import Plan, Standing, run_shard
from properties.mutants.catalogue import Mutant

SHRINK_SECONDS = 2.0
"""How long a counterexample may be worked on."""


NEAR = 200
"""States of each world that are visited before any world is visited whole."""


@attrs.frozen
class Look:
    """What one engine made of one protocol."""

    steps: int
    """In the engine's own unit, see `UNITS`; to the catch, where there is one."""
    seconds: float
    """To the catch, or all that were used; without shrinking."""
    law: str | None = None
    """The law that broke; None where none did."""
    message: str = ""
    length: int = 0
    """Transactions in the shrunk counterexample, those of both runs for a law of two."""


Engine = Callable[[Mutant, int, float], Look]
"""Looks at a mutant, with a seed, for some seconds."""


@attrs.define
class _Clock:
    """Seconds until something was caught, or until now."""

    began: float = attrs.field(factory=time.monotonic)
    caught: float | None = None

    def stop(self) -> None:
        if self.caught is None:
            self.caught = time.monotonic()

    @property
    def seconds(self) -> float:
        end = self.caught if self.caught is not None else time.monotonic()
        return end - self.began


def _of_campaign(name: str) -> Engine:
    """Return an engine of `stakespec check`."""

    def look(mutant: Mutant, seed: int, seconds: float) -> Look:
        clock = _Clock()

        def progress(what: str, _used: float, _coverage: Coverage) -> None:
            if what == "shrinking":
                clock.stop()

        outcome = Campaign(
            mutant.protocol,
            mutant.path,
            seed,
            seconds,
            engines=(name,),
            shrink_seconds=SHRINK_SECONDS,
            progress=progress,
        ).execute()
        record, found = outcome.engines[-1], outcome.refutation
        steps = record.runs if name == "branches" else record.steps
        if found is None:
            return Look(steps, clock.seconds)
        length = len(found.trial.transactions) + len(found.other or ())
        return Look(steps, clock.seconds, found.violation.law, found.violation.message, length)

    return look


def _fuzz(mutant: Mutant, seed: int, seconds: float) -> Look:
    clock = _Clock()

    def report(standing: Standing) -> bool:
        if standing.shrinking:
            clock.stop()
        return time.monotonic() - clock.began - clock.seconds > SHRINK_SECONDS

    plan = Plan(mutant.protocol, seed, seconds=seconds, fail_fast=True)
    outcome = run_shard(plan, 0, report)
    if outcome.failures:
        clock.stop()
    else:
        replay_elsewhere(mutant.protocol, mutant.path, outcome)
    found = list(outcome.failures)
    if not found:
        return Look(outcome.tally.drawn, clock.seconds)
    # Several laws may break at one step; the one that names the cause best speaks for it.
    rank = {law: place for place, law in enumerate(mutant.laws)}
    best = min(found, key=lambda one: rank.get(one.violation.law, len(rank)))
    law, message = best.violation.law, best.violation.message
    return Look(best.drawn, clock.seconds, law, message, len(best.trial.transactions))


def _explore(mutant: Mutant, _seed: int, seconds: float) -> Look:
    """Visit all worlds, each a little first: what is near in one is not to wait for another."""
    clock = _Clock()
    states = 0
    left = list(WORLDS)
    seen: set[str] = set()
    for most in (NEAR, None):
        for number, world in enumerate(tuple(left)):
            share = (seconds - clock.seconds) / (len(left) - number)
            if share <= 0:
                break
            outcome = explore(world, mutant.protocol, Budget(most, share, 1))
            states += outcome.states
            found = outcome.refutation
            if outcome.exhausted:
                seen.add(world.name)
            if found is not None:
                law, message = found.violation.law, found.violation.message
                return Look(states, clock.seconds, law, message, len(found.story))
        left = [world for world in left if world.name not in seen]
    return Look(states, clock.seconds)


ENGINES: dict[str, Engine] = {
    **{name: _of_campaign(name) for name in CAMPAIGN_ENGINES},
    "fuzz": _fuzz,
    "explore": _explore,
}
"""Each engine by its name."""

UNITS = {"branches": "worlds", "explore": "states"}
"""What an engine counts, where it is not steps (transactions applied, or drawn by fuzz)."""
