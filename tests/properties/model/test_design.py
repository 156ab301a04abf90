"""Designs: laws, witnesses, transaction types and settings of a designer's own."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from properties.designs.inactivity_leak import LeakState
from properties.engines.fuzz import Search
from properties.generate.states import draw_state
from properties.generate.transactions import draw_profile, kinds_of
from properties.laws import LAWS, Law, Violation, Witness
from properties.laws.coverage import Coverage
from properties.laws.law import OnStep
from properties.model.design import (
    Aside,
    BadDesign,
    Design,
    asked,
    law_of,
    laws_of,
    types_of,
    with_settings,
    witnesses_of,
)
from properties.model.settings import fit_settings
from properties.model.worlds import draw_genesis
from properties.trace.run import Run, state_at
from properties.trace.trial import Trial, run_trial
from statemachine import (
    PROTOCOL,
    CastVotes,
    Exit,
    Params,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Transfer,
    Transition,
    evolve,
)
from statemachine.messages import Checkpoint, Vote
from statemachine.primitives import Address, Amount
from statemachine.records import extend, record
from statemachine.rules.accounts import debit
from tests.properties.cli.commands import stakespec_in


@record
class Burn:
    """Give up tokens of one's own."""

    sender: Address
    amount: Amount


@record
class Nameless:
    """Does not say who sends it."""

    amount: Amount


def burn(_protocol: Protocol, state: State, tx: Burn) -> Transition:
    if tx.amount == 0:
        raise Rejected(RejectionReason.ZERO_AMOUNT)
    state = debit(state, tx.sender, tx.amount)
    supply = evolve(state.supply, burned=state.supply.burned + tx.amount)
    return Transition(evolve(state, supply=supply))


def leak(_protocol: Protocol, state: State, tx: Burn) -> Transition:
    return Transition(debit(state, tx.sender, tx.amount))


def draw_burn(scene: Any) -> Burn:
    sender = scene.account()
    return Burn(sender, scene.amount(scene.state.accounts.get(sender, 0)))


def never(_protocol: Protocol, step: Any) -> list[str]:
    return [f"{step.transaction.amount} was burned"]


LAW = Law("BRN-1", "no burning", "Nothing is burned.", OnStep(never), about=(Burn,))
WITNESS = Witness(
    "burned", "something is burned", OnStep.when(lambda step: isinstance(step.transaction, Burn))
)
BURNING = Design.of(
    PROTOCOL.fork("burning", {Burn: burn}),
    transactions={Burn: draw_burn},
    witnesses=(WITNESS,),
)
LEAKING = BURNING.fork("leaking", {Burn: leak})


def walked(protocol: Protocol, seed: str, steps: int = 120) -> Run:
    rng = Random(seed)
    coverage = Coverage(witnesses_of(protocol), types_of(protocol))
    run = Run.start(protocol, draw_genesis(rng), coverage)
    run.walk(rng, draw_profile(protocol, rng, run.state), steps)
    return run


def test_a_protocol_that_is_no_design_is_asked_what_every_protocol_is() -> None:
    assert laws_of(PROTOCOL) is LAWS
    assert law_of(PROTOCOL, "ACC-1").name == "conservation"
    assert Burn in types_of(BURNING) and Burn not in types_of(PROTOCOL)
    assert len(kinds_of(BURNING)) == len(kinds_of(PROTOCOL)) + 1


def test_a_fork_of_a_design_is_a_design() -> None:
    assert isinstance(LEAKING, Design)
    assert LEAKING.name == "leaking"
    assert types_of(LEAKING) == types_of(BURNING)
    again = Design.of(LEAKING, settings=("min_stake=5",))
    assert (again.transactions, again.settings) == (LEAKING.transactions, ("min_stake=5",))


def test_transactions_of_its_own_are_drawn_and_the_laws_hold_after_them() -> None:
    runs = [walked(BURNING, f"burning/{number}") for number in range(12)]
    assert all(not run.violations for run in runs), [run.violations for run in runs]
    assert sum(run.coverage.fired["Burn"] for run in runs) > 10
    assert sum(run.coverage.reached["burned"] for run in runs) > 10
    # The oracle begins anew after each, and follows what comes then.
    assert any(len(run.accepted) > run.coverage.fired["Burn"] > 1 for run in runs)


def test_a_mistake_in_a_rule_of_its_own_breaks_the_laws_of_every_protocol() -> None:
    runs = [walked(LEAKING, f"leaking/{number}") for number in range(12)]
    laws = {violation.law for run in runs for violation in run.violations}
    assert laws == {"ACC-1"}
    assert {type(run.submitted[-1]) for run in runs if run.violations} == {Burn}


