"""The tie of the rule that takes evidence: which pairs of votes it punishes, and whom.

Epochs are keys of a state and no symbols here. But what two votes are to each other depends on
the order of their four epochs alone, and on which checkpoints are the same; four epochs make
every order, and two roots every case, so all pairs of votes over them are tried.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, product

import attrs

from properties.engines.prove.checkpoints import root_of
from properties.engines.prove.shapes import EPOCH, FIRST, SECOND, THIRD
from properties.theorems.scenes import ELSEWHERE, STAKES, STAKES_NOW, VALIDATORS, Scene
from properties.trace.trial import Trial
from statemachine.errors import Rejected
from statemachine.map_keys import link_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Vote
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import VOTES, State, Status
from statemachine.transactions import CastVotes, ReportVotes

EPOCHS = range(EPOCH - 3, EPOCH + 1)
STAKE = 60


def _votes(roots: Callable[[int], tuple[bytes, ...]]) -> Iterator[Vote]:
    for source, target in combinations(EPOCHS, 2):
        for from_root, to_root in product(roots(source), roots(target)):
            yield Vote(Checkpoint(source, from_root), Checkpoint(target, to_root))


def pairs() -> Iterator[tuple[Vote, Vote]]:
    """Go through all pairs of votes, the first of this chain or of another."""
    anywhere = tuple(_votes(lambda epoch: (root_of(epoch), ELSEWHERE)))
    for first in _votes(lambda epoch: (root_of(epoch),)):
        for second in anywhere:
            yield first, second
            yield second, first


def contradict(first: Vote, second: Vote) -> bool:
    """Slashing conditions I and II of Casper FFG, as `definitions.contradict` has them."""
    if first == second:
        return False
    if first.target.epoch == second.target.epoch:
        return True
    inner, outer = sorted((first, second), key=lambda vote: vote.target.epoch)
    return outer.source.epoch < inner.source.epoch


def state() -> State:
    """Return a chain on which the first and the third have voted."""
    stakes = dict.fromkeys((*STAKES, *STAKES_NOW), STAKE)
    plain = Scene().state(stakes)
    cast = [(link_key(EPOCH - 1, EPOCH) + signer, STAKE) for signer in (FIRST, THIRD)]
    votes = MerkleMap.from_items(VOTES, cast)
    return evolve(plain, finality=evolve(plain.finality, votes=votes))


def report(first: Vote, second: Vote) -> ReportVotes:
    """Return the report that two of three validators have signed both votes."""
    return ReportVotes(
        THIRD, CastVotes(first, (FIRST, SECOND)), CastVotes(second, (FIRST, SECOND, THIRD))
    )


def charged(first: Vote, second: Vote) -> int:
    """Return the epoch whose stake answers: the latest target on this chain, or the earlier."""
    targets = (first.target, second.target)
    here = [target.epoch for target in targets if target.root == root_of(target.epoch)]
    return max(here) if here else min(target.epoch for target in targets)


@attrs.frozen
class Case:
    """What a report led to."""

    first: Vote
    second: Vote
    before: State
    after: State | None
    """None where it was refused."""


def _punished(after: State) -> tuple[bytes, ...]:
    return tuple(
        validator
        for validator in VALIDATORS
        if after.validators[validator].status is Status.TOMBSTONED
    )


def _is_taken_rightly(case: Case) -> bool:
    return (case.after is not None) == contradict(case.first, case.second)


def _pays_as_one(case: Case) -> bool:
    if case.after is None:
        return True
    return _punished(case.after) == (FIRST, SECOND)


def _charges_rightly(case: Case) -> bool:
    if case.after is None:
        return True
    lines = case.after.validators[FIRST].slashes
    return not lines or lines[-1].epoch == charged(case.first, case.second)


def _leaves_votes(case: Case) -> bool:
    return case.after is None or case.after.finality == case.before.finality


@attrs.frozen
class EvidenceTie:
    """What must be so of every report."""

    name: str
    says: str
    holds: Callable[[Case], bool]
    laws: tuple[str, ...]


EVIDENCE_TIES = (
    EvidenceTie(
        "evidence is what contradicts",
        "A report is accepted exactly if its two votes contradict each other.",
        _is_taken_rightly,
        ("SLA-6", "SLA-7"),
    ),
    EvidenceTie(
        "all who signed both pay",
        "Exactly those who signed both votes are punished.",
        _pays_as_one,
        ("SLA-6", "SLA-7"),
    ),
    EvidenceTie(
        "the stake of the vote here answers",
        "The epoch that is charged is that of the latest target on this chain.",
        _charges_rightly,
        ("SLA-1", "SLA-3"),
    ),
    EvidenceTie(
        "a slash leaves votes as they are",
        "Neither votes nor checkpoints are changed by a slash.",
        _leaves_votes,
        ("FIN-8",),
    ),
)


def failures(protocol: Protocol) -> dict[str, Trial]:
    """Put every pair to a protocol; return the first report that breaks each tie."""
    before = state()
    broken: dict[str, Trial] = {}
    for first, second in pairs():
        tx = report(first, second)
        after: State | None
        try:
            after = protocol.transition(before, tx).state
        except Rejected:
            after = None
        case = Case(first, second, before, after)
        for tie in EVIDENCE_TIES:
            if tie.name not in broken and not tie.holds(case):
                broken[tie.name] = Trial(before, (tx,))
    return broken
