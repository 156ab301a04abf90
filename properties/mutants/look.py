"""One engine on one mutant: one protocol, one budget, one answer."""

import time

import attrs

from properties.engines.check import execute
from properties.engines.check.campaign import TOO_SHORT
from properties.engines.engine import Engine, Plan
from properties.mutants.catalogue import Mutant
from properties.trace.failures import Failure, Failures

SHRINK_SECONDS = 2.0
"""How long a counterexample may be shrunk."""


@attrs.frozen
class Look:
    """The result of one engine on one protocol."""

    steps: int
    """In the engine's own unit of effort; to the catch, where there is one."""
    seconds: float
    """To the catch, or all that were used; without shrinking."""
    law: str | None = None
    """The law that broke; None if none did."""
    message: str = ""
    length: int = 0
    """Transactions in the shrunk counterexample, those of both runs for a law of two."""


def look(engine: Engine, mutant: Mutant, seed: int, seconds: float) -> Look:
    """Run an engine on a mutant. Raises RuntimeError if it ends without an answer."""
    began = time.monotonic()
    caught: float | None = None

    def progress(phase: str, _used: float, _covered: str) -> None:
        nonlocal caught
        if phase == "shrinking" and caught is None:
            caught = time.monotonic() - began

    plan = Plan(
        mutant.protocol,
        mutant.path,
        seed,
        seconds,
        engines=(engine,),
        fail_fast=True,
        shrink_seconds=SHRINK_SECONDS,
    )
    report = execute(plan, progress)
    result = report.results[engine]
    spent = caught if caught is not None else time.monotonic() - began
    if not report.failures:
        begun = result.effort and result.cut_short == TOO_SHORT
        if report.cut_short and not begun:
            raise RuntimeError(result.cut_short)
        return Look(result.effort, spent)
    best = _best(report.failures, mutant)
    return Look(result.effort, spent, best.violation.law, best.violation.message, best.length)


def _best(failures: Failures, mutant: Mutant) -> Failure:
    """Return one failure to represent all: several laws may break at one step.

    It is one whose law names the cause, if there is one.
    """
    rank = {law: place for place, law in enumerate(mutant.laws)}
    return min(failures, key=lambda failure: rank.get(failure.violation.law, len(rank)))
