"""The container against a plain dict, and its hashes against a model of their description."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import attrs
import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from statemachine import merkle_map
from statemachine.crypto.hashing import digest
from statemachine.merkle_map import (
    MAX_KEY_LENGTH,
    InclusionProof,
    MapLayout,
    MerkleMap,
    ProofStep,
    ProvenTotal,
    Sibling,
    differences,
    proven_total,
    verify_inclusion,
)

KEY_LENGTH = 10
Contents = dict[bytes, int]


def sixteen_bytes(amount: int) -> bytes:
    return amount.to_bytes(16, "big")


def layout_of(name: str = "stakes", key_length: int = KEY_LENGTH) -> MapLayout[int]:
    return MapLayout(name, key_length, weigh=lambda amount: amount, encode=sixteen_bytes)


LAYOUT = layout_of()
EMPTY = MerkleMap.empty(LAYOUT)

tails = st.lists(st.sampled_from([0x00, 0x01, 0x10, 0x11, 0xF0, 0xFF]), min_size=4, max_size=4)
crowded_keys = st.builds(
    lambda head, tail: head + bytes(tail),
    st.sampled_from([b"shared", b"sharee", b"\x00" * 6]),
    tails,
)
keys = crowded_keys | st.binary(min_size=KEY_LENGTH, max_size=KEY_LENGTH)
amounts = st.integers(0, 5) | st.integers(0, 2**128 - 1)
contents = st.dictionaries(keys, amounts, max_size=40)
some_contents = st.dictionaries(keys, amounts, min_size=1, max_size=40)


def built(entries: Contents) -> MerkleMap[int]:
    return MerkleMap.from_items(LAYOUT, entries.items())


def built_one_by_one(pairs: list[tuple[bytes, int]]) -> MerkleMap[int]:
    filled = EMPTY
    for key, amount in pairs:
        filled = filled.set(key, amount)
    return filled


def model_digest(kind: str, *parts: bytes) -> bytes:
    domain = f"stakespec/merkle-map/{LAYOUT.name}/{kind}".encode()
    return blake3(b"".join(len(x).to_bytes(8, "big") + x for x in (domain, *parts))).digest()


def model_commitment(entries: Contents) -> bytes:
    """Follow the words of the module's docstring, in hexadecimal and without any trie."""
    if len(entries) == 1:
        ((key, amount),) = entries.items()
        inner = model_digest("leaf", key, sixteen_bytes(amount))
    else:
        first, last = min(entries).hex(), max(entries).hex()
        same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=True))
        shared = "".join(nibble for nibble, _ in same)
        groups: dict[str, Contents] = {}
        for key, amount in entries.items():
            groups.setdefault(key.hex()[len(shared)], {})[key] = amount
        children = b"".join(
            bytes([int(nibble, 16)]) + model_commitment(groups[nibble]) for nibble in sorted(groups)
        )
        prefix = bytes.fromhex(shared + "0" * (len(shared) % 2))
        inner = model_digest("branch", len(shared).to_bytes(2, "big"), prefix, children)
    return model_packed(inner, len(entries), sum(entries.values()))


def model_packed(inner: bytes, count: int, total: int) -> bytes:
    return inner + count.to_bytes(8, "big") + total.to_bytes(32, "big")


def model_root(entries: Contents) -> bytes:
    return model_digest("root", model_commitment(entries) if entries else b"")


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

    @rule(key=keys)
    def look_up(self, key: bytes) -> None:
        assert self.map.get(key) == self.model.get(key)
        assert (key in self.map) == (key in self.model)
        if key not in self.model:
            with pytest.raises(KeyError):
                self.map.remove(key)
            with pytest.raises(KeyError):
                self.map[key]
            with pytest.raises(KeyError):
                self.map.prove(key)

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


@given(contents, contents)
def test_maps_are_equal_exactly_when_their_contents_and_roots_are(
    one: Contents, other: Contents
) -> None:
    assert (built(one) == built(other)) == (one == other)
    assert (built(one).root() == built(other).root()) == (one == other)
    rooted, unrooted = built(one), built(one)
    rooted.root()
    assert rooted == unrooted


