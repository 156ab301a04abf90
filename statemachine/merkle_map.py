"""The one container: a persistent map whose shape and root depend on its contents alone.

A radix-16 Patricia trie. A leaf holds one entry under its full key; a branch stands
wherever keys first differ, and nowhere else, so that a long prefix shared by many keys
costs nothing. An update makes new nodes along one path and shares all others with the
map it came from. Every node knows how many entries lie below it and what they weigh
together: the same sums give totals, stake-weighted selection and proofs of stake.

`merkle_nodes` has the nodes, `merkle_ranges` sets many keys at once, `merkle_hashing` says
what is hashed, `merkle_proof` checks proofs.
"""

from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Generic, TypeVar, cast, overload

from statemachine.errors import OutOfRange
from statemachine.merkle_differences import Difference, node_differences
from statemachine.merkle_hashing import CHILD_LENGTH, commitment_of, root_of
from statemachine.merkle_nodes import (
    MAX_KEY_LENGTH,
    Branch,
    Leaf,
    MapLayout,
    Node,
    cut,
    is_key,
    leaves,
    nibble_at,
    placed,
    wrong_key,
)
from statemachine.merkle_proof import (
    InclusionProof,
    ProofStep,
    ProvenTotal,
    Sibling,
    proven_total,
    verify_inclusion,
)
from statemachine.merkle_ranges import check_keys, check_rising, grown, merged

__all__ = [
    "MAX_KEY_LENGTH",
    "Difference",
    "InclusionProof",
    "MapLayout",
    "MerkleMap",
    "ProofStep",
    "ProvenTotal",
    "Sibling",
    "differences",
    "proven_total",
    "verify_inclusion",
]

V = TypeVar("V")
D = TypeVar("D")

ABSENT = object()
"""What no map holds."""


