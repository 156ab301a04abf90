"""The container against a plain dict."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from statemachine.errors import brief
from statemachine.merkle_map import (
    MAX_KEY_LENGTH,
    MerkleMap,
    verify_inclusion,
)
from tests.statemachine.merkle_models import (
    EMPTY,
    KEY_LENGTH,
    LAYOUT,
    Contents,
    amounts,
    built,
    contents,
    keys,
    layout_of,
    model_root,
    some_contents,
)


def assert_same(actual: MerkleMap[int], expected: Contents) -> None:
    assert list(actual.items()) == sorted(expected.items())
    assert len(actual) == len(expected)
    assert actual.total_weight == sum(expected.values())


class AgainstDict(RuleBasedStateMachine):
    """Updates of any version, in any order, with roots asked for now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: list[tuple[MerkleMap[int], Contents]] = []
        self.map = EMPTY
        self.model: Contents = {}

    @initialize(entries=contents)
    def begin(self, entries: Contents) -> None:
        self.map, self.model = built(entries), dict(entries)

    @rule(key=keys, amount=amounts)
    def set(self, key: bytes, amount: int) -> None:
        self.map = self.map.set(key, amount)
        self.model[key] = amount

    @rule(which=st.integers(0), amount=amounts)
    def set_again(self, which: int, amount: int) -> None:
        if self.model:
            self.set(sorted(self.model)[which % len(self.model)], amount)

    @rule(which=st.integers(0))
    def remove(self, which: int) -> None:
        if self.model:
            key = sorted(self.model)[which % len(self.model)]
            self.map = self.map.remove(key)
            del self.model[key]

    @rule(entries=contents)
    def set_sorted(self, entries: Contents) -> None:
        self.map = self.map.set_sorted(sorted(entries.items()))
        self.model |= entries

    @rule(key=keys, length=st.integers(3, KEY_LENGTH))
    def cut_off(self, key: bytes, length: int) -> None:
        prefix = key[:length]
        self.map = self.map.without_prefix(prefix)
        self.model = {k: self.model[k] for k in self.model if not k.startswith(prefix)}

    @rule(key=keys)
    def look_up(self, key: bytes) -> None:
        assert self.map.get(key) == self.model.get(key)
        assert (key in self.map) == (key in self.model)
        if key not in self.model:
            for attempt in (self.map.remove, self.map.__getitem__, self.map.prove):
                with pytest.raises(KeyError) as missing:
                    attempt(key)
                assert missing.value.args == (key,)

    @rule()
    def ask_for_root(self) -> None:
        assert self.map.root() == model_root(self.model)

    @rule()
    def keep(self) -> None:
        self.versions.append((self.map, dict(self.model)))

    @rule(which=st.integers(0))
    def go_back(self, which: int) -> None:
        if self.versions:
            self.map, model = self.versions[which % len(self.versions)]
            self.model = dict(model)

    @invariant()
    def holds_the_same(self) -> None:
        assert_same(self.map, self.model)

    def teardown(self) -> None:
        self.keep()
        for version, model in self.versions:
            assert_same(version, model)
            assert version.root() == model_root(model)
            assert version == built(model)


TestAnySequenceOfUpdatesAgreesWithADict = AgainstDict.TestCase
TestAnySequenceOfUpdatesAgreesWithADict.settings = settings(stateful_step_count=40)


@given(contents, contents, st.booleans())
def test_entries_set_and_removed_again_leave_no_trace(
    entries: Contents, passing: Contents, rooted_between: bool
) -> None:
    guests = passing.keys() - entries.keys()
    crowded = built(entries)
    for key in guests:
        crowded = crowded.set(key, passing[key])
        if rooted_between:
            crowded.root()
    for key in guests:
        crowded = crowded.remove(key)
        if rooted_between:
            crowded.root()
    assert_same(crowded, entries)
    assert crowded.root() == model_root(entries)


@given(contents)
def test_iteration_is_in_key_order(entries: Contents) -> None:
    filled = built(entries)
    assert list(filled) == sorted(entries)
    assert list(filled.entries()) == [entries[key] for key in sorted(entries)]
    assert bool(filled) == bool(entries)


@given(contents, keys, st.integers(0, KEY_LENGTH))
def test_prefixes_select_what_begins_with_them(
    entries: Contents, key: bytes, prefix_length: int
) -> None:
    filled = built(entries)
    for prefix in (present[:prefix_length] for present in (key, *entries)):
        chosen = {present: entries[present] for present in entries if present.startswith(prefix)}
        assert list(filled.with_prefix(prefix)) == sorted(chosen.items())
        assert filled.prefix_weight(prefix) == sum(chosen.values())
        assert filled.prefix_count(prefix) == len(chosen)


