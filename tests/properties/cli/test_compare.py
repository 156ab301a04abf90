"""`stakespec compare`: the same life on two protocols."""

import json
from pathlib import Path

import pytest

from properties.designs import compounding, nominators, vrf
from properties.weighing.side_by_side import ACCEPTED, compare
from statemachine import PROTOCOL
from tests.properties.cli.commands import stakespec

OURS = "statemachine:PROTOCOL"


def test_a_protocol_is_the_same_as_itself() -> None:
    for seed in range(6):
        comparison = compare(PROTOCOL, PROTOCOL, seed, 400)
        assert not comparison.differs
        assert comparison.left.state == comparison.right.state
        assert comparison.left.earned() == comparison.right.earned()


def test_what_is_earned_is_what_was_issued_but_for_fractions() -> None:
    for seed in range(4):
        side = compare(PROTOCOL, PROTOCOL, seed, 400).left
        earned, issued = side.earned().total(), side.state.supply.issued
        # Each claim, and what was not divided, keeps less than a unit.
        assert issued - 100 <= earned <= issued


def test_other_elections_part_at_a_block() -> None:
    comparison = compare(PROTOCOL, vrf.DESIGN, 1, 200)
    assert comparison.parting is not None
    assert comparison.parting.transaction.startswith("ProduceBlock")
    assert comparison.parting.answers == (ACCEPTED, "wrong_proposer")


def test_spared_nominators_lose_less() -> None:
    worlds = [compare(PROTOCOL, nominators.DESIGN, seed, 150) for seed in range(30)]
    parted = [world for world in worlds if world.differs]
    assert parted
    spared = sum(world.right.taken.total() for world in parted)
    assert spared < sum(world.left.taken.total() for world in parted)


def test_rewards_that_compound_are_staked() -> None:
    for seed in range(20):
        comparison = compare(PROTOCOL, compounding.DESIGN, seed, 300)
        left, right = comparison.left.points[-1], comparison.right.points[-1]
        if comparison.differs and not left.burned:
            assert right.staked > left.staked
            return
    pytest.fail("in no world was anything compounded")


def test_the_command_tells_prints_and_draws(tmp_path: Path) -> None:
    page = tmp_path / "both.html"
    options = ("--steps", 120, "--seed", 1, "--page", page)
    told = stakespec("compare", OURS, "properties.designs.vrf:DESIGN", *options)
    assert told.exit_code == 5
    assert "first parted by transaction" in told.stdout
    assert "THEY DIFFER from transaction" in told.stdout
    assert f"repeat: stakespec compare {OURS}" in told.stdout
    text = page.read_text()
    assert text.count("<figure") == 8 and "latest final epoch on B" in text
    again = stakespec("compare", OURS, OURS, "--steps", 50, "--seed", 1, "--json")
    assert again.exit_code == 0
    document = json.loads(again.stdout)
    assert document["parting"] is None and document["sides"][0] == document["sides"][1]


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ((OURS, "nothing:HERE"), "B: there is no module 'nothing'"),
        (("nothing:HERE", OURS), "A: there is no module 'nothing'"),
        ((OURS, OURS, "--set", "nothing=1"), "--set: there is no parameter 'nothing'"),
        ((OURS, OURS, "--page", "/nowhere/page.html"), "--page"),
    ],
)
def test_bad_input_is_named(argv: tuple[str, ...], complaint: str) -> None:
    refused = stakespec("compare", *argv)
    assert refused.exit_code == 2
    assert complaint in refused.stderr
