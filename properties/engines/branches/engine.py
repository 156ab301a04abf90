"""Worlds of two branches as an engine, with a look at proposers now and then."""

from collections.abc import Callable
from random import Random

import attrs

from properties.engines.branches.look import Notes, look
from properties.engines.branches.proposers import OF_ELECTIONS, draw_electorate, wrong_elections
from properties.engines.engine import Engine, Plan, Result
from properties.engines.numbered import failure_of_run, keep, numbered
from properties.laws.law import OnChance, OnTwoRuns
from properties.model.design import asked
from properties.trace.trial import Trial
from statemachine.rules.genesis import genesis

NAME = "branches"

PATIENT_EVERY = 25
"""Of so many worlds, in one the validators only wait, half of them on each branch."""

PROPOSER_EVERY = 50
"""Of so many worlds of branches, one comes with a look at how often proposers are elected."""


def _grow(plan: Plan, result: Result, number: int, _go_on: Callable[[], bool]) -> None:
    """Grow a world of two branches, in which validators may sign anything."""
    protocol, rng = plan.protocol, Random(f"{plan.seed}/branches/{number}")
    result.runs += 1
    result.effort += 1
    if number % PROPOSER_EVERY == 0:
        electorate = draw_electorate(rng)
        result.looked.update(OF_ELECTIONS)
        violations = wrong_elections(protocol, genesis(protocol, electorate))
        keep(plan, result, NAME, number, asked(protocol, violations), Trial(electorate, ()))
    notes = Notes(result.coverage.reached, result.looked)
    patient = number % PATIENT_EVERY == PATIENT_EVERY - 1
    breach = look(protocol, rng, notes, patient)
    result.note_price(notes.least.slashed, notes.least.total)
    if breach is None:
        return
    trial = Trial(breach.start, breach.transactions)
    failure = failure_of_run(plan, NAME, number, breach.violation, trial)
    length = len(breach.transactions) + len(breach.other or ())
    result.failures.add(
        attrs.evolve(failure, other=breach.other, honest=breach.honest, original_length=length)
    )


def _say(_plan: Plan, result: Result) -> None:
    """Say what a conflict cost at least, and how many cost nobody anything by right."""
    conflicts = result.coverage.reached["conflict"]
    slashed, total = result.price
    result.covered = f"{conflicts:,} conflicts"
    if total:
        result.covered += f", the least slashed in one {100 * slashed / total:.1f} % of the stake"
    unpromised = conflicts - result.coverage.reached["costly"]
    if unpromised:
        result.covered += f"; in {unpromised:,} the sets differed too much for any promise"


BRANCHES = Engine(
    name=NAME,
    summary="two branches from one genesis, grown by an adversary",
    unit=("world of two branches", "worlds of two branches"),
    effort=("world", "worlds"),
    share=0.09,
    checks=frozenset({OnTwoRuns, OnChance}),
    run=numbered(_grow, _say),
)