def test_a_law_of_its_own_is_held_against_steps_that_it_is_about() -> None:
    protocol = Design.of(BURNING, laws=(LAW,))
    assert laws_of(protocol) == (*LAWS, LAW)
    run = Run.start(protocol, draw_genesis(Random(1)))
    account = next(iter(run.state.accounts))
    run.submit(Transfer(account, account, 1))
    assert not run.violations
    run.submit(Burn(account, 1))
    assert run.violations == [Violation("BRN-1", "1 was burned")]


def test_the_search_of_fuzz_and_shrinking_take_a_design() -> None:
    search = Search(LEAKING, 1)
    search.run(600)
    failures = search.outcome.failures
    assert {failure.key for failure in failures} == {("ACC-1", "Burn")}
    failures.shrink_all(LEAKING, lambda _left: lambda: True)
    (failure,) = failures
    assert [type(tx) for tx in failure.trial.transactions] == [Burn]
    assert failure.trial.transactions[0].amount == 1


def test_a_law_that_is_set_aside_is_not_asked() -> None:
    protocol = Design.of(LEAKING, set_aside={"ACC-1": "it leaks on purpose"})
    assert "ACC-1" not in {law.id for law in laws_of(protocol)}
    assert law_of(protocol, "ACC-1").name == "conservation"
    violations = [Violation("ACC-1", "a"), Violation("ACC-2", "b")]
    assert asked(protocol, violations) == violations[1:]
    assert asked(LEAKING, violations) == violations
    for number in range(6):
        assert not walked(protocol, f"leaking/{number}").violations


@pytest.mark.parametrize("law", ["SLA-1", "TIM-8", "RUN-1", "LIV-1", "SAF-1"])
def test_laws_of_the_engines_are_set_aside_like_any_other(law: str) -> None:
    protocol = Design.of(PROTOCOL, set_aside={law: "on purpose"})
    assert asked(protocol, [Violation(law, "broken")]) == []


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"set_aside": {"ABC-1": "why"}}, "set_aside: there is no law 'ABC-1'; stakespec laws"),
        ({"set_aside": {"RUN-3": "why"}}, "set_aside: RUN-3: without it nothing could be said"),
        ({"laws": (LAWS[0],)}, "laws: there is a law 'ACC-1' already; give it another id"),
        ({"laws": (LAW, LAW)}, "laws: there is a law 'BRN-1' already; give it another id"),
        ({"set_aside": {"STK-7": Aside("why", (Transfer, Burn))}}, "set_aside: STK-7: it does not"),
        ({"transactions": {Nameless: draw_burn}}, "transactions: Nameless has no rule; fork with"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(BadDesign) as refused:
        Design.of(PROTOCOL, **parts)
    assert str(refused.value).startswith(message)


def test_a_state_and_its_genesis_have_the_same_parameters() -> None:
    with pytest.raises(BadDesign) as refused:
        Design.of(PROTOCOL.fork("leak", state=LeakState))
    assert str(refused.value) == (
        "description: Genesis has Params for params, LeakState has LeakParams; annotate both alike"
    )


def test_a_law_can_be_set_aside_for_some_transactions_alone() -> None:
    design = Design.of(PROTOCOL, set_aside={"ADM-2": Aside("why", (Transfer,))})
    law = law_of(design, "ADM-2")
    transfer = Transfer(bytes(20), bytes(20), 1)
    assert not law.judges(Transfer) and law.judges(Exit)
    broken = [Violation("ADM-2", "broken"), Violation("ACC-1", "broken")]
    assert asked(design, broken, transfer) == broken[1:]
    assert asked(design, broken, Exit(bytes(20))) == broken
    assert str(design.set_aside["ADM-2"]) == "for Transfer: why"


def test_a_rule_that_returns_the_state_of_another_protocol_breaks_totality() -> None:
    def stray(_protocol: Protocol, state: State, _tx: Transfer) -> Transition:
        return Transition(extend(state, LeakState))

    fork = PROTOCOL.fork("stray", {Transfer: stray})
    run = Run.start(fork, draw_genesis(Random(1)))
    run.submit(Transfer(bytes(20), bytes(20), 1))
    assert [str(one.message) for one in run.violations] == [
        "the rule of Transfer returned a Transition to LeakState, not to State"
    ]


def test_a_state_that_the_oracle_cannot_read_breaks_totality_and_nothing_is_raised() -> None:
    state = next(
        state
        for state in (draw_state(Random(seed)) for seed in range(200))
        if len(state.finality.votes)
    )
    key = next(iter(state.finality.votes))
    stranger = key[:16] + b"\xee" * 20
    finality = evolve(state.finality, votes=state.finality.votes.set(stranger, 5))
    run = Run.start(PROTOCOL, evolve(state, finality=finality))
    vote = Vote(state.finality.justified, Checkpoint(state.epoch, b"\xee" * 32))
    run.submit(CastVotes(vote, (bytes(20),)))
    assert "RUN-3" in {violation.law for violation in run.violations}


def test_a_transaction_must_say_who_sends_it() -> None:
    fork = PROTOCOL.fork("nameless", {Nameless: burn})
    with pytest.raises(BadDesign) as refused:
        Design.of(fork, transactions={Nameless: draw_burn})
    assert str(refused.value) == (
        "transactions: Nameless does not say who sends it; call a field sender, operator,"
        " delegator, proposer or reporter"
    )


# --- settings ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        (("unbonding_epochs=3",), {"unbonding_epochs": 3, "evidence_window": 3}),
        (("evidence_window=30",), {"evidence_window": 30, "unbonding_epochs": 30}),
        (("epoch_length=2000",), {"epoch_length": 2_000, "max_slot_gap": 2_001}),
        (("max_slot_gap=5",), {"max_slot_gap": 5, "epoch_length": 4}),
        (("min_stake=7",), {"min_stake": 7}),
    ],
)
def test_what_is_bound_to_a_setting_gives_way(
    settings: tuple[str, ...], moved: dict[str, int]
) -> None:
    assert fit_settings(Params(), settings) == evolve(Params(), **moved)