def test_the_kind_of_map_is_part_of_its_root_and_of_equality() -> None:
    stakes, balances = layout_of("stakes"), layout_of("balances")
    key = b"k" * KEY_LENGTH
    assert MerkleMap.empty(stakes).root() != MerkleMap.empty(balances).root()
    assert MerkleMap.empty(stakes) != MerkleMap.empty(balances)
    one, other = (MerkleMap.empty(layout).set(key, 7) for layout in (stakes, balances))
    assert one.root() != other.root()
    assert one != other
    assert one != {key: 7}


def test_the_bytes_of_the_root_are_fixed() -> None:
    entries = {bytes([nibble]) * KEY_LENGTH: nibble for nibble in (0x01, 0x12, 0x13, 0xFE)}
    assert EMPTY.root() == model_root({})
    assert built(entries).root().hex() == (
        "63fcf637b17ae5ec8f2887db2ae903f68dad42a066511431bf46d8f1a1c36684"
    )


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
    for prefix in (known[:prefix_length] for known in (key, *entries)):
        chosen = {known: entries[known] for known in entries if known.startswith(prefix)}
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
        with pytest.raises(ValueError, match=f"at least 0 and below the total weight {end}"):
            filled.locate(outside)


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
        lambda: filled.remove(key),
        lambda: filled.prove(key),
        lambda: MerkleMap.from_items(LAYOUT, [(bytes(KEY_LENGTH), 1), (key, 1)]),
    ):
        with pytest.raises(ValueError, match=f"key of stakes.*{KEY_LENGTH} bytes"):
            attempt()


@pytest.mark.parametrize("prefix", [b"k" * (KEY_LENGTH + 1), "k", None])
def test_a_prefix_of_the_wrong_kind_or_length_is_refused_by_name(prefix: Any) -> None:
    for attempt in (
        EMPTY.with_prefix,
        EMPTY.prefix_weight,
        EMPTY.prefix_count,
    ):
        with pytest.raises(ValueError, match=f"prefix of stakes.*at most {KEY_LENGTH} bytes"):
            attempt(prefix)


def test_a_key_given_twice_is_refused_by_name() -> None:
    key = b"k" * KEY_LENGTH
    with pytest.raises(ValueError, match=f"0x{key.hex()} of stakes is given twice"):
        MerkleMap.from_items(LAYOUT, [(key, 1), (bytes(KEY_LENGTH), 2), (key, 1)])


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


# Proofs.


@given(some_contents)
def test_a_proof_shows_an_entry_and_the_totals_of_the_map(entries: Contents) -> None:
    filled = built(entries)
    before = 0
    for key, amount in sorted(entries.items()):
        proof = filled.prove(key)
        assert verify_inclusion(LAYOUT, filled.root(), key, amount, proof)
        assert proven_total(LAYOUT, filled.root(), key, amount, proof) == ProvenTotal(
            weight=amount, offset=before, total_weight=sum(entries.values()), count=len(entries)
        )
        before += amount


@given(some_contents, keys, amounts, st.integers(0), st.binary(min_size=32, max_size=32))
def test_a_proof_shows_nothing_else(
    entries: Contents, other_key: bytes, other_amount: int, which: int, other_root: bytes
) -> None:
    filled = built(entries)
    key = sorted(entries)[which % len(entries)]
    root, amount, proof = filled.root(), entries[key], filled.prove(key)
    for wrong_key in {other_key, *entries} - {key}:
        assert not verify_inclusion(LAYOUT, root, wrong_key, entries.get(wrong_key, amount), proof)
    for wrong_amount in {other_amount, amount ^ 1} - {amount}:
        assert not verify_inclusion(LAYOUT, root, key, wrong_amount, proof)
    assert not verify_inclusion(LAYOUT, other_root, key, amount, proof)
    assert not verify_inclusion(layout_of("balances"), root, key, amount, proof)
    assert not verify_inclusion(LAYOUT, root, key[:-1], amount, proof)


