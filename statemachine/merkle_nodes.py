"""What a map is made of: leaves, branches, and the layout that says how to read them.

Nodes are shared between all versions of a map. What a branch caches apart, none is ever
changed once it is in a map.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar, Generic, TypeAlias, TypeVar, Union

import attrs

from statemachine.errors import OutOfRange

V = TypeVar("V")

MAX_KEY_LENGTH = 128
"""Bytes in the longest key; bounds the depth of a map, and with it every walk down one."""


@attrs.frozen
class MapLayout(Generic[V]):
    """How one kind of map reads its entries. None is never an entry."""

    name: str = attrs.field()
    """Goes into every hash, so that equal contents of two kinds of map differ in root."""
    key_length: int = attrs.field()
    """Bytes in each key, 1 to MAX_KEY_LENGTH."""
    weigh: Callable[[V], int]
    """The weight of an entry (its amount, say): never negative, and sums below 2**256."""
    encode: Callable[[V], bytes]
    """The canonical bytes of an entry: the same for equal entries, and only for those."""

    @name.validator
    def _check_name(self, _attribute: object, name: object) -> None:
        if not (isinstance(name, str) and name and name.isascii() and name.isprintable()):
            raise OutOfRange("MapLayout.name", name, "printable ASCII, not empty")

    @key_length.validator
    def _check_key_length(self, _attribute: object, length: object) -> None:
        if not (isinstance(length, int) and 1 <= length <= MAX_KEY_LENGTH):
            bound = f"a whole number from 1 to {MAX_KEY_LENGTH}"
            raise OutOfRange("MapLayout.key_length", length, bound)


class Leaf(Generic[V]):
    """One entry; never changed."""

    __slots__ = ("entry", "key", "weight")

    depth: ClassVar[int] = 2 * MAX_KEY_LENGTH
    """Deeper than any branch."""
    count: ClassVar[int] = 1

    def __init__(self, key: bytes, weight: int, entry: V) -> None:
        self.key = key
        self.weight = weight
        self.entry = entry


class Branch(Generic[V]):
    """Two or more subtrees whose keys agree in their first `depth` nibbles, and then differ.

    `key` is one that is or was below; only its first `depth` nibbles mean anything.
    `children` holds a node or None for each nibble. It is a list because lists copy
    twice as fast as tuples; once in a map it is never changed.

    What is cached: `hashed`, the children as they go into the hash (no bytes: never
    worked out), and which nibbles of it are out of date, as bits of `stale`; and
    `commitment`, once known. Children need not be visited to hash a branch again.
    """

    __slots__ = ("children", "commitment", "count", "depth", "hashed", "key", "stale", "weight")

    def __init__(self, depth: int, key: bytes) -> None:
        """Begin a branch without children; it must adopt two."""
        self.depth = depth
        self.key = key
        self.children: list[Leaf[V] | Branch[V] | None] = [None] * 16
        self.count = 0
        self.weight: int = 0
        self.hashed = b""
        self.stale = 0
        self.commitment: bytes | None = None

    def adopt(self, child: "Leaf[V] | Branch[V]") -> "Branch[V]":
        """Take in a child, while this branch is not yet in a map."""
        self.children[nibble_at(child.key, self.depth)] = child
        self.count += child.count
        self.weight += child.weight
        return self


Node: TypeAlias = Union[Leaf[V], Branch[V]]  # noqa: UP007


def leaves(top: Node[V] | None) -> Iterator[Leaf[V]]:
    """Go through the leaves below a node in key order."""
    pending = [] if top is None else [top]
    while pending:
        node = pending.pop()
        if isinstance(node, Branch):
            pending.extend(filter(None, reversed(node.children)))
        else:
            yield node


def rebuilt(
    path: list[Branch[V]], key: bytes, node: Node[V] | None, count_change: int, weight_change: int
) -> Node[V] | None:
    """Return a new top under which a node stands where a key's path leads."""
    for branch in reversed(path):
        depth = branch.depth
        byte = key[depth >> 1]
        nibble = byte & 15 if depth & 1 else byte >> 4
        children = branch.children.copy()
        children[nibble] = node
        # Going round __init__ saves a tenth of every update.
        copied: Branch[V] = object.__new__(Branch)
        copied.depth = depth
        copied.key = branch.key
        copied.children = children
        copied.count = branch.count + count_change
        copied.weight = branch.weight + weight_change
        # `stale` before `hashed`: `commitment_of` sets them in the other order, so that a
        # thread that reads between the two hashes too much, never too little.
        copied.stale = branch.stale | 1 << nibble
        copied.hashed = branch.hashed
        copied.commitment = None
        node = copied
    return node


def placed(layout: MapLayout[V], top: Node[V] | None, key: bytes, entry: V) -> Node[V] | None:
    """Return a new top with this entry under the key; this very top if it was there already."""
    path: list[Branch[V]] = []
    node = top
    while isinstance(node, Branch):
        path.append(node)
        depth = node.depth
        byte = key[depth >> 1]
        node = node.children[byte & 15 if depth & 1 else byte >> 4]
    if node is not None and node.key == key:
        if node.entry is entry:
            return top
        leaf = Leaf(key, layout.weigh(entry), entry)
        return rebuilt(path, key, leaf, 0, leaf.weight - node.weight)
    leaf = Leaf(key, layout.weigh(entry), entry)
    fresh: Node[V] = leaf
    neighbour: Node[V] | None = node or (path[-1] if path else None)
    if neighbour is not None:
        depth = shared_nibbles(key, neighbour.key)
        while path and path[-1].depth > depth:
            neighbour = path.pop()
        # Otherwise the path ends in an empty slot of a branch that the key fits.
        if neighbour.depth > depth:
            branch: Branch[V] = Branch(depth, key)
            fresh = branch.adopt(neighbour).adopt(leaf)
    return rebuilt(path, key, fresh, 1, leaf.weight)


def cut(path: list[Branch[V]], key: bytes, node: Node[V]) -> Node[V] | None:
    """Return a new top without a node that stands where a key's path leads."""
    remaining: Node[V] | None = None
    if path and path[-1].children.count(None) == 14:
        # A branch of two is none without one of them: the other takes its place.
        for child in path.pop().children:
            if child is not None and child is not node:
                remaining = child
    return rebuilt(path, key, remaining, -node.count, 0 - node.weight)


def is_key(layout: MapLayout[V], key: object) -> bool:
    """Say whether something can be a key of a map of this layout."""
    return isinstance(key, bytes) and len(key) == layout.key_length


def wrong_key(layout: MapLayout[V], key: object) -> OutOfRange:
    """Return the complaint about something that cannot."""
    return OutOfRange(f"key of {layout.name}", key, f"{layout.key_length} bytes")


def nibble_at(key: bytes, depth: int) -> int:
    """Return the nibble of a key at a depth."""
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def shared_nibbles(first: bytes, second: bytes) -> int:
    """Return how many nibbles two keys of one length share at the front."""
    unlike = int.from_bytes(first, "big") ^ int.from_bytes(second, "big")
    return 2 * len(first) - (unlike.bit_length() + 3) // 4
