"""The oracle reads what a protocol declares, and starts again after what it does not know."""

from random import Random
from typing import Any

import pytest

from properties.generate.transactions import draw_profile
from properties.laws.accusation import Accuse, with_accusations
from properties.laws.law import Violation
from properties.laws.views import Step
from properties.model.worlds import draw_genesis
from properties.oracle import Oracle
from properties.trace.run import Run
from statemachine import PROTOCOL, OffenceKind, Protocol, State, Transfer, Transition, evolve
from statemachine.rules import accounts
from tests.statemachine.worlds import BEN, DORA, EMIL, FAY, advance, world


def three_quarters(weight: int, total: int) -> bool:
    return 4 * weight > 3 * total


def half(weight: int, total: int) -> bool:
    return 2 * weight > total


def all_of_them(weight: int, total: int) -> bool:
    return 0 < total == weight


def violations(protocol: Protocol, walks: int) -> set[str]:
    laws = set()
    for number in range(walks):
        rng = Random(f"declared/{number}")
        run = Run.start(protocol, draw_genesis(rng))
        run.walk(rng, draw_profile(run.protocol, rng, run.state), 60)
        laws |= {violation.law for violation in run.violations}
    return laws


@pytest.mark.parametrize("is_quorum", [three_quarters, all_of_them])
def test_a_larger_quorum_breaks_no_law(is_quorum: Any) -> None:
    assert violations(PROTOCOL.fork("larger", is_quorum=is_quorum), 25) == set()


def test_a_smaller_quorum_breaks_the_law_of_the_quorum_and_no_other() -> None:
    assert violations(PROTOCOL.fork("half", is_quorum=half), 25) == {"FIN-12"}


def _with_a_fee(protocol: Protocol, state: State, tx: Transfer) -> Transition:
    """Transfer, and burn a token of the sender's."""
    transition = accounts.transfer(protocol, state, tx)
    after = accounts.debit(transition.state, tx.sender, 1)
    supply = evolve(after.supply, burned=after.supply.burned + 1)
    return Transition(evolve(after, supply=supply), transition.events)


def followed(protocol: Protocol, state: State, *transactions: Any) -> list[list[Violation]]:
    protocol = with_accusations(protocol)
    oracle = Oracle.at(state, protocol)
    messages = []
    for transaction in transactions:
        transition = protocol.transition(state, transaction)
        messages.append(
            oracle.follow(Step(state, transaction, transition.state, transition.events))
        )
        state = transition.state
    return messages


def test_the_oracle_starts_again_where_its_books_differ() -> None:
    state = advance(world())
    fees = PROTOCOL.fork("fees", {Transfer: _with_a_fee})
    accused = Accuse(EMIL, BEN, OffenceKind.INVALID_BLOCK, 0, 0)
    differing, then = followed(fees, state, Transfer(FAY, DORA, 10), accused)
    assert {violation.law for violation in differing} == {"ORA-2"}
    assert then == []
