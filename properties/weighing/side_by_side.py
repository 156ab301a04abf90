"""Two protocols side by side: the same transactions, and what becomes different."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.describe import describe
from properties.laws.owed import owed_votes
from properties.laws.patience import patient
from properties.laws.views import all_views
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from properties.trace.repair import repaired
from statemachine import events as announced
from statemachine.codec import to_jsonable
from statemachine.description import Genesis
from statemachine.errors import Rejected
from statemachine.primitives import REWARD_UNIT
from statemachine.protocol import Protocol
from statemachine.records import extend
from statemachine.rules.genesis import genesis
from statemachine.state import State
from statemachine.transactions import CastVotes

ACCEPTED = "accepted"


@attrs.frozen
class Point:
    """A chain when an epoch of it began."""

    epoch: int
    staked: int
    """Bonded and unbonding."""
    issued: int
    burned: int
    final: int
    """The epoch of the latest final checkpoint."""


@attrs.define
class Side:
    """One of the two chains."""

    protocol: Protocol
    state: State
    accepted: int = 0
    refused: Counter[str] = attrs.field(factory=Counter)
    """By reason."""
    taken: Counter[bytes] = attrs.field(factory=Counter)
    """What was slashed of the stake behind each validator."""
    paid: Counter[tuple[bytes, bytes]] = attrs.field(factory=Counter)
    """Rewards paid out, by validator and delegator; an operator's commission with its own."""
    points: list[Point] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        """Note where the chain begins."""
        self._note()

    def apply(self, transaction: object) -> str:
        """Apply a transaction; return "accepted", or the reason why it was refused."""
        epoch = self.state.epoch
        try:
            transition = patient(self.protocol, self.state, transaction)
        except Rejected as refusal:
            self.refused[refusal.reason.value] += 1
            return refusal.reason.value
        self.state = transition.state
        self.accepted += 1
        for event in transition.events:
            match event:
                case announced.StakeSlashed():
                    self.taken[event.holder] += event.amount
                case announced.RewardPaid():
                    self.paid[event.validator, event.delegator] += event.amount
                case announced.CommissionPaid():
                    self.paid[event.validator, event.validator] += event.amount
        if self.state.epoch != epoch:
            self._note()
            self._vote()
        return ACCEPTED

    def _vote(self) -> None:
        """Have everybody who serves cast the vote that is owed."""
        for vote, signers in owed_votes(self.state).items():
            self.apply(CastVotes(vote, tuple(sorted(signers))))

    def _note(self) -> None:
        state = self.state
        self.points.append(
            Point(
                state.epoch,
                state.pots.bonded + state.pots.unbonding,
                state.supply.issued,
                state.supply.burned,
                state.finality.finalised.epoch,
            )
        )

    def earned(self) -> Counter[tuple[bytes, bytes]]:
        """Return what was earned, paid out or not, by validator and delegator, in whole units."""
        units: Counter[tuple[bytes, bytes]] = Counter()
        for validator, view in all_views(self.state).items():
            units[validator, validator] += view.settled.commission
            for claim in view.claims:
                units[validator, claim.delegator] += claim.reward
        whole = Counter({pair: unit // REWARD_UNIT for pair, unit in units.items()})
        whole.update(self.paid)
        return whole

    @property
    def mean_lag(self) -> float:
        """By how many epochs finality lagged, in the mean over the epochs that began."""
        return sum(point.epoch - point.final for point in self.points) / len(self.points)


@attrs.frozen
class Parting:
    """The first transaction that the two treat differently."""

    number: int
    transaction: str
    answers: tuple[str, str]
    """What became of it on each side."""


@attrs.define
class Comparison:
    """What came of the same transactions on two sides."""

    left: Side
    right: Side
    steps: int = 0
    parting: Parting | None = None

    @property
    def differs(self) -> bool:
        """Say whether anything came out otherwise."""
        return self.parting is not None


def compare(
    ours: Protocol,
    theirs: Protocol,
    seed: int,
    steps: int,
    start: Genesis | None = None,
    progress: Callable[[Comparison], None] = lambda _comparison: None,
) -> Comparison:
    """Put transactions that are drawn for one protocol to both.

    A block is proposed by somebody who may, on each chain, and a vote names each chain's own
    checkpoints, so that the two do not part only because their roots differ.
    """
    rng = Random(f"{seed}/side by side")
    begins = draw_genesis(rng, ours) if start is None else start
    left = Side(ours, genesis(ours, begins))
    right = Side(theirs, genesis(theirs, _as_theirs(begins, theirs)))
    comparison = Comparison(left, right)
    profile = draw_profile(ours, rng, left.state)
    roots: set[bytes] = set()
    while comparison.steps < steps:
        tx: Any = next_transaction(ours, left.state, rng, profile, Actors.of(left.state))
        if isinstance(tx, CastVotes) or type(tx) not in ours.rules:
            # Everybody votes when an epoch begins, as is their duty, and not otherwise.
            continue
        comparison.steps += 1
        progress(comparison)
        same = left.state.finality.history == right.state.finality.history
        here = left.apply(tx)
        roots |= {record.root for record in left.state.finality.history.entries()}
        # What one refuses is meant to be wrong, and is not put right for the other.
        fits = tx if same or here != ACCEPTED else repaired(theirs, right.state, tx, roots)
        there = right.apply(fits)
        # Reasons are not compared where the two chains no longer have the same checkpoints.
        parted = here != there if same else (here == ACCEPTED) != (there == ACCEPTED)
        if comparison.parting is None and (parted or _differ(left.state, right.state)):
            comparison.parting = Parting(comparison.steps, describe(tx), (here, there))
    return comparison


def _as_theirs(begins: Genesis, theirs: Protocol) -> Genesis:
    """Return a genesis as another protocol describes it: what both have is the same."""
    ours = Genesis(**{name: getattr(begins, name) for name in to_jsonable(begins)})
    return extend(ours, theirs.description)


def _differ(first: State, second: State) -> bool:
    """Say whether two chains differ in what people own, or in who serves."""
    return (
        first.accounts.root() != second.accounts.root()
        or first.pots != second.pots
        or first.supply != second.supply
        or first.snapshot.root() != second.snapshot.root()
        or first.finality.finalised.epoch != second.finality.finalised.epoch
    )
