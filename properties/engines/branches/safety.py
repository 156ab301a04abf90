"""Accountable safety, end to end: two final checkpoints that conflict cost a third of the stake.

Source: Buterin and Griffith, *Casper the Friendly Finality Gadget*, theorem 1; Buterin et
al., *Combining GHOST and Casper*, for changing sets.

Why it holds. Let the checkpoint of epoch *e* be final on one branch, by links to each of the
epochs *e* to *e* + k, the last of them from *e*; and let the other branch, which has another
checkpoint at *e*, have made one final at *e* or later. Take the first link of the other branch
that justifies an epoch *t* >= *e*; it comes from before *e*. If *t* is at most *e* + k, its
quorum voted for the same epoch as one of these links; otherwise its link spans the one from
*e* to *e* + k. So there is a link on each branch, both with a quorum, such that whoever voted
for both has contradicted itself.

Let W and W' be the totals of the snapshots of the two targets, let everybody count by the
smaller of its two weights, and let M be the sum of these. Who did not vote for the one link
counts less than W/3, who did not vote for the other less than W'/3. So those who voted for
both count more than

    M - W/3 - W'/3

which is W/3 where the sets are the same. M is at least W less what was gained on the one
branch or lost on the other since they parted, so this is no less than the bound of Buterin
et al. It is measured on the snapshots that the votes were counted with, not on what is left
after slashing, and it promises nothing once either branch has outlived the evidence window
of the link that it counted.
"""

from collections.abc import Iterator
from itertools import combinations

import attrs

from properties.engines.branches.branch import Branch, Link, Signed, conflict, reporter_in
from properties.laws.describe import short
from properties.model.design import is_exact
from statemachine.arithmetic import share
from statemachine.events import Slashed, StakeSlashed
from statemachine.map_keys import epoch_key
from statemachine.messages import Vote
from statemachine.rules.lots import oldest_admissible
from statemachine.state import SERVING, SIGNED_TWICE, State, Status
from statemachine.transactions import CastVotes, ReportVotes


def contradict(first: Vote, second: Vote) -> bool:
    """Say whether nobody may sign both of two votes: the slashing conditions of Casper FFG."""
    if first == second:
        return False
    if first.target.epoch == second.target.epoch:
        return True
    inner, outer = sorted((first, second), key=lambda vote: vote.target.epoch)
    return outer.source.epoch < inner.source.epoch


def evidence(votes: dict[bytes, list[Vote]], reporter: bytes) -> Iterator[ReportVotes]:
    """Go through the evidence that votes alone are, signer by signer."""
    for signer, known in votes.items():
        for one, other in combinations(known, 2):
            if contradict(one, other):
                yield ReportVotes(reporter, CastVotes(one, (signer,)), CastVotes(other, (signer,)))


@attrs.define
class Conflict:
    """What two conflicting final checkpoints cost those who made both final."""

    complaints: list[str] = attrs.field(factory=list)
    """How accountable safety is broken."""
    judged: bool = False
    """Whether the bound on what is slashed is positive anywhere: else nothing is promised."""
    timely: bool = False
    """Whether it came about within the evidence window of when the branches parted."""
    blameless: str = ""
    """How nobody contradicted itself, where it is timely; empty where somebody did."""
    slashed: int = 0
    """What those whom evidence puts out weigh, on the branch where they weigh less."""
    total: int = 0
    """What all weigh there."""

    def note(self, slashed: int, total: int) -> None:
        """Keep the smaller share."""
        if not self.total or slashed * self.total < self.slashed * total:
            self.slashed, self.total = slashed, total


def weigh_conflict(left: Branch, right: Branch) -> Conflict | None:
    """Hold two branches against accountable safety; None where nothing final conflicts."""
    checkpoints = conflict(left, right)
    if checkpoints is None:
        return None
    one, other = checkpoints
    told = f"epochs {one.epoch} and {other.epoch} are final on two branches"
    pairs = list(contradicting_quorums(left, right))
    if not pairs:
        return _without_quorums(told, left, right)
    weighed = Conflict()
    for side in (left, right):
        ready, paid = pay_for_evidence(side, (left, right))
        # Who was punished on this branch before is not punished for the same again.
        slashed = frozenset(paid) | _put_out(ready)
        where = f"{told}; on the {'one' if side is left else 'other'}"
        for first, second in pairs:
            here = first if side is left else second
            if not _admissible(ready, here, second if side is left else first):
                continue
            weight = sum(here.snapshot.get(offender, 0) for offender in slashed)
            weighed.note(weight, here.snapshot.total_weight)
            if _is_timely(left, right, first, second):
                weighed.timely = True
                # Where the bound is positive, accountable safety is what is broken.
                if not weight and _needed(first, second)[0] <= 0:
                    weighed.blameless = _blameless(where, first, second)
            weighed.judged |= _needed(first, second)[0] > 0
            complaint = _too_light(first, second, slashed, is_exact(side.protocol))
            if complaint is not None:
                weighed.complaints.append(f"{where} {complaint}")
            for complaint in _too_little(ready, here, first.signers, second.signers, paid):
                weighed.complaints.append(f"{where} {complaint}")
    return weighed


