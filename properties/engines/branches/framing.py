"""No framing: a validator that follows the signing rule cannot be slashed for what it signed.

An adversary has every message that was ever signed, on all branches, and signs whatever it
likes with the keys of everybody else. It makes of these every report that it can. A report
is put to a chain only if whoever follows the rules and is named in it did sign what it
says: that is what the border sees to.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import attrs

from properties.engines.branches.branch import Branch, reporter_in
from properties.engines.branches.safety import signed_votes
from properties.laws.describe import short
from properties.model.design import is_exact
from statemachine.events import Slashed
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import OffenceKind, State
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)

MOST_MESSAGES = 14
"""Messages of one validator, the latest, of which all pairs are tried."""


@attrs.frozen
class Framed:
    """Who was framed, and by what."""

    message: str
    report: Any


@attrs.frozen
class Border:
    """Lets through what those who follow the signing rule have signed, on any branch."""

    honest: tuple[bytes, ...]
    votes: dict[bytes, list[Vote]]
    headers: tuple[Header, ...]

    @classmethod
    def of(cls, branches: tuple[Branch, ...], honest: tuple[bytes, ...]) -> "Border":
        """Note what was signed on some branches."""
        headers = {header: None for branch in branches for header in branch.headers}
        return cls(honest, signed_votes(branches), tuple(headers))

    def lets_through(self, report: Any) -> bool:
        """Say whether everyone honest who is named in a report signed what it says."""
        return all(
            signer not in self.honest or self._signed(signer, message)
            for message, signers in _messages(report)
            for signer in signers
        )

    def _signed(self, signer: bytes, message: object) -> bool:
        return message in self.headers or message in self.votes.get(signer, ())


def _messages(report: Any) -> Iterator[tuple[object, tuple[bytes, ...]]]:
    """Go through the messages in a report, each with those who are said to have signed it."""
    match report:
        case ReportVotes(first=first, second=second):
            yield from ((first.vote, first.signers), (second.vote, second.signers))
        case ReportBlocks(first=first, second=second):
            yield from ((first, (first.proposer,)), (second, (second.proposer,)))
        case ReportProposer(header=header):
            yield header, (header.proposer,)
        case ReportInvalidBlock(header=header, signers=signers):
            yield header, (header.proposer,)
            # Whoever follows the rules signs no certificate about a block that is valid.
            yield None, signers


def complaints(
    side: Branch, branches: tuple[Branch, ...], honest: tuple[bytes, ...]
) -> Iterator[Framed]:
    """Say who was framed on one of several branches, and by what."""
    border = Border.of(branches, honest)
    for report in _reports(side, border):
        if not border.lets_through(report) or beyond_promise(side.protocol, side.state, report):
            continue
        # Each on its own: one that is taken must not hide the next.
        for event in side.fork().try_apply(report) or ():
            if is_framing(event, honest):
                yield Framed(told(event, report), report)
                return


def is_framing(event: object, honest: tuple[bytes, ...]) -> bool:
    """Say whether somebody who follows the rules is slashed for what it signed."""
    return (
        isinstance(event, Slashed)
        and event.offender in honest
        and event.kind is not OffenceKind.DOWNTIME
    )


def beyond_promise(protocol: Protocol, state: State, report: Any) -> bool:
    """Say whether more than two thirds of the stake certify: they could certify anything.

    Two thirds will do where they are a quorum.
    """
    if not isinstance(report, ReportInvalidBlock):
        return False
    record = state.finality.history.get(epoch_key(report.header.slot // state.params.epoch_length))
    if record is None:
        return False
    weight = sum(record.snapshot.get(one, 0) for one in report.signers)
    return 3 * weight + is_exact(protocol) > 2 * record.snapshot.total_weight


def told(event: Slashed, report: Any) -> str:
    """Say in words who was framed."""
    return (
        f"{short(event.offender)} signed by the rule and was slashed for {event.kind.value} in"
        f" epoch {event.epoch}, by {type(report).__name__}"
    )


def _reports(side: Branch, border: Border) -> Iterator[Any]:
    reporter = reporter_in(side.state)
    others = tuple(one for one in side.state.validators if one not in border.honest)
    for one in border.honest:
        votes = border.votes.get(one, [])[-MOST_MESSAGES:]
        yield from _of_votes(reporter, border, one, votes, others[:1])
    headers = [one for one in border.headers if one.proposer in border.honest][-MOST_MESSAGES:]
    for first, second in combinations(headers, 2):
        yield ReportBlocks(reporter, first, second)
    for header in headers:
        yield ReportBlocks(reporter, header, header)
        yield ReportProposer(reporter, header)
        for other in others[:1]:
            # Another's block for the same slot.
            theirs = evolve(header, proposer=other)
            yield ReportBlocks(reporter, header, theirs)
            yield ReportBlocks(reporter, theirs, header)
        certificate = _certificate(side, border, header)
        if certificate:
            yield ReportInvalidBlock(reporter, header, certificate)


def _of_votes(
    reporter: bytes, border: Border, one: bytes, votes: list[Vote], others: tuple[bytes, ...]
) -> Iterator[ReportVotes]:
    """Go through pairs of votes, of which one names somebody honest, or both do."""
    for first, second in combinations(votes, 2):
        yield ReportVotes(reporter, CastVotes(first, (one,)), CastVotes(second, (one,)))
        yield ReportVotes(reporter, CastVotes(second, (one,)), CastVotes(first, (one,)))
    for vote in votes[-4:]:
        for other in others:
            both = tuple(sorted((one, other)))
            for against in (*_against(vote), *border.votes.get(other, ())[-3:]):
                # Aggregates that name the honest validator on one side alone, or on both.
                yield ReportVotes(reporter, CastVotes(vote, both), CastVotes(against, (other,)))
                yield ReportVotes(reporter, CastVotes(against, (other,)), CastVotes(vote, (one,)))
                yield ReportVotes(reporter, CastVotes(vote, (one,)), CastVotes(against, both))


def _against(vote: Vote) -> tuple[Vote, ...]:
    """Return votes that contradict one: for its target's epoch, around it, and within it."""
    root = bytes(32)
    source, target = vote.source.epoch, vote.target.epoch
    twice = Vote(vote.source, Checkpoint(target, root))
    around = Vote(Checkpoint(max(source - 1, 0), root), Checkpoint(target + 1, root))
    within = Vote(Checkpoint(source + 1, root), Checkpoint(max(target - 1, 0), root))
    return twice, around, within


def _certificate(side: Branch, border: Border, header: Header) -> tuple[bytes, ...]:
    """Return everyone dishonest who may certify."""
    epoch = header.slot // side.state.params.epoch_length
    record = side.state.finality.history.get(epoch_key(epoch))
    if record is None:
        return ()
    return tuple(one for one in record.snapshot if one not in border.honest)
