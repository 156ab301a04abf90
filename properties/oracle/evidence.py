"""What evidence proves, read anew: by the definitions of the offences, and by sets.

Nothing of the protocol's own reading is used, but for what it declares: its election of
proposers, and its quorum.
"""

from collections.abc import Iterable, Mapping

import attrs

from properties.laws.accusation import Accuse
from properties.laws.declared import leaders_of
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Header
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import SNAPSHOT, OffenceKind, State
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)


@attrs.frozen
class Term:
    """What an epoch began with, as it was seen then."""

    root: bytes
    """The root of its checkpoint."""
    seed: bytes
    snapshot: Mapping[bytes, int]
    electors: Mapping[bytes, int]
    """The set that its proposers are drawn from."""

    @property
    def total(self) -> int:
        """All stake that was active in the epoch."""
        return sum(self.snapshot.values())


@attrs.frozen
class Charge:
    """What one validator did wrong; equal for one offence, however it is proved."""

    offender: bytes
    kind: OffenceKind
    epoch: int
    """The epoch of the infraction."""
    slot: int = 0
    """The slot of the block in question; 0 for votes."""


def fraction_bps(params: Params, kind: OffenceKind) -> int:
    """Return the share of stake that an offence costs, in basis points."""
    return {
        OffenceKind.DOUBLE_BLOCK: params.double_sign_bps,
        OffenceKind.DOUBLE_VOTE: params.double_sign_bps,
        OffenceKind.SURROUND_VOTE: params.double_sign_bps,
        OffenceKind.INVALID_BLOCK: params.invalid_block_bps,
        OffenceKind.DOWNTIME: params.downtime_bps,
    }[kind]


def charges(
    protocol: Protocol, state: State, terms: Mapping[int, Term], transaction: object
) -> tuple[Charge, ...]:
    """Return what a transaction proves against validators of a state, in address order.

    Whether it is too old, or punished already, is not asked here.
    """
    proved: Iterable[Charge] = ()
    match transaction:
        case Accuse(validator=offender, kind=kind, epoch=epoch, slot=slot):
            proved = (Charge(offender, kind, epoch, slot),)
        case ReportBlocks(first=first, second=second):
            same = (first.slot, first.proposer) == (second.slot, second.proposer)
            if same and first != second:
                proved = (_of_header(state, first, OffenceKind.DOUBLE_BLOCK),)
        case ReportVotes(first=first, second=second):
            proved = _of_votes(state, terms, first, second)
        case ReportProposer(header=header):
            term = _term_of(state, terms, header)
            if term is not None and _is_out_of_turn(protocol, state, term, header):
                proved = (_of_header(state, header, OffenceKind.INVALID_BLOCK),)
        case ReportInvalidBlock(header=header, signers=signers):
            term = _term_of(state, terms, header)
            if term is not None and _is_certified(protocol, term, signers):
                proved = (_of_header(state, header, OffenceKind.INVALID_BLOCK),)
    return tuple(charge for charge in proved if charge.offender in state.validators)


def _of_header(state: State, header: Header, kind: OffenceKind) -> Charge:
    epoch = header.slot // state.params.epoch_length
    return Charge(header.proposer, kind, epoch, header.slot)


def _of_votes(
    state: State, terms: Mapping[int, Term], first: CastVotes, second: CastVotes
) -> tuple[Charge, ...]:
    vote, rival = first.vote, second.vote
    targets = (vote.target.epoch, rival.target.epoch)
    spans = sorted(
        ((vote.source.epoch, vote.target.epoch), (rival.source.epoch, rival.target.epoch))
    )
    if vote == rival or max(targets) > state.epoch:
        return ()
    if vote.target.epoch == rival.target.epoch:
        kind = OffenceKind.DOUBLE_VOTE
    elif spans[0][0] < spans[1][0] and spans[1][1] < spans[0][1]:
        kind = OffenceKind.SURROUND_VOTE
    else:
        return ()
    for tx in (first, second):
        signers = list(tx.signers)
        registered = all(signer in state.validators for signer in signers)
        if not registered or signers != sorted(set(signers)):
            return ()
    both = set(first.signers) & set(second.signers)
    # Stake answers on each branch for the vote that counted there.
    here = [
        target.epoch
        for target in (vote.target, rival.target)
        if target.epoch in terms and terms[target.epoch].root == target.root
    ]
    epoch = max(here) if here else min(targets)
    return tuple(Charge(offender, kind, epoch) for offender in sorted(both))


def _term_of(state: State, terms: Mapping[int, Term], header: Header) -> Term | None:
    """Return what a header's epoch began with, if that was the same where it was signed."""
    term = terms.get(header.slot // state.params.epoch_length)
    return term if term is not None and term.root == header.checkpoint else None


def _is_out_of_turn(protocol: Protocol, state: State, term: Term, header: Header) -> bool:
    """Say whether others alone might propose in a header's slot."""
    snapshot = MerkleMap.from_items(SNAPSHOT, term.snapshot.items())
    then = evolve(state, slot=header.slot, seed=term.seed, snapshot=snapshot)
    leaders = leaders_of(protocol, then, header.slot)
    return leaders is not None and header.proposer not in leaders


def _is_certified(protocol: Protocol, term: Term, signers: tuple[bytes, ...]) -> bool:
    once = list(signers) == sorted(set(signers))
    active = all(signer in term.snapshot for signer in signers)
    if not (once and active):
        return False
    return protocol.is_quorum(sum(map(term.snapshot.__getitem__, signers)), term.total)
