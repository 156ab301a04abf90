"""Evidence: what validators signed, as proof of what they did wrong.

Nobody who follows the rules can sign what these rules take for an offence. What a header
is held against is the election, or the quorum, of its own epoch, and only where this chain
had the same checkpoint: on another branch somebody else may have been elected.
"""

from types import MappingProxyType

from statemachine.errors import Rejected, RejectionReason
from statemachine.events import Event
from statemachine.map_keys import epoch_key
from statemachine.messages import Header, Vote
from statemachine.protocol import Offence, Protocol, Rules, Transition
from statemachine.records import evolve
from statemachine.rules.delegation import require_validator
from statemachine.rules.lots import oldest_admissible
from statemachine.rules.signers import require_in_order, weigh_signers
from statemachine.rules.slashing import is_punished
from statemachine.state import EpochRecord, OffenceKind, State
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)


def report_blocks(protocol: Protocol, state: State, tx: ReportBlocks) -> Transition:
    """Slash the signer of two different headers for one slot.

    Rejects: not_an_offence; and as `slash` does.
    """
    first, second = tx.first, tx.second
    if first == second or (first.proposer, first.slot) != (second.proposer, second.slot):
        raise Rejected(
            RejectionReason.NOT_AN_OFFENCE, needed="two different headers of one proposer and slot"
        )
    return protocol.slash(
        protocol, state, _header_offence(state, first, OffenceKind.DOUBLE_BLOCK, tx.reporter)
    )


