"""No framing: who follows the signing rule cannot be slashed for what it signed.

An adversary has every message that was ever signed, on all branches, and makes of them
every report that it can. A report is put to a chain only if all its messages were signed
by those whom it names: that is what the border sees to.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import attrs

from properties.branches.adversary import World
from properties.branches.branch import Branch
from properties.story import short
from statemachine.events import Slashed
from statemachine.messages import Header, Vote
from statemachine.state import OffenceKind, epoch_key
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


def complaints(world: World, side: Branch) -> Iterator[Framed]:
    """Say who was framed on a branch, and by what."""
    for report in _reports(world, side):
        # Each on its own: one that is taken must not hide the next.
        for event in side.fork().try_apply(report) or ():
            if (
                isinstance(event, Slashed)
                and event.offender in world.honest
                and event.kind is not OffenceKind.DOWNTIME
            ):
                yield Framed(told(event, report), report)
                return


def told(event: Slashed, report: Any) -> str:
    """Say in words who was framed."""
    return (
        f"{short(event.offender)} signed by the rule and was slashed for {event.kind.value} in"
        f" epoch {event.epoch}, by {type(report).__name__}"
    )


def _reports(world: World, side: Branch) -> Iterator[Any]:
    reporter = next(iter(side.state.accounts))
    for honest in world.honest:
        votes = world.signed.votes.get(honest, [])[-MOST_MESSAGES:]
        yield from _of_votes(reporter, world, honest, votes)
    headers = [one for one in world.signed.headers if one.proposer in world.honest]
    for first, second in combinations(headers[-MOST_MESSAGES:], 2):
        yield ReportBlocks(reporter, first, second)
    for header in headers[-MOST_MESSAGES:]:
        yield ReportBlocks(reporter, header, header)
        yield ReportProposer(reporter, header)
        certificate = _certificate(world, side, header)
        if certificate:
            yield ReportInvalidBlock(reporter, header, certificate)


def _of_votes(
    reporter: bytes, world: World, honest: bytes, votes: list[Vote]
) -> Iterator[ReportVotes]:
    """Go through pairs of votes, of which one names the honest validator, or both."""
    for first, second in combinations(votes, 2):
        yield ReportVotes(reporter, CastVotes(first, (honest,)), CastVotes(second, (honest,)))
        yield ReportVotes(reporter, CastVotes(second, (honest,)), CastVotes(first, (honest,)))
    for vote in votes:
        for other, theirs in world.signed.votes.items():
            if other in world.honest:
                continue
            both = tuple(sorted((honest, other)))
            for against in theirs[-3:]:
                # Aggregates that name the honest validator on one side alone.
                signers = both if vote in theirs else (honest,)
                yield ReportVotes(reporter, CastVotes(vote, signers), CastVotes(against, (other,)))


def _certificate(world: World, side: Branch, header: Header) -> tuple[bytes, ...]:
    """Return everyone dishonest who may certify; nobody if they are more than two thirds.

    So many could certify anything, and nothing could protect who is honest.
    """
    epoch = header.slot // side.state.params.epoch_length
    record = side.state.finality.history.get(epoch_key(epoch))
    if record is None:
        return ()
    against = tuple(one for one in record.snapshot if one not in world.honest)
    weight = sum(record.snapshot[one] for one in against)
    return against if 3 * weight <= 2 * record.snapshot.total_weight else ()
