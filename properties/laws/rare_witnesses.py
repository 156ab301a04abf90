"""Witnesses of what is rare: each is a situation in which some mistake shows, and nowhere else."""

from collections.abc import Callable

from properties.laws.accusation import Evidence
from properties.laws.law import OnStep, Witness
from properties.laws.views import Step
from statemachine import events as announced
from statemachine.map_keys import delegation_key
from statemachine.primitives import REWARD_UNIT
from statemachine.state import Delegation
from statemachine.transactions import ChangeCommission, ClaimRewards, Delegate, Redelegate

ALIKE = 19
"""Bytes that twins share, of the twenty of their addresses."""


def _moved_and_old(step: Step) -> bool:
    oldest = step.before.epoch - step.before.params.evidence_window
    punished = [event.epoch for event in step.events if isinstance(event, announced.Slashed)]
    return (
        isinstance(step.transaction, Evidence)
        and oldest in punished
        and any(
            isinstance(event, announced.StakeSlashed) and event.past and event.amount
            for event in step.events
        )
    )


def _moved_again(step: Step) -> bool:
    transaction = step.transaction
    if not isinstance(transaction, Redelegate):
        return False
    key = delegation_key(transaction.source, transaction.delegator)
    after = step.after.delegations.get(key)
    return after is not None and any(lot.past and lot.destination for lot in after.lots)


def _commission_without_stake(step: Step) -> bool:
    transaction = step.transaction
    if not isinstance(transaction, ChangeCommission):
        return False
    own = delegation_key(transaction.operator, transaction.operator)
    return own not in step.before.delegations


def _claimed(step: Step) -> tuple[Delegation | None, Delegation | None]:
    """Return a delegation before and after a claim; nothing where none was made."""
    transaction = step.transaction
    if not isinstance(transaction, ClaimRewards):
        return None, None
    key = delegation_key(transaction.validator, transaction.delegator)
    return step.before.delegations.get(key), step.after.delegations.get(key)


def _closed_later(step: Step) -> bool:
    before, after = _claimed(step)
    transaction = step.transaction
    if before is None or after is not None or not isinstance(transaction, ClaimRewards):
        return False
    validator = step.before.validators[transaction.validator]
    return bool(validator.slashes) and validator.index > validator.slashes[-1].index


def _nearly_a_token(step: Step) -> bool:
    _, after = _claimed(step)
    return after is not None and 10 * (after.reward % REWARD_UNIT) > 9 * REWARD_UNIT


def _cut_short(step: Step) -> bool:
    return any(
        isinstance(event, announced.RewardIssued) and event.amount < step.before.params.epoch_reward
        for event in step.events
    )


def _between_twins(step: Step) -> bool:
    transaction = step.transaction
    if not isinstance(transaction, Delegate):
        return False
    delegator, validator = transaction.delegator, transaction.validator
    return delegator != validator and delegator[:ALIKE] == validator[:ALIKE]


def _shared_epoch(step: Step) -> bool:
    for before, after in (
        (step.before.joining, step.after.joining),
        (step.before.leaving, step.after.leaving),
    ):
        booked = {booking.epoch: booking.amount for booking in before}
        if any(0 < booked.get(booking.epoch, 0) < booking.amount for booking in after):
            return True
    return False


def _witness(name: str, statement: str, happened: Callable[[Step], bool]) -> Witness:
    return Witness(name, statement, OnStep.when(happened))


RARE_WITNESSES = (
    _witness(
        "moved-oldest",
        "evidence of the oldest admissible epoch slashes stake that has moved",
        _moved_and_old,
    ),
    _witness("moved-again", "stake that has moved moves on", _moved_again),
    _witness(
        "bare-operator",
        "an operator with nothing of its own left changes the commission",
        _commission_without_stake,
    ),
    _witness(
        "closed-later",
        "a claim closes a delegation that was slashed to nothing, after others have earned",
        _closed_later,
    ),
    _witness("nearly", "a claim leaves more than nine tenths of a token", _nearly_a_token),
    _witness("supply", "the largest supply cuts a reward short", _cut_short),
    _witness("twins", "addresses that differ in the last byte alone deal", _between_twins),
    _witness("shared-epoch", "two transactions are booked for one epoch", _shared_epoch),
)
"""What engines that draw transactions must reach as well."""
