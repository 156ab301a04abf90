"""The one container: a persistent map whose shape and root depend on its contents alone.

A radix-16 Patricia trie. A leaf holds one entry under its full key; a branch stands
wherever keys first differ, and nowhere else, so that a long prefix shared by many keys
costs nothing. An update makes new nodes along one path and shares all others with the
map it came from. Every node knows how many entries lie below it and what they weigh
together: the same sums give totals, stake-weighted selection and proofs of stake.

What is hashed (with `digest`; numbers are big-endian; "..." is "stakespec/merkle-map/"
and the name of the layout):

    root           domain .../root,   commitment of the top node (no bytes if empty)
    commitment     digest (32 bytes), count (8), weight (32)
    branch digest  domain .../branch, depth (2 bytes), prefix, children
    leaf digest    domain .../leaf,   key, encoded entry
    prefix         the first `depth` nibbles of the keys below; where depth is odd, a
                   half byte of zero follows
    children       for each child, in order: its nibble (1 byte), its commitment
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from operator import index, itemgetter
from typing import Any, ClassVar, Generic, NamedTuple, TypeAlias, TypeVar, Union, cast, overload

import attrs

from statemachine.crypto.hashing import DIGEST_LENGTH, digest
from statemachine.errors import OutOfRange

V = TypeVar("V")
D = TypeVar("D")

MAX_KEY_LENGTH = 128
"""Bytes in the longest key; bounds the depth of a map, and with it every walk down one."""

COUNT_LIMIT = 2**64
"""One more than the most entries a commitment can tell."""

WEIGHT_LIMIT = 2**256
"""One more than the greatest weight a commitment can tell."""

CHILD_LENGTH = 1 + DIGEST_LENGTH + 8 + 32
"""Bytes in a branch's hash for each child."""

NIBBLES = tuple(bytes([nibble]) for nibble in range(16))
"""What names a child in the hash of its branch."""

ABSENT = object()
"""What no map holds."""


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
    def _check_name(self, _attribute: object, given: object) -> None:
        if not (isinstance(given, str) and given and given.isascii() and given.isprintable()):
            raise OutOfRange("MapLayout.name", given, "printable ASCII, not empty")

    @key_length.validator
    def _check_key_length(self, _attribute: object, given: object) -> None:
        if not (isinstance(given, int) and 1 <= given <= MAX_KEY_LENGTH):
            bound = f"a whole number from 1 to {MAX_KEY_LENGTH}"
            raise OutOfRange("MapLayout.key_length", given, bound)


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
        self.children[_nibble(child.key, self.depth)] = child
        self.count += child.count
        self.weight += child.weight
        return self


Node: TypeAlias = Union[Leaf[V], Branch[V]]  # noqa: UP007


