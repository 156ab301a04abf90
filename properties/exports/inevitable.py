"""From which step on two chains were bound to conflict, though nobody else did anything wrong."""

from collections.abc import Iterator

from properties.engines.branches.branch import Branch, conflict
from properties.engines.branches.safety import contradict
from properties.exports.retelling import Retelling
from statemachine import evolve
from statemachine.messages import Vote
from statemachine.transactions import CastVotes

Place = tuple[int, int]
"""The number of a chain and that of a step on it, both from 1."""


def inevitable(retelling: Retelling) -> Place | None:
    """Return the last step at which anybody had to contradict itself for the conflict.

    From there on the votes that contradict nothing are enough. None: they are from the start.
    """
    for place in (None, *_contradictions(retelling)):
        if _comes_about(retelling, place):
            return place
    return None


def _contradictions(retelling: Retelling) -> Iterator[Place]:
    """Go through the steps at which a vote contradicts one that its signer has cast before."""
    signed: dict[bytes, list[Vote]] = {}
    for number, branch in enumerate(retelling.branches, start=1):
        for step, moment in enumerate(branch.moments, start=1):
            tx = moment.vote
            if tx is None:
                continue
            if _honest(tx, signed) != tx:
                yield number, step
            _note(tx, signed)


def _honest(tx: CastVotes, signed: dict[bytes, list[Vote]]) -> CastVotes:
    """Return a vote with those of its signers whom it does not contradict."""
    signers = tuple(
        one
        for one in tx.signers
        if not any(contradict(tx.vote, known) for known in signed.get(one, ()))
    )
    return evolve(tx, signers=signers)


def _note(tx: CastVotes, signed: dict[bytes, list[Vote]]) -> None:
    for one in tx.signers:
        signed.setdefault(one, []).append(tx.vote)


def _comes_about(retelling: Retelling, last: Place | None) -> bool:
    """Say whether the chains conflict if after a step nobody casts a vote against its own."""
    signed: dict[bytes, list[Vote]] = {}
    sides = []
    for number, branch in enumerate(retelling.branches, start=1):
        side = Branch(retelling.protocol, branch.start, bytes((number,)))
        for step, moment in enumerate(branch.moments, start=1):
            tx = moment.vote
            if tx is None:
                side.try_apply(moment.transaction)
                continue
            if last is None or (number, step) > last:
                tx = _honest(tx, signed)
            _note(tx, signed)
            if tx.signers:
                side.try_apply(tx)
        sides.append(side)
    return conflict(*sides) is not None
