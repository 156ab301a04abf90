"""One run of several from the same genesis, and the messages that were signed on it."""

from collections.abc import Iterable
from typing import Any

import attrs

from properties.laws import Violation
from properties.laws.application import Misbehaved, checked_apply
from properties.laws.leading import NOBODY, who_can_lead
from properties.laws.patience import state_at_slot
from statemachine.duties import SigningRecord, may_sign_header, with_header
from statemachine.errors import Rejected
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.protocol import Protocol
from statemachine.state import State
from statemachine.transactions import CastVotes, ProduceBlock


def reporter_in(state: State) -> bytes:
    """Return somebody who can hand in evidence: an account, if there is any."""
    return next(iter(state.accounts), NOBODY)


class RuleMisbehaved(Exception):
    """A rule was not total or not pure: one run is enough to show that."""

    def __init__(self, violations: tuple[Violation, ...], transactions: tuple[Any, ...]) -> None:
        super().__init__(violations[0].message)
        self.violations = violations
        self.transactions = transactions
        """All of the branch, the last one that which the rule was applied to."""


@attrs.define
class Signed:
    """Every message that was ever signed, on whichever branch, and what the signers remember."""

    votes: dict[bytes, list[Vote]] = attrs.field(factory=dict)
    records: dict[bytes, SigningRecord] = attrs.field(factory=dict)
    """Of those who follow the signing rule."""

    def vote(self, signer: bytes, vote: Vote) -> None:
        """Note that a validator signed a vote."""
        known = self.votes.setdefault(signer, [])
        if vote not in known:
            known.append(vote)


@attrs.frozen
class Link:
    """The votes for one link that were counted, with the weights they had."""

    vote: Vote
    signers: tuple[bytes, ...]
    snapshot: MerkleMap[int]

    @property
    def weight(self) -> int:
        """What the signers weighed at the target's epoch."""
        return sum(self.snapshot.get(signer, 0) for signer in self.signers)


@attrs.define
class Branch:
    """A run, and how it came about."""

    protocol: Protocol
    state: State
    name: bytes
    """Goes into its blocks, so that no other branch has the same."""
    transactions: list[Any] = attrs.field(factory=list)
    """Those that were accepted."""
    links: dict[Vote, Link] = attrs.field(factory=dict)
    """Every link that somebody voted for."""
    headers: list[Header] = attrs.field(factory=list)
    """Of all its blocks."""

    def fork(self, name: bytes | None = None) -> "Branch":
        """Return another branch that has the same past."""
        return Branch(
            self.protocol,
            self.state,
            name or self.name,
            list(self.transactions),
            dict(self.links),
            list(self.headers),
        )

    def try_apply(self, tx: Any) -> tuple[Any, ...] | None:
        """Apply a transaction; return its events, or None where it is rejected.

        Raises RuleMisbehaved where the rule does neither.
        """
        before = self.state
        outcome = checked_apply(self.protocol, before, tx)
        if isinstance(outcome, Misbehaved):
            raise RuleMisbehaved(outcome.violations, (*self.transactions, tx))
        if isinstance(outcome, Rejected):
            return None
        self.state = outcome.after
        self.transactions.append(tx)
        if isinstance(tx, CastVotes):
            self._note_votes(before, tx)
        if isinstance(tx, ProduceBlock):
            self.headers.append(header_of(before, tx, self.state))
        return outcome.events

    def _note_votes(self, before: State, tx: CastVotes) -> None:
        record = before.finality.history.get(epoch_key(tx.vote.target.epoch))
        snapshot = before.snapshot if record is None else record.snapshot
        known = self.links.get(tx.vote, Link(tx.vote, (), snapshot))
        signers = tuple(sorted({*known.signers, *tx.signers}))
        self.links[tx.vote] = Link(tx.vote, signers, snapshot)

    def apply_all(self, txs: Iterable[Any]) -> None:
        """Apply what is not refused."""
        for tx in txs:
            self.try_apply(tx)

    def checkpoint(self, epoch: int) -> Checkpoint | None:
        """Return the checkpoint of an epoch, if the state still knows it."""
        record = self.state.finality.history.get(epoch_key(epoch))
        return None if record is None else Checkpoint(epoch, record.root)

    def enter(self, epoch: int, signed: Signed) -> bool:
        """Produce the first block of an epoch that a willing proposer can; say whether one came.

        Who follows the signing rule signs one block for a slot, on one branch.
        """
        length = self.state.params.epoch_length
        first = max(epoch * length, self.state.slot + 1)
        furthest = self.state.slot + self.state.params.max_slot_gap
        for slot in range(first, min(first + length + 8, furthest + 1)):
            # Always from the start: a slot counts as missed only when a later one comes.
            passed = state_at_slot(self.protocol, self.state, slot)
            leaders = who_can_lead(self.protocol, passed, slot)
            if not leaders or leaders[0] == NOBODY:
                continue
            proposer = leaders[0]
            tx = ProduceBlock(slot, proposer, bytes(32), self.name)
            header = header_of(self.state, tx, passed)
            record = signed.records.get(proposer)
            if record is not None:
                if not may_sign_header(record, header):
                    continue
                signed.records[proposer] = with_header(record, header)
            return self.try_apply(tx) is not None
        return False

    def cast(self, vote: Vote, signers: Iterable[bytes], signed: Signed) -> None:
        """Have validators sign a vote, and count it here if it is not refused."""
        tx = CastVotes(vote, tuple(sorted(signers)))
        for signer in tx.signers:
            signed.vote(signer, vote)
        self.try_apply(tx)


def header_of(before: State, tx: ProduceBlock, after: State) -> Header:
    """Return the header that the proposer of a block signs."""
    return Header(
        tx.slot,
        before.head,
        after.finality.history[epoch_key(after.epoch)].root,
        tx.proposer,
        tx.reveal,
        tx.body,
        bytes(32),
    )


def conflict(first: Branch, second: Branch) -> tuple[Checkpoint, Checkpoint] | None:
    """Return the latest final checkpoints of two branches, if neither lies before the other."""
    one, other = first.state.finality.finalised, second.state.finality.finalised
    if one.epoch > other.epoch:
        first, second, one, other = second, first, other, one
    there = second.checkpoint(one.epoch)
    if there is None or there == one:
        return None
    return first.state.finality.finalised, second.state.finality.finalised
