"""Admission of evidence: it proves an offence, in time, for which nobody has been punished."""

from properties.laws.accusation import Accuse
from properties.laws.admission.finality import record_of, unlisted
from properties.laws.admission.objection import Objections, bad_list, unknown_validator
from properties.laws.declared import leaders_of
from properties.laws.describe import short
from statemachine.errors import RejectionReason
from statemachine.map_keys import punished_key
from statemachine.messages import Header, Vote
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import OffenceKind, State
from statemachine.transactions import (
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)

KINDS = (
    OffenceKind.DOUBLE_BLOCK,
    OffenceKind.DOUBLE_VOTE,
    OffenceKind.SURROUND_VOTE,
    OffenceKind.INVALID_BLOCK,
    OffenceKind.DOWNTIME,
)
"""The kinds of offences, by the number under which a state remembers them."""


def accuse(_protocol: Protocol, state: State, transaction: Accuse) -> Objections:
    """Object to an accusation."""
    kind, epoch, slot = transaction.kind, transaction.epoch, transaction.slot
    return unpunishable(state, transaction.validator, kind, epoch, slot)


def unpunishable(
    state: State, offender: bytes, kind: OffenceKind, epoch: int, slot: int
) -> Objections:
    """Object to punishing an offence: of nobody, out of time, or a second time."""
    yield from unknown_validator(state, offender)
    yield from _of_the_future(state, epoch)
    oldest = state.epoch - state.params.evidence_window
    if epoch < oldest:
        yield RejectionReason.EVIDENCE_TOO_OLD, f"epoch {epoch} is before epoch {oldest}"
    if _is_punished(state, offender, kind, epoch, slot):
        facts = f"{kind.value} of {short(offender)} in epoch {epoch}"
        yield RejectionReason.OFFENCE_ALREADY_PUNISHED, facts


def _of_the_future(state: State, epoch: int) -> Objections:
    if epoch > state.epoch:
        facts = f"epoch {epoch} has not come in epoch {state.epoch}"
        yield RejectionReason.EVIDENCE_FROM_THE_FUTURE, facts


def _is_punished(state: State, offender: bytes, kind: OffenceKind, epoch: int, slot: int) -> bool:
    return punished_key(epoch, offender, KINDS.index(kind), slot) in state.punished


# --- blocks ------------------------------------------------------------------------------


def report_blocks(_protocol: Protocol, state: State, transaction: ReportBlocks) -> Objections:
    """Object to a report of two blocks."""
    first, second = transaction.first, transaction.second
    if first == second:
        yield RejectionReason.NOT_AN_OFFENCE, "the headers are the same"
    if first.slot != second.slot:
        yield RejectionReason.NOT_AN_OFFENCE, f"the slots are {first.slot} and {second.slot}"
    if first.proposer != second.proposer:
        facts = f"the proposers are {short(first.proposer)} and {short(second.proposer)}"
        yield RejectionReason.NOT_AN_OFFENCE, facts
    yield from _unpunishable_header(state, first, OffenceKind.DOUBLE_BLOCK)


def _unpunishable_header(state: State, header: Header, kind: OffenceKind) -> Objections:
    return unpunishable(state, header.proposer, kind, _epoch_of(state, header), header.slot)


def _epoch_of(state: State, header: Header) -> int:
    return header.slot // state.params.epoch_length


def _of_another_chain(state: State, header: Header) -> Objections:
    """Object that nobody can tell here who might sign a header."""
    epoch = _epoch_of(state, header)
    yield from _of_the_future(state, epoch)
    record = record_of(state, epoch)
    if record is None:
        yield RejectionReason.EVIDENCE_TOO_OLD, f"epoch {epoch} is not remembered"
    elif record.root != header.checkpoint:
        facts = f"the header names {short(header.checkpoint)}, here it is {short(record.root)}"
        yield RejectionReason.CHECKPOINT_NOT_ON_CHAIN, facts


def report_proposer(protocol: Protocol, state: State, transaction: ReportProposer) -> Objections:
    """Object to a report of a header signed out of turn."""
    header = transaction.header
    yield from _of_another_chain(state, header)
    record = record_of(state, _epoch_of(state, header))
    if record is not None:
        then = evolve(state, slot=header.slot, seed=record.seed, snapshot=record.snapshot)
        leaders = leaders_of(protocol, then, header.slot)
        if leaders is None:
            yield RejectionReason.NOT_AN_OFFENCE, f"anybody might propose in slot {header.slot}"
        elif header.proposer in leaders:
            facts = f"{short(header.proposer)} was elected for slot {header.slot}"
            yield RejectionReason.NOT_AN_OFFENCE, facts
    yield from _unpunishable_header(state, header, OffenceKind.INVALID_BLOCK)


def report_invalid_block(
    protocol: Protocol, state: State, transaction: ReportInvalidBlock
) -> Objections:
    """Object to a certificate of an invalid block."""
    header, signers = transaction.header, transaction.signers
    yield from _of_another_chain(state, header)
    record = record_of(state, _epoch_of(state, header))
    if record is not None:
        yield from unlisted(record.snapshot, signers)
        signed, total = (
            sum(record.snapshot[signer] for signer in signers),
            record.snapshot.total_weight,
        )
        if not protocol.is_quorum(signed, total):
            facts = f"{signed:,} of {total:,} signed"
            yield RejectionReason.CERTIFICATE_TOO_LIGHT, facts
    yield from _unpunishable_header(state, header, OffenceKind.INVALID_BLOCK)


# --- votes -------------------------------------------------------------------------------


def report_votes(_protocol: Protocol, state: State, transaction: ReportVotes) -> Objections:
    """Object to a report of two votes."""
    first, second = transaction.first.vote, transaction.second.vote
    kind = contradiction(first, second)
    if kind is None:
        facts = f"{_link(first)} and {_link(second)} do not contradict each other"
        yield RejectionReason.NOT_AN_OFFENCE, facts
        return
    yield from _of_the_future(state, max(first.target.epoch, second.target.epoch))
    for signers in (transaction.first.signers, transaction.second.signers):
        yield from bad_list(signers)
        for signer in signers:
            yield from unknown_validator(state, signer)
    both = sorted({*transaction.first.signers} & {*transaction.second.signers})
    if not both:
        yield RejectionReason.NO_COMMON_SIGNER, "nobody signed both"
    epoch = epoch_that_answers(state, first, second)
    unpunished = [
        offender for offender in both if not _is_punished(state, offender, kind, epoch, 0)
    ]
    yield from unpunishable(state, (unpunished or both)[0], kind, epoch, 0)


def contradiction(first: Vote, second: Vote) -> OffenceKind | None:
    """Name the offence of signing both of two votes; None where it is none."""
    if first == second:
        return None
    if first.target.epoch == second.target.epoch:
        return OffenceKind.DOUBLE_VOTE
    outer, inner = sorted((first, second), key=lambda vote: vote.source.epoch)
    spans = outer.source.epoch < inner.source.epoch and inner.target.epoch < outer.target.epoch
    return OffenceKind.SURROUND_VOTE if spans else None


def epoch_that_answers(state: State, first: Vote, second: Vote) -> int:
    """Return the epoch whose stake answers: the latest target here, or the earlier elsewhere."""
    targets = (first.target, second.target)
    here = []
    for target in targets:
        record = record_of(state, target.epoch)
        if record is not None and record.root == target.root:
            here.append(target.epoch)
    return max(here) if here else min(target.epoch for target in targets)


def _link(vote: Vote) -> str:
    return f"a vote from epoch {vote.source.epoch} to {vote.target.epoch}"
