"""Walking down a map by prefixes of keys meets every entry once, and hashes that add up."""

from typing import Any

import pytest
from hypothesis import given

from statemachine.errors import OutOfRange
from statemachine.merkle_map import MerkleMap
from statemachine.merkle_subtrees import Subtree, subtrees
from tests.statemachine.merkle_models import EMPTY, Contents, built, contents

KEY = 2 * EMPTY.layout.key_length


def leaves(entries: MerkleMap[Any], prefix: str = "") -> list[Subtree]:
    """Go down from a prefix to every entry below it."""
    return [
        leaf
        for subtree in subtrees(entries, prefix)
        for leaf in ([subtree] if len(subtree.prefix) == KEY else leaves(entries, subtree.prefix))
    ]


@given(contents)
def test_every_entry_is_met_once_in_the_order_of_keys(wanted: Contents) -> None:
    entries = built(wanted)
    assert [leaf.prefix for leaf in leaves(entries)] == [key.hex() for key in sorted(wanted)]
    assert sum(leaf.weight for leaf in leaves(entries)) == entries.total_weight


@given(contents)
def test_counts_and_weights_of_subtrees_are_those_of_what_is_below(wanted: Contents) -> None:
    entries = built(wanted)
    for subtree in subtrees(entries, ""):
        below = built({key: wanted[key] for key in wanted if key.hex().startswith(subtree.prefix)})
        assert (subtree.count, subtree.weight) == (len(below), below.total_weight)


def test_a_prefix_of_no_key_has_nothing_below_and_a_wrong_one_is_refused() -> None:
    entries = built({bytes(EMPTY.layout.key_length): 1})
    assert subtrees(entries, "f") == subtrees(EMPTY, "") == ()
    assert [leaf.count for leaf in subtrees(entries, "0" * KEY)] == [1]
    for prefix in ("A", "0x", "0" * (KEY + 1)):
        with pytest.raises(OutOfRange, match="lower-case hex digits"):
            subtrees(entries, prefix)
