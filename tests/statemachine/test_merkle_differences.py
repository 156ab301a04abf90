"""What differs between two maps, and that nothing else is looked at."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine import merkle_differences
from statemachine.merkle_map import (
    MerkleMap,
    differences,
)
from tests.statemachine.merkle_models import (
    EMPTY,
    Contents,
    built,
    contents,
    layout_of,
    thousand,
)


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


def test_differences_and_equality_skip_what_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = thousand()
    filled = built(entries)
    key = sorted(entries)[500]
    changed = filled.set(key, 1)
    # Of another map, so that no hash tells these two which of their nodes agree.
    path_length = len(built(entries).prove(key).steps)
    fanned = merkle_differences.fanned
    calls: list[int] = []

    def counted(node: Any, depth: int) -> Any:
        calls.append(depth)
        return fanned(node, depth)

    monkeypatch.setattr(merkle_differences, "fanned", counted)
    assert list(differences(filled, changed)) == [(key, entries[key], 1)]
    assert len(calls) == 2 * path_length
    calls.clear()
    assert filled == filled.set(key, 1).set(key, entries[key])
    assert len(calls) == 2 * path_length
