"""The subtrees of a map, for whoever looks for where two maps differ knowing only hashes."""

from typing import TypeVar

import attrs

from statemachine.errors import OutOfRange
from statemachine.merkle_hashing import commitment_of
from statemachine.merkle_map import MerkleMap
from statemachine.merkle_nodes import Branch, Leaf, Node

V = TypeVar("V")


@attrs.frozen
class Subtree:
    """What a map commits to of some of its entries."""

    prefix: str
    """The nibbles that their keys share, as hex; a whole key where there is one entry."""
    digest: bytes
    """32 bytes."""
    count: int
    weight: int


def subtrees(entries: MerkleMap[V], prefix: str) -> tuple[Subtree, ...]:
    """Return the largest subtrees whose keys share more than a prefix of nibbles, in key order.

    A subtree of one entry is its leaf, under the whole key. Raises OutOfRange for a prefix
    that is not lower-case hex or is longer than a key.
    """
    longest = 2 * entries.layout.key_length
    if len(prefix) > longest or prefix.strip("0123456789abcdef"):
        bound = f"at most {longest} lower-case hex digits"
        raise OutOfRange(f"prefix of {entries.layout.name}", prefix, bound)
    node: Node[V] | None = entries._top
    while isinstance(node, Branch) and node.depth < len(prefix):
        node = node.children[int(prefix[node.depth], 16)]
    if node is None or not node.key.hex().startswith(prefix):
        return ()
    if isinstance(node, Branch) and node.depth == len(prefix):
        below = [child for child in node.children if child is not None]
    else:
        below = [node]
    return tuple(_described(entries, child) for child in below)


def _described(entries: MerkleMap[V], node: Node[V]) -> Subtree:
    commitment = commitment_of(entries.layout, node)
    nibbles = node.key.hex()
    shared = nibbles if isinstance(node, Leaf) else nibbles[: node.depth]
    return Subtree(shared, commitment[:32], node.count, node.weight)
