"""Laws of standing: offenders are removed, and may return after their jail time."""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.describe import short
from properties.laws.law import Law, OnRejection, OnStep
from properties.laws.views import Step, claim_of
from statemachine.errors import Rejected
from statemachine.events import Slashed
from statemachine.protocol import Protocol
from statemachine.state import SIGNED_TWICE, State, Status
from statemachine.transactions import Unjail


def _put_out(_protocol: Protocol, step: Step) -> Iterator[str]:
    for event in step.events:
        if not isinstance(event, Slashed):
            continue
        validator = step.after.validators.get(event.offender)
        if validator is None:
            continue
        status = validator.status
        if event.kind in SIGNED_TWICE and status is not Status.TOMBSTONED:
            yield (
                f"{short(event.offender)} was slashed for {event.kind.value} and is"
                f" {status.value}, not tombstoned"
            )
        elif status in (Status.PENDING, Status.ACTIVE):
            yield (
                f"{short(event.offender)} was slashed for {event.kind.value} and is still"
                f" {status.value}"
            )


def _refused_return(
    _protocol: Protocol, state: State, tx: object, rejection: Rejected
) -> Iterator[str]:
    """Say who was refused to leave jail, and should not have been."""
    if not isinstance(tx, Unjail):
        return
    validator = state.validators.get(tx.operator)
    if validator is None or validator.status is not Status.JAILED:
        return
    claim = claim_of(state, tx.operator, tx.operator)
    own = claim.bonded if claim is not None else 0
    if state.epoch >= validator.jailed_until and own >= state.params.min_stake:
        yield (
            f"{short(tx.operator)}, jailed until epoch {validator.jailed_until}, with"
            f" {own:,} of its own, could not return in epoch {state.epoch}: {rejection}"
        )


LAWS = (
    Law(
        id="SLA-8",
        name="offenders are put out",
        statement="Who is slashed for signing twice is tombstoned; who is slashed for anything"
        " else does not go on serving.",
        source="DESIGN, slashing",
        check=OnStep(_put_out),
        when=occasions.SLASH,
    ),
    Law(
        id="TIM-8",
        name="a way back from jail",
        statement="Who is jailed may return from the epoch that its jail ends with, if its own"
        " stake is enough.",
        source="B34",
        check=OnRejection(_refused_return),
        about=(Unjail,),
    ),
)
