"""3SF-mini, as in leanSpec: votes are tallied by target, and a link's last vote makes final.

Source: leanSpec, subspecs/containers/state (`process_attestations`, `is_justifiable_after`), devnet
of mid 2026. Every slot is an epoch here. A target is justified by votes of 2/3 for it, from
whichever justified sources; the source of the vote that completes it becomes final if nothing
justifiable lies between the two. Votes for what is justified already, or not justifiable, are
refused.
"""

from collections.abc import Callable
from math import isqrt

from properties.designs.quorums import is_two_thirds
from properties.model.design import Aside, Design
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
from statemachine.messages import Vote
from statemachine.protocol import Rule
from statemachine.rules.finality import require_link
from statemachine.rules.signers import weigh_signers
from statemachine.state import State

QUIET = ("epoch_length=1", "max_slot_gap=64", "evidence_window=40", "unbonding_epochs=40")
"""A slot an epoch, and as long a memory as a run."""


def is_justifiable(slot: int, final: int) -> bool:
    """Say whether a slot may be justified: up to 5 after the final one, a square or n (n + 1)."""
    apart = slot - final
    root = isqrt(max(0, apart))
    return apart >= 0 and (apart <= 5 or root * root == apart or root * (root + 1) == apart)


def voters_of(state: State, prefix: bytes) -> frozenset[bytes]:
    """Return who has voted for a target, or a link: whatever its votes' keys begin with."""
    return frozenset(split_vote_key(key)[2] for key, _ in state.finality.votes.with_prefix(prefix))


def by_target(vote: Vote) -> bytes:
    """Tally all votes for a target together, as leanSpec does."""
    return epoch_key(vote.target.epoch)


def by_link(vote: Vote) -> bytes:
    """Tally the votes for a link, as Casper does."""
    return link_key(vote.source.epoch, vote.target.epoch)


def casting(tallied: Callable[[Vote], bytes]) -> Rule[CastVotes]:
    """Return the rule for votes, given what is tallied together."""

    def cast_votes(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
        source, target = tx.vote.source, tx.vote.target
        record = require_link(state, tx.vote)
        finality, final = state.finality, state.finality.finalised.epoch
        if record.justified or not is_justifiable(target.epoch, final):
            raise Rejected(RejectionReason.STALE_CHECKPOINT, target=target.epoch, final=final)
        weights = weigh_signers(record.snapshot, tx.signers)
        if voters_of(state, tallied(tx.vote)) >= frozenset(tx.signers):
            raise Rejected(RejectionReason.ALREADY_VOTED, signers=len(tx.signers))
        link = by_link(tx.vote)
        cast = [(link + one, weight) for one, weight in zip(tx.signers, weights, strict=True)]
        fresh = len(votes := finality.votes.set_sorted(cast)) - len(finality.votes)
        finality = evolve(finality, votes=votes)
        state = evolve(state, finality=finality)
        tally = sum(record.snapshot[one] for one in voters_of(state, tallied(tx.vote)))
        total = record.snapshot.total_weight
        events: tuple[object, ...] = (VotesCounted(tx.vote, fresh, tally, total),)
        if protocol.is_quorum(tally, total):
            history = finality.history.set(epoch_key(target.epoch), evolve(record, justified=True))
            latest = max(finality.justified, target, key=lambda checkpoint: checkpoint.epoch)
            finality = evolve(finality, history=history, justified=latest)
            events += (CheckpointJustified(target, source),)
            between = range(source.epoch + 1, target.epoch)
            if source.epoch > final and not any(is_justifiable(slot, final) for slot in between):
                finality = evolve(finality, finalised=source)
                events += (CheckpointFinalised(source),)
            state = evolve(state, finality=finality)
        return Transition(state, events)

    return cast_votes


POOLED = "a target is justified by votes from all sources together, not by one link"
TWO_THIRDS = "a quorum is two thirds or more, not more than two thirds"
JUSTIFIABLE = "a vote is refused if its target is justified already, or may not be justified"
FAR_APART = "the way on that it tries votes for the next two slots, which may not be justifiable"

ASIDE = {
    "ADM-2": Aside(JUSTIFIABLE, (CastVotes,)),
    "ADM-3": Aside(JUSTIFIABLE, (CastVotes,)),
    "FIN-2": POOLED,
    "FIN-3": "the source of the vote that completes a target is final, whatever lies between",
    "FIN-5": "what is stale depends on what is final, which its own rule says",
    "FIN-6": JUSTIFIABLE,
    "FIN-7": POOLED,
    "FIN-9": POOLED,
    "FIN-12": TWO_THIRDS,
    "two-thirds": TWO_THIRDS,
    "LIV-1": FAR_APART,
    "LIV-2": FAR_APART,
}

DESIGN = Design.of(
    PROTOCOL.fork("3sf-mini", {CastVotes: casting(by_target)}, is_quorum=is_two_thirds),
    settings=QUIET,
    set_aside=ASIDE,
)
"""As leanSpec has it: two conflicting checkpoints can become final for less than a third."""

REPAIRED = Design.of(
    DESIGN.fork("3sf-mini-by-link", {CastVotes: casting(by_link)}), set_aside=ASIDE
)
"""With a tally for each link, which is what accountable safety takes."""
