"""How the machine says no: reasons, values, and errors that survive being sent about."""

import copy
import pickle
from typing import Any

import pytest

from statemachine import OutOfRange, Rejected, RejectionReason, Transfer
from statemachine.codec import Malformed
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


@pytest.mark.parametrize("resend", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("kind", [Rejected, OutOfRange])
def test_errors_survive_the_way_from_one_process_to_another(kind: type, resend: Any) -> None:
    error: Exception = rejected(world(), Transfer(DORA, ANNA, 10**9))
    if kind is OutOfRange:
        with pytest.raises(OutOfRange) as caught:
            Transfer(DORA, ANNA, -1)
        error = caught.value
    assert str(resend(error)) == str(error)
