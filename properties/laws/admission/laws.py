"""The laws of admission: what must be accepted is, what must not be is not, and why not."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from properties.laws.accusation import Accuse
from properties.laws.admission import evidence, finality, rewards, stake, validators
from properties.laws.admission.blocks import produce_block
from properties.laws.admission.objection import Objection, Objections
from properties.laws.law import Law, OnRejection, OnStep
from properties.laws.views import Step
from statemachine import transactions
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State

SUBJECTS: Mapping[type, Callable[[Protocol, State, Any], Objections]] = MappingProxyType(
    {
        transactions.Transfer: stake.transfer,
        transactions.Delegate: stake.delegate,
        transactions.Undelegate: stake.undelegate,
        transactions.Redelegate: stake.redelegate,
        transactions.RegisterValidator: validators.register_validator,
        transactions.ChangeCommission: validators.change_commission,
        transactions.Exit: validators.exit_validator,
        transactions.Unjail: validators.unjail,
        transactions.ClaimRewards: rewards.claim_rewards,
        transactions.ProduceBlock: produce_block,
        transactions.CastVotes: finality.cast_votes,
        transactions.ReportBlocks: evidence.report_blocks,
        transactions.ReportVotes: evidence.report_votes,
        transactions.ReportProposer: evidence.report_proposer,
        transactions.ReportInvalidBlock: evidence.report_invalid_block,
        Accuse: evidence.accuse,
    }
)
"""What objects to a transaction, by its type."""


def objection_to(
    protocol: Protocol, state: State, transaction: object, after: State | None = None
) -> Objection | None:
    """Return the first objection to a transaction; None where it must be accepted.

    `after` is the state that accepting it led to, if it was accepted.
    """
    if isinstance(transaction, transactions.ProduceBlock):
        return next(produce_block(protocol, state, transaction, after), None)
    return next(SUBJECTS[type(transaction)](protocol, state, transaction), None)


def _wrongly_accepted(protocol: Protocol, step: Step) -> Iterator[str]:
    objection = objection_to(protocol, step.before, step.transaction, step.after)
    if objection is not None:
        reason, facts = objection
        yield f"{_name(step.transaction)} was accepted in spite of {reason.value}: {facts}"


def _wrongly_rejected(
    protocol: Protocol, state: State, transaction: object, rejection: Rejected
) -> Iterator[str]:
    if objection_to(protocol, state, transaction) is None:
        yield f"{_name(transaction)} was rejected, and nothing is against it: {rejection}"


def _wrong_reason(
    protocol: Protocol, state: State, transaction: object, rejection: Rejected
) -> Iterator[str]:
    objection = objection_to(protocol, state, transaction)
    if objection is not None and objection[0] is not rejection.reason:
        reason, facts = objection
        yield (
            f"{_name(transaction)} was rejected for {rejection.reason.value}, and not for"
            f" {reason.value}: {facts}"
        )


def _name(transaction: object) -> str:
    return type(transaction).__name__


LAWS = (
    Law(
        id="ADM-1",
        name="nothing wrong is accepted",
        statement="A transaction is rejected if anything that its specification lists speaks"
        " against it.",
        source="specs/protocol; S15, S23",
        check=OnStep(_wrongly_accepted),
        about=tuple(SUBJECTS),
    ),
    Law(
        id="ADM-2",
        name="nothing right is rejected",
        statement="A transaction is accepted if nothing that its specification lists speaks"
        " against it.",
        source="specs/protocol; B34",
        check=OnRejection(_wrongly_rejected),
        about=tuple(SUBJECTS),
    ),
    Law(
        id="ADM-3",
        name="the first reason counts",
        statement="Of several reasons to reject a transaction the one that its specification lists"
        " first is given.",
        source="specs/protocol",
        check=OnRejection(_wrong_reason),
        about=tuple(SUBJECTS),
    ),
)
