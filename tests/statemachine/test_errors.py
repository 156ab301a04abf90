"""How the machine says no: reasons, values, and errors that survive being sent about."""

import ast
import copy
import inspect
import pickle
from itertools import pairwise
from typing import Any

import pytest

from statemachine import OutOfRange, Rejected, RejectionReason, Transfer
from statemachine.codec import Malformed
from statemachine.errors import brief
from tests.statemachine.worlds import ANNA, DORA, rejected, world


def test_a_refusal_shows_its_reason_and_its_values_on_one_line() -> None:
    refused = Rejected(RejectionReason.INSUFFICIENT_BALANCE, needed=5, owner=ANNA)
    assert str(refused) == f"insufficient_balance: needed 5, owner 0x{ANNA.hex()}"
    assert str(Rejected(RejectionReason.ZERO_AMOUNT)) == "zero_amount"
    assert (refused.reason, refused.details["needed"]) == ("insufficient_balance", 5)


def test_a_refusal_is_never_an_assertion_nor_a_value_error() -> None:
    assert not issubclass(Rejected, (AssertionError, ValueError))
    assert issubclass(OutOfRange, ValueError)
    assert issubclass(Malformed, ValueError)
    assert not issubclass(OutOfRange, Rejected)


def test_reasons_are_their_own_names_in_lower_case_and_each_is_there_once() -> None:
    assert all(reason.value == reason.name.lower() for reason in RejectionReason)
    assert len({reason.value for reason in RejectionReason}) == len(RejectionReason)


def test_what_was_given_is_shown_up_to_eighty_characters() -> None:
    assert str(OutOfRange("Field", "x" * 78, "short")) == f"Field = '{'x' * 78}': must be short"
    assert str(OutOfRange("Field", "x" * 79, "short")) == f"Field = '{'x' * 76}...: must be short"


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        (b"x" * 10**7, "b'" + "x" * 75 + "..."),
        (10**5_000, "int too large to show"),
        ([10**5_000, b"x" * 10**7], "[int too large to show, b'" + "x" * 51 + "..."),
        (10**200, "1" + "0" * 76 + "..."),
    ],
    ids=["bytes", "number", "both in a list", "digits"],
)
def test_what_is_shown_is_the_beginning_of_what_was_given(item: object, shown: str) -> None:
    assert brief(item) == shown


def test_digits_are_not_worked_out_where_they_are_too_many() -> None:
    class Number(int):
        def __repr__(self) -> str:
            raise AssertionError("its digits were worked out")

    assert brief(Number(1 << 10_000)) == "Number too large to show"
    assert len(str(Rejected(RejectionReason.ZERO_AMOUNT, given=Number(1 << 10_000)))) < 300
    assert len(str(Rejected(RejectionReason.ZERO_AMOUNT, given=b"x" * 10**7))) < 700


@pytest.mark.parametrize("resend", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("kind", [Rejected, OutOfRange])
def test_errors_survive_the_way_from_one_process_to_another(kind: type, resend: Any) -> None:
    error: Exception = rejected(world(), Transfer(DORA, ANNA, 10**9))
    if kind is OutOfRange:
        with pytest.raises(OutOfRange) as caught:
            Transfer(DORA, ANNA, -1)
        error = caught.value
    assert str(resend(error)) == str(error)


def test_every_reason_says_what_it_means() -> None:
    source = ast.parse(inspect.getsource(RejectionReason)).body[0]
    assert isinstance(source, ast.ClassDef)
    described = {
        assigned.targets[0].id
        for assigned, text in pairwise(source.body)
        if isinstance(assigned, ast.Assign)
        and isinstance(assigned.targets[0], ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }
    assert described == set(RejectionReason.__members__)