class Difference(NamedTuple, Generic[V]):
    """A key under which two maps hold different entries; None stands for none at all."""

    key: bytes
    before: V | None
    after: V | None


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
        for key, _ in pairs:
            if not _is_key(layout, key):
                raise _wrong_key(layout, key)
        pairs.sort(key=itemgetter(0))
        unfinished: list[Branch[V]] = []
        node: Node[V] | None = None
        previous = b""
        for key, entry in pairs:
            if node is not None:
                if key == previous:
                    raise ValueError(f"key 0x{key.hex()} of {layout.name} is given twice")
                depth = _shared_nibbles(previous, key)
                while unfinished and unfinished[-1].depth > depth:
                    node = unfinished.pop().adopt(node)
                if not unfinished or unfinished[-1].depth < depth:
                    unfinished.append(Branch(depth, key))
                unfinished[-1].adopt(node)
            node = Leaf(key, layout.weigh(entry), entry)
            previous = key
        while node is not None and unfinished:
            node = unfinished.pop().adopt(node)
        return MerkleMap(layout, node)

    @overload
    def get(self, key: bytes) -> V | None: ...
    @overload
    def get(self, key: bytes, default: D) -> V | D: ...
    def get(self, key: bytes, default: object = None) -> object:
        """Return the entry under a key, or the default where there is none."""
        if not isinstance(key, bytes):
            raise _wrong_key(self.layout, key)
        if len(key) != self.layout.key_length:
            raise _wrong_key(self.layout, key)
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
        return (leaf.key for leaf in _leaves(self._top))

    def items(self) -> Iterator[tuple[bytes, V]]:
        """Go through the pairs of key and entry in key order."""
        return ((leaf.key, leaf.entry) for leaf in _leaves(self._top))

    def entries(self) -> Iterator[V]:
        """Go through the entries in key order."""
        return (leaf.entry for leaf in _leaves(self._top))

    def with_prefix(self, prefix: bytes) -> Iterator[tuple[bytes, V]]:
        """Go through the pairs whose key begins with a prefix, in key order, and no others.

        Here and below, a prefix that is not bytes or longer than a key raises ValueError.
        """
        return ((leaf.key, leaf.entry) for leaf in _leaves(self._below(prefix)))

    def prefix_weight(self, prefix: bytes) -> int:
        """Return the total weight of the entries whose key begins with a prefix."""
        node = self._below(prefix)
        return 0 if node is None else node.weight

    def prefix_count(self, prefix: bytes) -> int:
        """Return the number of entries whose key begins with a prefix."""
        node = self._below(prefix)
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
            raise _wrong_key(layout, key)
        if len(key) != layout.key_length:
            raise _wrong_key(layout, key)
        path: list[Branch[V]] = []
        node = self._top
        while isinstance(node, Branch):
            path.append(node)
            depth = node.depth
            byte = key[depth >> 1]
            node = node.children[byte & 15 if depth & 1 else byte >> 4]
        if node is not None and node.key == key:
            if node.entry is entry:
                return self
            leaf = Leaf(key, layout.weigh(entry), entry)
            return MerkleMap(layout, _rebuilt(path, key, leaf, 0, leaf.weight - node.weight))
        leaf = Leaf(key, layout.weigh(entry), entry)
        fresh: Node[V] = leaf
        neighbour: Node[V] | None = node or (path[-1] if path else None)
        if neighbour is not None:
            depth = _shared_nibbles(key, neighbour.key)
            while path and path[-1].depth > depth:
                neighbour = path.pop()
            # Otherwise the path ends in an empty slot of a branch that the key fits.
            if neighbour.depth > depth:
                branch: Branch[V] = Branch(depth, key)
                fresh = branch.adopt(neighbour).adopt(leaf)
        return MerkleMap(layout, _rebuilt(path, key, fresh, 1, leaf.weight))

    def remove(self, key: bytes) -> "MerkleMap[V]":
        """Return a map without this key; raises KeyError where it is not there."""
        path, leaf = self._find(key)
        remaining: Node[V] | None = None
        if path and path[-1].children.count(None) == 14:
            # A branch of two is none without one of them: the other takes its place.
            for child in path.pop().children:
                if child is not None and child is not leaf:
                    remaining = child
        return MerkleMap(self.layout, _rebuilt(path, key, remaining, -1, 0 - leaf.weight))

    def root(self) -> bytes:
        """Return the 32 bytes that stand for these contents under this layout.

        Only what was never asked before is hashed. Raises OverflowError where the layout
        broke its word on weights.
        """
        if self._root is None:
            layout = self.layout
            commitment = b"" if self._top is None else _commitment(layout, self._top)
            self._root = _root(layout, commitment)
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
                if branch.hashed[start] != _nibble(key, branch.depth)
            ]
            steps.append(ProofStep(branch.depth, tuple(siblings)))
        return InclusionProof(tuple(steps))

    def __eq__(self, other: object) -> bool:
        """Say whether both are of one layout (by name) and hold the same."""
        if not isinstance(other, MerkleMap):
            return NotImplemented
        if self.layout.name != other.layout.name or len(self) != len(other):
            return False
        return not any(True for _ in _differences(self._top, other._top))

    def __hash__(self) -> int:
        """Return a number made of the root, the same in every process."""
        return int.from_bytes(self.root()[:8], "big")

    def __repr__(self) -> str:
        """Give the kind, size and weight, not the contents."""
        return f"<MerkleMap {self.layout.name}: {len(self)} entries, weight {self.total_weight}>"

    def _find(self, key: bytes) -> tuple[list[Branch[V]], Leaf[V]]:
        if not _is_key(self.layout, key):
            raise _wrong_key(self.layout, key)
        path: list[Branch[V]] = []
        node = self._top
        while isinstance(node, Branch):
            path.append(node)
            node = node.children[_nibble(key, node.depth)]
        if node is None or node.key != key:
            raise KeyError(key)
        return path, node

    def _below(self, prefix: bytes) -> Node[V] | None:
        if not _is_prefix(self.layout, prefix):
            bound = f"at most {self.layout.key_length} bytes"
            raise OutOfRange(f"prefix of {self.layout.name}", prefix, bound)
        node = self._top
        while isinstance(node, Branch) and node.depth < 2 * len(prefix):
            node = node.children[_nibble(prefix, node.depth)]
        return node if node is not None and node.key.startswith(prefix) else None


