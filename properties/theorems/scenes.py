"""The tie of the rules: what a vote does to a chain, for all stakes, and in every case there is.

A scene is a state and a vote in which stakes are symbols. The rule of a protocol is executed on
it, and what comes out is proved to be what the axioms of finality say.
"""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import z3

from properties.engines.prove.checkpoints import checkpoint, root_of
from properties.engines.prove.shapes import (
    EPOCH,
    FIRST,
    PARAMS,
    SECOND,
    THIRD,
    delegation,
    state_of,
    validator,
)
from properties.model.names import address
from properties.theorems.definitions import is_supermajority
from properties.theorems.symbolic import Symbol, truth_of
from properties.theorems.theory import Axiom, Obligation
from properties.trace.trial import Trial
from statemachine.errors import Rejected
from statemachine.map_keys import epoch_key, link_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint, Vote
from statemachine.primitives import MAX_AMOUNT
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve
from statemachine.state import HISTORY, SNAPSHOT, VOTES, Bucket, EpochRecord, Finality, Lot, State
from statemachine.transactions import CastVotes

VALIDATORS = (FIRST, SECOND, THIRD)
NOBODY = address(9)
"""Who is no validator."""

FINAL, EARLY, LATE = EPOCH - 3, EPOCH - 2, EPOCH - 1
"""Epochs: the final one, one that is justified, and the one before the current."""

STAKES = ("first", "second", "third")
"""What each had at stake at the targets before now."""
STAKES_NOW = ("first_now", "second_now", "third_now")
"""What each has at stake by now."""
Numbers = Mapping[str, int]


@attrs.frozen
class Scene:
    """A chain on its way, and the vote that is put to it."""

    source: int = EARLY
    target: int = LATE
    signers: tuple[bytes, ...] = (FIRST, SECOND)
    cast: tuple[tuple[int, int], ...] = ()
    """The links, by source and target, that the third has voted for already."""
    justified: tuple[int, ...] = (FINAL, EARLY)
    final: int = FINAL
    span: int = 2
    """The most epochs that a link may span to make its source final."""
    roots: tuple[bytes, bytes] | None = None
    """Of source and target, where they are not this chain's own."""

    def vote(self) -> CastVotes:
        """Return the vote."""
        from_root, to_root = self.roots or (root_of(self.source), root_of(self.target))
        link = Vote(Checkpoint(self.source, from_root), Checkpoint(self.target, to_root))
        return CastVotes(link, self.signers)

    def state(self, stakes: Numbers) -> State:
        """Return the state, all stakes at the targets as said, and others by now."""
        then = MerkleMap.from_items(
            SNAPSHOT, zip(VALIDATORS, (stakes[name] for name in STAKES), strict=True)
        )
        by_now = {
            address: stakes[name] for address, name in zip(VALIDATORS, STAKES_NOW, strict=True)
        }
        records = [
            (
                epoch_key(epoch),
                EpochRecord(root_of(epoch), bytes(32), then, then, epoch in self.justified),
            )
            for epoch in range(FINAL, EPOCH)
        ]
        now = MerkleMap.from_items(SNAPSHOT, by_now.items())
        current = EpochRecord(root_of(EPOCH), bytes(32), now, then, EPOCH in self.justified)
        records.append((epoch_key(EPOCH), current))
        votes = sorted(
            (link_key(*link) + THIRD, stakes["third_now" if link[1] == EPOCH else "third"])
            for link in self.cast
        )
        finality = Finality(
            MerkleMap.from_items(HISTORY, records),
            MerkleMap.from_items(VOTES, votes),
            checkpoint(max(self.justified)),
            checkpoint(self.final),
        )
        return state_of(
            evolve(PARAMS, finality_span=self.span),
            {},
            {
                address: validator(Bucket(0, None, (), staked, 1))
                for address, staked in by_now.items()
            },
            {address + address: delegation(Lot(staked, 0)) for address, staked in by_now.items()},
            finality=finality,
        )

    @property
    def electorate(self) -> tuple[str, ...]:
        """The names of the stakes that the vote is weighed against."""
        return STAKES if self.target < EPOCH else STAKES_NOW

    def tally(self) -> z3.ArithRef:
        """Return the stake that has voted for the link once the vote is counted."""
        voters = set(self.signers)
        if (self.source, self.target) in self.cast:
            voters.add(THIRD)
        weights = zip(VALIDATORS, self.electorate, strict=True)
        return z3.Sum([z3.Int(name) for voter, name in weights if voter in voters])

    def total(self) -> z3.ArithRef:
        """Return all stake that may vote."""
        return z3.Sum([z3.Int(name) for name in self.electorate])


Outcome = Transition | Rejected
Answer = Callable[[Outcome], Any]


def _finality(outcome: Outcome) -> Finality | None:
    return outcome.state.finality if isinstance(outcome, Transition) else None


