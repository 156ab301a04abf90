"""Every number in specs/findings.md is what the machines say."""

from pathlib import Path

import pytest

from properties.designs import nominators
from properties.designs.inactivity_leak import LeakParams
from statemachine import PROTOCOL
from tests.properties.designs.numbers import (
    least_slashed,
    left_to_the_silent,
    lost_of_what_voted,
)

FINDINGS = (Path(__file__).resolve().parents[3] / "specs" / "findings.md").read_text("utf-8")


def test_the_leak_costs_accountable_safety_what_the_table_says() -> None:
    left = left_to_the_silent(LeakParams().leak_quotient, 5_000)
    for epoch in (0, 1_000, 2_000, 3_000, 4_000):
        days = epoch * 32 * 12 / 86_400
        remaining, slashed = 100 * float(left[epoch]), 100 * float(least_slashed(left[epoch]))
        assert f"| {epoch:,} | {days:.1f} | {remaining:.1f} % | {slashed:.1f} % |" in FINDINGS
    last = len(left) - 1
    assert f"| {last:,} | {last * 32 * 12 / 86_400:.1f} | 50.0 % | 0.0 % |" in FINDINGS
    assert f"after {last:,} epochs" in FINDINGS


@pytest.mark.parametrize("own", [100, 50, 25, 10, 5])
def test_operators_risk_so_much_of_what_votes_with_them(own: int) -> None:
    spared = 100 * float(lost_of_what_voted(nominators.DESIGN, own))
    everybody = 100 * float(lost_of_what_voted(PROTOCOL, own))
    assert f"| {own} % | {spared:.1f} % | {everybody:.1f} % |" in FINDINGS
