"""Plausible liveness: there is always a way to make a new checkpoint final.

Source: Buterin and Griffith, *Casper the Friendly Finality Gadget*, theorem 2. Let *a* be
the latest justified checkpoint, and let nobody who follows the rules have voted for an
epoch after *b*, nor from one after *a*. Then all of them may vote from *a* to the
checkpoint *c* of an epoch after *b* (and after the current one), and then from *c* to that
of the next epoch: the first link spans no earlier target, the second starts where the
first ended. With more than two thirds of both snapshots this makes *c* final, and nobody
has signed a contradiction.

It holds wherever an epoch has a block (somebody elected in it is not put out, or no stake
is active) and those who follow the rules are a quorum of the two epochs' snapshots.
"""

from typing import Any

import attrs

from properties.laws.law import Law, OnEnd
from properties.laws.leading import who_can_lead
from properties.laws.patience import patient, state_at_slot
from statemachine.duties import SigningRecord, may_sign_vote, with_vote
from statemachine.errors import Rejected
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Vote
from statemachine.primitives import MAX_SLOT
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes, ProduceBlock


@attrs.frozen
class WayOn:
    """How a new checkpoint was made final, or why it was not."""

    state: State
    transactions: tuple[Any, ...]
    obstacle: str = ""
    """What stood in the way; empty where nothing did."""
    outside: bool = False
    """Whether the obstacle is one that the law does not speak of."""


def finalise_next(protocol: Protocol, state: State, signed: dict[bytes, SigningRecord]) -> WayOn:
    """Build the blocks and votes of those in `signed` that make a new checkpoint final."""
    source = state.finality.justified
    latest = max((record.target or 0 for record in signed.values()), default=0)
    way = WayOn(state, ())
    # Two links: from what is justified to a new checkpoint, and from there to the next.
    for epoch in (max(latest, state.epoch) + 1, max(latest, state.epoch) + 2):
        way = _advance(protocol, way, epoch)
        if way.obstacle:
            return way
        target = Checkpoint(epoch, way.state.finality.history[epoch_key(epoch)].root)
        vote = Vote(source, target)
        signers = tuple(
            signer
            for signer in way.state.snapshot
            if signer in signed and may_sign_vote(signed[signer], vote)
        )
        weight = sum(way.state.snapshot[signer] for signer in signers)
        total = way.state.snapshot.total_weight
        if 3 * weight <= 2 * total:
            return attrs.evolve(way, obstacle="two thirds are not left", outside=True)
        if not protocol.is_quorum(weight, total) and protocol.is_quorum(total, total):
            return attrs.evolve(way, obstacle="no quorum is left", outside=True)
        way = submit(protocol, way, CastVotes(vote, signers))
        if way.obstacle:
            return way
        signed = {**signed, **{signer: with_vote(signed[signer], vote) for signer in signers}}
        source = target
    final = way.state.finality.finalised.epoch
    if final <= state.finality.finalised.epoch:
        return attrs.evolve(way, obstacle=f"epoch {final} is still the latest final one")
    return way


def _advance(protocol: Protocol, way: WayOn, epoch: int) -> WayOn:
    """Produce the first block of each epoch up to one."""
    while way.state.epoch < epoch and not way.obstacle:
        way = enter_next(protocol, way)
    return way


def enter_next(protocol: Protocol, way: WayOn) -> WayOn:
    """Produce the first block that can be produced after the next boundary."""
    state = way.state
    length = state.params.epoch_length
    slot = (state.epoch + 1) * length
    furthest = min(state.slot + state.params.max_slot_gap, MAX_SLOT)
    while slot <= furthest:
        passed = state_at_slot(protocol, state, slot)
        for leader in who_can_lead(protocol, passed, slot):
            return submit(protocol, way, ProduceBlock(slot, leader, bytes(32)))
        slot += 1
    return attrs.evolve(way, obstacle="nobody may propose", outside=True)


def submit(protocol: Protocol, way: WayOn, tx: Any) -> WayOn:
    """Apply a transaction that must be accepted."""
    try:
        after = patient(protocol, way.state, tx).state
    except Rejected as refusal:
        return attrs.evolve(way, obstacle=f"{type(tx).__name__} was refused: {refusal}")
    return WayOn(after, (*way.transactions, tx))


def finality_goes_on(protocol: Protocol, state: State) -> list[str] | None:
    """Build what makes a new checkpoint final; None where the law does not apply.

    Those who follow the rules are all validators, and have voted for the epoch after the
    next already, from as late as they could: nothing that they may have signed is worse.
    It does not apply where the protocol raises on the way: that breaks another law, once
    the transactions that show it are drawn.
    """
    voted = SigningRecord(source=state.finality.justified.epoch, target=state.epoch + 2)
    signed = dict.fromkeys(state.validators, voted)
    try:
        way = finalise_next(protocol, state, signed)
    except Exception:
        return None
    if way.outside:
        return None
    return [way.obstacle] if way.obstacle else []


LAW = Law(
    id="LIV-1",
    name="plausible liveness",
    statement="From any reachable state, if a quorum of each of the next two"
    " snapshots follows the signing rule, has voted from no epoch after the latest justified"
    " one, and somebody elected may propose, they can make a new checkpoint final and"
    " contradict nothing that they have signed.",
    source="catalogue 4",
    check=OnEnd(finality_goes_on),
)
