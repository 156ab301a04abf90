"""Accountable safety: reverting a final checkpoint makes at least a third slashable.

Source: Buterin and Griffith, *Casper the Friendly Finality Gadget* (arXiv 1710.09437),
theorem 1; catalogue B24.
"""

from collections.abc import Iterator
from itertools import combinations

from properties.engines.explore.chain import Node
from properties.engines.explore.outcome import ACCOUNTABLE_SAFETY
from properties.laws import Violation
from properties.laws.patience import patient
from statemachine.errors import Rejected
from statemachine.events import Slashed
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Vote
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes, ReportVotes


def are_in_conflict(first: State, second: State) -> bool:
    """Say whether neither of the latest final checkpoints lies on the other's chain."""
    return not (
        _is_on_chain(second, first.finality.finalised)
        or _is_on_chain(first, second.finality.finalised)
    )


def _is_on_chain(state: State, checkpoint: Checkpoint) -> bool:
    record = state.finality.history.get(epoch_key(checkpoint.epoch))
    return record is not None and record.root == checkpoint.root


def check_accountable(protocol: Protocol, first: Node, second: Node) -> list[Violation]:
    """Hold two chains from one genesis against accountable safety.

    Whoever signed two votes that contradict each other must be slashable, by evidence put
    through the protocol itself, on either chain; the stake is that of the first epoch.
    """
    if not are_in_conflict(first.state, second.state):
        return []
    votes = sorted_votes((first, second))
    snapshot = next(first.state.finality.history.entries()).snapshot
    total = snapshot.total_weight
    for node in (first, second):
        guilty = [
            signer for signer in votes if is_slashable(protocol, node.state, signer, votes[signer])
        ]
        weight = sum(snapshot.get(signer, 0) for signer in guilty)
        if 3 * weight < total:
            finals = (first.state.finality.finalised.epoch, second.state.finality.finalised.epoch)
            return [
                Violation(
                    ACCOUNTABLE_SAFETY,
                    f"the checkpoints of epoch {finals[0]} on one chain and of epoch {finals[1]}"
                    f" on the other are both final, and only {weight:,} of {total:,} can be"
                    " slashed for it",
                )
            ]
    return []


def sorted_votes(nodes: tuple[Node, ...]) -> dict[bytes, list[Vote]]:
    """Return what each validator signed on any of the chains, by validator."""
    votes: dict[bytes, list[Vote]] = {}
    for node in nodes:
        for source, target, signer in sorted(node.signed):
            vote = Vote(checkpoint_of(node.state, source), checkpoint_of(node.state, target))
            votes.setdefault(signer, []).append(vote)
    return dict(sorted(votes.items()))


def checkpoint_of(state: State, epoch: int) -> Checkpoint:
    """Return the checkpoint of a remembered epoch on a chain."""
    return Checkpoint(epoch, state.finality.history[epoch_key(epoch)].root)


def is_slashable(protocol: Protocol, state: State, signer: bytes, votes: list[Vote]) -> bool:
    """Say whether evidence made of any two votes has their signer slashed."""
    return any(
        _slashes(protocol, state, signer, ReportVotes(signer, first, second))
        for first, second in _pairs(signer, votes)
    )


def _pairs(signer: bytes, votes: list[Vote]) -> Iterator[tuple[CastVotes, CastVotes]]:
    for first, second in combinations(votes, 2):
        yield CastVotes(first, (signer,)), CastVotes(second, (signer,))


def _slashes(protocol: Protocol, state: State, signer: bytes, report: ReportVotes) -> bool:
    try:
        events = patient(protocol, state, report).events
    except Rejected:
        return False
    return any(isinstance(event, Slashed) and event.offender == signer for event in events)
