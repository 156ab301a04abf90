"""A transaction type that a design adds gets contracts, for all numbers in it."""

import attrs
import pytest

from properties.engines.engine import Verdict
from properties.engines.prove.campaign import Budget, Task, prove
from properties.engines.prove.findings import Finding
from properties.engines.prove.laws import GENERAL
from properties.engines.prove.registry import CONTRACTS, contracts_of
from properties.engines.prove.subject import SUBJECT
from properties.laws.views import Step
from properties.model.design import Design, DrawContext, Law, OnStep
from statemachine.primitives import Address, Amount
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve, record
from statemachine.rules import PROTOCOL
from statemachine.rules.accounts import debit
from statemachine.state import State


@record
class Burn:
    """Destroy some of the sender's tokens."""

    sender: Address
    amount: Amount


def _burn(_protocol: Protocol, state: State, tx: Burn) -> Transition:
    state = debit(state, tx.sender, tx.amount)
    burned = state.supply.burned + tx.amount
    return Transition(evolve(state, supply=evolve(state.supply, burned=burned)))


def _lose(_protocol: Protocol, state: State, tx: Burn) -> Transition:
    return Transition(debit(state, tx.sender, tx.amount))


def _draw(context: DrawContext) -> Burn:
    sender = context.account()
    return Burn(sender, context.amount(context.state.accounts.get(sender, 0)))


def _not_exact(_protocol: Protocol, step: Step) -> list[str]:
    burned = step.after.supply.burned - step.before.supply.burned
    assert isinstance(step.transaction, Burn)
    return [] if burned == step.transaction.amount else [f"{burned} was burned"]


EXACT = Law("BRN-1", "burned exactly", "A burn destroys what it names.", OnStep(_not_exact))

DESIGN = Design.of(
    PROTOCOL.fork("burning", {Burn: _burn}), transactions={Burn: _draw}, laws=(EXACT,)
)


def _prove(design: Protocol, promises: tuple[str, ...]) -> list[Finding]:
    contract = contracts_of(design)[len(CONTRACTS)]
    return prove([Task(contract, promises)], design, "somewhere:FORK", Budget(60.0)).findings


def test_a_protocol_without_types_of_its_own_has_no_more_contracts() -> None:
    assert contracts_of(PROTOCOL) == CONTRACTS


def test_its_contracts_promise_what_all_do_and_the_laws_that_the_design_adds() -> None:
    own = contracts_of(DESIGN)[len(CONTRACTS) :]
    assert [contract.name for contract in own] == ["Burn_with_holdings", "Burn_with_earnings"]
    for contract in own:
        assert contract.rule == "Burn"
        assert contract.promises == (*GENERAL, "BRN-1")
        with SUBJECT.speaking_of(DESIGN):
            assert isinstance(contract.function(), Step)


def test_the_numbers_of_a_transaction_range_over_their_type() -> None:
    contract = contracts_of(DESIGN)[-1]
    assert contract.is_meant is not None
    numbers = {"has": contract.function.__signature__.parameters["has"].default}  # type: ignore[attr-defined]
    for amount, is_meant in ((-1, False), (0, True), (2**128 - 1, True), (2**128, False)):
        assert contract.is_meant({**numbers, "amount": amount}) is is_meant


def test_a_rule_of_the_designs_own_is_proved() -> None:
    findings = _prove(DESIGN, (*GENERAL, "BRN-1"))
    assert {finding.verdict for finding in findings} == {Verdict.PROVED}
    assert all(finding.accepted for finding in findings)


@pytest.mark.parametrize("law", ["conserves", "BRN-1"])
def test_a_mistake_in_it_is_refuted_with_a_counterexample(law: str) -> None:
    (finding,) = _prove(DESIGN.fork("losing", {Burn: _lose}), (law,))
    assert finding.verdict is Verdict.REFUTED
    assert finding.counterexample is not None
    assert finding.counterexample.law == {"conserves": "ACC-1"}.get(law, law)


def test_a_type_of_which_nothing_is_drawn_is_undetermined() -> None:
    silent = attrs.evolve(DESIGN, transactions={Burn: lambda _context: None})
    (finding,) = _prove(silent, ("conserves",))
    assert finding.verdict is Verdict.UNDETERMINED
