"""Balances: what a transfer moves, refuses and announces."""

import pytest

from statemachine import PROTOCOL, RejectionReason, Transfer, evolve
from statemachine.events import Transferred
from statemachine.primitives import MAX_AMOUNT
from statemachine.rules.accounts import balance_of, credit
from tests.statemachine.worlds import (
    ANNA,
    DORA,
    EMIL,
    NOBODY,
    explained,
    refusal,
    rejected,
    run,
    world,
)


def test_a_transfer_moves_exactly_its_amount_and_changes_nothing_else() -> None:
    before = world()
    moved = PROTOCOL.transition(before, Transfer(DORA, EMIL, 2_500))
    assert balance_of(moved.state, DORA) == 7_500
    assert balance_of(moved.state, EMIL) == 12_500
    assert moved.events == (Transferred(DORA, EMIL, 2_500),)
    assert evolve(moved.state, accounts=before.accounts) == before


def test_a_transfer_to_oneself_leaves_the_balance_as_it_was() -> None:
    before = world()
    assert run(before, Transfer(DORA, DORA, 4_000)) == before
    assert run(before, Transfer(DORA, DORA, 10_000)) == before


def test_a_transfer_to_oneself_still_needs_the_balance() -> None:
    refused = rejected(world(), Transfer(DORA, DORA, 10_001))
    assert explained(refused) == refusal(
        RejectionReason.INSUFFICIENT_BALANCE, needed=10_001, available=10_000
    )


def test_an_account_that_gives_its_whole_balance_ceases_to_exist() -> None:
    after = run(world(), Transfer(DORA, EMIL, 10_000))
    assert DORA not in after.accounts
    assert balance_of(after, DORA) == 0
    assert balance_of(after, EMIL) == 20_000
    assert len(after.accounts) == 5


def test_a_transfer_opens_the_account_it_goes_to() -> None:
    after = run(world(), Transfer(DORA, NOBODY, 1))
    assert balance_of(after, NOBODY) == 1
    assert balance_of(after, DORA) == 9_999


def test_a_transfer_back_restores_the_state_to_the_bit() -> None:
    before = world()
    after = run(before, Transfer(DORA, NOBODY, 10_000), Transfer(NOBODY, DORA, 10_000))
    assert after == before


def test_more_than_the_balance_is_refused_with_what_there_is() -> None:
    refused = rejected(world(), Transfer(DORA, EMIL, 10_001))
    assert str(refused) == "insufficient_balance: needed 10001, available 10000"
    nothing = rejected(world(), Transfer(NOBODY, EMIL, 1))
    assert str(nothing) == "insufficient_balance: needed 1, available 0"


def test_nothing_cannot_be_transferred() -> None:
    assert str(rejected(world(), Transfer(DORA, EMIL, 0))) == "zero_amount"
    assert str(rejected(world(), Transfer(NOBODY, EMIL, 0))) == "zero_amount"


def test_the_greatest_amount_is_refused_like_any_that_is_too_much() -> None:
    refused = rejected(world(), Transfer(DORA, EMIL, MAX_AMOUNT))
    assert explained(refused) == refusal(
        RejectionReason.INSUFFICIENT_BALANCE, needed=MAX_AMOUNT, available=10_000
    )


def test_a_refused_transfer_leaves_the_state_as_it_was() -> None:
    state = world()
    untouched = world()
    rejected(state, Transfer(DORA, EMIL, 10_001))
    assert state == untouched


def test_what_is_no_transaction_is_refused_by_its_type() -> None:
    assert str(rejected(world(), 17)) == "unknown_transaction: transaction int"
    assert str(rejected(world(), None)) == "unknown_transaction: transaction NoneType"


@pytest.mark.parametrize("account", [ANNA, NOBODY])
def test_crediting_nothing_changes_nothing(account: bytes) -> None:
    state = world()
    assert credit(state, account, 0) is state
