"""Every planted bug is refuted by the law that names it, and the protocol is not."""

from itertools import product

import pytest

import properties.mutants as mutants_module
from properties.engines.branches.proposers import OF_ELECTIONS, wrong_elections
from properties.engines.check import CheckReport, execute
from properties.engines.engine import Plan
from properties.engines.registry import engine_named
from properties.laws import law_by_id
from properties.model.protocols import load_protocol
from properties.mutants import CATALOGUE, MUTANTS, Mutant
from properties.trace.counterexample import Counterexample
from properties.trace.failures import Failure
from properties.trace.processes import differing_root
from properties.trace.shrink import Trial, run_trial
from statemachine import PROTOCOL, Genesis, Protocol, genesis

SEEDS = (5, 6, 7, 8)
"""What a campaign here is determined by, together with its number of runs.

A campaign stops at the first law that breaks: that is another one now and then.
"""

RUNS = 80
"""Walks without a refutation that say something for the protocol."""

FEW_RUNS, MOST_RUNS = 20, 200
"""Runs that are tried first with each seed; and those that refute any mutant with one of them."""


def campaign(
    protocol: Protocol, path: str, runs: int = RUNS, engine: str = "walk", seed: int = SEEDS[0]
) -> CheckReport:
    return execute(
        Plan(
            protocol,
            path,
            seed,
            seconds=60,
            engines=(engine_named(engine),),
            runs=runs,
            fail_fast=True,
            shrink_seconds=0.5,
        )
    )


def failure_of(mutant: Mutant) -> Failure:
    # Roots are compared with other processes only when all walks are done.
    most = 12 if "RUN-2" in mutant.laws else MOST_RUNS
    # How often somebody is elected cannot be told from walks.
    engine = "branches" if {*OF_ELECTIONS} & {*mutant.laws} else "walk"
    for runs, seed in product((min(FEW_RUNS, most), most), SEEDS):
        for failure in campaign(mutant.protocol, mutant.path, runs, engine, seed).failures:
            if failure.violation.law in mutant.laws:
                return failure
    raise AssertionError(f"{mutant.id} is not refuted by name in {most} walks of any seed")


all_mutants = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)


@all_mutants
def test_a_mutant_is_refuted_by_a_law_that_names_its_mistake(mutant: Mutant) -> None:
    """One test, not three, so that no worker searches again for what another has found."""
    failure = failure_of(mutant)
    _breaks_the_same_law_when_read_back(mutant, failure)
    _says_nothing_against_the_protocol(failure)


def _breaks_the_same_law_when_read_back(mutant: Mutant, failure: Failure) -> None:
    violation, trial = failure.violation, failure.trial
    path = mutant.path
    text = Counterexample(
        path, violation.law, violation.message, "walk", trial.start, trial.transactions
    ).to_text()
    package = Counterexample.from_text(text)
    assert (package.start, package.transactions) == (trial.start, trial.transactions)
    again = Trial(package.start, package.transactions)
    protocol = load_protocol(package.protocol)
    if violation.law == "RUN-2":
        assert differing_root(protocol, path, [again]) is not None
        return
    if violation.law in OF_ELECTIONS:
        assert isinstance(again.start, Genesis)
        assert violation in wrong_elections(protocol, genesis(protocol, again.start))
        return
    run = run_trial(protocol, again, violation.law, repair=False)
    assert run is not None
    assert violation.message in [violation.message for violation in run.violations]


def _says_nothing_against_the_protocol(failure: Failure) -> None:
    law = failure.violation.law
    if law == "RUN-2":
        assert differing_root(PROTOCOL, "statemachine:PROTOCOL", [failure.trial]) is None
    elif law in OF_ELECTIONS:
        assert isinstance(failure.trial.start, Genesis)
        assert wrong_elections(PROTOCOL, genesis(PROTOCOL, failure.trial.start)) == []
    else:
        assert run_trial(PROTOCOL, failure.trial, law, repair=False) is None


def test_the_protocol_is_not_refuted_by_the_campaign_that_refutes_all_mutants() -> None:
    outcome = campaign(PROTOCOL, "statemachine:PROTOCOL")
    assert not outcome.failures
    assert outcome.coverage.runs == RUNS
    (result,) = outcome.results.values()
    assert (result.checks["RUN-1"], result.checks["RUN-2"]) == (RUNS, 12)
    assert outcome.exit_code() == 0, (outcome.never_reached(), outcome.coverage.never_fired())


def test_mutants_are_told_apart_by_their_ids_and_their_protocols_by_their_names() -> None:
    assert len({mutant.id for mutant in CATALOGUE}) == len(CATALOGUE)
    assert len({mutant.protocol.name for mutant in CATALOGUE}) == len(CATALOGUE)


@all_mutants
def test_a_mutant_says_what_is_wrong_and_which_laws_should_notice(mutant: Mutant) -> None:
    assert mutant.mistake.endswith(".")
    assert 1 <= len(mutant.laws) <= 3
    for law in mutant.laws:
        law_by_id(law)


@all_mutants
def test_a_mutant_is_loaded_by_its_id(mutant: Mutant) -> None:
    assert load_protocol(mutant.path) is mutant.protocol


def test_a_mutant_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(mutants_module, "S" + "99")
    assert str(caught.value) == "there is no mutant S99"
