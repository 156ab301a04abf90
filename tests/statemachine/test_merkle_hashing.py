"""The hashes of the container against a model of their description, and what they cost."""

import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine import merkle_hashing
from statemachine.hashing import digest
from statemachine.merkle_map import (
    MapLayout,
    MerkleMap,
)
from tests.statemachine.merkle_models import (
    EMPTY,
    KEY_LENGTH,
    Contents,
    built,
    contents,
    layout_of,
    model_root,
    sixteen_bytes,
    some_contents,
    thousand,
)


def built_one_by_one(pairs: list[tuple[bytes, int]]) -> MerkleMap[int]:
    filled = EMPTY
    for key, amount in pairs:
        filled = filled.set(key, amount)
    return filled


@given(some_contents, st.randoms(use_true_random=False))
def test_root_and_contents_do_not_depend_on_the_order_of_updates(
    entries: Contents, shuffler: random.Random
) -> None:
    pairs = list(entries.items())
    shuffler.shuffle(pairs)
    one_by_one = built_one_by_one(pairs)
    assert one_by_one == built(entries)
    assert one_by_one.root() == built(entries).root() == model_root(entries)
    assert hash(one_by_one) == hash(built(entries))


@given(contents, contents)
def test_maps_are_equal_exactly_when_their_contents_and_roots_are(
    first: Contents, second: Contents
) -> None:
    assert (built(first) == built(second)) == (first == second)
    assert (built(first).root() == built(second).root()) == (first == second)
    rooted, unrooted = built(first), built(first)
    rooted.root()
    assert rooted == unrooted


def test_the_kind_of_map_is_part_of_its_root_and_of_equality() -> None:
    stakes, balances = layout_of("stakes"), layout_of("balances")
    key = b"k" * KEY_LENGTH
    assert MerkleMap.empty(stakes).root() != MerkleMap.empty(balances).root()
    assert MerkleMap.empty(stakes) != MerkleMap.empty(balances)
    staked, balanced = (MerkleMap.empty(layout).set(key, 7) for layout in (stakes, balances))
    assert staked.root() != balanced.root()
    assert staked != balanced
    assert staked != {key: 7}


def test_the_bytes_of_the_root_are_fixed() -> None:
    entries = {bytes([nibble]) * KEY_LENGTH: nibble for nibble in (0x01, 0x12, 0x13, 0xFE)}
    assert EMPTY.root() == model_root({})
    assert built(entries).root().hex() == (
        "63fcf637b17ae5ec8f2887db2ae903f68dad42a066511431bf46d8f1a1c36684"
    )


class Unreadable:
    """A number that can be added, subtracted and compared, but not read."""

    def __init__(self, hidden: int) -> None:
        self.hidden = hidden

    def __add__(self, other: Any) -> "Unreadable":
        return Unreadable(self.hidden + getattr(other, "hidden", other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Unreadable":
        return Unreadable(self.hidden - getattr(other, "hidden", other))

    def __rsub__(self, other: int) -> "Unreadable":
        return Unreadable(other - self.hidden)

    def __lt__(self, other: Any) -> bool:
        return bool(self.hidden < getattr(other, "hidden", other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.hidden > getattr(other, "hidden", other))

    def __ge__(self, other: int) -> bool:
        return self.hidden >= other

    def __bool__(self) -> bool:
        raise TypeError("unreadable")


def unreadable(amount: int) -> Any:
    return Unreadable(amount)


@given(some_contents)
def test_weights_are_never_read_before_a_root_is_asked_for(entries: Contents) -> None:
    layout = MapLayout("opaque", KEY_LENGTH, unreadable, sixteen_bytes)
    filled = MerkleMap.from_items(layout, entries.items())
    for key, amount in entries.items():
        filled = filled.set(key, amount + 1).remove(key).set(key, amount)
        filled.get(key), filled.prefix_weight(key[:3])
    total: Any = filled.total_weight
    assert total.hidden == sum(entries.values())
    if total.hidden:
        assert filled.locate(unreadable(0))[1] > 0
    assert filled == MerkleMap.from_items(layout, entries.items())
    with pytest.raises(TypeError):
        filled.root()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is hashed while a test runs: leaf, branch or root, in order."""
    kinds: list[str] = []

    def counted(domain: str, *parts: bytes) -> bytes:
        kinds.append(domain.rpartition("/")[2])
        return digest(domain, *parts)

    monkeypatch.setattr(merkle_hashing, "digest", counted)
    return kinds


def test_updating_one_entry_rehashes_only_its_path(calls: list[str]) -> None:
    entries = thousand()
    filled = built(entries)
    filled.root()
    for key in sorted(entries)[::50]:
        depth = len(filled.prove(key).steps)
        calls.clear()
        changed = filled.set(key, entries[key] + 1)
        assert calls == [], "nothing is hashed before a root is asked for"
        changed.root()
        assert calls == ["leaf"] + ["branch"] * depth + ["root"]
        calls.clear()
        assert changed.root() == changed.root()
        filled.root()
        assert calls == [], "what was hashed once is not hashed again"


def test_a_new_branch_above_an_old_one_does_not_hash_it_again(calls: list[str]) -> None:
    filled = built({bytes([place]) * KEY_LENGTH: 1 for place in range(16)})
    filled.root()
    calls.clear()
    filled.set(b"\xff" * KEY_LENGTH, 1).root()
    assert calls == ["leaf", "branch", "root"]


ROOT_IN_ANOTHER_PROCESS = """
from statemachine.merkle_map import MapLayout, MerkleMap
layout = MapLayout("stakes", 10, weigh=len, encode=str.encode)
names = {f"validator-{number}" for number in range(200)}
filled = MerkleMap.empty(layout)
for name in names:
    filled = filled.set(name.encode().rjust(10, b"-")[-10:], name)
print(filled.root().hex(), hash(filled))
"""


def test_the_root_is_the_same_whatever_the_hash_seed() -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ROOT_IN_ANOTHER_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "random")
    ]
    printed = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert len(set(printed)) == 1
    assert printed[0]
