"""The bounds of single fields, and the constants that other bounds are made of."""

from typing import Any, get_args

import pytest

from statemachine import primitives
from statemachine.primitives import (
    BPS,
    MAX_AMOUNT,
    REWARD_SCALE,
    REWARD_UNIT,
    Address,
    Amount,
    BasisPoints,
    Bounds,
    Count,
    Duration,
    Epoch,
    Index,
    Length,
    PublicKey,
    RewardUnits,
    Root,
    Slot,
    Text,
    TextLength,
)
from statemachine.records import checker


@pytest.mark.parametrize(
    ("annotation", "low", "high"),
    [
        (Amount, 0, 2**128 - 1),
        (RewardUnits, 0, 2**256 - 1),
        (Index, 0, 2**256 - 1),
        (Slot, 0, 2**62 - 1),
        (Epoch, 0, 2**63 - 1),
        (BasisPoints, 0, 10_000),
        (Count, 0, 2**63 - 1),
        (Duration, 1, 2**20),
    ],
)
def test_an_integer_fits_from_its_low_to_its_high_end(annotation: Any, low: int, high: int) -> None:
    check = checker(annotation)
    assert check(low) is None
    assert check(high) is None
    for content in (low - 1, high + 1, True, float(low), str(low), None, b""):
        assert check(content) == f"a whole number from {low} to {high}"


@pytest.mark.parametrize(("annotation", "count"), [(Address, 20), (PublicKey, 48), (Root, 32)])
def test_bytes_fit_at_exactly_their_length(annotation: Any, count: int) -> None:
    check = checker(annotation)
    assert check(bytes(count)) is None
    wrong: tuple[object, ...] = (bytes(count - 1), bytes(count + 1), bytearray(count), "0" * count)
    for content in (*wrong, memoryview(bytes(count)), None, count):
        assert check(content) == f"{count} bytes"


def test_text_fits_from_one_to_sixty_four_printable_ascii_characters() -> None:
    check = checker(Text)
    for fitting in ("x", "x" * 64, " ", "~", "cosmoshub-2"):
        assert check(fitting) is None
    misfits: tuple[object, ...] = ("", "x" * 65, "é", "\n", "\x7f", "a\x00", b"x", None, 1)
    for content in misfits:
        assert check(content) == "1 to 64 characters of printable ASCII"


def test_either_of_two_kinds_fits_and_none_only_where_it_is_one_of_them() -> None:
    bound = f"20 bytes or a whole number from 0 to {2**63 - 1}"
    either, maybe = checker(Address | Count), checker(Address | Count | None)
    for content in (bytes(20), 5):
        assert either(content) is maybe(content) is None
    assert maybe(None) is None
    assert [either(None), either("x"), maybe("x")] == [bound, bound, f"{bound}, or None"]


def test_every_public_type_carries_its_bound() -> None:
    undocumented = [
        get_args(kind)[1]
        for name, kind in vars(primitives).items()
        if get_args(kind) and name != "Annotated"
    ]
    assert len(undocumented) >= 12
    assert all(isinstance(bound, (Bounds, Length, TextLength)) for bound in undocumented)


def test_amounts_and_indexes_are_text_in_json_because_they_exceed_64_bits() -> None:
    for annotation in (Amount, RewardUnits, Index):
        assert get_args(annotation)[1].decimal
    for annotation in (Slot, Epoch, BasisPoints, Count, Duration):
        assert not get_args(annotation)[1].decimal
        assert get_args(annotation)[1].high < 2**64


def test_reward_units_divide_exactly_by_commission_and_hold_all_tokens() -> None:
    assert (MAX_AMOUNT, BPS) == (2**128 - 1, 10_000)
    assert REWARD_UNIT == REWARD_SCALE * BPS
    assert get_args(RewardUnits)[1].high >= MAX_AMOUNT * REWARD_UNIT


def test_the_last_slot_of_the_shortest_epochs_lies_in_an_epoch_with_room_ahead() -> None:
    last = get_args(Slot)[1].high
    longest = get_args(Duration)[1].high
    assert last + 2 * longest <= get_args(Epoch)[1].high