def _without_quorums(told: str, left: Branch, right: Branch) -> Conflict:
    """Weigh a conflict in which no two quorums contradict each other, by what evidence finds.

    Where quorums need not contradict each other, somebody may still have signed twice.
    """
    weighed = Conflict(judged=True)
    weighed.complaints += _justified_by_too_few(told, left, right)
    if weighed.complaints:
        weighed.note(0, 1)
        return weighed
    for side in (left, right):
        ready, paid = pay_for_evidence(side, (left, right))
        slashed = frozenset(paid) | _put_out(ready)
        final = side.state.finality.history.get(epoch_key(side.state.finality.finalised.epoch))
        snapshot = side.state.snapshot if final is None else final.snapshot
        weight = sum(snapshot.get(one, 0) for one in slashed)
        weighed.note(weight, snapshot.total_weight)
        if 3 * weight + is_exact(side.protocol) > snapshot.total_weight:
            continue
        names = ", ".join(short(one) for one in sorted(slashed)) or "nobody"
        weighed.complaints.append(
            f"{told}, and no two quorums contradict each other; on the"
            f" {'one' if side is left else 'other'} evidence slashed {names}, {weight:,} of"
            f" {snapshot.total_weight:,}{_without_links(left, right)}"
        )
    return weighed


def _justified_by_too_few(told: str, left: Branch, right: Branch) -> Iterator[str]:
    """Say what is justified on a branch though all votes for it, together, are no quorum."""
    for side, name in ((left, "one"), (right, "other")):
        voters: dict[int, dict[bytes, int]] = {}
        totals: dict[int, int] = {}
        for link in side.links.values():
            target = link.vote.target.epoch
            weights = {one: link.snapshot.get(one, 0) for one in link.signers}
            voters[target] = {**voters.get(target, {}), **weights}
            totals[target] = link.snapshot.total_weight
        for target in sorted(voters):
            record = side.state.finality.history.get(epoch_key(target))
            weight = sum(voters[target].values())
            if record is None or not record.justified:
                continue
            if not side.protocol.is_quorum(weight, totals[target]):
                yield (
                    f"{told}; on the {name} epoch {target} is justified though all votes for it,"
                    f" {weight:,} of {totals[target]:,}, are no quorum"
                )


def _without_links(left: Branch, right: Branch) -> str:
    """Say what is justified on a branch though no link to it has a quorum; nothing where none is.

    That is why nobody need have contradicted itself.
    """
    told = ""
    for side, name in ((left, "one"), (right, "other")):
        links = sorted(side.links.values(), key=lambda link: link.vote.source.epoch)
        for target in sorted({link.vote.target.epoch for link in links}):
            record = side.state.finality.history.get(epoch_key(target))
            to_it = [link for link in links if link.vote.target.epoch == target]
            total = to_it[0].snapshot.total_weight
            if record is None or not record.justified:
                continue
            if any(side.protocol.is_quorum(link.weight, total) for link in to_it):
                continue
            votes = ", ".join(
                f"{link.weight:,} from epoch {link.vote.source.epoch}" for link in to_it
            )
            told += (
                f"; on the {name} epoch {target} is justified though no link to it has a quorum:"
                f" of {total:,} voted {votes}"
            )
    return told


def _put_out(state: State) -> frozenset[bytes]:
    """Return who has been found to have signed twice."""
    return frozenset(
        one for one, validator in state.validators.items() if validator.status is Status.TOMBSTONED
    )


def _admissible(state: State, here: Link, there: Link) -> bool:
    """Say whether the votes for two links, of which one counted here, can be evidence now.

    Both targets' epochs must have come, and the window of the one that counted here must
    not be over: it is what the offenders' stake here answers for.
    """
    target = here.vote.target.epoch
    return oldest_admissible(state) <= target and there.vote.target.epoch <= state.epoch


def _is_timely(left: Branch, right: Branch, first: Link, second: Link) -> bool:
    """Say whether both links are within the window of when the branches parted.

    Nor has anybody been removed: who is takes its whole weight along, whatever may churn.
    """
    parted = _last_in_common(left, right)
    if parted is None or any(_has_removed(side.state) for side in (left, right)):
        return False
    latest = max(link.vote.target.epoch for link in (first, second))
    return latest <= parted + left.state.params.evidence_window


