"""One look for a way to break a law of several runs."""

from collections import Counter
from random import Random
from typing import Any

import attrs

from properties.branches import framing, safety
from properties.branches.adversary import grow
from properties.branches.branch import Branch, conflict
from properties.invariants import Violation
from statemachine.genesis import Genesis, genesis
from statemachine.protocol import Protocol

WITNESSES = {
    "conflict": "two branches make conflicting checkpoints final",
    "surround-only": "a conflict in which nobody votes twice for one epoch",
    "sets-differ": "a conflict between branches whose sets differ",
    "honest-voted": "somebody who follows the signing rule votes in a conflict",
}
"""What the engine must reach: a green answer without a conflict would mean nothing."""


@attrs.frozen
class Found:
    """A law that two runs broke."""

    violation: Violation
    start: Genesis
    transactions: tuple[Any, ...]
    """Of the run on which the law broke."""
    other: tuple[Any, ...]
    """Of the other run."""
    honest: tuple[bytes, ...] = ()
    """Who followed the signing rule."""


def look(protocol: Protocol, rng: Random, reached: Counter[str]) -> Found | None:
    """Grow a world of two branches, and hold it against the laws; note what it reached."""
    world = grow(protocol, rng)
    left, right = world.left, world.right
    if conflict(left, right) is not None:
        _note(left, right, world.honest, world.moving, reached)
    for side, other in ((left, right), (right, left)):
        for complaint in framing.complaints(side, (left, right), world.honest):
            return Found(
                Violation("SAF-2", complaint.message),
                world.start,
                (*side.transactions, complaint.report),
                tuple(other.transactions),
                world.honest,
            )
    for message in safety.complaints(left, right):
        return Found(
            Violation("SAF-1", message),
            world.start,
            tuple(left.transactions),
            tuple(right.transactions),
        )
    return None


def _note(
    left: Branch, right: Branch, honest: tuple[bytes, ...], moving: bool, reached: Counter[str]
) -> None:
    reached["conflict"] += 1
    votes = safety.signed_votes((left, right))
    epochs = [[vote.target.epoch for vote in known] for known in votes.values()]
    if all(len(set(targets)) == len(targets) for targets in epochs):
        reached["surround-only"] += 1
    if moving and left.state.snapshot != right.state.snapshot:
        reached["sets-differ"] += 1
    if any(one in votes for one in honest):
        reached["honest-voted"] += 1


def look_again(
    protocol: Protocol,
    start: Genesis,
    transactions: tuple[Any, ...],
    other: tuple[Any, ...],
    honest: tuple[bytes, ...],
) -> list[Violation]:
    """Hold two runs that are given against the laws."""
    left, right = (Branch(protocol, genesis(protocol, start), name * 32) for name in (b"L", b"R"))
    right.apply_all(other)
    found = []
    for order in transactions:
        for event in left.try_apply(order) or ():
            if framing.is_framing(event, honest):
                # A message counts as signed once its block or its votes are on one of the runs.
                border = framing.Border.of((left, right), honest)
                if border.lets_through(order):
                    found.append(Violation("SAF-2", framing.told(event, order)))
    found += [Violation("SAF-1", message) for message in safety.complaints(left, right)]
    return found