def report_votes(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
    """Slash everyone who signed both of two votes that contradict each other.

    Two votes do if they differ and share their target's epoch, or if the link of one spans
    that of the other, in either order (Casper FFG, slashing conditions I and II). Those
    already punished for it are passed over.
    Rejects: not_an_offence; evidence_from_the_future (a target is of an epoch to come); for
    each list no_signers, duplicate_signer, unsorted_signers; unknown_validator for a signer
    who is none; no_common_signer; offence_already_punished (all of them); and as `slash`
    does.
    """
    first, second = tx.first.vote, tx.second.vote
    kind = contradiction(first, second)
    if kind is None:
        raise Rejected(
            RejectionReason.NOT_AN_OFFENCE,
            needed="two different votes with one target epoch, or with one link spanning the other",
        )
    epoch = infraction_epoch(state, first, second)
    offences = [
        Offence(offender, kind, epoch, 0, tx.reporter)
        for offender in _common_signers(state, tx.first, tx.second)
    ]
    open_offences = [offence for offence in offences if not is_punished(state, offence)]
    events: list[Event] = []
    # If all have been punished, the first is refused for it.
    for offence in open_offences or offences[:1]:
        slashed = protocol.slash(protocol, state, offence)
        state = slashed.state
        events.extend(slashed.events)
    return Transition(state, tuple(events))


def infraction_epoch(state: State, first: Vote, second: Vote) -> int:
    """Return the epoch whose stake answers for two votes that contradict each other.

    A vote counts by the stake of its target's epoch, on the branch that its target is on.
    So on each branch that stake answers with which the offender voted there: that of the
    latest of the targets which are on this chain. Otherwise who votes on one branch could
    have left it before the other vote's epoch, and would lose nothing there. Where neither
    is on this chain, it is the earlier: what the state has forgotten is too old.
    Rejects: evidence_from_the_future.
    """
    targets = (first.target, second.target)
    latest = max(target.epoch for target in targets)
    if latest > state.epoch:
        raise Rejected(RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=latest, current=state.epoch)
    history = state.finality.history
    here = [
        target.epoch
        for target in targets
        if (record := history.get(epoch_key(target.epoch))) and record.root == target.root
    ]
    return max(here) if here else min(target.epoch for target in targets)


def contradiction(first: Vote, second: Vote) -> OffenceKind | None:
    """Return the offence of signing both of two votes; None if it is none."""
    if first == second:
        return None
    if first.target.epoch == second.target.epoch:
        return OffenceKind.DOUBLE_VOTE
    if surrounds(first, second) or surrounds(second, first):
        return OffenceKind.SURROUND_VOTE
    return None


def surrounds(outer: Vote, inner: Vote) -> bool:
    """Say whether one vote surrounds another."""
    return outer.source.epoch < inner.source.epoch and inner.target.epoch < outer.target.epoch


def _common_signers(state: State, first: CastVotes, second: CastVotes) -> tuple[bytes, ...]:
    for signers in (first.signers, second.signers):
        require_in_order(signers)
        for signer in signers:
            require_validator(state, signer)
    others = frozenset(second.signers)
    common = tuple(signer for signer in first.signers if signer in others)
    if not common:
        raise Rejected(RejectionReason.NO_COMMON_SIGNER)
    return common


def report_proposer(protocol: Protocol, state: State, tx: ReportProposer) -> Transition:
    """Slash the signer of a header for a slot in which only others might propose.

    Rejects: evidence_from_the_future, evidence_too_old, checkpoint_not_on_chain (elections
    on the header's branch were others); not_an_offence; and as `slash` does.
    """
    header = tx.header
    record = epoch_of_header(state, header)
    then = evolve(state, slot=header.slot, seed=record.seed, snapshot=record.snapshot)
    leaders = protocol.leaders(protocol, then, header.slot)
    if leaders is None or header.proposer in leaders:
        raise Rejected(
            RejectionReason.NOT_AN_OFFENCE, needed="a header whose proposer was not elected"
        )
    return protocol.slash(
        protocol, state, _header_offence(state, header, OffenceKind.INVALID_BLOCK, tx.reporter)
    )


def report_invalid_block(protocol: Protocol, state: State, tx: ReportInvalidBlock) -> Transition:
    """Slash the signer of a header that a quorum of its epoch's stake certified as invalid.

    Rejects: evidence_from_the_future, evidence_too_old, checkpoint_not_on_chain;
    no_signers, duplicate_signer, unsorted_signers, unknown_signer (not active in the
    header's epoch); certificate_too_light; and as `slash` does.
    """
    header = tx.header
    snapshot = epoch_of_header(state, header).snapshot
    signed, total = sum(weigh_signers(snapshot, tx.signers)), snapshot.total_weight
    if not protocol.is_quorum(signed, total):
        raise Rejected(RejectionReason.CERTIFICATE_TOO_LIGHT, signed=signed, total=total)
    return protocol.slash(
        protocol, state, _header_offence(state, header, OffenceKind.INVALID_BLOCK, tx.reporter)
    )


def _header_offence(state: State, header: Header, kind: OffenceKind, reporter: bytes) -> Offence:
    epoch = header.slot // state.params.epoch_length
    return Offence(header.proposer, kind, epoch, header.slot, reporter)


def epoch_of_header(state: State, header: Header) -> EpochRecord:
    """Return what a header's epoch began with, if that was the same on its branch.

    Rejects: evidence_from_the_future, evidence_too_old, checkpoint_not_on_chain.
    """
    epoch = header.slot // state.params.epoch_length
    if epoch > state.epoch:
        raise Rejected(RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=epoch, current=state.epoch)
    record = state.finality.history.get(epoch_key(epoch))
    if record is None:
        raise Rejected(
            RejectionReason.EVIDENCE_TOO_OLD, epoch=epoch, oldest=oldest_admissible(state)
        )
    if record.root != header.checkpoint:
        raise Rejected(
            RejectionReason.CHECKPOINT_NOT_ON_CHAIN, expected=record.root, given=header.checkpoint
        )
    return record


RULES: Rules = MappingProxyType(
    {
        ReportBlocks: report_blocks,
        ReportVotes: report_votes,
        ReportProposer: report_proposer,
        ReportInvalidBlock: report_invalid_block,
    }
)
