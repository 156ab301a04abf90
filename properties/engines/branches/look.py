"""One attempt to break a law of several runs."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import attrs

from properties.engines.branches import framing, safety
from properties.engines.branches.adversary import World, draw_start, grow
from properties.engines.branches.branch import Branch, RuleMisbehaved, conflict
from properties.engines.branches.safety import Conflict
from properties.laws import Violation
from properties.laws.liveness import WayOn, finalise_next
from properties.model.design import asked
from statemachine.description import Genesis
from statemachine.duties import SigningRecord
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis

WAY_ON_EVERY = 4
"""Of so many worlds one is asked whether its branches have a way on."""


@attrs.frozen
class Found:
    """A law that two runs broke."""

    violation: Violation
    start: Genesis
    transactions: tuple[Any, ...]
    """Of the run on which the law broke."""
    other: tuple[Any, ...] | None
    """Of the other run; None where one is enough."""
    honest: tuple[bytes, ...] = ()
    """Who followed the signing rule."""


@attrs.define
class Notes:
    """What looks reached, and what laws had to judge in them."""

    reached: Counter[str] = attrs.field(factory=Counter)
    """Witnesses."""
    looked: Counter[str] = attrs.field(factory=Counter)
    """How often laws had something to judge."""
    least: Conflict = attrs.field(factory=Conflict)
    """The least share of the stake that a conflict cost."""


def look(protocol: Protocol, rng: Random, notes: Notes, patient: bool = False) -> Found | None:
    """Grow a world of two branches, and hold it against the laws; note what it reached."""
    start = draw_start(rng, protocol)
    try:
        return _look(protocol, rng, start, notes, patient)
    except RuleMisbehaved as broken:
        return Found(broken.violations[0], start, broken.transactions, None)


def _look(
    protocol: Protocol, rng: Random, start: Genesis, notes: Notes, patient: bool
) -> Found | None:
    world = grow(protocol, rng, start, patient)
    left, right = world.left, world.right
    if world.parting:
        notes.reached["parting"] += 1
    if conflict(left, right) is not None:
        _note(left, right, world.honest, notes.reached)
    elif _contradicts_itself(world):
        notes.reached["foiled"] += 1
    for found in _findings(protocol, world, rng, notes):
        if asked(protocol, [found.violation]):
            return found
    return None


def _findings(protocol: Protocol, world: World, rng: Random, notes: Notes) -> Iterator[Found]:
    """Go through what is broken, the graver first: safety, then who is wronged, then liveness."""
    yield from _unsafe(world, notes)
    yield from _framed(world, notes)
    if rng.randrange(WAY_ON_EVERY) == 0:
        yield from _without_a_way_on(protocol, world, notes)


def _unsafe(world: World, notes: Notes) -> Iterator[Found]:
    left, right = world.left, world.right
    weighed = safety.weigh_conflict(left, right)
    if weighed is None:
        return
    both = tuple(left.transactions), tuple(right.transactions)
    if weighed.judged:
        notes.looked["SAF-1"] += 1
        notes.reached["costly"] += 1
        notes.least.note(weighed.slashed, weighed.total)
    for message in weighed.complaints:
        yield Found(Violation("SAF-1", message), world.start, *both)
    # Where parameters were drawn to be weak, sets that part are the draw's fault.
    if weighed.timely and world.declared:
        notes.looked["SAF-3"] += 1
        if weighed.blameless:
            yield Found(Violation("SAF-3", weighed.blameless), world.start, *both)


def _framed(world: World, notes: Notes) -> Iterator[Found]:
    left, right = world.left, world.right
    notes.looked["SAF-2"] += bool(world.honest)
    for side, other in ((left, right), (right, left)):
        for complaint in framing.complaints(side, (left, right), world.honest):
            yield Found(
                Violation("SAF-2", complaint.message),
                world.start,
                (*side.transactions, complaint.report),
                tuple(other.transactions),
                world.honest,
            )


def _without_a_way_on(protocol: Protocol, world: World, notes: Notes) -> Iterator[Found]:
    left, right = world.left, world.right
    for side, other in ((left, right), (right, left)):
        way = _way_on(protocol, side, (left, right))
        notes.reached["way-on"] += not way.obstacle
        notes.looked["LIV-1"] += not way.outside
        if way.obstacle and not way.outside:
            yield Found(
                Violation("LIV-1", way.obstacle),
                world.start,
                tuple(side.transactions),
                tuple(other.transactions),
            )


def _contradicts_itself(world: World) -> bool:
    return any(
        safety.contradict(one, other)
        for known in world.signed.votes.values()
        for one, other in combinations(known, 2)
    )


def _way_on(protocol: Protocol, side: Branch, branches: tuple[Branch, ...]) -> WayOn:
    """Look for a way on for a branch on which all follow the rules from now on.

    Each remembers what it has voted on any of the branches.
    """
    signed = dict.fromkeys(side.state.validators, SigningRecord())
    for one, votes in safety.signed_votes(branches).items():
        signed[one] = SigningRecord(
            source=max(vote.source.epoch for vote in votes),
            target=max(vote.target.epoch for vote in votes),
        )
    return finalise_next(protocol, side.state, signed)


def _note(left: Branch, right: Branch, honest: tuple[bytes, ...], reached: Counter[str]) -> None:
    reached["conflict"] += 1
    votes = safety.signed_votes((left, right))
    epochs = [[vote.target.epoch for vote in known] for known in votes.values()]
    if all(len(set(targets)) == len(targets) for targets in epochs):
        reached["surround-only"] += 1
    pairs = safety.contradicting_quorums(left, right)
    if any(first.snapshot != second.snapshot for first, second in pairs):
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
    for tx in transactions:
        promised = not framing.beyond_promise(protocol, left.state, tx)
        for event in left.try_apply(tx) or ():
            if promised and framing.is_framing(event, honest):
                # A message counts as signed once its block or its votes are on one of the runs.
                border = framing.Border.of((left, right), honest)
                if border.lets_through(tx):
                    found.append(Violation("SAF-2", framing.told(event, tx)))
    weighed = safety.weigh_conflict(left, right)
    if weighed is not None:
        found += [Violation("SAF-1", message) for message in weighed.complaints]
        if weighed.blameless:
            found.append(Violation("SAF-3", weighed.blameless))
    way = _way_on(protocol, left, (left, right))
    if way.obstacle and not way.outside:
        found.append(Violation("LIV-1", way.obstacle))
    return found