def is_justified(epoch: int) -> Answer:
    """Ask whether an epoch's checkpoint is justified afterwards."""

    def answer(outcome: Outcome) -> bool:
        finality = _finality(outcome)
        record = finality.history.get(epoch_key(epoch)) if finality else None
        return record is not None and record.justified

    return answer


def is_final(epoch: int) -> Answer:
    """Ask whether an epoch's checkpoint is the latest that is final."""

    def answer(outcome: Outcome) -> bool:
        finality = _finality(outcome)
        return finality is not None and finality.finalised == checkpoint(epoch)

    return answer


def is_final_if_justified(final: int, justified: int) -> Answer:
    """Ask whether the one checkpoint is final exactly if the other is justified."""
    return lambda outcome: is_final(final)(outcome) is is_justified(justified)(outcome)


def is_latest(epoch: int) -> Answer:
    """Ask whether an epoch's checkpoint is still the latest that is justified."""

    def answer(outcome: Outcome) -> bool:
        finality = _finality(outcome)
        return finality is None or finality.justified == checkpoint(epoch)

    return answer


def is_accepted(outcome: Outcome) -> bool:
    """Ask whether the vote is counted."""
    return isinstance(outcome, Transition)


@attrs.frozen
class RuleTie:
    """A scene, what is asked of its outcome, and when the answer must be yes."""

    name: str
    says: str
    scene: Scene
    ask: Answer
    expected: z3.BoolRef | Scene
    """When it must be yes; or a scene of which it must be yes exactly then."""
    laws: tuple[str, ...]
    given: z3.BoolRef = attrs.field(factory=lambda: z3.BoolVal(True))
    """What it is about; of other stakes it says nothing."""

    @property
    def where(self) -> z3.BoolRef:
        """The stakes that it is about."""
        return z3.And(lawful(), self.given)


def lawful() -> z3.BoolRef:
    """Say which stakes there can be."""
    bounds = []
    for names in (STAKES, STAKES_NOW):
        stakes = [z3.Int(name) for name in names]
        bounds += [*(stake >= 1 for stake in stakes), z3.Sum(stakes) <= MAX_AMOUNT]
    return z3.And(bounds)


def _quorum(scene: Scene) -> z3.BoolRef:
    return is_supermajority(scene.tally(), scene.total())


def _never() -> z3.BoolRef:
    return z3.BoolVal(False)


def _third_decides() -> z3.BoolRef:
    """The third has so much by now that it is a quorum by anybody's rule."""
    first, second, third = (z3.Int(name) for name in STAKES_NOW)
    return third > 100 * (first + second)


def _always() -> z3.BoolRef:
    return z3.BoolVal(True)


PLAIN = Scene()
CURRENT = Scene(target=EPOCH)
COUNTED = Scene(cast=((EARLY, LATE),))
TOGETHER = Scene(signers=VALIDATORS)
POOLED = Scene(cast=((FINAL, LATE),))
TWICE = Scene(signers=(FIRST, FIRST, SECOND))
SKIPPING = Scene(target=EPOCH, signers=VALIDATORS)
PASSING = Scene(target=EPOCH, justified=(FINAL, EARLY, LATE))
TOO_FAR = attrs.evolve(PASSING, span=1)
MIDDLE = Scene(source=FINAL, justified=(FINAL, EARLY, EPOCH), cast=((EARLY, EPOCH),))
"""What a link of the third's passes is justified only now."""
UNKNOWN = Scene(signers=(FIRST, SECOND, NOBODY))
UNJUSTIFIED = Scene(source=LATE, target=EPOCH)
OLDER = Scene(justified=(FINAL, EARLY, EPOCH))
ELSEWHERE = b"\xee" * 32
"""A root that this chain does not have."""
SAME_EPOCH = Scene(source=EARLY, target=EARLY)
OTHER_TARGET = Scene(roots=(root_of(EARLY), ELSEWHERE))
OTHER_SOURCE = Scene(roots=(ELSEWHERE, root_of(LATE)))
BEFORE_FINAL = Scene(source=FINAL, target=LATE, final=EARLY)

