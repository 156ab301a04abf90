"""What specs/contracts.md says is what was measured, and no contract is left without a word."""

import json
from pathlib import Path

import pytest

from properties.engines.prove.contract import LEMMA
from properties.engines.prove.laws import keeps
from properties.engines.prove.registry import CONTRACTS
from properties.engines.prove.subject import SUBJECT
from properties.mutants import MUTANTS
from properties.mutants.contracts_page import (
    ENOUGH,
    MEASURED,
    PAGE,
    UNREFUTED,
    as_text,
    caught_by_prove,
    kills_of,
    page,
    suspects,
)
from properties.mutants.page import MEASURED as HUNTED
from statemachine.rules import PROTOCOL
from tests.properties.engines.contract_forks import with_a_unit_more

SPECS = Path(__file__).resolve().parents[3] / "specs"

KEPT = json.loads((SPECS / MEASURED).read_text(encoding="utf-8"))

BY_NAME = {contract.name: contract for contract in CONTRACTS}


def test_the_page_is_made_from_the_measurement() -> None:
    again = "run python -m properties.mutants.contracts_page specs"
    assert (SPECS / PAGE).read_text(encoding="utf-8") == page(KEPT), again
    assert json.loads(as_text(KEPT)) == KEPT


def test_every_contract_is_refuted_by_a_planted_bug_or_says_why_not() -> None:
    assert set(KEPT["kills"]) == set(BY_NAME)
    bugs = {mutant.id for mutant in MUTANTS}
    for name, kills in KEPT["kills"].items():
        assert bool(kills) != (name in UNREFUTED), name
        assert set(kills) <= bugs
        assert len(kills) <= ENOUGH


def test_bugs_that_the_prover_has_caught_are_tried_first() -> None:
    likely = caught_by_prove(SPECS)
    assert likely <= {bug["id"] for bug in json.loads((SPECS / HUNTED).read_text())["mutants"]}
    assert suspects(BY_NAME["delegate"], likely)[0] in likely


def test_a_planted_bug_that_refutes_a_contract_is_named_with_the_law() -> None:
    assert kills_of(BY_NAME["quorums_intersect"], ("S18e",)) == {"S18e": ["_"]}
    assert kills_of(BY_NAME["delegate"], ("S8",)) == {"S8": ["covers_stake", "does_as_ordered"]}


OF_RULES = {kind.__name__: kind for kind in PROTOCOL.rules}


@pytest.mark.parametrize("name", [one for one in UNREFUTED if BY_NAME[one].rule != LEMMA])
def test_a_contract_that_no_planted_bug_refutes_is_refuted_by_a_unit_out_of_nothing(
    name: str,
) -> None:
    contract = BY_NAME[name]
    fork = with_a_unit_more(OF_RULES[contract.rule])
    with SUBJECT.speaking_of(fork):
        assert not keeps(contract.function(), "conserves")