class MerkleMap(Generic[V]):
    """An immutable map from keys of a fixed length to entries, iterated in key order.

    Wherever a key is asked for, one that is not bytes or not of the layout's length
    raises ValueError. Weights may be anything that adds, subtracts and compares like
    integers; only `root` and what rests on it need their digits.
    """

    __slots__ = ("_root", "_top", "layout")

    def __init__(self, layout: MapLayout[V], top: Node[V] | None) -> None:
        """For this module's use: begin with `empty` or `from_items`."""
        self.layout = layout
        self._top = top
        self._root: bytes | None = None

    @staticmethod
    def empty(layout: MapLayout[V]) -> "MerkleMap[V]":
        """Return the map without entries."""
        return MerkleMap(layout, None)

    @staticmethod
    def from_items(layout: MapLayout[V], items: Iterable[tuple[bytes, V]]) -> "MerkleMap[V]":
        """Build a map from pairs of key and entry, in any order, in O(n log n).

        Raises ValueError for a key given twice.
        """
        pairs = list(items)
        check_keys(layout, pairs)
        pairs.sort(key=itemgetter(0))
        return MerkleMap(layout, grown(layout, pairs) if pairs else None)

    @overload
    def get(self, key: bytes) -> V | None: ...
    @overload
    def get(self, key: bytes, default: D) -> V | D: ...
    def get(self, key: bytes, default: object = None) -> object:
        """Return the entry under a key, or the default where there is none."""
        if not isinstance(key, bytes):
            raise wrong_key(self.layout, key)
        if len(key) != self.layout.key_length:
            raise wrong_key(self.layout, key)
        node = self._top
        while isinstance(node, Branch):
            depth = node.depth
            byte = key[depth >> 1]
            node = node.children[byte & 15 if depth & 1 else byte >> 4]
        if node is None or node.key != key:
            return default
        return node.entry

    def __getitem__(self, key: bytes) -> V:
        """Return the entry under a key; raises KeyError where there is none."""
        entry = self.get(key, ABSENT)
        if entry is ABSENT:
            raise KeyError(key)
        return cast(V, entry)

    def __contains__(self, key: bytes) -> bool:
        """Say whether there is an entry under a key."""
        return self.get(key, ABSENT) is not ABSENT

    def __len__(self) -> int:
        """Return the number of entries, in O(1)."""
        return 0 if self._top is None else self._top.count

    def __iter__(self) -> Iterator[bytes]:
        """Go through the keys in order."""
        return (leaf.key for leaf in leaves(self._top))

    def items(self) -> Iterator[tuple[bytes, V]]:
        """Go through the pairs of key and entry in key order."""
        return ((leaf.key, leaf.entry) for leaf in leaves(self._top))

    def entries(self) -> Iterator[V]:
        """Go through the entries in key order."""
        return (leaf.entry for leaf in leaves(self._top))

    def with_prefix(self, prefix: bytes) -> Iterator[tuple[bytes, V]]:
        """Go through the pairs whose key begins with a prefix, in key order, and no others.

        Here and below, a prefix that is not bytes or longer than a key raises ValueError.
        """
        return ((leaf.key, leaf.entry) for leaf in leaves(self._below(prefix)[1]))

    def prefix_weight(self, prefix: bytes) -> int:
        """Return the total weight of the entries whose key begins with a prefix."""
        _, node = self._below(prefix)
        return 0 if node is None else node.weight

    def prefix_count(self, prefix: bytes) -> int:
        """Return the number of entries whose key begins with a prefix."""
        _, node = self._below(prefix)
        return 0 if node is None else node.count

    @property
    def total_weight(self) -> int:
        """The weights of all entries together, in O(1)."""
        return 0 if self._top is None else self._top.weight

    def locate(self, offset: int) -> tuple[bytes, V]:
        """Return the key and entry that cover an offset, in O(log n).

        Entries are laid end to end in key order, each as long as its weight; one
        without weight covers nothing. Bounds: 0 <= offset < total_weight, else ValueError.
        """
        node = self._top
        if node is None or not 0 <= offset < node.weight:
            bound = f"at least 0 and below the total weight {self.total_weight}"
            raise OutOfRange(f"offset into {self.layout.name}", offset, bound)
        start: int = 0
        while isinstance(node, Branch):
            for child in node.children:
                if child is not None:
                    end = start + child.weight
                    if offset < end:
                        node = child
                        break
                    start = end
        return node.key, node.entry

    def set(self, key: bytes, entry: V) -> "MerkleMap[V]":
        """Return a map with this entry under the key; this very map if it was there already."""
        layout = self.layout
        if not isinstance(key, bytes):
            raise wrong_key(layout, key)
        if len(key) != layout.key_length:
            raise wrong_key(layout, key)
        top = placed(layout, self._top, key, entry)
        return self if top is self._top else MerkleMap(layout, top)

    def set_sorted(self, items: Sequence[tuple[bytes, V]]) -> "MerkleMap[V]":
        """Return a map with all these entries under their keys, which rise strictly.

        The same map as one `set` after another makes, and this very one if every entry was
        there already; but each node on the way is made once and not once for each key.
        Raises ValueError for keys that do not rise.
        """
        check_keys(self.layout, items)
        check_rising(self.layout, items)
        top = merged(self.layout, self._top, items) if items else self._top
        return self if top is self._top else MerkleMap(self.layout, top)

    def remove(self, key: bytes) -> "MerkleMap[V]":
        """Return a map without this key; raises KeyError where it is not there."""
        path, leaf = self._find(key)
        return MerkleMap(self.layout, cut(path, key, leaf))

    def without_prefix(self, prefix: bytes) -> "MerkleMap[V]":
        """Return a map without the keys that begin with a prefix; this very map if none does.

        They go as one subtree: the cost is that of one `remove`, however many they are.
        """
        path, node = self._below(prefix)
        return self if node is None else MerkleMap(self.layout, cut(path, prefix, node))

    def root(self) -> bytes:
        """Return the 32 bytes that stand for these contents under this layout.

        Only what was never asked before is hashed. Raises OverflowError where the layout
        broke its word on weights.
        """
        if self._root is None:
            layout = self.layout
            commitment = b"" if self._top is None else commitment_of(layout, self._top)
            self._root = root_of(layout, commitment)
        return self._root

    def prove(self, key: bytes) -> "InclusionProof":
        """Return a proof that the entry under a key is in the map with this root.

        Raises KeyError where there is none.
        """
        path, _ = self._find(key)
        self.root()
        steps = []
        for branch in reversed(path):
            siblings = [
                Sibling.from_bytes(branch.hashed[start : start + CHILD_LENGTH])
                for start in range(0, len(branch.hashed), CHILD_LENGTH)
                if branch.hashed[start] != nibble_at(key, branch.depth)
            ]
            steps.append(ProofStep(branch.depth, tuple(siblings)))
        return InclusionProof(tuple(steps))

    def __eq__(self, other: object) -> bool:
        """Say whether both are of one layout (by name) and hold the same."""
        if other is self:
            return True
        if not isinstance(other, MerkleMap):
            return NotImplemented
        if self.layout.name != other.layout.name or len(self) != len(other):
            return False
        return not any(True for _ in node_differences(self._top, other._top))

    def __hash__(self) -> int:
        """Return a number made of the root, the same in every process."""
        return int.from_bytes(self.root()[:8], "big")

    def __reduce__(self) -> tuple[object, ...]:
        """Let other processes have it: as its entries alone, so that no hash is believed."""
        return MerkleMap.from_items, (self.layout, tuple(self.items()))

    def __repr__(self) -> str:
        """Give the kind, size and weight, not the contents."""
        return f"<MerkleMap {self.layout.name}: {len(self)} entries, weight {self.total_weight}>"

    def _find(self, key: bytes) -> tuple[list[Branch[V]], Leaf[V]]:
        if not is_key(self.layout, key):
            raise wrong_key(self.layout, key)
        path: list[Branch[V]] = []
        node = self._top
        while isinstance(node, Branch):
            path.append(node)
            node = node.children[nibble_at(key, node.depth)]
        if node is None or node.key != key:
            raise KeyError(key)
        return path, node

    def _below(self, prefix: bytes) -> tuple[list[Branch[V]], Node[V] | None]:
        if not _is_prefix(self.layout, prefix):
            bound = f"at most {self.layout.key_length} bytes"
            raise OutOfRange(f"prefix of {self.layout.name}", prefix, bound)
        path: list[Branch[V]] = []
        node = self._top
        while isinstance(node, Branch) and node.depth < 2 * len(prefix):
            path.append(node)
            node = node.children[nibble_at(prefix, node.depth)]
        return path, node if node is not None and node.key.startswith(prefix) else None


def differences(before: MerkleMap[V], after: MerkleMap[V]) -> Iterator[Difference[V]]:
    """Go through the keys, in order, whose entries differ: (key, entry before, entry after).

    What the two maps share is skipped, so that the cost follows what changed. Raises
    ValueError for maps of two layouts.
    """
    if before.layout.name != after.layout.name:
        names = f"{before.layout.name} and {after.layout.name}"
        raise ValueError(f"maps of two layouts cannot be compared: {names}")
    return node_differences(before._top, after._top)


def _is_prefix(layout: MapLayout[V], prefix: object) -> bool:
    return isinstance(prefix, bytes) and len(prefix) <= layout.key_length
