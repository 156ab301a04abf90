"""What changes many keys at once, against doing it key by key."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine import merkle_nodes
from statemachine.merkle_map import MAX_KEY_LENGTH, MerkleMap
from statemachine.merkle_nodes import Branch, Node, rebuilt
from tests.statemachine.merkle_models import (
    EMPTY,
    KEY_LENGTH,
    Contents,
    amounts,
    built,
    contents,
    keys,
    layout_of,
    model_root,
    some_contents,
    thousand,
)

prefix_lengths = st.integers(0, KEY_LENGTH)


def shape(node: Node[int] | None) -> Any:
    """All that a node says of itself, caches apart."""
    if isinstance(node, Branch):
        prefix = node.key.hex()[: node.depth]
        return prefix, node.count, node.weight, [shape(child) for child in node.children]
    return node and (node.key, node.weight, node.entry)


def assert_identical(actual: MerkleMap[int], expected: MerkleMap[int], model: Contents) -> None:
    assert shape(actual._top) == shape(expected._top) == shape(built(model)._top)
    assert actual == expected
    assert actual.root() == expected.root() == model_root(model)


def set_one_by_one(filled: MerkleMap[int], entries: Contents) -> MerkleMap[int]:
    for key, amount in entries.items():
        filled = filled.set(key, amount)
    return filled


def removed_one_by_one(filled: MerkleMap[int], prefix: bytes) -> MerkleMap[int]:
    for key, _ in filled.with_prefix(prefix):
        filled = filled.remove(key)
    return filled


@given(contents, contents, st.booleans(), st.data())
def test_a_run_set_at_once_is_as_if_set_one_by_one(
    entries: Contents, added: Contents, rooted_before: bool, data: st.DataObject
) -> None:
    if entries:
        added |= data.draw(st.dictionaries(st.sampled_from(sorted(entries)), amounts))
    before = built(entries)
    if rooted_before:
        before.root()
    at_once = before.set_sorted(sorted(added.items()))
    assert_identical(at_once, set_one_by_one(before, added), entries | added)
    assert_identical(before, built(entries), entries)


@given(st.lists(contents, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_runs_may_follow_one_another_with_or_without_roots_between(
    runs: list[Contents], rooted: list[bool]
) -> None:
    filled, model = EMPTY, Contents()
    versions = []
    for run, asked in zip(runs, rooted, strict=False):
        filled = filled.set_sorted(tuple(sorted(run.items())))
        model |= run
        versions.append((filled, dict(model)))
        if asked:
            assert filled.root() == model_root(model)
    for version, held in versions:
        assert_identical(version, set_one_by_one(EMPTY, held), held)


@given(some_contents)
def test_setting_the_same_objects_at_once_returns_the_same_map(entries: Contents) -> None:
    filled = built(entries)
    assert filled.set_sorted([]) is filled
    assert filled.set_sorted(list(filled.items())) is filled
    assert filled.set_sorted(list(filled.items())[::2]) is filled


def test_setting_nothing_in_an_empty_map_returns_it() -> None:
    assert EMPTY.set_sorted(()) is EMPTY


def test_what_a_run_does_not_touch_is_shared_and_what_it_repeats_too() -> None:
    entries = thousand()
    filled = built(entries)
    key = min(entries)
    repeated = sorted((entries | {key: 5}).items())
    changed = filled.set_sorted(repeated)
    assert changed.get(key) == 5
    assert isinstance(changed._top, Branch) and isinstance(filled._top, Branch)
    old, new = filled._top.children, changed._top.children
    assert [nibble for nibble in range(16) if old[nibble] is not new[nibble]] == [key[0] >> 4]


def test_no_branch_is_made_for_one_key_where_the_run_has_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []

    def counted(path: Any, *arguments: Any) -> Any:
        made.extend(path)
        return rebuilt(path, *arguments)

    monkeypatch.setattr(merkle_nodes, "rebuilt", counted)
    filled = built(thousand())
    heavier = {key: amount + 1 for key, amount in filled.items()}
    changed = filled.set_sorted(list(heavier.items()))
    assert len(made) == 0
    assert_identical(changed, set_one_by_one(filled, heavier), heavier)
    assert len(made) > 2000


@pytest.mark.parametrize(
    ("inside", "added"),
    [
        ("aaaa0", ["aaaa1", "aaaa2"]),  # Above a leaf.
        ("aaaa0 aaaa1", ["aab00", "aac00"]),  # Above a branch, at an odd depth.
        ("aaaa0 aaaa1", ["aaa00", "ab000"]),  # Above a branch, at two depths.
        ("aaaa0 aaaa1", ["aaa00", "aaaa0", "b0000"]),  # Above it, and in it.
        ("aa00 aa10", ["ab00", "ab10", "b000"]),  # Above it twice, at its depth and before.
        ("aaaa0 aaaa1", ["aaaa2", "aaaa3"]),  # In it.
        ("aaaa0 aaaa1", ["a0000", "af000"]),  # On both sides of it.
        ("aaaa0 aaaa1 aaab0", ["aaaa2", "aaaa3", "aaac0"]),  # At two branches.
        ("aaaa0 f0000", ["b0000", "b0001", "c0000"]),  # In empty slots.
    ],
)
def test_a_run_may_part_a_compressed_path(inside: str, added: list[str]) -> None:
    def key_of(nibbles: str) -> bytes:
        return bytes.fromhex(nibbles.ljust(2 * KEY_LENGTH, "0"))

    entries = {key_of(nibbles): 1 for nibbles in inside.split()}
    run = {key_of(nibbles): 2 for nibbles in added}
    before = built(entries)
    before.root()
    assert_identical(before.set_sorted(sorted(run.items())), built(entries | run), entries | run)


def test_a_run_may_be_as_deep_as_keys_are_long() -> None:
    layout = layout_of("deep", MAX_KEY_LENGTH)
    bits = range(0, 8 * MAX_KEY_LENGTH, 4)
    run = [((1 << bit).to_bytes(MAX_KEY_LENGTH, "big"), 1) for bit in bits]
    further = [((3 << bit).to_bytes(MAX_KEY_LENGTH, "big"), 1) for bit in bits]
    deepest = MerkleMap.empty(layout).set_sorted(run[1::2]).set_sorted(run).set_sorted(further)
    assert deepest.root() == MerkleMap.from_items(layout, run + further).root()
    assert len(deepest.without_prefix(bytes(MAX_KEY_LENGTH - 1))) == len(deepest) - 4


@given(contents, some_contents, st.data())
def test_a_run_that_does_not_rise_is_refused_by_name(
    entries: Contents, added: Contents, data: st.DataObject
) -> None:
    run = sorted(added.items())
    place, copied = (data.draw(st.integers(0, len(run) - 1)) for _ in range(2))
    run.insert(copied, run[place])
    assert any(pair[0] >= following[0] for pair, following in pairwise(run))
    with pytest.raises(ValueError, match=r"of stakes (is given twice|must rise)"):
        built(entries).set_sorted(run)


def test_the_complaint_about_a_run_says_which_keys() -> None:
    low, high = bytes(KEY_LENGTH), b"k" * KEY_LENGTH
    with pytest.raises(ValueError, match=f"^key 0x{high.hex()} of stakes is given twice$"):
        EMPTY.set_sorted([(low, 1), (high, 1), (high, 1)])
    falling = f"0x{low.hex()} after 0x{high.hex()}"
    with pytest.raises(ValueError, match=f"^keys of stakes must rise, not {falling}$"):
        EMPTY.set_sorted([(high, 1), (low, 1)])


@given(contents, keys, prefix_lengths, st.booleans())
def test_a_prefix_cut_off_is_as_if_its_keys_were_removed_one_by_one(
    entries: Contents, key: bytes, prefix_length: int, rooted_before: bool
) -> None:
    before = built(entries)
    if rooted_before:
        before.root()
    for prefix in (present[:prefix_length] for present in (key, *entries)):
        rest = {present: entries[present] for present in entries if not present.startswith(prefix)}
        cut = before.without_prefix(prefix)
        assert_identical(cut, removed_one_by_one(before, prefix), rest)
        assert (cut is before) == (rest == entries)
        assert before.prefix_weight(prefix) == before.total_weight - cut.total_weight
    assert_identical(before, built(entries), entries)


@given(contents, st.lists(st.tuples(keys, prefix_lengths)))
def test_prefixes_cut_off_after_runs_set_leave_no_trace(
    entries: Contents, places: list[tuple[bytes, int]]
) -> None:
    filled, model = built(entries), dict(entries)
    for key, prefix_length in places:
        run = {key: 1, bytes(KEY_LENGTH): 2, key[:5].ljust(KEY_LENGTH, b"\xff"): 3}
        filled, model = filled.set_sorted(sorted(run.items())), model | run
        filled.root()
        prefix = key[:prefix_length]
        filled = filled.without_prefix(prefix)
        model = {present: model[present] for present in model if not present.startswith(prefix)}
    assert_identical(filled, built(model), model)


@given(contents)
def test_the_empty_prefix_cuts_off_everything(entries: Contents) -> None:
    filled = built(entries)
    assert filled.without_prefix(b"") == EMPTY
    assert (filled.without_prefix(b"") is filled) == (not entries)
    assert filled.without_prefix(b"").root() == EMPTY.root()


@pytest.mark.parametrize("length", range(KEY_LENGTH + 1))
def test_a_prefix_may_end_within_a_compressed_path(length: int) -> None:
    first, second = b"shared" + bytes(4), b"shared" + b"\x01" * 4
    apart = b"t" * KEY_LENGTH
    filled = built({first: 1, second: 2, apart: 4})
    gone = {0: 7, 7: 1, 8: 1, 9: 1, 10: 1}.get(length, 3)
    assert filled.prefix_weight(first[:length]) == gone
    assert filled.without_prefix(first[:length]).total_weight == 7 - gone
    beside = first[:length] + b"\x7e" if length < KEY_LENGTH else b"\xff" * KEY_LENGTH
    assert filled.prefix_weight(beside) == 0
    assert filled.without_prefix(beside) is filled


def test_cutting_off_a_prefix_shares_everything_else() -> None:
    filled = built(thousand())
    cut = filled.without_prefix(min(thousand())[:1])
    assert isinstance(cut._top, Branch) and isinstance(filled._top, Branch)
    assert cut._top.children[1:] == filled._top.children[1:]


def test_maps_of_another_layout_keep_it() -> None:
    layout = layout_of("others")
    filled = MerkleMap.empty(layout).set_sorted([(bytes(KEY_LENGTH), 1)])
    assert filled.layout is filled.without_prefix(b"").layout is layout
    assert filled != EMPTY.set_sorted([(bytes(KEY_LENGTH), 1)])
