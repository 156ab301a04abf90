"""The bytes that go into each hash on the way to a state root."""

from collections.abc import Iterator
from typing import Any

from properties.conformance.views import map_at, map_places
from statemachine.annotations import is_map, is_record
from statemachine.canonical import rooted_bytes
from statemachine.merkle_hashing import branch_digest, leaf_digest, packed, root_of
from statemachine.merkle_map import MerkleMap
from statemachine.merkle_subtrees import Subtree, subtrees
from statemachine.records import fields_of
from statemachine.state import State, state_root

Line = tuple[str, str]
"""What some bytes are, and the bytes as hex, or a text."""


def explained_state(state: State) -> Iterator[Line]:
    """Go through the bytes of a state, field by field, as its root hashes them."""
    yield from _fields("", state)
    encoded = rooted_bytes(state)
    yield "all of these", f"{len(encoded)} bytes"
    yield 'digest("stakespec/state", all of these)', "0x" + state_root(state).hex()


def _fields(where: str, record: Any) -> Iterator[Line]:
    """Go through the fields of a record, each as its canonical bytes."""
    fields = fields_of(type(record))
    yield (
        where or "state",
        f"{0x80 | len(fields):02x}" if len(fields) < 24 else f"98{len(fields):02x}",
    )
    for field in fields:
        place = f"{where}.{field.name}" if where else field.name
        content = getattr(record, field.name)
        if is_map(field.type):
            yield f"{place} (its root)", rooted_bytes(content.root()).hex()
        elif field.type is not None and is_record(field.type) and _has_maps(field.type):
            yield from _fields(place, content)
        else:
            yield place, _encoded(content)


def _has_maps(kind: type) -> bool:
    return bool(map_places(kind))


def _encoded(content: object) -> str:
    if isinstance(content, tuple):
        head = rooted_bytes_of_length(len(content))
        return head + "".join(rooted_bytes(item).hex() for item in content)
    return rooted_bytes(content).hex()


def rooted_bytes_of_length(length: int) -> str:
    """Return the head of an array of so many items."""
    number = rooted_bytes(length)
    return f"{number[0] | 0x80:02x}" + number[1:].hex()


def explained_map(state: State, place: str, key: bytes | None) -> Iterator[Line]:
    """Go through the hashes of a map: of the nodes down to a key, or of the top alone."""
    entries = map_at(state, place)
    name = entries.layout.name
    yield "map", f"{name}: {len(entries)} entries, weight {entries.total_weight}"
    prefix = ""
    while True:
        below = subtrees(entries, prefix)
        if not below:
            yield f"below {prefix or 'the top'}", "nothing"
            break
        if prefix or len(below) > 1:
            yield from _branch(entries, prefix, below)
        following = [child for child in below if key is not None and _on_way(child, key)]
        if len(below) == 1 and not following:
            following = list(below)
        if not following:
            break
        prefix = following[0].prefix
        if len(prefix) == 2 * entries.layout.key_length:
            yield from _leaf(entries, bytes.fromhex(prefix))
            break
    top = subtrees(entries, "")
    if len(top) == 1:
        commitment = packed(top[0].digest, top[0].count, top[0].weight)
    elif top:
        commitment = _commitment_of_branch(entries, "", top)
    else:
        commitment = b""
    yield "commitment of the top", commitment.hex() or "no bytes"
    yield (
        f'digest("stakespec/merkle-map/{name}/root", it)',
        "0x" + root_of(entries.layout, commitment).hex(),
    )


def _on_way(subtree: Subtree, key: bytes) -> bool:
    return key.hex().startswith(subtree.prefix)


def _children(prefix: str, below: tuple[Subtree, ...]) -> bytes:
    return b"".join(
        bytes([int(child.prefix[len(prefix)], 16)])
        + packed(child.digest, child.count, child.weight)
        for child in below
    )


def _commitment_of_branch(
    entries: MerkleMap[object], prefix: str, below: tuple[Subtree, ...]
) -> bytes:
    node = branch_digest(
        entries.layout, len(prefix), _padded(prefix, entries), _children(prefix, below)
    )
    return packed(node, sum(child.count for child in below), sum(child.weight for child in below))


def _padded(prefix: str, entries: MerkleMap[object]) -> bytes:
    return bytes.fromhex(prefix.ljust(2 * entries.layout.key_length, "0"))


def _branch(entries: MerkleMap[object], prefix: str, below: tuple[Subtree, ...]) -> Iterator[Line]:
    if len(below) < 2:
        return
    yield f"branch at {prefix or 'the top'}: depth", len(prefix).to_bytes(2, "big").hex()
    yield "  prefix", prefix + ("0" if len(prefix) % 2 else "") or "no bytes"
    for child in below:
        digit = child.prefix[len(prefix)]
        yield (
            f"  child {digit} ({child.count} entries, weight {child.weight})",
            f"0{digit}{packed(child.digest, child.count, child.weight).hex()}",
        )
    commitment = _commitment_of_branch(entries, prefix, below)
    yield "  its digest", commitment[:32].hex()


def _leaf(entries: MerkleMap[object], key: bytes) -> Iterator[Line]:
    entry = entries[key]
    encoded = entries.layout.encode(entry)
    yield "leaf: key", key.hex()
    yield "  entry", encoded.hex()
    yield "  weight", str(entries.layout.weigh(entry))
    yield "  its digest", leaf_digest(entries.layout, key, encoded).hex()
