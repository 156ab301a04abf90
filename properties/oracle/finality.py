"""A second reading of finality: votes as plain sets, and what follows from them anew.

Nothing is kept up to date. What is justified is worked out from the votes as a fixpoint,
each time it is asked for, and what is final from that.
"""

import attrs

from properties.laws.law import Violation
from properties.laws.views import Step
from properties.oracle.evidence import Term
from statemachine import events as announced
from statemachine.errors import Rejected, RejectionReason
from statemachine.map_keys import epoch_key, link_key, split_vote_key
from statemachine.messages import Checkpoint
from statemachine.protocol import Protocol, Transition
from statemachine.rules.blocks import pass_slots
from statemachine.state import EpochRecord, State
from statemachine.transactions import CastVotes

Link = tuple[int, int]
"""The epochs of a source and of a target; one chain has one checkpoint for each."""

Begun = list[tuple[int, State]]
"""The epochs that a step began, each with a state of it."""


@attrs.define
class FinalityOracle:
    """The epochs, votes and checkpoints of one chain."""

    protocol: Protocol
    window: int
    span: int
    """The most epochs that a link may span to make its source final."""
    now: int
    terms: dict[int, Term]
    """What the epochs of the window began with, each copied when it began."""
    roots: dict[int, bytes]
    """The checkpoints of all epochs, those of before the start as far as they are told."""
    votes: dict[Link, set[bytes]]
    """Who has voted for which link."""
    assumed: set[int]
    """Epochs that were justified at the start, or by votes that are forgotten."""
    final_before: int
    """The final epoch at the start, or by votes that are forgotten."""

    @classmethod
    def at(cls, state: State, protocol: Protocol) -> "FinalityOracle":
        """Begin at a state, taking what it says is justified and final as it is."""
        finality = state.finality
        remembered = (finality.finalised, finality.justified)
        roots = {checkpoint.epoch: checkpoint.root for checkpoint in remembered}
        assumed = set(roots)
        terms = {}
        for key, record in finality.history.items():
            epoch = int.from_bytes(key, "big")
            sets = (dict(record.snapshot.items()), dict(record.electors.items()))
            terms[epoch] = Term(record.root, record.seed, *sets)
            roots[epoch] = record.root
            if record.justified:
                assumed.add(epoch)
        votes: dict[Link, set[bytes]] = {}
        for key in finality.votes:
            source, target, voter = split_vote_key(key)
            votes.setdefault((source, target), set()).add(voter)
        window, span = state.params.evidence_window, state.params.finality_span
        final = finality.finalised.epoch
        return cls(protocol, window, span, state.epoch, terms, roots, votes, assumed, final)

    # --- what the votes say --------------------------------------------------------------

    def tally(self, link: Link) -> int:
        """Return the stake that voted for exactly this link, by its target's epoch."""
        snapshot = self.terms[link[1]].snapshot
        return sum(snapshot[voter] for voter in self.votes.get(link, ()))

    def carries(self, link: Link) -> bool:
        """Say whether a quorum of the target's epoch voted for a link."""
        return self.protocol.is_quorum(self.tally(link), self.terms[link[1]].total)

    def justified(self) -> set[int]:
        """Return the epochs whose checkpoints are justified, as far as one can tell."""
        justified = set(self.assumed)
        heavy = [link for link in self.votes if self.carries(link)]
        size = 0
        while len(justified) > size:
            size = len(justified)
            justified |= {target for source, target in heavy if source in justified}
        return justified

    def final(self) -> int:
        """Return the latest epoch whose checkpoint is final."""
        justified = self.justified()
        remembered = justified & self.terms.keys()
        linked = (
            source
            for source, target in self.votes
            if target - source <= self.span
            and source in justified
            and (source in self.terms or target == source + 1)
            and remembered.issuperset(range(source + 1, target))
            and self.carries((source, target))
        )
        return max((self.final_before, *linked))

    def objections(self, tx: CastVotes) -> set[RejectionReason]:
        """Return every reason there is to refuse votes."""
        reason = RejectionReason
        source, target = tx.vote.source, tx.vote.target
        term = self.terms.get(target.epoch)
        justified, final = self.justified(), self.final()
        last = (final, max(justified))
        signers = list(tx.signers)
        reasons = {
            reason.SOURCE_NOT_BEFORE_TARGET: source.epoch >= target.epoch,
            reason.UNKNOWN_CHECKPOINT: target.epoch > self.now,
            reason.STALE_CHECKPOINT: term is None
            or source.epoch < final
            or (source.epoch not in self.terms and source.epoch not in last),
            reason.CHECKPOINT_NOT_ON_CHAIN: self.roots.get(target.epoch) != target.root
            or self.roots.get(source.epoch) != source.root,
            reason.SOURCE_NOT_JUSTIFIED: source.epoch not in justified,
            reason.NO_SIGNERS: not signers,
            reason.DUPLICATE_SIGNER: len(set(signers)) < len(signers),
            reason.UNSORTED_SIGNERS: signers != sorted(signers),
            reason.UNKNOWN_SIGNER: term is None or not set(signers) <= set(term.snapshot),
            reason.ALREADY_VOTED: set(signers)
            <= self.votes.get((source.epoch, target.epoch), set()),
        }
        return {cause for cause, holds in reasons.items() if holds}

    # --- following a run -----------------------------------------------------------------

    def refused(self, tx: CastVotes, rejection: Rejected) -> list[Violation]:
        """Return what speaks against refusing votes."""
        shared = self.objections(tx)
        if rejection.reason in shared:
            return []
        why = ", ".join(sorted(shared)) if shared else "nothing"
        return [Violation("FIN-6", f"{_link(tx)} were refused: {rejection}; {why} is against them")]

    def follow(self, step: Step, begun: Begun) -> list[Violation]:
        """Do the same as a step, and return how its outcome differs."""
        violations: list[Violation] = []
        if step.crossed_epoch:
            violations += self._begin_epochs(step, begun)
        if isinstance(step.transaction, CastVotes):
            violations += self._count(step, step.transaction)
        if violations or step.crossed_epoch or isinstance(step.transaction, CastVotes):
            violations += self._compare(step.after)
        return violations

    def _begin_epochs(self, step: Step, begun: Begun) -> list[Violation]:
        """Copy what epochs begin with, and forget those that no evidence can be about."""
        justified, final = self.justified(), self.final()
        self.assumed, self.final_before = justified, final
        lookahead = step.before.params.election_lookahead
        for epoch, then in begun:
            snapshot = dict(then.snapshot.items())
            fixed, last = self.terms.get(epoch - lookahead), self.terms.get(epoch - 1)
            # A chain that is younger than that elects from its first set still.
            electors = fixed.snapshot if fixed else last.electors if last else snapshot
            self.terms[epoch] = Term(step.before.head, then.seed, snapshot, electors)
            self.roots[epoch] = step.before.head
        self.now = step.after.epoch
        oldest = self.now - self.window
        self.terms = {epoch: term for epoch, term in self.terms.items() if epoch >= oldest}
        self.votes = {link: who for link, who in self.votes.items() if link[1] >= oldest}
        history = step.after.finality.history
        return [
            Violation("FIN-4", f"epoch {epoch} is not remembered as it began")
            for epoch, term in self.terms.items()
            if epoch > step.before.epoch and not _is_as(term, history.get(epoch_key(epoch)))
        ]

    def _count(self, step: Step, tx: CastVotes) -> list[Violation]:
        against = self.objections(tx)
        if against:
            why = ", ".join(sorted(against))
            return [Violation("FIN-5", f"{_link(tx)} were counted, though {why}")]
        link = (tx.vote.source.epoch, tx.vote.target.epoch)
        voters = self.votes.setdefault(link, set())
        fresh = len(set(tx.signers) - voters)
        voters |= set(tx.signers)
        should = (fresh, self.tally(link), self.terms[link[1]].total)
        violations = []
        for event in step.events:
            if isinstance(event, announced.VotesCounted):
                counted = (event.signers, event.tally, event.total)
                if counted != should:
                    violations.append(Violation("FIN-7", _miscounted(tx, counted, should)))
        kept = step.after.finality.votes.prefix_weight(link_key(*link))
        if link[1] > self.final() and kept != should[1]:
            violations.append(
                Violation("FIN-7", f"{_link(tx)}: {kept:,} is kept, {should[1]:,} voted")
            )
        return violations

    def _compare(self, state: State) -> list[Violation]:
        finality, justified, final = state.finality, self.justified(), self.final()
        violations = []
        for epoch in self.terms:
            record = finality.history.get(epoch_key(epoch))
            if record is not None and record.justified != (epoch in justified):
                violations.append(Violation("FIN-2", self._about(epoch, record.justified)))
        for law, name, machine, epoch in (
            ("FIN-2", "latest justified", finality.justified, max(justified)),
            ("FIN-3", "latest final", finality.finalised, final),
        ):
            if machine != Checkpoint(epoch, self.roots[epoch]):
                violations.append(
                    Violation(
                        law,
                        f"the {name} checkpoint is that of epoch {machine.epoch}, by the votes"
                        f" it is that of epoch {epoch}",
                    )
                )
        return violations

    def _about(self, epoch: int, says: bool) -> str:
        """Say what the votes for an epoch's checkpoint are."""
        total = self.terms[epoch].total
        tallies = ", ".join(
            f"{self.tally(link):,} from epoch {link[0]}"
            for link in sorted(self.votes)
            if link[1] == epoch
        )
        return (
            f"the checkpoint of epoch {epoch} is {'' if says else 'not '}justified; of"
            f" {total:,} voted: {tallies or 'none'}"
        )


