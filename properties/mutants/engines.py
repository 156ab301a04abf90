"""The engines as the hunt for mutants uses them: one protocol, one budget, one answer."""

import time
from collections.abc import Callable

import attrs

from properties.engines.check import Plan, execute
from properties.engines.check.runs import RUNS
from properties.engines.explore.tour import tour
from properties.engines.fuzz import workers as fuzzing
from properties.engines.fuzz.replays import replay_elsewhere
from properties.engines.fuzz.workers import Standing, run_shard
from properties.engines.prove.order import ordered
from properties.engines.prove.registry import CONTRACTS, LEMMA
from properties.engines.prove.subject import SUBJECT
from properties.mutants.catalogue import Mutant
from properties.trace.failures import Failure, Failures

SHRINK_SECONDS = 2.0
"""How long a counterexample may be worked on."""


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


def _best(failures: Failures, mutant: Mutant) -> Failure:
    """Return the failure that speaks for all: several laws may break at one step.

    It is one whose law names the cause, if there is one.
    """
    rank = {law: place for place, law in enumerate(mutant.laws)}
    return min(failures, key=lambda one: rank.get(one.violation.law, len(rank)))


def _of_runs(name: str) -> Engine:
    """Return an engine that makes numbered runs."""

    def look(mutant: Mutant, seed: int, seconds: float) -> Look:
        clock = _Clock()

        def progress(what: str, _used: float, _covered: str) -> None:
            if what == "shrinking":
                clock.stop()

        plan = Plan(
            mutant.protocol,
            mutant.path,
            seed,
            seconds,
            engines=(name,),
            fail_fast=True,
            shrink_seconds=SHRINK_SECONDS,
        )
        outcome = execute(plan, progress)
        record = outcome.records[-1]
        steps = record.runs if name == "branches" else record.steps
        if not outcome.failures:
            if outcome.cut_short:
                raise RuntimeError(record.cut_short)
            return Look(steps, clock.seconds)
        return _caught(_best(outcome.failures, mutant), steps, clock.seconds)

    return look


def _caught(found: Failure, steps: int, seconds: float) -> Look:
    return Look(steps, seconds, found.violation.law, found.violation.message, found.length)


def _fuzz(mutant: Mutant, seed: int, seconds: float) -> Look:
    clock = _Clock()

    def report(standing: Standing) -> bool:
        if standing.shrinking:
            clock.stop()
        return False

    plan = fuzzing.Plan(
        mutant.protocol, seed, seconds=seconds, fail_fast=True, shrink_seconds=SHRINK_SECONDS
    )
    outcome = run_shard(plan, 0, report)
    if outcome.failures:
        clock.stop()
    else:
        replay_elsewhere(mutant.protocol, mutant.path, seed, outcome)
    if not outcome.failures:
        return Look(outcome.tally.drawn, clock.seconds)
    best = _best(outcome.failures, mutant)
    return _caught(best, best.effort, clock.seconds)


def _explore(mutant: Mutant, _seed: int, seconds: float) -> Look:
    clock = _Clock()
    states = 0
    for outcome in tour(mutant.protocol, seconds):
        states += outcome.states
        found = outcome.refutation
        if found is not None:
            law, message = found.violation.law, found.violation.message
            return Look(states, clock.seconds, law, message, len(found.story))
    return Look(states, clock.seconds)


def _prove(mutant: Mutant, _seed: int, seconds: float) -> Look:
    """Walk one contract after another, with what time is left; lemmas break no law."""
    # Here and not above: only who proves something waits for CrossHair to load.
    from properties.engines.prove.prover import refute_contract

    clock = _Clock()
    rank = {law: place for place, law in enumerate(mutant.laws)}
    rules = [one for one in CONTRACTS if one.rule != LEMMA]
    walked = 0
    for contract in ordered(rules, mutant.protocol):
        left = seconds - clock.seconds
        if left <= 0:
            break
        with SUBJECT.speaking_of(mutant.protocol):
            findings = refute_contract(contract, left, mutant.path)
        walked += 1
        found = [one.counterexample for one in findings if one.counterexample is not None]
        if found:
            best = min(found, key=lambda one: rank.get(one.law, len(rank)))
            return Look(walked, clock.seconds, best.law, best.message, len(best.transactions))
    return Look(walked, clock.seconds)


ENGINES: dict[str, Engine] = {
    **{name: _of_runs(name) for name in RUNS},
    "fuzz": _fuzz,
    "explore": _explore,
    "prove": _prove,
}
"""Each engine by its name."""

UNITS = {
    **dict.fromkeys(ENGINES, ("step", "steps")),
    "branches": ("world", "worlds"),
    "explore": ("state", "states"),
    "prove": ("contract", "contracts"),
}
"""What an engine counts, one and many; steps are transactions applied, or drawn by fuzz."""
