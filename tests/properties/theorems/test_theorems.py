"""Every obligation is proved, from axioms that have a model and are all needed."""

import pytest
import z3

from properties.engines.engine import Verdict
from properties.laws.registry import LAWS
from properties.theorems.finite import small_model
from properties.theorems.judge import Judgement, Need, judge, judge_all, overall
from properties.theorems.registry import theorems
from properties.theorems.theory import INDUCTION, Axiom, Obligation, Theorem

THEOREMS = theorems()
OBLIGATIONS = {
    f"{theorem.id}/{obligation.name}": (theorem, obligation)
    for theorem in THEOREMS
    for obligation in theorem.obligations
}

x = z3.Int("x")


@pytest.mark.parametrize("name", OBLIGATIONS)
def test_an_obligation_is_proved_from_axioms_that_it_needs(name: str) -> None:
    theorem, obligation = OBLIGATIONS[name]
    judgement = judge(theorem.id, obligation)
    assert judgement.verdict is Verdict.PROVED, judgement.reason or judgement.model
    assert judgement.consistent is True
    needs = dict(judgement.needs)
    assert set(needs.values()) <= {Need.NEEDED, Need.LEMMA}, needs
    for axiom in obligation.axioms:
        assert axiom.lemma or needs[axiom.name] is Need.NEEDED


def test_axioms_name_laws_of_the_registry_and_lemmas_that_come_before() -> None:
    laws = {law.id for law in LAWS}
    proved = {INDUCTION, ""}
    for theorem in THEOREMS:
        assert set(theorem.laws) <= laws
        for obligation in theorem.obligations:
            for axiom in obligation.axioms:
                assert set(axiom.laws) <= laws, axiom.name
                assert axiom.lemma in proved, axiom.lemma
                assert axiom.why, axiom.name
            names = [axiom.name for axiom in obligation.axioms]
            assert len(set(names)) == len(names)
            proved.add(f"{theorem.id}/{obligation.name}")


def _obligation(claim: z3.BoolRef, *axioms: z3.BoolRef) -> Obligation:
    named = tuple(Axiom(str(place), formula, "") for place, formula in enumerate(axioms))
    return Obligation("it", "It holds.", named, claim)


def test_a_claim_that_does_not_follow_is_refuted_with_a_model() -> None:
    judgement = judge("none", _obligation(x > 2, x > 0))
    assert judgement.verdict is Verdict.REFUTED
    assert judgement.model is not None
    assert 0 < judgement.model[x].as_long() <= 2
    assert overall([judgement]) is Verdict.REFUTED


def test_axioms_that_contradict_each_other_prove_nothing() -> None:
    judgement = judge("none", _obligation(x > 2, x > 0, x < 0))
    assert judgement.verdict is Verdict.PROVED
    assert not judgement.is_sound
    assert overall([judgement]) is Verdict.UNDETERMINED


def test_an_axiom_that_is_not_needed_is_said_to_be_spare() -> None:
    judgement = judge("none", _obligation(x > 2, x > 3, x < 10))
    assert judgement.needs == (("0", Need.NEEDED), ("1", Need.SPARE))


Thing = z3.DeclareSort("Thing")
thing, other = z3.Consts("thing other", Thing)
above = z3.Function("above", Thing, Thing, z3.BoolSort())
parent = z3.Function("parent", Thing, Thing)


def test_a_small_model_has_as_few_elements_as_can_be() -> None:
    irreflexive = z3.ForAll([thing], z3.Not(above(thing, thing)))
    has_one_above = z3.ForAll([thing], z3.Exists([other], above(other, thing)))
    small = small_model((irreflexive, has_one_above))
    assert small is not None
    assert small[0] == 2


def test_functions_of_a_small_model_stay_within_it() -> None:
    height = z3.Function("height", Thing, z3.IntSort())
    grows = z3.ForAll([thing], height(parent(thing)) > height(thing))
    assert small_model((grows,)) is None


def test_what_has_no_proof_and_no_small_model_is_undetermined() -> None:
    height = z3.Function("height", Thing, z3.IntSort())
    grows = Axiom("grows", z3.ForAll([thing], height(parent(thing)) > height(thing)), "")
    obligation = Obligation("it", "It holds.", (grows,), z3.BoolVal(False))
    judgements = judge_all([Theorem("t", "T", "It holds.", "", (obligation,))])
    assert [judgement.verdict for judgement in judgements] == [Verdict.UNDETERMINED]
    assert isinstance(judgements[0], Judgement)
    assert overall(judgements) is Verdict.UNDETERMINED