def states_at_boundaries(protocol: Protocol, step: Step) -> Begun:
    """Return a state of each epoch that a step began, with what the epoch began with."""
    if not step.crossed_epoch:
        return []
    if step.after.epoch == step.before.epoch + 1:
        return [(step.after.epoch, step.after)]
    seen: Begun = []

    def look(_protocol: Protocol, state: State) -> Transition:
        seen.append((state.epoch, state))
        return Transition(state)

    watched = protocol.fork(protocol.name, opening_steps=(*protocol.opening_steps, look))
    pass_slots(watched, step.before, step.after.slot)
    return seen


def _is_as(term: Term, record: EpochRecord | None) -> bool:
    return (
        record is not None
        and (record.root, record.seed) == (term.root, term.seed)
        and dict(record.snapshot.items()) == term.snapshot
        and dict(record.electors.items()) == term.electors
    )


def _link(tx: CastVotes) -> str:
    vote = tx.vote
    return f"votes from epoch {vote.source.epoch} to {vote.target.epoch}"


def _miscounted(tx: CastVotes, counted: tuple[int, ...], should: tuple[int, ...]) -> str:
    numbers = ("{:,} new, {:,} of {:,}".format(*three) for three in (counted, should))
    return "{}: {} were counted, there were {}".format(_link(tx), *numbers)
