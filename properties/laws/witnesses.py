"""Witnesses: events that every campaign on small worlds must reach for its verdict to mean much."""

from collections.abc import Callable
from typing import Any

from properties.laws.accusation import Accuse
from properties.laws.law import OnStep, OnTwoRuns, Witness
from properties.laws.rare_witnesses import RARE_WITNESSES
from properties.laws.views import Step
from statemachine import events as announced
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


def _emits(kind: type, such: Callable[..., bool] = lambda _event: True) -> Callable[[Step], bool]:
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
    tx = step.transaction
    return isinstance(tx, CastVotes) and tx.vote.target.epoch < step.before.epoch


def _overlap(step: Step) -> bool:
    tx = step.transaction
    return isinstance(tx, CastVotes) and any(
        isinstance(event, announced.VotesCounted) and event.signers < len(tx.signers)
        for event in step.events
    )


def _exactly_two_thirds(step: Step) -> bool:
    return any(
        isinstance(event, announced.VotesCounted) and 3 * event.tally == 2 * event.total
        for event in step.events
    ) and not _emits(announced.CheckpointJustified)(step)


def _proved(report: Any, *kinds: OffenceKind) -> Callable[[Step], bool]:
    return lambda step: (
        isinstance(step.transaction, report)
        and any(
            isinstance(event, announced.Slashed) and event.kind in kinds for event in step.events
        )
    )


def _report_of_leaving(step: Step) -> bool:
    return isinstance(step.transaction, Report) and _emits(
        announced.StakeSlashed, _slash_of_leaving
    )(step)


def _open_slot(step: Step) -> bool:
    return isinstance(step.transaction, ProduceBlock) and not step.after.snapshot


def _churned(step: Step) -> bool:
    parts = sum(
        isinstance(event, announced.Delegated | announced.Undelegated) for event in step.events
    )
    return parts > 1


def _to(status: Status) -> Callable[[announced.StatusChanged], bool]:
    return lambda event: event.after is status


