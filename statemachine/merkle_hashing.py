"""The hashes of a map, each worked out once and only when asked for.

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
from operator import index
from typing import TypeVar

from statemachine.hashing import DIGEST_LENGTH, digest
from statemachine.merkle_nodes import Leaf, MapLayout, Node

V = TypeVar("V")

COUNT_LIMIT = 2**64
"""One more than the most entries a commitment can tell."""

WEIGHT_LIMIT = 2**256
"""One more than the greatest weight a commitment can tell."""

CHILD_LENGTH = 1 + DIGEST_LENGTH + 8 + 32
"""Bytes in a branch's hash for each child."""

NIBBLES = tuple(bytes([nibble]) for nibble in range(16))
"""What names a child in the hash of its branch."""


def commitment_of(layout: MapLayout[V], node: Node[V]) -> bytes:
    """Return a node's commitment. Recursion goes no deeper than keys have nibbles."""
    if isinstance(node, Leaf):
        encoded = layout.encode(node.entry)
        return packed(leaf_digest(layout, node.key, encoded), 1, index(node.weight))
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
            now = b"" if child is None else NIBBLES[nibble] + commitment_of(layout, child)
            hashed = hashed[:start] + now + hashed[end:]
    else:
        pieces: list[bytes] = []
        for nibble, child in enumerate(node.children):
            if child is not None:
                pieces += (NIBBLES[nibble], commitment_of(layout, child))
        hashed = b"".join(pieces)
    node_digest = branch_digest(layout, node.depth, node.key, hashed)
    commitment = packed(node_digest, node.count, index(node.weight))
    node.hashed = hashed
    node.stale = 0
    node.commitment = commitment
    return commitment


def root_of(layout: MapLayout[V], commitment: bytes) -> bytes:
    """Return the root of a map whose top node has this commitment."""
    return digest(f"stakespec/merkle-map/{layout.name}/root", commitment)


def leaf_digest(layout: MapLayout[V], key: bytes, encoded: bytes) -> bytes:
    """Return the digest of a leaf, its entry encoded."""
    return digest(f"stakespec/merkle-map/{layout.name}/leaf", key, encoded)


def branch_digest(layout: MapLayout[V], depth: int, key: bytes, hashed: bytes) -> bytes:
    """Return the digest of a branch, its children as they go into the hash."""
    prefix = key[: depth >> 1]
    if depth & 1:
        prefix += bytes((key[depth >> 1] & 0xF0,))
    domain = f"stakespec/merkle-map/{layout.name}/branch"
    return digest(domain, depth.to_bytes(2, "big"), prefix, hashed)


def packed(node_digest: bytes, count: int, weight: int) -> bytes:
    """Return the commitment that these three make up."""
    return node_digest + count.to_bytes(8, "big") + weight.to_bytes(32, "big")
