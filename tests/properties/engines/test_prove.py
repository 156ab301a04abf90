"""Contracts speak of lawful states, hold for the protocol, and are refuted by what is wrong."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from crosshair.util import CrossHairInternal

from properties.engines.engine import Proofs, Verdict
from properties.engines.prove import laws, lemmas
from properties.engines.prove.by_law import proofs_of_laws
from properties.engines.prove.campaign import Budget, Campaign, Task, prove
from properties.engines.prove.contract import LEMMA, Contract
from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.findings import Finding
from properties.engines.prove.laws import LAWS_OF
from properties.engines.prove.order import changed_rules, ordered
from properties.engines.prove.prover import prove_contract
from properties.engines.prove.refutation import (
    counterexample_of,
    holds_after_all,
    like_the_example,
)
from properties.engines.prove.registry import CONTRACTS
from properties.engines.prove.shapes import SECOND
from properties.engines.prove.subject import SUBJECT
from properties.laws import LAWS, check_state
from properties.laws.application import checked_apply
from properties.laws.views import Step, all_views
from properties.trace.counterexample import Counterexample
from statemachine.arithmetic import share
from statemachine.errors import OutOfRange
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import Protocol
from statemachine.rules import PROTOCOL
from statemachine.rules.churn import book
from statemachine.state import State
from statemachine.transactions import Delegate, ProduceBlock
from tests.properties.engines.contract_forks import BY_ID, QUICK, REFUSING, SLOW, Planted

BY_NAME = {contract.name: contract for contract in CONTRACTS}
RULES = [contract for contract in CONTRACTS if contract.rule != LEMMA]

ALL = pytest.mark.skipif(
    "STAKESPEC_ALL_PROOFS" not in os.environ, reason="takes a minute: set STAKESPEC_ALL_PROOFS"
)


def _prove(contract: Contract, promises: tuple[str, ...], protocol: Protocol) -> list[Finding]:
    campaign = prove([Task(contract, promises)], protocol, "somewhere:FORK", Budget(120.0))
    return campaign.findings


@pytest.mark.parametrize("contract", RULES, ids=lambda contract: contract.name)
def test_an_example_is_accepted_and_lawful_before_and_after(contract: Contract) -> None:
    step = contract.function()
    assert isinstance(step, Step)
    assert check_state(LAWS, step.before, all_views(step.before)) == []
    assert check_state(LAWS, step.after, step.all_views_after) == []
    for promise in contract.promises:
        assert laws.keeps(step, promise), promise


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_an_example_is_one_of_those_that_a_contract_speaks_of(contract: Contract) -> None:
    text = contract.function.__doc__ or ""
    numbers = {
        name: parameter.default
        for name, parameter in inspect.signature(contract.function).parameters.items()
    }
    conditions = re.findall(r"^ *pre: (.*)$", text, re.MULTILINE)
    assert conditions
    for condition in conditions:
        assert eval(condition, contract.function.__globals__, numbers), condition


@pytest.mark.parametrize(
    "contract",
    [contract for contract in CONTRACTS if contract.rule == LEMMA],
    ids=lambda contract: contract.name,
)
def test_the_example_of_a_lemma_holds(contract: Contract) -> None:
    assert contract.promises == ("_",)
    assert contract.function() is True


def test_every_transaction_type_the_boundary_and_slashing_have_contracts() -> None:
    rules = {contract.rule for contract in CONTRACTS}
    assert rules == {kind.__name__ for kind in PROTOCOL.rules} | {"epoch", "slash", LEMMA}


def test_every_contract_about_a_rule_promises_conservation_and_non_negativity() -> None:
    for contract in RULES:
        assert contract.promises[:2] == ("conserves", "never_negative"), contract.name


def test_contracts_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(CONTRACTS)


def test_elections_are_free_only_where_a_block_needs_one() -> None:
    for contract in RULES:
        contract.function()
        asked = SUBJECT.asked
        assert asked is not None
        needs = isinstance(asked.transaction, ProduceBlock) or contract.rule == "ReportProposer"
        assert bool(asked.elected) == needs, contract.name


@pytest.mark.parametrize("name", ["transfer", "claim", "slash_moved", "quorums_intersect"])
def test_what_holds_is_proved(name: str) -> None:
    contract = BY_NAME[name]
    findings = _prove(contract, contract.promises, PROTOCOL)
    assert [(finding.law, finding.verdict) for finding in findings] == [
        (promise, Verdict.PROVED) for promise in contract.promises
    ]
    if contract.rule != LEMMA:
        assert all(finding.accepted > 0 for finding in findings)


def _refute(planted: Planted) -> None:
    contract = BY_NAME[planted.contract]
    (finding,) = _prove(contract, (planted.promise,), planted.fork)
    assert finding.verdict is Verdict.REFUTED, finding.reason
    if contract.rule == LEMMA:
        assert finding.counterexample is None
        return
    package = finding.counterexample
    assert package is not None
    again = Counterexample.from_text(package.to_text())
    assert again.law in planted.laws
    (transaction,) = again.transactions
    with SUBJECT.speaking_of(planted.fork):
        outcome = checked_apply(SUBJECT.protocol, again.start, transaction)  # type: ignore[arg-type]
        assert not laws.keeps(outcome, planted.promise)


@pytest.mark.parametrize("planted", QUICK, ids=lambda planted: planted.id)
def test_a_planted_violation_of_each_law_is_refuted_by_a_counterexample(planted: Planted) -> None:
    _refute(planted)


@ALL
@pytest.mark.parametrize("planted", SLOW, ids=lambda planted: planted.id)
def test_a_planted_violation_of_each_rule_is_refuted_by_a_counterexample(
    planted: Planted,
) -> None:
    _refute(planted)


def test_who_is_hardly_ever_elected_is_in_a_counterexample_all_the_same() -> None:
    contract = BY_NAME["produce_after_slash"]
    fork = next(planted for planted in SLOW if planted.contract == contract.name).fork
    outstaked: dict[str, Any] = {"has": Earnings(second=2**100, growth=0), "fraction": 400}
    with SUBJECT.speaking_of(fork):
        assert not holds_after_all(contract.function, outstaked, "covers_stake")
        assert counterexample_of(contract.function, outstaked, "covers_stake", "FORK") is None
        alike = like_the_example(
            contract.function, outstaked, "covers_stake", lambda numbers: numbers["fraction"] != 500
        )
        assert alike == {"has": EARNINGS, "fraction": 400}
        package = counterexample_of(contract.function, alike, "covers_stake", "FORK")
        assert package is not None
        assert package.law in LAWS_OF["covers_stake"]


@ALL
def test_the_protocol_is_proved_whole() -> None:
    tasks = [Task(contract, contract.promises) for contract in CONTRACTS]
    campaign = prove(tasks, PROTOCOL, "statemachine:PROTOCOL", Budget(120.0, workers=2))
    assert [finding for finding in campaign.findings if finding.verdict is not Verdict.PROVED] == []


def test_a_law_that_is_planted_against_is_among_those_of_every_column() -> None:
    assert {planted.promise for planted in QUICK} == {*laws.LAWS_OF, "_"}


def test_a_rule_that_refuses_everything_is_not_proved() -> None:
    (finding,) = _prove(BY_NAME["transfer"], ("conserves",), REFUSING)
    assert finding.verdict is Verdict.UNDETERMINED
    assert "example" in finding.reason


def test_where_crosshair_itself_fails_a_law_is_undetermined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_outcome: object, _promise: str) -> bool:
        raise CrossHairInternal("lost its way")  # type: ignore[no-untyped-call]

    monkeypatch.setattr(laws, "complaints", fail)
    (finding,) = _prove(BY_NAME["transfer"], ("conserves",), PROTOCOL)
    assert finding.verdict is Verdict.UNDETERMINED
    assert finding.reason == "CrossHair gave up: lost its way"


def test_a_budget_that_ends_leaves_a_law_undetermined() -> None:
    campaign = prove(
        [Task(BY_NAME["undelegate"], ("conserves",))], PROTOCOL, "p:P", Budget(seconds=0.05)
    )
    assert [finding.verdict for finding in campaign.findings] == [Verdict.UNDETERMINED]
    assert campaign.exit_code() == 4


def test_a_deadline_leaves_undetermined_what_was_not_done() -> None:
    tasks = [Task(BY_NAME[name], ("conserves",)) for name in ("undelegate", "redelegate")]
    campaign = prove(tasks, PROTOCOL, "p:P", Budget(60.0, deadline=0.1))
    assert [finding.contract for finding in campaign.findings] == ["undelegate", "redelegate"]
    assert {finding.reason for finding in campaign.findings} == {"the deadline passed"}


def test_ctrl_c_leaves_what_is_known() -> None:
    def interrupt(campaign: Campaign) -> None:
        if campaign.findings:
            raise KeyboardInterrupt

    tasks = [Task(BY_NAME[name], ("conserves",)) for name in ("transfer", "undelegate")]
    campaign = prove(tasks, PROTOCOL, "p:P", Budget(60.0), interrupt)
    assert campaign.interrupted
    assert [finding.verdict for finding in campaign.findings] == [
        Verdict.PROVED,
        Verdict.UNDETERMINED,
    ]
    assert campaign.exit_code() == 4


def test_findings_of_a_refutation_outweigh_what_is_undetermined() -> None:
    refuted = Finding("a", "b", "conserves", Verdict.REFUTED)
    unknown = attrs.evolve(refuted, verdict=Verdict.UNDETERMINED)
    assert Campaign([unknown, refuted]).exit_code() == 1
    assert Campaign([unknown]).exit_code() == 4
    assert Campaign([attrs.evolve(refuted, verdict=Verdict.PROVED)]).exit_code() == 0


@pytest.mark.parametrize(
    ("fork", "changed"),
    [
        (PROTOCOL, set()),
        (BY_ID["S9"], {"Delegate"}),
        (BY_ID["B18b"], {"Undelegate", "Redelegate"}),
        (BY_ID["S10"], {"epoch"}),
        (PROTOCOL.fork("blocks", {ProduceBlock: BY_ID["S9"].rules[Delegate]}), {
            "ProduceBlock", "epoch",
        }),
        (BY_ID["CANARY"], {"CastVotes", "ReportInvalidBlock", LEMMA}),
        (BY_ID["S6"], {
            "slash", "ProduceBlock", "ReportBlocks", "ReportVotes", "ReportProposer",
            "ReportInvalidBlock",
        }),
    ],
    ids=lambda case: getattr(case, "name", ""),
)  # fmt: skip
def test_contracts_of_what_a_fork_changed_come_first_and_then_the_cheapest(
    fork: Protocol, changed: set[str]
) -> None:
    assert changed_rules(fork) == changed
    tx = ordered(CONTRACTS, fork)
    assert sorted(contract.name for contract in tx) == sorted(BY_NAME)
    first = [contract for contract in CONTRACTS if contract.rule in changed]
    assert set(tx[: len(first)]) == set(first)
    for group in (tx[: len(first)], tx[len(first) :]):
        costs = [contract.cost for contract in group]
        assert costs == sorted(costs)


def test_every_rule_that_a_fork_can_change_has_a_contract_to_come_first() -> None:
    for kind, rule in PROTOCOL.rules.items():
        fork = PROTOCOL.fork("another", {kind: lambda *given, of=rule: of(*given)})
        assert ordered(CONTRACTS, fork)[0].rule in changed_rules(fork) & {kind.__name__, "epoch"}


def test_what_a_fork_changed_is_known_before_a_deadline_ends_the_rest() -> None:
    def stop(campaign: Campaign) -> None:
        if campaign.findings:
            raise KeyboardInterrupt

    tasks = [Task(BY_NAME[name], ("conserves",)) for name in ("transfer", "delegate")]
    campaign = prove(tasks, BY_ID["S9"], "p:P", Budget(60.0), stop)
    assert [finding.contract for finding in campaign.findings] == ["transfer", "delegate"]
    assert [finding.verdict for finding in campaign.findings] == [
        Verdict.UNDETERMINED,
        Verdict.REFUTED,
    ]


def test_findings_are_counted_for_each_law_of_a_promise() -> None:
    package = Counterexample("p:P", "ACC-6", "", "", BY_NAME["transfer"].function().before, ())
    proved = Finding("Transfer", "transfer", "covers_rewards", Verdict.PROVED)
    refuted = attrs.evolve(proved, verdict=Verdict.REFUTED, counterexample=package)
    lemma = Finding(LEMMA, "share_and_rest", "_", Verdict.PROVED)
    # A counterexample is of one law: nothing is known of the others that it was to be of.
    assert proofs_of_laws([proved, refuted, lemma]) == {
        "ACC-6": Proofs(proved=1, refuted=1),
        "RWD-1": Proofs(proved=1, undetermined=1),
    }
    unnamed = attrs.evolve(refuted, law="conserves", counterexample=None)
    assert proofs_of_laws([unnamed]) == {"ACC-1": Proofs(refuted=1)}


def test_contracts_run_under_crosshair_itself() -> None:
    command = [str(Path(sys.executable).parent / "crosshair"), "check", "--report_all"]
    target = "properties.engines.prove.accounts"
    finished = subprocess.run(
        [*command, "--per_condition_timeout", "120", target],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    assert finished.returncode == 0, finished.stderr
    promised = (BY_NAME["transfer"].function.__doc__ or "").count("post:")
    assert finished.stdout.count("Confirmed over all paths") == promised


def test_a_lemma_whose_function_raises_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(_state: State, _queue: object, _amount: int) -> object:
        raise OutOfRange("Booking.amount", -1, "a natural number")

    monkeypatch.setattr(lemmas, "book", raising)
    contract = BY_NAME["queue_moves_all"]
    (finding,) = prove_contract(contract, contract.promises, 10.0)
    assert finding.verdict is Verdict.REFUTED
    assert "OutOfRange" in finding.reason


def test_a_lemma_that_no_fork_can_break_is_false_of_a_wrong_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(lemmas, "share", lambda amount, bps: share(amount, bps) + 1)
        assert not lemmas.share_and_rest(amount=100, bps=0)
    with monkeypatch.context() as patch:
        patch.setattr(lemmas, "remaining", lambda amount, bps: amount - share(amount, bps))
        assert not lemmas.claims_under_a_slash()
    with monkeypatch.context() as patch:
        patch.setattr(lemmas, "settle_validator", lambda validator, _index: validator)
        assert not lemmas.settling_is_exact()
    with monkeypatch.context() as patch:
        patch.setattr(lemmas, "book", lambda state, _queue, amount: book(state, (), amount))
        assert not lemmas.queue_moves_all()
    with monkeypatch.context() as patch:
        patch.setattr(MerkleMap, "locate", lambda _map, _offset: (SECOND, 0))
        assert not lemmas.everyone_is_located()
