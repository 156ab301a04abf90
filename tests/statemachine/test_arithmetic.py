"""The integer laws: thresholds and shares, worked out by hand and compared with fractions."""

from collections import Counter
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine.arithmetic import is_supermajority, reduce_without_bias, remaining, share
from statemachine.primitives import MAX_AMOUNT

AMOUNTS = st.integers(0, MAX_AMOUNT)
BASIS_POINTS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("amount", "total", "expected"),
    [
        (0, 0, False),
        (1, 0, False),
        (0, 1, False),
        (1, 1, True),
        (6, 9, False),
        (7, 9, True),
        (6, 10, False),
        (7, 10, True),
        (7, 11, False),
        (8, 11, True),
        (2 * 10**38, 3 * 10**38, False),
        (2 * 10**38 + 1, 3 * 10**38, True),
        (MAX_AMOUNT, MAX_AMOUNT, True),
    ],
)
def test_a_supermajority_is_strictly_more_than_two_thirds(
    amount: int, total: int, expected: bool
) -> None:
    assert is_supermajority(amount, total) is expected


@given(AMOUNTS, AMOUNTS)
def test_a_supermajority_agrees_with_exact_fractions(amount: int, total: int) -> None:
    expected = total > 0 and Fraction(amount, total) > Fraction(2, 3)
    assert is_supermajority(amount, total) is expected


@given(st.integers(1, MAX_AMOUNT // 3), st.sampled_from((0, 1, 2)))
def test_the_least_supermajority_is_the_first_amount_above_two_thirds(
    third: int, rest: int
) -> None:
    total = 3 * third + rest
    least = floor(Fraction(2 * total, 3)) + 1
    assert is_supermajority(least, total)
    assert not is_supermajority(least - 1, total)


@given(st.integers(1, MAX_AMOUNT), AMOUNTS)
def test_two_supermajorities_always_overlap(total: int, amount: int) -> None:
    amount = min(amount, total)
    assert not (is_supermajority(amount, total) and is_supermajority(total - amount, total))


@pytest.mark.parametrize("digest_bits", [1, 2, 3, 4, 5, 8])
def test_every_outcome_of_the_reduction_is_equally_likely(digest_bits: int) -> None:
    for total in range(1, 2**digest_bits + 1):
        drawn = Counter(
            reduce_without_bias(digest, digest_bits, total) for digest in range(2**digest_bits)
        )
        refused = drawn.pop(None, 0)
        assert sorted(outcome for outcome in drawn if outcome is not None) == list(range(total))
        assert set(drawn.values()) == {2**digest_bits // total}
        assert refused == 2**digest_bits % total


@given(st.integers(0, 2**256 - 1), st.integers(1, MAX_AMOUNT))
def test_a_reduction_of_a_whole_digest_lies_below_its_total(digest: int, total: int) -> None:
    outcome = reduce_without_bias(digest, 256, total)
    assert outcome is None or 0 <= outcome < total
    assert (outcome is None) == (digest >= 2**256 // total * total)


@pytest.mark.parametrize(
    ("amount", "bps", "taken", "kept"),
    [
        (1_000, 5_000, 500, 500),
        (1_001, 5_000, 500, 500),
        (1, 5_000, 0, 0),
        (1, 9_999, 0, 0),
        (1, 1, 0, 0),
        (1, 0, 0, 1),
        (1, 10_000, 1, 0),
        (0, 5_000, 0, 0),
        (9_999, 1, 0, 9_998),
        (10_000, 1, 1, 9_999),
        (MAX_AMOUNT, 10_000, MAX_AMOUNT, 0),
        (MAX_AMOUNT, 0, 0, MAX_AMOUNT),
        (MAX_AMOUNT, 5_000, 2**127 - 1, 2**127 - 1),
    ],
)
def test_what_is_taken_and_what_is_kept_are_both_rounded_down(
    amount: int, bps: int, taken: int, kept: int
) -> None:
    assert share(amount, bps) == taken
    assert remaining(amount, bps) == kept


@given(AMOUNTS, BASIS_POINTS)
def test_what_is_taken_and_kept_leave_less_than_a_unit_between_them(amount: int, bps: int) -> None:
    assert 0 <= amount - share(amount, bps) - remaining(amount, bps) <= 1
    assert share(amount, bps) == floor(Fraction(amount * bps, 10_000))
    assert amount - remaining(amount, bps) == ceil(Fraction(amount * bps, 10_000))


@given(st.lists(AMOUNTS, min_size=1, max_size=5), BASIS_POINTS)
def test_a_total_cut_as_one_covers_its_parts_cut_one_by_one(parts: list[int], bps: int) -> None:
    total = sum(parts)
    left = total - share(total, bps)
    assert 0 <= left - sum(remaining(piece, bps) for piece in parts) <= len(parts)