def tampered(proof: InclusionProof, *, sound: bool) -> Iterator[InclusionProof]:
    """Give every proof that differs from this one in a field (soundly typed, or not at all)."""
    garbage = [None, "1", 1.5, True, -1, 2**300, b"", (), object()]

    def with_steps(position: int, *instead: Any) -> InclusionProof:
        return InclusionProof(proof.steps[:position] + instead + proof.steps[position + 1 :])

    for position, step in enumerate(proof.steps):
        depths: list[Any] = [step.depth ^ 1 << bit for bit in range(8)] if sound else garbage
        for depth in depths:
            yield with_steps(position, attrs.evolve(step, depth=depth))
        if sound:
            yield with_steps(position)
            yield with_steps(position, step, step)
        for place, sibling in enumerate(step.siblings):
            head, tail = step.siblings[:place], step.siblings[place + 1 :]
            for changed in changed_siblings(sibling) if sound else damaged(sibling, garbage):
                siblings = (*head, changed, *tail)
                yield with_steps(position, ProofStep(step.depth, siblings))
            if sound:
                yield with_steps(position, ProofStep(step.depth, head + tail))
                yield with_steps(position, ProofStep(step.depth, (*head, sibling, sibling, *tail)))
        if sound and len(step.siblings) > 1:
            yield with_steps(position, ProofStep(step.depth, step.siblings[::-1]))
        if not sound:
            for junk in garbage:
                yield with_steps(position, junk)
                yield with_steps(position, ProofStep(step.depth, junk))  # type: ignore[arg-type]
                yield with_steps(position, ProofStep(step.depth, (junk,)))  # type: ignore[arg-type]


def changed_siblings(sibling: Sibling) -> Iterator[Sibling]:
    for bit in range(4):
        yield attrs.evolve(sibling, nibble=sibling.nibble ^ 1 << bit)
    for place in range(len(sibling.digest)):
        flipped = bytearray(sibling.digest)
        flipped[place] ^= 1 << place % 8
        yield attrs.evolve(sibling, digest=bytes(flipped))
    yield attrs.evolve(sibling, digest=sibling.digest + b"\x00")
    for bit in range(0, 64, 7):
        yield attrs.evolve(sibling, count=sibling.count ^ 1 << bit)
    for bit in range(0, 256, 15):
        yield attrs.evolve(sibling, weight=sibling.weight ^ 1 << bit)


def damaged(sibling: Sibling, garbage: list[Any]) -> Iterator[Sibling]:
    for name in ("nibble", "digest", "count", "weight"):
        for junk in garbage:
            yield attrs.evolve(sibling, **{name: junk})


@given(st.dictionaries(keys, amounts, min_size=2, max_size=6), st.integers(0), st.booleans())
def test_a_proof_changed_anywhere_shows_nothing_and_raises_nothing(
    entries: Contents, which: int, sound: bool
) -> None:
    filled = built(entries)
    key = sorted(entries)[which % len(entries)]
    for changed in tampered(filled.prove(key), sound=sound):
        assert proven_total(LAYOUT, filled.root(), key, entries[key], changed) is None


@pytest.mark.parametrize("proof", [None, (), "proof", InclusionProof(None), InclusionProof([])])  # type: ignore[arg-type]
def test_what_is_no_proof_shows_nothing_and_raises_nothing(proof: Any) -> None:
    key = bytes(KEY_LENGTH)
    assert not verify_inclusion(LAYOUT, built({key: 1}).root(), key, 1, proof)
    assert not verify_inclusion(LAYOUT, proof, key, 1, InclusionProof(()))
    assert not verify_inclusion(LAYOUT, built({key: 1}).root(), proof, 1, InclusionProof(()))


def test_weight_moved_from_one_sibling_to_another_is_noticed() -> None:
    entries = {bytes([nibble << 4]) * KEY_LENGTH: 100 for nibble in range(3)}
    filled, key = built(entries), bytes(KEY_LENGTH)
    (step,) = filled.prove(key).steps
    poorer, richer = step.siblings
    moved = (
        attrs.evolve(poorer, weight=poorer.weight - 1),
        attrs.evolve(richer, weight=richer.weight + 1),
    )
    assert verify_inclusion(LAYOUT, filled.root(), key, 100, InclusionProof((step,)))
    changed = InclusionProof((ProofStep(step.depth, moved),))
    assert not verify_inclusion(LAYOUT, filled.root(), key, 100, changed)


def test_sums_past_what_a_commitment_can_tell_prove_nothing() -> None:
    sibling = Sibling(nibble=5, digest=bytes(32), count=1, weight=2**256 - 1)
    key = bytes(KEY_LENGTH)
    for huge in (sibling, attrs.evolve(sibling, weight=0, count=2**64 - 1)):
        proof = InclusionProof((ProofStep(0, (huge,)),))
        assert proven_total(LAYOUT, bytes(32), key, 1, proof) is None


