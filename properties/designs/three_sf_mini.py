"""3SF-mini, as in leanSpec: votes are tallied by target, and a link's last vote makes final.

Source: leanSpec, subspecs/containers/state (`process_attestations`, `is_justifiable_after`), devnet
of mid 2026. Every slot is an epoch here. A target is justified by votes of 2/3 for it, from
whichever justified sources; the source of the vote that completes it becomes final if nothing
justifiable lies between the two. Votes for what is justified already, or not justifiable, are
refused.
"""

from math import isqrt

from properties.model.design import Design
from statemachine import (
    PROTOCOL,
    CastVotes,
    Protocol,
    Rejected,
    RejectionReason,
    Transition,
    evolve,
)
from statemachine.events import CheckpointFinalised, CheckpointJustified, VotesCounted
from statemachine.map_keys import epoch_key, link_key, split_vote_key
from statemachine.rules.finality import require_link
from statemachine.rules.signers import weigh_signers
from statemachine.state import State

QUIET = ("epoch_length=1", "max_slot_gap=64", "evidence_window=40", "unbonding_epochs=40")
"""A slot an epoch, and as long a memory as a run."""


def is_two_thirds(tally: int, total: int) -> bool:
    """Say whether some stake is 2/3 or more of a total."""
    return total > 0 and 3 * tally >= 2 * total


def is_justifiable(slot: int, final: int) -> bool:
    """Say whether a slot may be justified: up to 5 after the final one, a square or n (n + 1)."""
    apart = slot - final
    root = isqrt(max(0, apart))
    return apart >= 0 and (apart <= 5 or root * root == apart or root * (root + 1) == apart)


def voters_of(state: State, slot: int) -> frozenset[bytes]:
    """Return who has voted for a target, from whatever source."""
    votes = state.finality.votes.with_prefix(epoch_key(slot))
    return frozenset(split_vote_key(key)[2] for key, _ in votes)


def cast_votes(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Count votes for a target, and draw the consequences."""
    source, target = tx.vote.source, tx.vote.target
    record = require_link(state, tx.vote)
    finality, final = state.finality, state.finality.finalised.epoch
    if record.justified or not is_justifiable(target.epoch, final):
        raise Rejected(RejectionReason.STALE_CHECKPOINT, target=target.epoch, final=final)
    weights = weigh_signers(record.snapshot, tx.signers)
    if voters_of(state, target.epoch) >= frozenset(tx.signers):
        raise Rejected(RejectionReason.ALREADY_VOTED, signers=len(tx.signers))
    link = link_key(source.epoch, target.epoch)
    cast = [(link + one, weight) for one, weight in zip(tx.signers, weights, strict=True)]
    state = evolve(state, finality=evolve(finality, votes=finality.votes.set_sorted(cast)))
    tally = sum(record.snapshot[one] for one in voters_of(state, target.epoch))
    total = record.snapshot.total_weight
    counted = VotesCounted(tx.vote, len(cast), tally, total)
    if not protocol.is_quorum(tally, total):
        return Transition(state, (counted,))
    history = finality.history.set(epoch_key(target.epoch), evolve(record, justified=True))
    latest = max(finality.justified, target, key=lambda checkpoint: checkpoint.epoch)
    finality = evolve(state.finality, history=history, justified=latest)
    justified = CheckpointJustified(target, source)
    between = range(source.epoch + 1, target.epoch)
    if source.epoch <= final or any(is_justifiable(slot, final) for slot in between):
        return Transition(evolve(state, finality=finality), (counted, justified))
    state = evolve(state, finality=evolve(finality, finalised=source))
    return Transition(state, (counted, justified, CheckpointFinalised(source)))


DESIGN = Design.of(
    PROTOCOL.fork("3sf-mini", {CastVotes: cast_votes}, is_quorum=is_two_thirds),
    settings=QUIET,
)
