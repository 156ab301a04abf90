"""Casper FFG: votes for links between checkpoints, and what they justify and make final.

Source: Buterin and Griffith, *Casper the Friendly Finality Gadget* (arXiv 1710.09437).
"""

from types import MappingProxyType

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import CheckpointFinalised, CheckpointJustified, Event, VotesCounted
from statemachine.map_keys import epoch_key, link_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Vote
from statemachine.protocol import Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.signers import weigh_signers
from statemachine.state import EpochRecord, Finality, State
from statemachine.transactions import CastVotes


def cast_votes(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """Count a vote for each signer who has not yet cast it, by the stake at its target.

    With a quorum for its link (this source and this target, nothing pooled) the target
    becomes justified, and what that completes becomes final: see `link_checkpoints`.
    Rejects: source_not_before_target, unknown_checkpoint, stale_checkpoint,
    checkpoint_not_on_chain, source_not_justified; no_signers, duplicate_signer,
    unsorted_signers, unknown_signer (not active at the target's epoch); already_voted
    (all of them).
    """
    vote = tx.vote
    target = require_link(state, vote)
    weights = weigh_signers(target.snapshot, tx.signers)
    finality = state.finality
    link = link_key(vote.source.epoch, vote.target.epoch)
    cast = [(link + signer, weight) for signer, weight in zip(tx.signers, weights, strict=True)]
    # Invariant: a vote that was cast before has the same weight, so setting it changes nothing.
    votes = finality.votes.set_sorted(cast)
    fresh = len(votes) - len(finality.votes)
    if fresh == 0:
        raise Rejected(RejectionReason.ALREADY_VOTED, signers=len(tx.signers))
    tally, total = votes.prefix_weight(link), target.snapshot.total_weight
    state = evolve(state, finality=evolve(finality, votes=votes))
    counted = VotesCounted(vote, fresh, tally, total)
    if not protocol.is_quorum(tally, total):
        return Transition(state, (counted,))
    linked = link_checkpoints(protocol, state, vote)
    return Transition(linked.state, (counted, *linked.events))


def require_link(state: State, vote: Vote) -> EpochRecord:
    """Check that a vote is for a link that can still matter on this chain.

    Returns what its target's epoch began with. Rejects: source_not_before_target,
    unknown_checkpoint, stale_checkpoint, checkpoint_not_on_chain, source_not_justified.
    """
    source, target = vote.source, vote.target
    if source.epoch >= target.epoch:
        raise Rejected(
            RejectionReason.SOURCE_NOT_BEFORE_TARGET, source=source.epoch, target=target.epoch
        )
    if target.epoch > state.epoch:
        raise Rejected(RejectionReason.UNKNOWN_CHECKPOINT, epoch=target.epoch, current=state.epoch)
    final = state.finality.finalised.epoch
    record = state.finality.history.get(epoch_key(target.epoch))
    if source.epoch < final or record is None:
        oldest = max(final, oldest_admissible(state))
        raise Rejected(
            RejectionReason.STALE_CHECKPOINT,
            source=source.epoch,
            target=target.epoch,
            oldest=oldest,
        )
    if record.root != target.root:
        raise Rejected(
            RejectionReason.CHECKPOINT_NOT_ON_CHAIN, expected=record.root, given=target.root
        )
    require_justified(state, source)
    return record


def require_justified(state: State, source: Checkpoint) -> None:
    """Check that a checkpoint is justified on this chain.

    Rejects: stale_checkpoint (the state has forgotten whether it is),
    checkpoint_not_on_chain, source_not_justified.
    """
    finality = state.finality
    known = finality.history.get(epoch_key(source.epoch))
    remembered = {
        finality.finalised.epoch: finality.finalised.root,
        finality.justified.epoch: finality.justified.root,
    }
    root = known.root if known is not None else remembered.get(source.epoch)
    if root is None:
        raise Rejected(
            RejectionReason.STALE_CHECKPOINT, source=source.epoch, oldest=oldest_admissible(state)
        )
    if root != source.root:
        raise Rejected(RejectionReason.CHECKPOINT_NOT_ON_CHAIN, expected=root, given=source.root)
    if known is not None and not known.justified:
        raise Rejected(RejectionReason.SOURCE_NOT_JUSTIFIED, source=source.epoch)


def link_checkpoints(protocol: Protocol, state: State, vote: Vote) -> Transition:
    """Draw the consequences of a quorum for a link from a justified source.

    The target becomes justified. A checkpoint is final if a link with a quorum leads from it
    to one at most `finality_span` epochs later, and all between the two are justified
    (k-finality; Buterin et al., *Combining GHOST and Casper*, arXiv 2003.03052, section 4.3).
    """
    target = vote.target
    finality = state.finality
    events: tuple[Event, ...] = ()
    key = epoch_key(target.epoch)
    record = finality.history[key]
    if not record.justified:
        finality = evolve(
            finality, history=finality.history.set(key, evolve(record, justified=True))
        )
        if target.epoch > finality.justified.epoch:
            finality = evolve(finality, justified=target)
        events += (CheckpointJustified(target, vote.source),)
    final = _completed(protocol, finality, vote, state.params.finality_span)
    if final is not None:
        finality = _without_votes_until(finality, final.epoch, oldest_admissible(state))
        finality = evolve(finality, finalised=final)
        events += (CheckpointFinalised(final),)
    return Transition(evolve(state, finality=finality), events)


def _completed(protocol: Protocol, finality: Finality, vote: Vote, span: int) -> Checkpoint | None:
    """Return the latest checkpoint, later than the final one, that a quorum makes final.

    Votes may come in any order: the link that counts now, or one whose quorum was there
    before the target lay justified in its middle.
    """
    target = vote.target.epoch
    earliest = max(finality.finalised.epoch + 1, target - span)
    for source in range(target - 1, earliest - 1, -1):
        for end in range(target, source + span + 1):
            is_own = (source, end) == (vote.source.epoch, target)
            if _has_justified_middle(finality, source, end) and (
                is_own or _is_linked(protocol, finality, source, end)
            ):
                return _source_of(finality, vote, source)
    return None


def _has_justified_middle(finality: Finality, source: int, end: int) -> bool:
    """Say whether all that a link passes is known to be justified.

    A link that passes any must start at a checkpoint that the state remembers; the direct
    child's completes itself, so that the vote names its source.
    """
    if end == source + 1:
        return True
    if epoch_key(source) not in finality.history:
        return False
    records = (finality.history.get(epoch_key(epoch)) for epoch in range(source + 1, end))
    return all(record is not None and record.justified for record in records)


def _is_linked(protocol: Protocol, finality: Finality, source: int, target: int) -> bool:
    """Say whether a link has a quorum. Only votes from justified sources are ever counted."""
    record = finality.history.get(epoch_key(target))
    if record is None:
        return False
    tally = finality.votes.prefix_weight(link_key(source, target))
    return protocol.is_quorum(tally, record.snapshot.total_weight)


def _source_of(finality: Finality, vote: Vote, epoch: int) -> Checkpoint:
    """Return the checkpoint that a link leads from: the vote's own, or one remembered."""
    if vote.source.epoch == epoch:
        return vote.source
    return Checkpoint(epoch, finality.history[epoch_key(epoch)].root)


def _without_votes_until(finality: Finality, epoch: int, oldest: int) -> Finality:
    """Drop the votes for targets up to an epoch: they can no longer matter."""
    votes = finality.votes
    for passed in range(max(finality.finalised.epoch, oldest), epoch + 1):
        votes = votes.without_prefix(epoch_key(passed))
    return evolve(finality, votes=votes)


def open_epoch(state: State) -> Finality:
    """Return the finality of a state whose epoch begins: with its checkpoint, without old ones.

    Costs the same however many validators there are.
    """
    finality = state.finality
    history, votes = finality.history, finality.votes
    oldest = oldest_admissible(state)
    if oldest:
        history = history.without_prefix(epoch_key(oldest - 1))
        votes = votes.without_prefix(epoch_key(oldest - 1))
    record = EpochRecord(state.head, state.seed, state.snapshot, _electors(state))
    return evolve(finality, history=history.set(epoch_key(state.epoch), record), votes=votes)


def _electors(state: State) -> MerkleMap[int]:
    """Return the set that the epoch elects from; a young chain goes on electing from its first."""
    history = state.finality.history
    fixed = state.epoch - state.params.election_lookahead
    record = history.get(epoch_key(fixed)) if fixed >= 0 else None
    if record is not None:
        return record.snapshot
    before = history.get(epoch_key(state.epoch - 1)) if state.epoch else None
    return state.snapshot if before is None else before.electors


RULES: Rules = MappingProxyType(
    {
        CastVotes: cast_votes,
    }
)
