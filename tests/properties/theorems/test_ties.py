"""The machine computes what theorems define; a fork that does not breaks a tie by name."""

from collections.abc import Callable

import attrs
import pytest

from properties.engines.engine import Verdict
from properties.mutants import MUTANTS, mutant_by_id
from properties.theorems.frame import goes_through
from properties.theorems.inquiry import counterexamples, inquire
from properties.theorems.judge import judge
from properties.theorems.ties import ties
from properties.theorems.trials import confirming
from statemachine import arithmetic, duties
from statemachine.protocol import Transition
from statemachine.rules import PROTOCOL, evidence, lots
from statemachine.transactions import CastVotes


def test_every_tie_and_obligation_holds_of_the_protocol() -> None:
    outcome = inquire(PROTOCOL, thorough=False)
    assert outcome.verdict is Verdict.PROVED
    assert outcome.broken_ties == ()
    assert counterexamples(outcome, PROTOCOL, "statemachine:PROTOCOL") == {}


def test_what_obligations_and_axioms_name_are_ties() -> None:
    outcome = inquire(PROTOCOL, thorough=False)
    names = {tie.name for tie in outcome.ties}
    assert len(names) == len(outcome.ties)
    for theorem in outcome.theorems:
        for obligation in theorem.obligations:
            assert set(obligation.definitions) <= names, obligation.name
            for axiom in obligation.axioms:
                assert set(axiom.ties) <= names, axiom.name


BROKEN: dict[str, tuple[object, str, Callable[..., object]]] = {
    "share": (arithmetic, "share", lambda amount, bps: -(-amount * bps // 10_000)),
    "remaining": (arithmetic, "remaining", lambda amount, bps: amount - amount * bps // 10_000),
    "is_active": (lots, "is_active", lambda start, end, now: start <= now and now <= (end or now)),
    "oldest_admissible": (
        lots,
        "oldest_admissible",
        lambda state: state.epoch - state.params.evidence_window,
    ),
    "bucket_key": (
        lots,
        "bucket_key",
        lambda start, end, past, oldest: (0 if start <= oldest + 1 else start, end, past),
    ),
    "may_sign": (
        duties,
        "may_sign_vote",
        lambda signed, vote: vote.target.epoch > (signed.target or 0),
    ),
    "contradict": (evidence, "surrounds", lambda outer, inner: False),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_function_that_computes_something_else_breaks_its_tie(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, function, wrong = BROKEN[name]
    monkeypatch.setattr(module, function, wrong)
    broken = {
        tie.obligation.name
        for tie in ties()
        if judge("tie", tie.obligation, thorough=False).verdict is not Verdict.PROVED
    }
    assert name in broken


def test_rules_ask_for_what_they_touch_and_a_fork_that_goes_through_a_map_is_named() -> None:
    assert goes_through(PROTOCOL) == ()
    at_fault = goes_through(mutant_by_id("S12").protocol)
    assert {"claim", "claim_commission"} <= set(at_fault)
    assert all(name.startswith("claim") for name in at_fault)


def test_the_protocol_breaks_no_law_in_what_is_tried_to_confirm_a_broken_tie() -> None:
    assert confirming(PROTOCOL) is None


def test_a_rule_that_raises_what_it_likes_is_undetermined() -> None:
    def broken(*_arguments: object) -> Transition:
        raise ZeroDivisionError("nothing to divide by")

    fork = PROTOCOL.fork("broken", {CastVotes: broken})
    outcome = inquire(fork, thorough=False)
    reasons = {tie.reason for tie in outcome.broken_ties}
    assert "the rule raised ZeroDivisionError: nothing to divide by" in reasons
    assert outcome.exit_code in (1, 4)


@pytest.mark.parametrize(
    ("mutant", "obligation", "law"),
    [
        ("S18", "quorums/one set", "SAF-1"),
        ("S18d", "quorums/two sets", "SAF-1"),
        ("S19", "quorums/one set", "SAF-1"),
        ("F1", "safety/from genesis", "SAF-1"),
        ("F2", "safety/within the link", "SAF-1"),
        ("F3", "safety/one for each epoch", "SAF-1"),
        ("E2", "safety/beyond the link", "SAF-1"),
        ("B25", "liveness/both links have a quorum", "FIN-8"),
        ("B12", "evidence/not yet released", "TIM-3"),
        ("B12b", "evidence/not yet released", "ADM-1"),
        ("G1", "evidence/nor forgotten where it has moved", "SLA-1"),
        ("S5", "evidence/not yet released", "SLA-1"),
        ("S6", "solvency/one slash more", "ACC-1"),
    ],
)
def test_a_planted_bug_breaks_an_obligation_and_the_machine_confirms_it(
    mutant: str, obligation: str, law: str
) -> None:
    (planted,) = [bug for bug in MUTANTS if bug.id == mutant]
    outcome = inquire(planted.protocol, thorough=False)
    assert obligation in {judgement.name for judgement in outcome.broken_obligations}
    confirmed = counterexamples(outcome, planted.protocol, planted.path)
    assert law in {package.law for package in confirmed.values()}
    assert all(attrs.has(type(package)) for package in confirmed.values())
