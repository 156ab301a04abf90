"""A container to test, values for it, and a model of its hashes in plain words."""

import random
from itertools import takewhile

from blake3 import blake3
from hypothesis import strategies as st

from statemachine.merkle_map import (
    MapLayout,
    MerkleMap,
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


def thousand() -> Contents:
    source = random.Random(7)
    return {source.randbytes(KEY_LENGTH): source.randrange(2**60) for _ in range(1000)}