def _last_in_common(left: Branch, right: Branch) -> int | None:
    """Return the last epoch of which two branches have one checkpoint, if both know it."""
    epoch = min(left.state.epoch, right.state.epoch)
    while epoch >= 0:
        checkpoint = left.checkpoint(epoch)
        if checkpoint is not None and checkpoint == right.checkpoint(epoch):
            return epoch
        epoch -= 1
    return None


def _has_removed(state: State) -> bool:
    return any(
        validator.status not in SERVING and validator.status is not Status.TOMBSTONED
        for _, validator in state.validators.items()
    )


def _blameless(where: str, first: Link, second: Link) -> str:
    counted = " and ".join(
        f"{link.weight:,} of {link.snapshot.total_weight:,} for epoch {link.vote.target.epoch}"
        for link in (first, second)
    )
    return f"{where} nobody is slashed: the sets have parted so far that {counted} share nobody"


def contradicting_quorums(left: Branch, right: Branch) -> Iterator[tuple[Link, Link]]:
    """Go through the pairs of links, one of each branch, that nobody may vote for both of."""
    quorums = [
        [
            link
            for link in side.links.values()
            if side.protocol.is_quorum(link.weight, link.snapshot.total_weight)
        ]
        for side in (left, right)
    ]
    for first in quorums[0]:
        for second in quorums[1]:
            if contradict(first.vote, second.vote):
                yield first, second


def _needed(first: Link, second: Link) -> tuple[int, dict[bytes, int]]:
    """Return three times the bound M - W/3 - W'/3, and everybody's smaller weight."""
    weights = {
        one: min(weight, second.snapshot.get(one, 0)) for one, weight in first.snapshot.items()
    }
    spared = first.snapshot.total_weight + second.snapshot.total_weight
    return 3 * sum(weights.values()) - spared, weights


def _too_light(first: Link, second: Link, slashed: frozenset[bytes], exact: bool) -> str | None:
    """Say by how much those who were slashed weigh too little; the bound itself may be enough."""
    needed, weights = _needed(first, second)
    weight = sum(weights.get(one, 0) for one in slashed)
    if 3 * weight + exact > needed:
        return None
    names = ", ".join(short(one) for one in sorted(slashed)) or "nobody"
    return f"evidence slashed {names}, {weight:,} of {sum(weights.values()):,}, not {needed:,}/3"


def _too_little(
    state: State,
    here: Link,
    first: tuple[bytes, ...],
    second: tuple[bytes, ...],
    paid: dict[bytes, tuple[int, int]],
) -> Iterator[str]:
    """Say who lost less than the share of the stake that was voted with on this branch."""
    bps = state.params.double_sign_bps
    for one in sorted({*first} & {*second}):
        weight = here.snapshot.get(one, 0)
        taken, pieces = paid.get(one, (0, 0))
        # Each piece of stake is rounded down; who was slashed before has less to lose.
        before = state.validators.get(one)
        if before is None or before.slashes or taken >= share(weight, bps) - pieces:
            continue
        yield (
            f"{short(one)} voted with {weight:,} in epoch {here.vote.target.epoch}, and evidence"
            f" took only {taken:,} of the {share(weight, bps):,} due"
        )


def pay_for_evidence(
    side: Branch, branches: tuple[Branch, Branch]
) -> tuple[State, dict[bytes, tuple[int, int]]]:
    """Put all evidence through a run, once its epochs have come.

    Returns the state before it, and what each offender lost, from how many pieces.
    """
    trial = side.fork()
    votes = signed_votes(branches)
    last = max((vote.target.epoch for known in votes.values() for vote in known), default=0)
    while trial.state.epoch < last and trial.enter(trial.state.epoch + 1, Signed()):
        pass
    ready = trial.state
    reporter = reporter_in(ready)
    paid: dict[bytes, tuple[int, int]] = {}
    for report in evidence(votes, reporter):
        events = trial.try_apply(report) or ()
        for event in events:
            if isinstance(event, Slashed) and event.kind in SIGNED_TWICE:
                taken, pieces = paid.get(event.offender, (0, 0))
                pieces += sum(isinstance(other, StakeSlashed) for other in events)
                paid[event.offender] = (taken + event.burned + event.rewarded, pieces)
    return ready, paid


def signed_votes(branches: tuple[Branch, ...]) -> dict[bytes, list[Vote]]:
    """Return the votes that were counted on the branches, by signer."""
    votes: dict[bytes, dict[Vote, None]] = {}
    for branch in branches:
        for link in branch.links.values():
            for signer in link.signers:
                votes.setdefault(signer, {})[link.vote] = None
    return {signer: list(known) for signer, known in votes.items()}