def differences(before: MerkleMap[V], after: MerkleMap[V]) -> Iterator[Difference[V]]:
    """Go through the keys, in order, whose entries differ: (key, entry before, entry after).

    What the two maps share is skipped, so that the cost follows what changed. Raises
    ValueError for maps of two layouts.
    """
    if before.layout.name != after.layout.name:
        names = f"{before.layout.name} and {after.layout.name}"
        raise ValueError(f"maps of two layouts cannot be compared: {names}")
    return _differences(before._top, after._top)


def _differences(top_before: Node[V] | None, top_after: Node[V] | None) -> Iterator[Difference[V]]:
    pending = [(top_before, top_after)]
    while pending:
        before, after = pending.pop()
        if before is after:
            continue
        if before is None or after is None:
            yield from (Difference(leaf.key, leaf.entry, None) for leaf in _leaves(before))
            yield from (Difference(leaf.key, None, leaf.entry) for leaf in _leaves(after))
            continue
        if isinstance(before, Branch) and isinstance(after, Branch):
            if before.commitment is not None and before.commitment == after.commitment:
                continue
        elif isinstance(before, Leaf) and isinstance(after, Leaf) and before.key == after.key:
            if before.entry is not after.entry and before.entry != after.entry:
                yield Difference(before.key, before.entry, after.entry)
            continue
        depth = min(before.depth, after.depth)
        if _shared_nibbles(before.key, after.key) >= depth:
            pending.extend(zip(_fanned(before, depth), _fanned(after, depth), strict=True))
        elif before.key < after.key:
            pending += [(None, after), (before, None)]
        else:
            pending += [(before, None), (None, after)]


def _fanned(node: Node[V], depth: int) -> list[Node[V] | None]:
    """Return what lies under each nibble at a depth no deeper than the node's, last first."""
    if isinstance(node, Branch) and node.depth == depth:
        return node.children[::-1]
    slots: list[Node[V] | None] = [None] * 16
    slots[15 - _nibble(node.key, depth)] = node
    return slots


def _leaves(top: Node[V] | None) -> Iterator[Leaf[V]]:
    """Go through the leaves below a node in key order."""
    pending = [top]
    while pending:
        node = pending.pop()
        if isinstance(node, Branch):
            pending.extend(reversed(node.children))
        elif node is not None:
            yield node


