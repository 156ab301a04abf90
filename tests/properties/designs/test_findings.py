"""Every number in specs/findings.md is what the machines say."""

from pathlib import Path

import pytest

from properties.designs import nominators, three_sf_mini
from properties.designs.inactivity_leak import LeakParams
from properties.engines.branches.branch import Branch, Signed, conflict
from properties.engines.branches.safety import evidence, signed_votes, weigh_conflict
from properties.model.names import address, public_key
from statemachine import (
    PROTOCOL,
    Genesis,
    GenesisDelegation,
    GenesisValidator,
    Params,
    genesis,
)
from statemachine.messages import Vote
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


def test_nine_validators_finalise_two_checkpoints_and_none_is_to_blame() -> None:
    nine = tuple(address(number) for number in range(1, 10))
    start = Genesis(
        "nine",
        Params(epoch_length=1, min_stake=1, max_slot_gap=64, epoch_reward=0),
        (),
        tuple(GenesisValidator(one, public_key(one), 0) for one in nine),
        tuple(GenesisDelegation(one, one, 1) for one in nine),
    )
    protocol, signed = three_sf_mini.DESIGN, Signed()
    trunk = Branch(protocol, genesis(protocol, start), bytes(32))

    def vote(side: Branch, source: int, target: int, voters: tuple[bytes, ...]) -> None:
        first, last = side.checkpoint(source), side.checkpoint(target)
        assert first is not None and last is not None
        side.cast(Vote(first, last), voters, signed)

    assert trunk.enter(1, signed)
    vote(trunk, 0, 1, nine)
    one, other = trunk.fork(b"L" * 32), trunk.fork(b"R" * 32)
    for slot in (2, 3, 4):
        assert one.enter(slot, signed)
    vote(one, 1, 3, nine)
    vote(one, 1, 4, nine[1:6])
    vote(one, 3, 4, nine[:1])
    for slot in (2, 5):
        assert other.enter(slot, signed)
    vote(other, 1, 5, nine[1:])
    assert other.enter(6, signed)
    vote(other, 5, 6, nine[1:])
    assert conflict(one, other) == (one.checkpoint(3), other.checkpoint(5))
    assert not list(evidence(signed_votes((one, other)), nine[0]))
    weighed = weigh_conflict(one, other)
    assert weighed is not None and "slashed nobody, 0 of 9" in weighed.complaints[0]
    # With a tally for each link, the same votes make nothing final on the one branch.
    repaired = Branch(three_sf_mini.REPAIRED, genesis(protocol, start), bytes(32))
    repaired.apply_all(one.transactions)
    assert repaired.state.finality.finalised.epoch < 3


@pytest.mark.parametrize("own", [100, 50, 25, 10, 5])
def test_operators_risk_so_much_of_what_votes_with_them(own: int) -> None:
    spared = 100 * float(lost_of_what_voted(nominators.DESIGN, own))
    everybody = 100 * float(lost_of_what_voted(PROTOCOL, own))
    assert f"| {own} % | {spared:.1f} % | {everybody:.1f} % |" in FINDINGS
