"""Rejections as other clients see them."""

from properties.conformance.rejections import as_jsonable, undescribed
from statemachine import Rejected, RejectionReason
from statemachine.primitives import MAX_AMOUNT


def test_every_reason_has_a_row_with_its_values() -> None:
    assert undescribed() == ()


def test_amounts_are_decimal_strings_and_other_numbers_are_numbers() -> None:
    lacking = Rejected(RejectionReason.INSUFFICIENT_BALANCE, needed=MAX_AMOUNT, available=0)
    assert as_jsonable(lacking) == {"needed": str(MAX_AMOUNT), "available": "0"}
    jailed = Rejected(RejectionReason.STILL_JAILED, until=5, epoch=3)
    assert as_jsonable(jailed) == {"until": 5, "epoch": 3}
    assert as_jsonable(Rejected(RejectionReason.ZERO_AMOUNT, far=2**64)) == {"far": str(2**64)}