RULE_TIES = (
    RuleTie(
        "a quorum justifies",
        "A target is justified exactly if those who voted for this link are a quorum of the"
        " stake at the target.",
        PLAIN,
        is_justified(LATE),
        _quorum(PLAIN),
        ("FIN-2", "FIN-7"),
    ),
    RuleTie(
        "a quorum justifies the current epoch",
        "So it is of the current epoch's checkpoint, by the stake of now.",
        CURRENT,
        is_justified(EPOCH),
        _quorum(CURRENT),
        ("FIN-2", "FIN-7"),
    ),
    RuleTie(
        "votes add up",
        "Votes for the link that were cast before count with those of now.",
        COUNTED,
        is_justified(LATE),
        TOGETHER,
        ("FIN-7", "FIN-8"),
    ),
    RuleTie(
        "nothing is pooled",
        "Votes for the same target from another source do not count.",
        POOLED,
        is_justified(LATE),
        PLAIN,
        ("FIN-2", "FIN-7"),
    ),
    RuleTie(
        "each signer once",
        "A list that names a signer twice is refused.",
        TWICE,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
    RuleTie(
        "active signers only",
        "A list that names somebody who was not active at the target is refused.",
        UNKNOWN,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
    RuleTie(
        "from what is justified",
        "A vote from a source that is not justified is refused.",
        UNJUSTIFIED,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
    RuleTie(
        "to a later epoch",
        "A vote whose target is not of a later epoch than its source is refused.",
        SAME_EPOCH,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
    RuleTie(
        "to this chain's checkpoint",
        "A vote for a checkpoint of another branch is refused.",
        OTHER_TARGET,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
    RuleTie(
        "from this chain's checkpoint",
        "A vote from a checkpoint of another branch is refused.",
        OTHER_SOURCE,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
    RuleTie(
        "lawful votes count",
        "A vote from a justified source is counted, though it comes an epoch late.",
        PLAIN,
        is_accepted,
        _always(),
        ("FIN-6",),
    ),
    RuleTie(
        "a link to the next epoch is final",
        "The source becomes final exactly if the link to the next epoch justifies.",
        PLAIN,
        is_final_if_justified(EARLY, LATE),
        _always(),
        ("FIN-3",),
    ),
    RuleTie(
        "a link past what is not justified",
        "The source does not become final by a link that skips an epoch whose checkpoint is not"
        " justified.",
        SKIPPING,
        is_final(EARLY),
        _never(),
        ("FIN-3",),
    ),
    RuleTie(
        "a link past what is justified",
        "The source becomes final exactly if the link justifies, where it spans no more epochs"
        " than the protocol allows and all between are justified.",
        PASSING,
        is_final_if_justified(EARLY, EPOCH),
        _always(),
        ("FIN-3",),
    ),
    RuleTie(
        "a link of too many epochs",
        "The source does not become final by a link that spans more epochs than that.",
        TOO_FAR,
        is_final(EARLY),
        _never(),
        ("FIN-3",),
    ),
    RuleTie(
        "the middle comes last",
        "A link that had its quorum before makes its source final once all between are justified.",
        MIDDLE,
        is_final_if_justified(EARLY, LATE),
        _always(),
        ("FIN-3",),
        given=_third_decides(),
    ),
    RuleTie(
        "the latest stays the latest",
        "A target that is older than the latest justified checkpoint does not replace it.",
        OLDER,
        is_latest(EPOCH),
        _always(),
        ("FIN-1", "FIN-9"),
    ),
    RuleTie(
        "from no earlier than what is final",
        "A vote from before the final checkpoint is refused.",
        BEFORE_FINAL,
        is_accepted,
        _never(),
        ("FIN-5",),
    ),
)


@attrs.frozen
class Answered:
    """What a rule does in a scene, against what it should."""

    tie: RuleTie
    machine: z3.BoolRef | None
    """When the answer is yes; None where the rule cannot be executed on symbols."""
    expected: z3.BoolRef
    reason: str = ""

    @property
    def obligation(self) -> Obligation:
        """The two are the same, whatever is at stake."""
        domain = Axiom("stakes are lawful", self.tie.where, "records check every field")
        claim = z3.BoolVal(False) if self.machine is None else self.machine == self.expected
        return Obligation(self.tie.name, self.tie.says, (domain,), claim)

    def trial(self, model: z3.ModelRef) -> Trial:
        """Return the scene with the stakes of a model, for the real machine to replay."""
        names = (*STAKES, *STAKES_NOW)
        stakes = {name: model.eval(z3.Int(name), model_completion=True).as_long() for name in names}
        return Trial(self.tie.scene.state(stakes), (self.tie.scene.vote(),))


def _execute(protocol: Protocol, scene: Scene, tie: RuleTie) -> z3.BoolRef:
    symbols = {name: Symbol(z3.Int(name)) for name in (*STAKES, *STAKES_NOW)}
    return truth_of(
        lambda: protocol.transition(scene.state(symbols), scene.vote()),
        tie.where,
        tie.ask,
        raised=(Rejected,),
    )


def answer(protocol: Protocol, tie: RuleTie) -> Answered:
    """Execute a protocol's rule on a scene, for all stakes."""
    expected = tie.expected
    try:
        if isinstance(expected, Scene):
            expected = _execute(protocol, expected, tie)
        return Answered(tie, _execute(protocol, tie.scene, tie), expected)
    except Exception as error:  # a fork may raise whatever it likes
        reason = f"the rule raised {type(error).__name__}: {error}"
        return Answered(tie, None, z3.BoolVal(True), reason)
