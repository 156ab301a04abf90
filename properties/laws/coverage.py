"""What a campaign has seen: a green answer must show that it was not empty."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs

from properties.laws.accusation import DRAWN_TYPES, Accuse
from properties.laws.law import Law
from properties.laws.views import Step
from statemachine import events as announced
from statemachine.errors import Rejected
from statemachine.map_keys import split_delegation_key
from statemachine.state import OffenceKind, Status
from statemachine.transactions import (
    CastVotes,
    ProduceBlock,
    Report,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
)


@attrs.frozen
class Witness:
    """Something that should happen sometimes."""

    id: str
    statement: str
    seen: Callable[[Step], bool]


def _any(kind: type, such: Callable[..., bool] = lambda _event: True) -> Callable[[Step], bool]:
    return lambda step: any(isinstance(event, kind) and such(event) for event in step.events)


def _slash_of_leaving(event: announced.StakeSlashed) -> bool:
    return event.end is not None and event.amount > 0


def _slash_of_moved(event: announced.StakeSlashed) -> bool:
    return bool(event.past) and event.amount > 0


def _removed_with_delegators(step: Step) -> bool:
    for event in step.events:
        if (
            isinstance(event, announced.StatusChanged)
            and event.before is Status.ACTIVE
            and event.after is Status.PENDING
        ):
            with_stake = step.after.delegations.with_prefix(event.validator)
            if any(split_delegation_key(key)[1] != event.validator for key, _ in with_stake):
                return True
    return False


def _left_the_removed(step: Step) -> bool:
    out = (Status.EXITED, Status.TOMBSTONED, Status.JAILED, Status.PENDING)
    for event in step.events:
        if isinstance(event, announced.StakeReleased) and event.delegator != event.validator:
            validator = step.after.validators.get(event.validator)
            if validator is not None and validator.status in out:
                return True
    return False


def _skips(event: announced.CheckpointJustified) -> bool:
    return event.checkpoint.epoch > event.source.epoch + 1


def _late_vote(step: Step) -> bool:
    order = step.transaction
    return isinstance(order, CastVotes) and order.vote.target.epoch < step.before.epoch


def _overlap(step: Step) -> bool:
    order = step.transaction
    return isinstance(order, CastVotes) and any(
        isinstance(event, announced.VotesCounted) and event.signers < len(order.signers)
        for event in step.events
    )


def _exactly_two_thirds(step: Step) -> bool:
    return any(
        isinstance(event, announced.VotesCounted) and 3 * event.tally == 2 * event.total
        for event in step.events
    ) and not _any(announced.CheckpointJustified)(step)


def _proved(report: Any, *kinds: OffenceKind) -> Callable[[Step], bool]:
    return lambda step: (
        isinstance(step.transaction, report)
        and any(
            isinstance(event, announced.Slashed) and event.kind in kinds for event in step.events
        )
    )


def _report_of_leaving(step: Step) -> bool:
    return isinstance(step.transaction, Report) and _any(announced.StakeSlashed, _slash_of_leaving)(
        step
    )


def _open_slot(step: Step) -> bool:
    return isinstance(step.transaction, ProduceBlock) and not step.after.snapshot


def _churned(step: Step) -> bool:
    parts = sum(
        isinstance(event, announced.Delegated | announced.Undelegated) for event in step.events
    )
    return parts > 1


def _to(status: Status) -> Callable[[announced.StatusChanged], bool]:
    return lambda event: event.after is status


WITNESSES = (
    Witness(
        "active",
        "a validator joins the active set",
        _any(announced.StatusChanged, _to(Status.ACTIVE)),
    ),
    Witness("jailed", "a validator is jailed", _any(announced.StatusChanged, _to(Status.JAILED))),
    Witness(
        "tombstoned",
        "a validator is tombstoned",
        _any(announced.StatusChanged, _to(Status.TOMBSTONED)),
    ),
    Witness(
        "exited", "a validator has left for good", _any(announced.StatusChanged, _to(Status.EXITED))
    ),
    Witness(
        "returned",
        "a jailed validator returns",
        _any(
            announced.StatusChanged,
            lambda event: event.before is Status.JAILED and event.after is Status.PENDING,
        ),
    ),
    Witness(
        "removed", "a validator with delegators falls below min_stake", _removed_with_delegators
    ),
    Witness("left", "a delegator gets out from behind a validator that is out", _left_the_removed),
    Witness("released", "unbonding stake is released", _any(announced.StakeReleased)),
    Witness("moved", "redelegated stake arrives", _any(announced.StakeMoved)),
    Witness(
        "downtime",
        "downtime is punished by the counters",
        lambda step: isinstance(step.transaction, ProduceBlock) and _any(announced.Slashed)(step),
    ),
    Witness(
        "slashed",
        "an accusation slashes stake",
        lambda step: isinstance(step.transaction, Accuse) and _any(announced.Slashed)(step),
    ),
    Witness(
        "slashed-leaving",
        "a slash hits unbonding stake",
        _any(announced.StakeSlashed, _slash_of_leaving),
    ),
    Witness(
        "slashed-moved",
        "a slash follows stake that was redelegated",
        _any(announced.StakeSlashed, _slash_of_moved),
    ),
    Witness("reward", "a reward is paid out", _any(announced.RewardPaid)),
    Witness("commission", "a commission is paid out", _any(announced.CommissionPaid)),
    Witness("dust", "dust is swept into the treasury", _any(announced.DustSwept)),
    Witness("churn", "an order is split by the churn bound", _churned),
    Witness(
        "epochs",
        "one block crosses several boundaries",
        lambda step: step.after.epoch > step.before.epoch + 1,
    ),
    Witness("justified", "a checkpoint is justified", _any(announced.CheckpointJustified)),
    Witness("final", "a checkpoint becomes final", _any(announced.CheckpointFinalised)),
    Witness(
        "skipped",
        "a link that skips an epoch justifies",
        _any(announced.CheckpointJustified, _skips),
    ),
    Witness("late-vote", "a vote for an earlier epoch's checkpoint counts", _late_vote),
    Witness("overlap", "of votes that overlap with earlier ones only the new count", _overlap),
    Witness("two-thirds", "votes of exactly 2/3 do not justify", _exactly_two_thirds),
    Witness(
        "double-block",
        "who signed two blocks is slashed",
        _proved(ReportBlocks, OffenceKind.DOUBLE_BLOCK),
    ),
    Witness(
        "double-vote",
        "who voted twice for an epoch is slashed",
        _proved(Report, OffenceKind.DOUBLE_VOTE),
    ),
    Witness(
        "surround-vote",
        "who cast a vote that spans another is slashed",
        _proved(Report, OffenceKind.SURROUND_VOTE),
    ),
    Witness(
        "out-of-turn",
        "who proposed out of turn is slashed",
        _proved(ReportProposer, OffenceKind.INVALID_BLOCK),
    ),
    Witness(
        "certified",
        "who is certified to have signed an invalid block is slashed",
        _proved(ReportInvalidBlock, OffenceKind.INVALID_BLOCK),
    ),
    Witness("report-leaving", "proved evidence hits unbonding stake", _report_of_leaving),
    Witness("open-slot", "a block is produced while no stake is active", _open_slot),
)
"""What every campaign on small worlds must reach."""

RARE_IN_LARGE_WORLDS = frozenset(
    {"dust", "downtime", "open-slot", "two-thirds", "surround-vote", "report-leaving"}
)
"""Witnesses that a run from one large state is not asked for: they take worlds gone
small, a thousand missed turns of one validator, stakes that add up just so, or a report,
rare in itself, that finds a special case among many validators."""


def judged(law: Law, counts: Counter[str]) -> int:
    """Return how many transactions, counted by type, a law had something to say about."""
    return sum(counts[kind.__name__] for kind in law.about) if law.about else counts.total()


@attrs.define
class Coverage:
    """Counts of what happened."""

    witnesses: tuple[Witness, ...] = WITNESSES
    types: tuple[type, ...] = DRAWN_TYPES
    """Which types of transaction it is asked to see accepted."""
    fired: Counter[str] = attrs.field(factory=Counter)
    rejected: dict[str, Counter[str]] = attrs.field(factory=dict)
    reached: Counter[str] = attrs.field(factory=Counter)
    runs: int = 0
    steps: int = 0
    epochs: int = 0

    def accept(self, step: Step) -> None:
        """Count a step."""
        self.fired[type(step.transaction).__name__] += 1
        self.steps += 1
        self.epochs += step.after.epoch - step.before.epoch
        for witness in self.witnesses:
            if witness.seen(step):
                self.reached[witness.id] += 1

    def reject(self, transaction: object, rejection: Rejected) -> None:
        """Count a refusal."""
        name = type(transaction).__name__
        self.rejected.setdefault(name, Counter())[rejection.reason.value] += 1

    def checks(self, law: Law) -> int:
        """Return how many steps, and refusals where it judges these, a law had to judge."""
        return judged(law, self.fired) + (judged(law, self.refusals()) if law.of_refusals else 0)

    def refusals(self) -> Counter[str]:
        """Return how often transactions were refused, by their type."""
        return Counter({name: reasons.total() for name, reasons in self.rejected.items()})

    def add(self, other: "Coverage") -> None:
        """Count what another has seen as well."""
        self.runs += other.runs
        self.steps += other.steps
        self.epochs += other.epochs
        self.fired.update(other.fired)
        self.reached.update(other.reached)
        for name, reasons in other.rejected.items():
            self.rejected.setdefault(name, Counter()).update(reasons)

    def never_fired(self) -> list[str]:
        """Return the transaction types that were never accepted."""
        return [kind.__name__ for kind in self.types if not self.fired[kind.__name__]]

    def never_reached(self) -> list[str]:
        """Return the witnesses that were never seen."""
        return [witness.id for witness in self.witnesses if not self.reached[witness.id]]