def test_a_tree_that_no_map_has_proves_nothing_even_under_its_own_root() -> None:
    key, amount = bytes(KEY_LENGTH), 1
    sibling = Sibling(nibble=5, digest=bytes(32), count=1, weight=1)

    def forged(*steps: ProofStep) -> bool:
        inner, count, total = model_digest("leaf", key, sixteen_bytes(amount)), 1, amount
        for step in steps:
            children = b"\x00" + model_packed(inner, count, total)
            for other in step.siblings:
                children += b"\x05" + model_packed(other.digest, other.count, other.weight)
                count, total = count + other.count, total + other.weight
            place = step.depth.to_bytes(2, "big"), key[: (step.depth + 1) // 2]
            inner = model_digest("branch", *place, children)
        root = model_digest("root", model_packed(inner, count, total))
        return verify_inclusion(LAYOUT, root, key, amount, InclusionProof(steps))

    upper, lower = ProofStep(2, (sibling,)), ProofStep(9, (sibling,))
    assert forged(lower, upper), "what is refused below is refused for its shape alone"
    assert not forged(upper, lower)
    assert not forged(lower, lower)
    assert not forged(lower, ProofStep(2, ()))


# Differences.


@given(contents, contents, contents, st.booleans())
def test_differences_are_those_of_two_dicts(
    common: Contents, ours: Contents, theirs: Contents, rooted: bool
) -> None:
    before, after = {**common, **ours}, {**common, **theirs}
    expected = [
        (key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]
    evolved = built(before)
    if rooted:
        evolved.root()
    for key in before.keys() - after.keys():
        evolved = evolved.remove(key)
    for key, amount in after.items():
        evolved = evolved.set(key, amount)
    for changed in (evolved, built(after)):
        if rooted:
            changed.root()
        assert list(differences(built(before), changed)) == expected
    assert list(differences(built(before), evolved)) == expected


def test_maps_of_two_kinds_have_no_differences_to_tell() -> None:
    with pytest.raises(ValueError, match="stakes and balances"):
        differences(EMPTY, MerkleMap.empty(layout_of("balances")))


# Costs, counted and not timed.


def thousand() -> Contents:
    source = random.Random(7)
    return {source.randbytes(KEY_LENGTH): source.randrange(2**60) for _ in range(1000)}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is hashed while a test runs: leaf, branch or root, in order."""
    kinds: list[str] = []

    def counted(domain: str, *parts: bytes) -> bytes:
        kinds.append(domain.rpartition("/")[2])
        return digest(domain, *parts)

    monkeypatch.setattr(merkle_map, "digest", counted)
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


def test_differences_and_equality_skip_what_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = thousand()
    filled = built(entries)
    key = sorted(entries)[500]
    changed = filled.set(key, 1)
    # Of another map, so that no hash tells these two which of their nodes agree.
    path_length = len(built(entries).prove(key).steps)
    fanned = merkle_map._fanned
    calls: list[int] = []

    def counted(node: Any, depth: int) -> Any:
        calls.append(depth)
        return fanned(node, depth)

    monkeypatch.setattr(merkle_map, "_fanned", counted)
    assert list(differences(filled, changed)) == [(key, entries[key], 1)]
    assert len(calls) == 2 * path_length
    calls.clear()
    assert filled == filled.set(key, 1).set(key, entries[key])
    assert len(calls) == 2 * path_length


def test_a_long_shared_prefix_grows_no_chain() -> None:
    layout = layout_of("compound", 40)
    owner = b"delegator".ljust(20, b".")
    owned = [owner + nibble * 20 for nibble in (b"\x00", b"\x10", b"\x20")]
    filled = MerkleMap.from_items(layout, [(key, 1) for key in owned])
    assert [step.depth for step in filled.prove(owned[0]).steps] == [40]


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


# The hash under it all.


@given(st.lists(st.binary(max_size=20)), st.lists(st.binary(max_size=20)))
def test_digests_of_different_parts_differ(one: list[bytes], other: list[bytes]) -> None:
    assert (digest("test", *one) == digest("test", *other)) == (one == other)


def test_digests_are_separated_by_domain_and_have_32_bytes() -> None:
    assert digest("a", b"b") != digest("b", b"b")
    assert digest("a", b"b") != digest("a\x00", b"b")
    assert len(digest("a")) == 32
    with pytest.raises(ValueError, match="ascii"):
        digest("é")