@given(some_contents)
def test_an_offset_locates_the_entry_that_covers_it(entries: Contents) -> None:
    filled = built(entries)
    end = 0
    for key, amount in sorted(entries.items()):
        start, end = end, end + amount
        if amount:
            for offset in {start, start + amount // 2, end - 1}:
                assert filled.locate(offset) == (key, amount)
    for outside in (-1, end, end + 1):
        with pytest.raises(ValueError) as refused:
            filled.locate(outside)
        bound = f"at least 0 and below the total weight {end}"
        assert str(refused.value) == f"offset into stakes = {brief(outside)}: must be {bound}"


def test_nothing_is_located_in_an_empty_map() -> None:
    with pytest.raises(ValueError, match="total weight 0"):
        EMPTY.locate(0)


def test_setting_the_same_object_returns_the_same_map() -> None:
    amount = 10**30
    filled = built({b"k" * KEY_LENGTH: amount})
    assert filled.set(b"k" * KEY_LENGTH, amount) is filled


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"k" * (KEY_LENGTH - 1),
        b"k" * (KEY_LENGTH + 1),
        "k" * KEY_LENGTH,
        5,
        None,
        bytearray(KEY_LENGTH),
        memoryview(bytes(KEY_LENGTH)),
    ],
)
@pytest.mark.parametrize("filled", [EMPTY, built({bytes(KEY_LENGTH): 1})])
def test_a_key_of_the_wrong_kind_or_length_is_refused_by_name(
    filled: MerkleMap[int], key: Any
) -> None:
    for attempt in (
        lambda: filled.get(key),
        lambda: filled[key],
        lambda: key in filled,
        lambda: filled.set(key, 1),
        lambda: filled.set_sorted([(key, 1)]),
        lambda: filled.set_sorted([(bytes(KEY_LENGTH), 1), (key, 1)]),
        lambda: filled.remove(key),
        lambda: filled.prove(key),
        lambda: MerkleMap.from_items(LAYOUT, [(bytes(KEY_LENGTH), 1), (key, 1)]),
    ):
        with pytest.raises(ValueError) as refused:
            attempt()
        assert str(refused.value) == f"key of stakes = {brief(key)}: must be {KEY_LENGTH} bytes"


@pytest.mark.parametrize("prefix", [b"k" * (KEY_LENGTH + 1), "k", None])
def test_a_prefix_of_the_wrong_kind_or_length_is_refused_by_name(prefix: Any) -> None:
    for attempt in (
        EMPTY.with_prefix,
        EMPTY.prefix_weight,
        EMPTY.prefix_count,
        EMPTY.without_prefix,
    ):
        with pytest.raises(ValueError) as refused:
            attempt(prefix)
        bound = f"must be at most {KEY_LENGTH} bytes"
        assert str(refused.value) == f"prefix of stakes = {prefix!r}: {bound}"


@pytest.mark.parametrize("entries", [(1, 1), (object(), object())])
def test_a_key_given_twice_is_refused_by_name_whether_entries_compare_or_not(entries: Any) -> None:
    key = b"k" * KEY_LENGTH
    first, second = entries
    with pytest.raises(ValueError, match=f"0x{key.hex()} of stakes is given twice"):
        MerkleMap.from_items(LAYOUT, [(key, first), (bytes(KEY_LENGTH), 2), (key, second)])


@pytest.mark.parametrize("name", ["", "é", "a\n", None])
def test_a_layout_without_a_printable_name_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        layout_of(name)


@pytest.mark.parametrize("key_length", [0, -1, MAX_KEY_LENGTH + 1, "20", None])
def test_a_layout_without_a_sensible_key_length_is_refused(key_length: Any) -> None:
    with pytest.raises(ValueError, match="from 1 to 128"):
        layout_of(key_length=key_length)


def test_the_deepest_possible_map_works() -> None:
    layout = layout_of("deep", MAX_KEY_LENGTH)
    bits = 8 * MAX_KEY_LENGTH
    deep_keys = [(1 << bit).to_bytes(MAX_KEY_LENGTH, "big") for bit in range(0, bits, 4)]
    deepest = MerkleMap.from_items(layout, [(key, 1) for key in deep_keys])
    assert list(deepest) == sorted(deep_keys)
    assert deepest.root() == MerkleMap.from_items(layout, deepest.items()).root()
    emptied = deepest
    for key in deep_keys:
        proof = deepest.prove(key)
        assert verify_inclusion(layout, deepest.root(), key, 1, proof)
        emptied = emptied.remove(key)
    assert emptied == MerkleMap.empty(layout)


def test_a_long_shared_prefix_grows_no_chain() -> None:
    layout = layout_of("compound", 40)
    owner = b"delegator".ljust(20, b".")
    owned = [owner + nibble * 20 for nibble in (b"\x00", b"\x10", b"\x20")]
    filled = MerkleMap.from_items(layout, [(key, 1) for key in owned])
    assert [step.depth for step in filled.prove(owned[0]).steps] == [40]
