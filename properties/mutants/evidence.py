"""Mistakes about what evidence proves, planted as forks."""

import attrs

from properties.mutants.catalogue import Mutant
from statemachine.errors import Rejected, RejectionReason
from statemachine.map_keys import epoch_key
from statemachine.protocol import Offence, Protocol, Transition
from statemachine.records import evolve
from statemachine.rules import PROTOCOL, evidence
from statemachine.state import OffenceKind, State
from statemachine.transactions import ReportBlocks, ReportProposer, ReportVotes


def _any_headers(protocol: Protocol, state: State, tx: ReportBlocks) -> Transition:
    epoch = tx.first.slot // state.params.epoch_length
    kind = OffenceKind.DOUBLE_BLOCK
    offence = Offence(tx.first.proposer, kind, epoch, tx.first.slot, tx.reporter)
    return protocol.slash(protocol, state, offence)


def _any_votes(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
    if evidence.contradiction(tx.first.vote, tx.second.vote) is not None:
        return evidence.report_votes(protocol, state, tx)
    common = [signer for signer in tx.first.signers if signer in tx.second.signers]
    if not common:
        raise Rejected(RejectionReason.NO_COMMON_SIGNER)
    epoch = tx.first.vote.target.epoch
    offence = Offence(common[0], OffenceKind.DOUBLE_VOTE, epoch, 0, tx.reporter)
    return protocol.slash(protocol, state, offence)


def _any_proposer(protocol: Protocol, state: State, tx: ReportProposer) -> Transition:
    def nobody(_state: State, _slot: int) -> bytes:
        return bytes(20)

    return evidence.report_proposer(attrs.evolve(protocol, elect=nobody), state, tx)


def _any_branch(protocol: Protocol, state: State, tx: ReportProposer) -> Transition:
    record = state.finality.history.get(epoch_key(tx.header.slot // state.params.epoch_length))
    if record is None:
        return evidence.report_proposer(protocol, state, tx)
    header = evolve(tx.header, checkpoint=record.root)
    return evidence.report_proposer(protocol, state, evolve(tx, header=header))


def _of_whoever(protocol: Protocol, state: State, tx: ReportBlocks) -> Transition:
    second = evolve(tx.second, proposer=tx.first.proposer)
    return evidence.report_blocks(protocol, state, evolve(tx, second=second))


def _refusing(kind: OffenceKind) -> Protocol:
    def report_votes(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
        if evidence.contradiction(tx.first.vote, tx.second.vote) is kind:
            raise Rejected(RejectionReason.NOT_AN_OFFENCE, needed="something else")
        return evidence.report_votes(protocol, state, tx)

    return PROTOCOL.fork(f"no-{kind.value}", {ReportVotes: report_votes})


def _first_only(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
    evidence.report_votes(protocol, state, tx)  # refuses what is no evidence
    common = [signer for signer in tx.first.signers if signer in tx.second.signers]
    first = evolve(tx.first, signers=(common[0],))
    return evidence.report_votes(protocol, state, evolve(tx, first=first))


def _later_target(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
    latest = max(tx.first.vote.target.epoch, tx.second.vote.target.epoch)

    def slash(whole: Protocol, now: State, offence: Offence) -> Transition:
        return protocol.slash(whole, now, attrs.evolve(offence, epoch=latest))

    return evidence.report_votes(attrs.evolve(protocol, slash=slash), state, tx)


MUTANTS = (
    Mutant(
        "S23", "seed", "Any two votes of one validator are taken for an offence.",
        PROTOCOL.fork("s23-any-votes", {ReportVotes: _any_votes}),
        ("SLA-6", "SAF-2"),
    ),
    Mutant(
        "S23b", "seed", "Any two headers, be they the same, are taken for an offence.",
        PROTOCOL.fork("s23b-any-headers", {ReportBlocks: _any_headers}),
        ("SLA-6", "SAF-2"),
    ),
    Mutant(
        "S23c", "seed", "Who proposed in its turn is slashed like who did not.",
        PROTOCOL.fork("s23c-any-proposer", {ReportProposer: _any_proposer}),
        ("SLA-6", "SAF-2"),
    ),
    Mutant(
        "E1", "finality gadgets", "There is no rule against voting twice for an epoch.",
        _refusing(OffenceKind.DOUBLE_VOTE),
        ("SLA-7", "SAF-1", "ADM-3"),
    ),
    Mutant(
        "E2", "finality gadgets", "There is no rule against votes that surround.",
        _refusing(OffenceKind.SURROUND_VOTE),
        ("SLA-7", "SAF-1"),
    ),
    Mutant(
        "E3", "no framing", "A header of another branch is held against this one's election.",
        PROTOCOL.fork("e3-any-branch", {ReportProposer: _any_branch}),
        ("SLA-6", "SAF-2"),
    ),
    Mutant(
        "B20", "cometbft#5638", "Who signed the second of two headers is not looked at.",
        PROTOCOL.fork("b20-of-whoever", {ReportBlocks: _of_whoever}),
        ("SLA-6", "SAF-2"),
    ),
    Mutant(
        "E4", "accountable safety", "Of all who signed both votes one is slashed.",
        PROTOCOL.fork("e4-first-only", {ReportVotes: _first_only}),
        ("SLA-7", "SLA-1"),
    ),
    Mutant(
        "E5", "accountable safety", "Two votes are an offence of the later epoch, on any branch.",
        PROTOCOL.fork("e5-later-target", {ReportVotes: _later_target}),
        ("SLA-6", "SLA-1", "SLA-3"),
    ),
)  # fmt: skip
