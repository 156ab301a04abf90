"""Each of these mistakes is noticed by a law that names it, where no other law looks."""

from random import Random

import pytest

from properties.engines.branches.proposers import draw_electorate, wrong_elections
from properties.generate.transactions import draw_profile
from properties.laws import law_by_id
from properties.laws.law import OnChance, OnOracle
from properties.model.worlds import draw_genesis
from properties.mutants import Mutant, admission, blocks, rare, standing
from properties.trace.run import Run
from statemachine import PROTOCOL, Protocol
from statemachine.rules.genesis import genesis
from tests.properties.laws.walks import first_violation

MUTANTS = (*admission.MUTANTS, *blocks.MUTANTS, *standing.MUTANTS, *rare.MUTANTS, *rare.UNMEASURED)

WALKS = 300


def noticed_by_a_run(mutant: Mutant) -> bool:
    """Say whether a run with the oracle breaks one of the laws that name a mistake."""
    for number in range(WALKS):
        rng = Random(f"runs/{number}")
        run = Run.start(mutant.protocol, draw_genesis(rng))
        if run.walk(rng, draw_profile(run.protocol, rng, run.state), 60):
            assert {violation.law for violation in run.violations} & set(mutant.laws), (
                run.violations
            )
            return True
    return False


def elections_of(protocol: Protocol, number: int) -> list[str]:
    electorate = genesis(protocol, draw_electorate(Random(f"elections/{number}")))
    return [violation.law for violation in wrong_elections(protocol, electorate)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_mistake_breaks_the_law_that_names_it(mutant: Mutant) -> None:
    law = law_by_id(mutant.laws[0])
    if isinstance(law.check, OnChance):
        assert any(law.id in elections_of(mutant.protocol, number) for number in range(5))
    elif isinstance(law.check, OnOracle):
        assert noticed_by_a_run(mutant)
    else:
        violation = first_violation(mutant.protocol, (law,), WALKS)
        assert violation is not None
        assert violation.law == law.id


def test_the_protocol_breaks_none_of_these_laws() -> None:
    ids = {law_id for mutant in MUTANTS for law_id in mutant.laws}
    assert first_violation(PROTOCOL, tuple(map(law_by_id, sorted(ids))), 40) is None
    assert [elections_of(PROTOCOL, number) for number in range(20)] == [[]] * 20
