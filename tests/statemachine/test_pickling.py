"""Maps and whole states go to other processes and come back as they were."""

import pickle
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    MapLayout,
    MerkleMap,
    Rejected,
    State,
    Transfer,
    evolve,
    state_root,
)
from statemachine.state import ACCOUNTS, AGENDA
from tests.statemachine.generic import RECORDS, names, plain
from tests.statemachine.histories import history
from tests.statemachine.worlds import ANNA, BEN, rejected, world


def sent(content: Any) -> Any:
    return pickle.loads(pickle.dumps(content))


@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_every_record_survives_being_sent(cls: type) -> None:
    assert sent(plain(cls)) == plain(cls)
    assert type(sent(plain(cls))) is cls


@pytest.mark.parametrize("seed", range(3))
def test_a_state_survives_being_sent_with_its_root_and_goes_on_as_it_would_have(seed: int) -> None:
    states = history(seed, 120)
    for (state, _), (after, tx) in list(pairwise(states))[::10]:
        received = sent(state)
        assert received == state
        assert state_root(received) == state_root(state)
        if not isinstance(tx, tuple):
            assert PROTOCOL.apply(received, tx) == after


def test_a_state_that_was_sent_takes_its_own_maps_and_those_of_here() -> None:
    here = world()
    there: State = sent(here)
    assert there.accounts.layout is not ACCOUNTS
    assert there.accounts.layout == ACCOUNTS
    assert evolve(here, accounts=there.accounts) == evolve(there, accounts=here.accounts) == here


def test_no_hash_that_was_sent_is_believed() -> None:
    filled = MerkleMap.from_items(AGENDA, [(bytes([number]) * 48, True) for number in range(9)])
    root = filled.root()
    assert root not in pickle.dumps(filled)
    assert sent(filled).root() == root


def deep(amount: int) -> int:
    return amount


def written(amount: int) -> bytes:
    return amount.to_bytes(16, "big")


def test_the_deepest_possible_map_can_be_sent() -> None:
    layout = MapLayout("deep", 128, deep, written)
    keys = [(1 << bit).to_bytes(128, "big") for bit in range(0, 1024, 4)]
    deepest = MerkleMap.from_items(layout, [(key, 1) for key in keys])
    assert sent(deepest) == deepest
    assert sent(deepest).root() == deepest.root()


def test_a_refusal_can_be_sent() -> None:
    refused = rejected(world(), Transfer(ANNA, BEN, 10**9))
    received: Rejected = sent(refused)
    assert (received.reason, received.details, str(received)) == (
        refused.reason,
        refused.details,
        str(refused),
    )


READ_IN_ANOTHER_PROCESS = """
import pickle, sys
from statemachine import state_root
print(state_root(pickle.load(sys.stdin.buffer)).hex())
"""


def test_another_process_finds_the_same_root() -> None:
    state = history(7, 60)[-1][0]
    printed = subprocess.run(
        [sys.executable, "-c", READ_IN_ANOTHER_PROCESS],
        input=pickle.dumps(state),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    ).stdout
    assert printed.decode().strip() == state_root(state).hex()
