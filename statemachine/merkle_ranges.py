"""What concerns many keys at once: building from a sorted run, and merging one into a trie.

A run is a sequence of pairs of key and entry with strictly rising keys, not empty.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from statemachine.merkle_nodes import (
    Branch,
    Leaf,
    MapLayout,
    Node,
    is_key,
    nibble_at,
    placed,
    shared_nibbles,
    wrong_key,
)

V = TypeVar("V")


def check_keys(layout: MapLayout[V], pairs: Sequence[tuple[bytes, V]]) -> None:
    """Raise ValueError unless all keys are keys of maps of this layout."""
    for key, _ in pairs:
        if not is_key(layout, key):
            raise wrong_key(layout, key)


def check_rising(layout: MapLayout[V], pairs: Sequence[tuple[bytes, V]]) -> None:
    """Raise ValueError unless each key is greater than the one before it."""
    for (previous, _), (key, _) in pairwise(pairs):
        if key <= previous:
            raise not_rising(layout, previous, key)


def not_rising(layout: MapLayout[V], previous: bytes, key: bytes) -> ValueError:
    """Return the complaint about a key that is not greater than the one before it."""
    if key == previous:
        return ValueError(f"key 0x{key.hex()} of {layout.name} is given twice")
    rising = f"0x{key.hex()} after 0x{previous.hex()}"
    return ValueError(f"keys of {layout.name} must rise, not {rising}")


def grown(layout: MapLayout[V], run: Sequence[tuple[bytes, V]]) -> Node[V]:
    """Return the top of a map that holds a run and nothing else, in O(n).

    Raises ValueError for keys that do not rise.
    """
    pairs = iter(run)
    previous, entry = next(pairs)
    node: Node[V] = Leaf(previous, layout.weigh(entry), entry)
    unfinished: list[Branch[V]] = []
    for key, entry in pairs:
        if key <= previous:
            raise not_rising(layout, previous, key)
        depth = shared_nibbles(previous, key)
        while unfinished and unfinished[-1].depth > depth:
            node = unfinished.pop().adopt(node)
        if not unfinished or unfinished[-1].depth < depth:
            unfinished.append(Branch(depth, key))
        unfinished[-1].adopt(node)
        node = Leaf(key, layout.weigh(entry), entry)
        previous = key
    while unfinished:
        node = unfinished.pop().adopt(node)
    return node


def merged(
    layout: MapLayout[V], node: Node[V] | None, run: Sequence[tuple[bytes, V]], shared: int = 0
) -> Node[V] | None:
    """Return a node that holds a run too; this very node if it held the same objects already.

    All keys of node and run agree in their first `shared` nibbles, maybe in more. Each
    branch on the way to a key is made anew once, not once for each key, and all else is
    kept. Recursion goes no deeper than keys have nibbles.
    """
    if len(run) == 1:
        return placed(layout, node, *run[0])
    if node is None:
        return grown(layout, run)
    if node.depth > shared:
        # What both ends of a sorted run share with a key, all of it shares.
        first, last = run[0][0], run[-1][0]
        shared = min(shared_nibbles(first, node.key), shared_nibbles(last, node.key))
    if isinstance(node, Branch) and node.depth <= shared:
        return _refilled(layout, node, run)
    # Keys differ above this node: a branch goes there, and the node below it.
    branch: Branch[V] = Branch(shared, node.key)
    own = nibble_at(node.key, shared)
    kept: Node[V] | None = node
    for nibble, below in _parted(run, shared):
        if nibble == own:
            kept = merged(layout, node, below, shared + 1)
        else:
            branch.adopt(grown(layout, below))
    if kept is not None:
        branch.adopt(kept)
    return branch


def _refilled(layout: MapLayout[V], branch: Branch[V], run: Sequence[tuple[bytes, V]]) -> Branch[V]:
    """Return a branch with a run, all of whose keys belong below it, merged into its children."""
    children = branch.children.copy()
    count, weight, fresh = branch.count, branch.weight, 0
    for nibble, below in _parted(run, branch.depth):
        before = children[nibble]
        if len(below) == 1:
            after = placed(layout, before, *below[0])
        else:
            after = merged(layout, before, below, branch.depth + 1)
        if after is not None and after is not before:
            children[nibble] = after
            fresh |= 1 << nibble
            count += after.count if before is None else after.count - before.count
            weight += after.weight if before is None else after.weight - before.weight
    if not fresh:
        return branch
    copied: Branch[V] = Branch(branch.depth, branch.key)
    copied.children = children
    copied.count = count
    copied.weight = weight
    # `stale` before `hashed`, for the reason that `rebuilt` gives.
    copied.stale = branch.stale | fresh
    copied.hashed = branch.hashed
    return copied


def _parted(
    run: Sequence[tuple[bytes, V]], depth: int
) -> list[tuple[int, Sequence[tuple[bytes, V]]]]:
    """Split a run whose keys agree in their first `depth` nibbles by the nibble after these."""
    at = depth >> 1
    nibbles = [key[at] & 15 for key, _ in run] if depth & 1 else [key[at] >> 4 for key, _ in run]
    parts = []
    start, nibble = 0, nibbles[0]
    for end, following in enumerate(nibbles):
        if following != nibble:
            parts.append((nibble, run[start:end]))
            start, nibble = end, following
    parts.append((nibble, run[start:]))
    return parts
