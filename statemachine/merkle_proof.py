"""Proofs that a map holds an entry, for whoever knows nothing of it but its root."""

from operator import index
from typing import Any, TypeVar

import attrs

from statemachine.hashing import DIGEST_LENGTH
from statemachine.merkle_hashing import (
    COUNT_LIMIT,
    NIBBLES,
    WEIGHT_LIMIT,
    branch_digest,
    leaf_digest,
    packed,
    root_of,
)
from statemachine.merkle_nodes import MapLayout, is_key, nibble_at

V = TypeVar("V")


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
        return NIBBLES[self.nibble] + packed(self.digest, self.count, self.weight)

    @staticmethod
    def from_bytes(hashed: bytes) -> "Sibling":
        """Read what `to_bytes` wrote."""
        count, weight = (int.from_bytes(field, "big") for field in (hashed[33:41], hashed[41:]))
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
    if not (is_key(layout, key) and _is_proof(proof)):
        return None
    weight = total_weight = index(layout.weigh(entry))
    if not 0 <= weight < WEIGHT_LIMIT:
        return None
    count, offset, shallowest = 1, 0, 2 * len(key)
    node_digest = leaf_digest(layout, key, layout.encode(entry))
    for step in proof.steps:
        if not _is_from(0, step.depth, shallowest - 1):
            return None
        shallowest = step.depth
        own = Sibling(nibble_at(key, step.depth), node_digest, count, total_weight)
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
        node_digest = branch_digest(layout, step.depth, key, hashed)
    if root_of(layout, packed(node_digest, count, total_weight)) != root:
        return None
    return ProvenTotal(weight, offset, total_weight, count)


def _is_proof(proof: object) -> bool:
    return (
        isinstance(proof, InclusionProof)
        and _is_tuple_of(ProofStep, proof.steps)
        and all(_is_tuple_of(Sibling, step.siblings) for step in proof.steps)
    )


def _is_tuple_of(kind: type, content: object) -> bool:
    return isinstance(content, tuple) and all(isinstance(item, kind) for item in content)


def _is_sibling(sibling: Any, lowest_nibble: int) -> bool:
    return (
        _is_from(lowest_nibble, sibling.nibble, 15)
        and isinstance(sibling.digest, bytes)
        and len(sibling.digest) == DIGEST_LENGTH
        and _is_from(1, sibling.count, COUNT_LIMIT - 1)
        and _is_from(0, sibling.weight, WEIGHT_LIMIT - 1)
    )


def _is_from(low: int, number: object, high: int) -> bool:
    # A bool, equal to 0 or 1, would make a second proof of the same thing.
    return type(number) is int and low <= number <= high