def _rebuilt(
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
        # `stale` before `hashed`: `_commitment` sets them in the other order, so that a
        # thread that reads between the two hashes too much, never too little.
        copied.stale = branch.stale | 1 << nibble
        copied.hashed = branch.hashed
        copied.commitment = None
        node = copied
    return node


def _commitment(layout: MapLayout[V], node: Node[V]) -> bytes:
    """Return a node's commitment. Recursion goes no deeper than keys have nibbles."""
    if isinstance(node, Leaf):
        encoded = layout.encode(node.entry)
        return _packed(_leaf_digest(layout, node.key, encoded), 1, index(node.weight))
    if node.commitment is not None:
        return node.commitment
    hashed = node.hashed
    if hashed:
        stale = node.stale
        while stale:
            nibble = stale.bit_length() - 1
            stale ^= 1 << nibble
            child = node.children[nibble]
            start = end = CHILD_LENGTH * bisect_left(hashed[::CHILD_LENGTH], nibble)
            if hashed[start : start + 1] == NIBBLES[nibble]:
                end += CHILD_LENGTH
            now = b"" if child is None else NIBBLES[nibble] + _commitment(layout, child)
            hashed = hashed[:start] + now + hashed[end:]
    else:
        pieces: list[bytes] = []
        for nibble, child in enumerate(node.children):
            if child is not None:
                pieces += (NIBBLES[nibble], _commitment(layout, child))
        hashed = b"".join(pieces)
    branch_digest = _branch_digest(layout, node.depth, node.key, hashed)
    commitment = _packed(branch_digest, node.count, index(node.weight))
    node.hashed = hashed
    node.stale = 0
    node.commitment = commitment
    return commitment


def _root(layout: MapLayout[V], commitment: bytes) -> bytes:
    return digest(f"stakespec/merkle-map/{layout.name}/root", commitment)


def _leaf_digest(layout: MapLayout[V], key: bytes, encoded: bytes) -> bytes:
    return digest(f"stakespec/merkle-map/{layout.name}/leaf", key, encoded)


def _branch_digest(layout: MapLayout[V], depth: int, key: bytes, hashed: bytes) -> bytes:
    prefix = key[: depth >> 1]
    if depth & 1:
        prefix += bytes((key[depth >> 1] & 0xF0,))
    domain = f"stakespec/merkle-map/{layout.name}/branch"
    return digest(domain, depth.to_bytes(2, "big"), prefix, hashed)


def _packed(node_digest: bytes, count: int, weight: int) -> bytes:
    return node_digest + count.to_bytes(8, "big") + weight.to_bytes(32, "big")


def _is_key(layout: MapLayout[V], key: object) -> bool:
    return isinstance(key, bytes) and len(key) == layout.key_length


def _wrong_key(layout: MapLayout[V], key: object) -> OutOfRange:
    return OutOfRange(f"key of {layout.name}", key, f"{layout.key_length} bytes")


def _is_prefix(layout: MapLayout[V], prefix: object) -> bool:
    return isinstance(prefix, bytes) and len(prefix) <= layout.key_length


def _nibble(key: bytes, depth: int) -> int:
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def _shared_nibbles(one: bytes, other: bytes) -> int:
    """Return how many nibbles two keys of one length share at the front."""
    unlike = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return 2 * len(one) - (unlike.bit_length() + 3) // 4


@attrs.frozen
class Sibling:
    """What a proof tells of a subtree that the path to the entry passes by."""

    nibble: int
    """Where it hangs on its branch, 0 to 15."""
    digest: bytes
    """32 bytes."""
    count: int
    """Entries in it."""
    weight: int
    """Their weight together."""

    def to_bytes(self) -> bytes:
        """Return the bytes that go into the hash of the branch."""
        return NIBBLES[self.nibble] + _packed(self.digest, self.count, self.weight)

    @staticmethod
    def from_bytes(hashed: bytes) -> "Sibling":
        """Read what `to_bytes` wrote."""
        count, weight = (int.from_bytes(part, "big") for part in (hashed[33:41], hashed[41:]))
        return Sibling(hashed[0], hashed[1:33], count, weight)


@attrs.frozen
class ProofStep:
    """One branch on the path from the entry up to the root."""

    depth: int
    """Nibbles that all keys below it share."""
    siblings: tuple[Sibling, ...]
    """All its children but the one on the path, by rising nibble."""


@attrs.frozen
class InclusionProof:
    """What it takes, beside the entry, to work out the root."""

    steps: tuple[ProofStep, ...]
    """The branches from the entry up."""


@attrs.frozen
class ProvenTotal:
    """What a verified proof establishes, for whoever trusts the root and nothing else."""

    weight: int
    """Weight of the entry."""
    offset: int
    """Weight of all entries before it: `locate` finds it from here to offset + weight - 1."""
    total_weight: int
    """Weight of all entries of the map."""
    count: int
    """Number of entries of the map."""


def verify_inclusion(
    layout: MapLayout[V], root: bytes, key: bytes, entry: V, proof: InclusionProof
) -> bool:
    """Say whether a proof shows that the map with this root holds this entry under this key."""
    return proven_total(layout, root, key, entry, proof) is not None


def proven_total(
    layout: MapLayout[V], root: bytes, key: bytes, entry: V, proof: InclusionProof
) -> ProvenTotal | None:
    """Return what a proof establishes of an entry and of the whole map, or None if nothing.

    Whatever key and proof are, they raise nothing; the entry is trusted to be one that
    the layout's `weigh` and `encode` can read. One proof is good for a root and a key.
    """
    if not (_is_key(layout, key) and _is_proof(proof)):
        return None
    weight = total_weight = index(layout.weigh(entry))
    if not 0 <= weight < WEIGHT_LIMIT:
        return None
    count, offset, shallowest = 1, 0, 2 * len(key)
    node_digest = _leaf_digest(layout, key, layout.encode(entry))
    for step in proof.steps:
        if not _is_from(0, step.depth, shallowest - 1):
            return None
        shallowest = step.depth
        own = Sibling(_nibble(key, step.depth), node_digest, count, total_weight)
        children = {own.nibble: own}
        lowest_nibble = 0
        for sibling in step.siblings:
            if not _is_sibling(sibling, lowest_nibble) or sibling.nibble == own.nibble:
                return None
            lowest_nibble = sibling.nibble + 1
            children[sibling.nibble] = sibling
            count += sibling.count
            total_weight += sibling.weight
            offset += sibling.weight if sibling.nibble < own.nibble else 0
        if len(children) < 2 or count >= COUNT_LIMIT or total_weight >= WEIGHT_LIMIT:
            return None
        hashed = b"".join(children[nibble].to_bytes() for nibble in sorted(children))
        node_digest = _branch_digest(layout, step.depth, key, hashed)
    if _root(layout, _packed(node_digest, count, total_weight)) != root:
        return None
    return ProvenTotal(weight, offset, total_weight, count)


def _is_proof(proof: Any) -> bool:
    return (
        isinstance(proof, InclusionProof)
        and _is_tuple_of(ProofStep, proof.steps)
        and all(_is_tuple_of(Sibling, step.siblings) for step in proof.steps)
    )


def _is_tuple_of(kind: type, given: object) -> bool:
    return isinstance(given, tuple) and all(isinstance(item, kind) for item in given)


def _is_sibling(sibling: Any, lowest_nibble: int) -> bool:
    return (
        _is_from(lowest_nibble, sibling.nibble, 15)
        and isinstance(sibling.digest, bytes)
        and len(sibling.digest) == DIGEST_LENGTH
        and _is_from(1, sibling.count, COUNT_LIMIT - 1)
        and _is_from(0, sibling.weight, WEIGHT_LIMIT - 1)
    )


def _is_from(low: int, given: Any, high: int) -> bool:
    # A bool, equal to 0 or 1, would make a second proof of the same thing.
    return type(given) is int and low <= given <= high