def test_every_world_begins_with_the_settings() -> None:
    protocol = with_settings(PROTOCOL, ("unbonding_epochs=3", "min_stake=7"))
    for number in range(40):
        params = draw_genesis(Random(number), protocol).params
        assert (params.unbonding_epochs, params.min_stake) == (3, 7)
    search = Search(Design.of(PROTOCOL, settings=("unbonding_epochs=3",)), 1)
    search.run(2_000)
    starts = {entry.history.start for entry in search.corpus.entries}
    assert len(starts) > 1
    assert {state_at(PROTOCOL, start).params.unbonding_epochs for start in starts} == {3}


# --- from the command line ---------------------------------------------------------------


MODULE = (
    Path(__file__).read_text(encoding="utf-8").split("\n\n\ndef walked")[0]
    + '\nSTRICT = Design.of(BURNING, laws=(LAW,), set_aside={"SLA-1": "why not"})\n'
)


def test_commands_take_a_design(tmp_path: Path) -> None:
    (tmp_path / "burning.py").write_text(MODULE)
    argv = ("--protocol", "burning:STRICT", "--seed", "1", "--json")
    checked = stakespec_in(tmp_path, "check", *argv, "--engine", "fuzz", "--runs", "3")
    assert checked.returncode == 1, checked.stderr
    report = json.loads(checked.stdout)
    assert {(failure["law"], failure["last"]) for failure in report["failures"]} == {
        ("BRN-1", "Burn")
    }
    assert report["set_aside"] == {"SLA-1": "why not"}
    assert "SLA-1" not in {law["id"] for law in report["laws"]}
    assert next(law["verdict"] for law in report["laws"] if law["id"] == "BRN-1") == "refuted"
    file = "counterexamples/BRN-1-Burn.json"
    replayed = stakespec_in(
        tmp_path, "replay", file, "--trust", "--pytest", "test_burn.py", "--html", "a.html"
    )
    assert replayed.returncode == 1, replayed.stderr
    assert "BRN-1 no burning: 1 was burned" in replayed.stdout
    assert "from burning import Burn\n" in (tmp_path / "test_burn.py").read_text()
    assert "BRN-1 no burning" in (tmp_path / "a.html").read_text()
    held = stakespec_in(tmp_path, "replay", file, "--protocol", "burning:BURNING")
    assert held.returncode == 2
    assert ".law: there is no law 'BRN-1'" in held.stderr


def test_a_trial_with_transactions_of_its_own_can_be_run_by_another_design() -> None:
    seed, run = next(
        (seed, run)
        for seed in (f"leaking/{number}" for number in range(20))
        if (run := walked(LEAKING, seed)).violations
    )
    trial = Trial(draw_genesis(Random(seed)), tuple(run.submitted))
    assert run_trial(LEAKING, trial, "ACC-1", repair=False) is not None
    assert run_trial(BURNING, trial, "ACC-1", repair=False) is None
