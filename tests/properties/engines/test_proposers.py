"""Proposers follow stake: the test holds for the protocol, and catches what is biased."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from properties.engines.branches.proposers import SLOTS, draw_electorate, frequency_complaint
from statemachine import PROTOCOL, genesis
from statemachine.description import (
    Genesis,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.hashing import digest
from statemachine.params import Params
from statemachine.state import State
from tests.properties.cli.commands import FOLDER

FIVE = tuple(bytes([number]) * 20 for number in range(1, 6))


def electorate(*stakes: int) -> State:
    owners = FIVE[: len(stakes)]
    description = Genesis(
        "electorate",
        Params(min_stake=1),
        (),
        tuple(GenesisValidator(owner, owner[:1] * 48, 0) for owner in owners),
        tuple(GenesisDelegation(*pair) for pair in zip(owners, owners, stakes, strict=True)),
    )
    return genesis(PROTOCOL, description)


@pytest.mark.parametrize("seed", range(25))
def test_the_protocol_elects_by_stake(seed: int) -> None:
    state = genesis(PROTOCOL, draw_electorate(Random(seed)))
    assert frequency_complaint(PROTOCOL, state) is None


def short_digest(state: State, slot: int) -> int:
    return digest("test", state.seed, slot.to_bytes(8, "big"))[0]


def elect_by_remainder(state: State, slot: int) -> bytes | None:
    """Eight bits reduced by `%` onto a total of 200: the first 56 units come twice as often."""
    return state.snapshot.locate(short_digest(state, slot) % state.snapshot.total_weight)[0]


def elect_again_until_it_fits(state: State, slot: int) -> bytes | None:
    total = state.snapshot.total_weight
    for attempt in range(1, 1_000):
        drawn = digest("test", state.seed, slot.to_bytes(8, "big"), bytes([attempt % 256]))[0]
        if drawn < total:
            return state.snapshot.locate(drawn)[0]
    return None


def test_the_bias_of_a_remainder_is_seen_and_drawing_again_has_none() -> None:
    state = electorate(40, 40, 40, 40, 40)
    biased = PROTOCOL.fork("remainder", elect=elect_by_remainder)
    complaint = frequency_complaint(biased, state)
    assert complaint is not None
    assert "in 2,000 slots 0x01010101 was elected" in complaint
    fair = PROTOCOL.fork("again", elect=elect_again_until_it_fits)
    assert frequency_complaint(fair, state) is None


def test_one_proposer_for_all_slots_is_seen() -> None:
    state = electorate(10, 10, 10)
    constant = PROTOCOL.fork("constant", elect=lambda state, _slot: next(iter(state.snapshot)))
    complaint = frequency_complaint(constant, state)
    assert complaint is not None
    assert f"0x01010101 was elected {SLOTS:,} times" in complaint


def test_equal_chances_for_unequal_stakes_are_seen() -> None:
    state = electorate(1, 2, 3, 4, 5)

    def elect(state: State, slot: int) -> bytes | None:
        return list(state.snapshot)[short_digest(state, slot) % 5]

    assert frequency_complaint(PROTOCOL.fork("equal", elect=elect), state) is not None


def test_who_has_no_stake_must_not_be_elected() -> None:
    stranger = PROTOCOL.fork("stranger", elect=lambda _state, _slot: bytes(20))
    complaint = frequency_complaint(stranger, electorate(5, 5))
    assert complaint == "1 were elected that have no stake"


def test_those_expected_seldom_are_counted_together() -> None:
    # One in a million is elected in 2,000 slots as good as never; that is no bias.
    assert frequency_complaint(PROTOCOL, electorate(1_000_000, 1, 1_000_000)) is None


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_same_are_elected_whatever_the_hash_seed(hash_seed: str) -> None:
    program = (
        "from random import Random\n"
        "from statemachine import PROTOCOL, genesis\n"
        "from properties.engines.branches.proposers import draw_electorate\n"
        "state = genesis(PROTOCOL, draw_electorate(Random(7)))\n"
        "print(b''.join(PROTOCOL.elect(state, slot) for slot in range(300)).hex())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(FOLDER)}
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )
    state = genesis(PROTOCOL, draw_electorate(Random(7)))
    here = b"".join(PROTOCOL.elect(state, slot) or b"" for slot in range(300)).hex()
    assert finished.stdout.strip() == here
    assert Path(FOLDER).is_dir()
