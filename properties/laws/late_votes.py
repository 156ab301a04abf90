"""Liveness in use: with all votes as late as they may be, checkpoints still become final.

Let all validators vote as they should in the first block of each epoch, and let every vote
be counted d epochs later. A vote's source then lies d epochs before its target, and by the
time that a vote is counted all checkpoints between the two are justified. So with d up to
the finality span each link makes its source final, and finality lags by 2 d epochs: d until
the link is cast, and d until it is counted.

It takes 3 d epochs to come to that. Where nothing was justified for long, the first d votes
have one source; it is forgotten once the first of them has counted, so one checkpoint in d
is justified. The next d votes have that one as their source, the last of them over 2 d - 1
epochs, and must be counted while it is remembered: 3 d - 1 epochs must lie in the window.
"""

from collections import deque

from properties.laws.law import Law, OnEnd
from properties.laws.liveness import WayOn, enter_next, submit
from statemachine.duties import SigningRecord, vote_of
from statemachine.messages import Vote
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes

EPOCHS_MORE = 2
"""Epochs after which finality must still keep up."""


def finality_keeps_up(protocol: Protocol, state: State) -> list[str] | None:
    """Have all votes counted as late as they may be; say by how much finality lags.

    None where the law does not apply: nobody can propose or vote, or the protocol raises
    on the way, which breaks another law once the transactions that show it are drawn.
    """
    late = latest(state)
    lag = lag_with_late_votes(protocol, state)
    if lag is None:
        return None
    if lag > 2 * late:
        return [
            f"with all votes {late} epochs late finality lags by {lag} epochs after"
            f" {3 * late + 1 + EPOCHS_MORE} more; at most {2 * late} are allowed"
        ]
    return []


def latest(state: State) -> int:
    """Return by how many epochs all votes may be late."""
    return min(state.params.finality_span, (state.params.evidence_window + 1) // 3)


def lag_with_late_votes(protocol: Protocol, state: State) -> int | None:
    """Return by how many epochs finality lags once all votes have been as late as they may be.

    None where that cannot be seen: no vote may be late, nobody can propose or vote, or the
    protocol raises on the way.
    """
    late = latest(state)
    if late == 0:
        return None
    try:
        way = _all_vote_late(protocol, WayOn(state, ()), late)
    except Exception:
        return None
    if way.obstacle:
        return None
    return way.state.epoch - way.state.finality.finalised.epoch


def _all_vote_late(protocol: Protocol, way: WayOn, late: int) -> WayOn:
    waiting: deque[tuple[int, Vote, tuple[bytes, ...]]] = deque()
    for _ in range(3 * late + 1 + EPOCHS_MORE):
        way = enter_next(protocol, way)
        if way.obstacle:
            return way
        while waiting and waiting[0][0] + late <= way.state.epoch:
            _, vote, signers = waiting.popleft()
            counted = submit(protocol, way, CastVotes(vote, signers))
            # Votes that finality has overtaken are rejected, and were not needed.
            way = way if counted.obstacle else counted
        voters = tuple(way.state.snapshot)
        if not voters:
            return WayOn(way.state, (), "nobody may vote")
        vote_cast = vote_of(way.state, voters[0], SigningRecord())
        if vote_cast is not None:
            waiting.append((way.state.epoch, vote_cast, voters))
    return way


LAW = Law(
    id="LIV-2",
    name="finality keeps up",
    statement="From any reachable state, if from then on every validator votes at the start of"
    " each epoch, all votes are counted at most d epochs late and somebody elected may"
    " propose, finality lags by at most 2 d epochs once 3 d + 1 have passed, for d up to the"
    " finality span and a third of evidence_window + 1.",
    source="specs/protocol/duties.md",
    check=OnEnd(finality_keeps_up),
)
