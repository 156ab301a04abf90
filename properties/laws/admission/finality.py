"""Admission of votes: for a link that can still matter on this chain, by those who may vote."""

from properties.laws.admission.objection import Objections, bad_list
from properties.laws.describe import short
from statemachine.errors import RejectionReason
from statemachine.map_keys import epoch_key, vote_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Vote
from statemachine.protocol import Protocol
from statemachine.state import EpochRecord, State
from statemachine.transactions import CastVotes


def cast_votes(_protocol: Protocol, state: State, transaction: CastVotes) -> Objections:
    """Object to votes."""
    vote, signers = transaction.vote, transaction.signers
    yield from _bad_link(state, vote)
    record = record_of(state, vote.target.epoch)
    if record is not None:
        yield from unlisted(record.snapshot, signers)
    source, target = vote.source.epoch, vote.target.epoch
    if all(vote_key(source, target, signer) in state.finality.votes for signer in signers):
        yield RejectionReason.ALREADY_VOTED, "every signer has cast this vote"


def _bad_link(state: State, vote: Vote) -> Objections:
    source, target = vote.source, vote.target
    if source.epoch >= target.epoch:
        facts = f"from epoch {source.epoch} to {target.epoch}"
        yield RejectionReason.SOURCE_NOT_BEFORE_TARGET, facts
    if target.epoch > state.epoch:
        facts = f"epoch {target.epoch} has not come in epoch {state.epoch}"
        yield RejectionReason.UNKNOWN_CHECKPOINT, facts
    final = state.finality.finalised.epoch
    if source.epoch < final:
        facts = f"the source is of epoch {source.epoch}, epoch {final} is final"
        yield RejectionReason.STALE_CHECKPOINT, facts
    record = record_of(state, target.epoch)
    if record is None:
        yield RejectionReason.STALE_CHECKPOINT, f"epoch {target.epoch} is forgotten"
    if record is not None and record.root != target.root:
        yield RejectionReason.CHECKPOINT_NOT_ON_CHAIN, f"the target {_other(target, record.root)}"
    yield from _bad_source(state, source)


def _bad_source(state: State, source: Checkpoint) -> Objections:
    record = record_of(state, source.epoch)
    if record is not None:
        root, justified = record.root, record.justified
    elif state.finality.justified.epoch == source.epoch:
        root, justified = state.finality.justified.root, True
    elif state.finality.finalised.epoch == source.epoch:
        root, justified = state.finality.finalised.root, True
    else:
        facts = f"epoch {source.epoch} is forgotten, and neither the latest justified nor final"
        yield RejectionReason.STALE_CHECKPOINT, facts
        return
    if root != source.root:
        yield RejectionReason.CHECKPOINT_NOT_ON_CHAIN, f"the source {_other(source, root)}"
    if not justified:
        yield RejectionReason.SOURCE_NOT_JUSTIFIED, f"epoch {source.epoch} is not justified"


def _other(checkpoint: Checkpoint, root: bytes) -> str:
    return f"is {short(checkpoint.root)} of epoch {checkpoint.epoch}, here it is {short(root)}"


def record_of(state: State, epoch: int) -> EpochRecord | None:
    """Return what an epoch began with; None where it is not remembered."""
    return state.finality.history.get(epoch_key(epoch))


def unlisted(snapshot: MerkleMap[int], signers: tuple[bytes, ...]) -> Objections:
    """Object to a bad list of signers, and to one with somebody who is not in a snapshot."""
    yield from bad_list(signers)
    for signer in signers:
        if signer not in snapshot:
            yield RejectionReason.UNKNOWN_SIGNER, f"{short(signer)} was not active"
