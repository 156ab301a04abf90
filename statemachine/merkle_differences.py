"""Where two maps differ, found without looking at what they share."""

from collections.abc import Iterator
from typing import Generic, NamedTuple, TypeVar

from statemachine.merkle_nodes import Branch, Leaf, Node, leaves, nibble_at, shared_nibbles

V = TypeVar("V")


class Difference(NamedTuple, Generic[V]):
    """A key under which two maps hold different entries; None stands for none at all."""

    key: bytes
    before: V | None
    after: V | None


def node_differences(
    top_before: Node[V] | None, top_after: Node[V] | None
) -> Iterator[Difference[V]]:
    """Go through the keys, in order, whose entries differ below two nodes."""
    pending = [] if top_before is top_after else [(top_before, top_after)]
    while pending:
        before, after = pending.pop()
        if before is None or after is None:
            yield from (Difference(leaf.key, leaf.entry, None) for leaf in leaves(before))
            yield from (Difference(leaf.key, None, leaf.entry) for leaf in leaves(after))
            continue
        if isinstance(before, Branch) and isinstance(after, Branch):
            if before.commitment is not None and before.commitment == after.commitment:
                continue
        elif isinstance(before, Leaf) and isinstance(after, Leaf) and before.key == after.key:
            if before.entry is not after.entry and before.entry != after.entry:
                yield Difference(before.key, before.entry, after.entry)
            continue
        depth = min(before.depth, after.depth)
        if shared_nibbles(before.key, after.key) >= depth:
            slots = zip(fanned(before, depth), fanned(after, depth), strict=True)
            pending.extend([pair for pair in slots if pair[0] is not pair[1]])
        elif before.key < after.key:
            pending += [(None, after), (before, None)]
        else:
            pending += [(before, None), (None, after)]


def fanned(node: Node[V], depth: int) -> list[Node[V] | None]:
    """Return what lies under each nibble at a depth no deeper than the node's, last first."""
    if isinstance(node, Branch) and node.depth == depth:
        return node.children[::-1]
    slots: list[Node[V] | None] = [None] * 16
    slots[15 - nibble_at(node.key, depth)] = node
    return slots