STEP_WITNESSES = (
    Witness(
        "active",
        "a validator joins the active set",
        OnStep.when(_emits(announced.StatusChanged, _to(Status.ACTIVE))),
    ),
    Witness(
        "jailed",
        "a validator is jailed",
        OnStep.when(_emits(announced.StatusChanged, _to(Status.JAILED))),
    ),
    Witness(
        "tombstoned",
        "a validator is tombstoned",
        OnStep.when(_emits(announced.StatusChanged, _to(Status.TOMBSTONED))),
    ),
    Witness(
        "exited",
        "a validator has left for good",
        OnStep.when(_emits(announced.StatusChanged, _to(Status.EXITED))),
    ),
    Witness(
        "returned",
        "a jailed validator returns",
        OnStep.when(
            _emits(
                announced.StatusChanged,
                lambda event: event.before is Status.JAILED and event.after is Status.PENDING,
            )
        ),
    ),
    Witness(
        "removed",
        "a validator with delegators falls below min_stake",
        OnStep.when(_removed_with_delegators),
    ),
    Witness(
        "left",
        "a delegator gets out from behind a validator that is out",
        OnStep.when(_left_the_removed),
    ),
    Witness(
        "released", "unbonding stake is released", OnStep.when(_emits(announced.StakeReleased))
    ),
    Witness("moved", "redelegated stake arrives", OnStep.when(_emits(announced.StakeMoved))),
    Witness(
        "downtime",
        "downtime is punished by the counters",
        OnStep.when(
            lambda step: (
                isinstance(step.transaction, ProduceBlock) and _emits(announced.Slashed)(step)
            )
        ),
    ),
    Witness(
        "slashed",
        "an accusation slashes stake",
        OnStep.when(
            lambda step: isinstance(step.transaction, Accuse) and _emits(announced.Slashed)(step)
        ),
    ),
    Witness(
        "slashed-leaving",
        "a slash hits unbonding stake",
        OnStep.when(_emits(announced.StakeSlashed, _slash_of_leaving)),
    ),
    Witness(
        "slashed-moved",
        "a slash follows stake that was redelegated",
        OnStep.when(_emits(announced.StakeSlashed, _slash_of_moved)),
    ),
    Witness("reward", "a reward is paid out", OnStep.when(_emits(announced.RewardPaid))),
    Witness(
        "commission", "a commission is paid out", OnStep.when(_emits(announced.CommissionPaid))
    ),
    Witness("dust", "dust is swept into the treasury", OnStep.when(_emits(announced.DustSwept))),
    Witness("churn", "a transaction is split by the churn bound", OnStep.when(_churned)),
    Witness(
        "epochs",
        "one block crosses several boundaries",
        OnStep.when(lambda step: step.after.epoch > step.before.epoch + 1),
    ),
    Witness(
        "justified", "a checkpoint is justified", OnStep.when(_emits(announced.CheckpointJustified))
    ),
    Witness(
        "final", "a checkpoint becomes final", OnStep.when(_emits(announced.CheckpointFinalised))
    ),
    Witness(
        "skipped",
        "a link that skips an epoch justifies",
        OnStep.when(_emits(announced.CheckpointJustified, _skips)),
    ),
    Witness(
        "late-vote", "a vote for an earlier epoch's checkpoint counts", OnStep.when(_late_vote)
    ),
    Witness(
        "overlap",
        "of votes that overlap with earlier ones only the new count",
        OnStep.when(_overlap),
    ),
    Witness("two-thirds", "votes of exactly 2/3 do not justify", OnStep.when(_exactly_two_thirds)),
    Witness(
        "double-block",
        "who signed two blocks is slashed",
        OnStep.when(_proved(ReportBlocks, OffenceKind.DOUBLE_BLOCK)),
    ),
    Witness(
        "double-vote",
        "who voted twice for an epoch is slashed",
        OnStep.when(_proved(Report, OffenceKind.DOUBLE_VOTE)),
    ),
    Witness(
        "surround-vote",
        "who cast a vote that spans another is slashed",
        OnStep.when(_proved(Report, OffenceKind.SURROUND_VOTE)),
    ),
    Witness(
        "out-of-turn",
        "who proposed out of turn is slashed",
        OnStep.when(_proved(ReportProposer, OffenceKind.INVALID_BLOCK)),
    ),
    Witness(
        "certified",
        "who is certified to have signed an invalid block is slashed",
        OnStep.when(_proved(ReportInvalidBlock, OffenceKind.INVALID_BLOCK)),
    ),
    Witness(
        "report-leaving", "proved evidence hits unbonding stake", OnStep.when(_report_of_leaving)
    ),
    Witness("open-slot", "a block is produced while no stake is active", OnStep.when(_open_slot)),
    *RARE_WITNESSES,
)
"""What engines that draw transactions must reach."""

TWO_RUN_WITNESSES = (
    Witness("conflict", "two branches make conflicting checkpoints final", OnTwoRuns()),
    Witness("costly", "a conflict in which accountable safety promises a price", OnTwoRuns()),
    Witness("surround-only", "a conflict in which nobody votes twice for one epoch", OnTwoRuns()),
    Witness("sets-differ", "a conflict by quorums of two sets that differ", OnTwoRuns()),
    Witness(
        "honest-voted",
        "somebody who follows the signing rule votes in a conflict",
        OnTwoRuns(),
    ),
    Witness(
        "foiled",
        "validators contradict themselves, and that is not enough for a conflict",
        OnTwoRuns(),
    ),
    Witness(
        "parting",
        "two halves drive each other out of the set, and nobody signs twice",
        OnTwoRuns(),
    ),
    Witness(
        "way-on",
        "validators who have voted on both branches go on to make a new checkpoint final",
        OnTwoRuns(),
    ),
)
"""What the engine of branches must reach: without a conflict, no law of two runs is tested."""

WITNESSES = (*STEP_WITNESSES, *TWO_RUN_WITNESSES)
"""What every campaign on small worlds must reach."""

RARE_IN_LARGE_WORLDS = frozenset(
    {"dust", "downtime", "open-slot", "removed", "two-thirds", "surround-vote", "report-leaving"}
    | {witness.id for witness in RARE_WITNESSES}
)
"""Witnesses that a run from one large state is not asked for: they take worlds gone
small, a thousand missed turns of one validator, an operator among a thousand delegators who
takes all of its stake out, stakes that add up just so, or a report, rare in itself, that
finds a special case among many validators."""
