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


def _any_headers(protocol: Protocol, state: State, order: ReportBlocks) -> Transition:
    epoch = order.first.slot // state.params.epoch_length
    kind = OffenceKind.DOUBLE_BLOCK
    offence = Offence(order.first.proposer, kind, epoch, order.first.slot, order.reporter)
    return protocol.slash(protocol, state, offence)


def _any_votes(protocol: Protocol, state: State, order: ReportVotes) -> Transition:
    if evidence.contradiction(order.first.vote, order.second.vote) is not None:
        return evidence.report_votes(protocol, state, order)
    common = [signer for signer in order.first.signers if signer in order.second.signers]
    if not common:
        raise Rejected(RejectionReason.NO_COMMON_SIGNER)
    epoch = order.first.vote.target.epoch
    offence = Offence(common[0], OffenceKind.DOUBLE_VOTE, epoch, 0, order.reporter)
    return protocol.slash(protocol, state, offence)


def _any_proposer(protocol: Protocol, state: State, order: ReportProposer) -> Transition:
    def nobody(_state: State, _slot: int) -> bytes:
        return bytes(20)

    return evidence.report_proposer(attrs.evolve(protocol, elect=nobody), state, order)


def _any_branch(protocol: Protocol, state: State, order: ReportProposer) -> Transition:
    record = state.finality.history.get(epoch_key(order.header.slot // state.params.epoch_length))
    if record is None:
        return evidence.report_proposer(protocol, state, order)
    header = evolve(order.header, checkpoint=record.root)
    return evidence.report_proposer(protocol, state, evolve(order, header=header))


def _of_whoever(protocol: Protocol, state: State, order: ReportBlocks) -> Transition:
    second = evolve(order.second, proposer=order.first.proposer)
    return evidence.report_blocks(protocol, state, evolve(order, second=second))


def _refusing(kind: OffenceKind) -> Protocol:
    def report_votes(protocol: Protocol, state: State, order: ReportVotes) -> Transition:
        if evidence.contradiction(order.first.vote, order.second.vote) is kind:
            raise Rejected(RejectionReason.NOT_AN_OFFENCE, needed="something else")
        return evidence.report_votes(protocol, state, order)

    return PROTOCOL.fork(f"no-{kind.value}", {ReportVotes: report_votes})


def _first_only(protocol: Protocol, state: State, order: ReportVotes) -> Transition:
    evidence.report_votes(protocol, state, order)  # refuses what is no evidence
    common = [signer for signer in order.first.signers if signer in order.second.signers]
    first = evolve(order.first, signers=(common[0],))
    return evidence.report_votes(protocol, state, evolve(order, first=first))


def _later_target(protocol: Protocol, state: State, order: ReportVotes) -> Transition:
    latest = max(order.first.vote.target.epoch, order.second.vote.target.epoch)

    def slash(whole: Protocol, now: State, offence: Offence) -> Transition:
        return protocol.slash(whole, now, attrs.evolve(offence, epoch=latest))

    return evidence.report_votes(attrs.evolve(protocol, slash=slash), state, order)


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
        ("SLA-7", "SAF-1"),
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
