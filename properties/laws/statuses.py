"""Laws of a validator's status: what may become of whom, and how long a sentence lasts.

What was punished is read off the offences that the state has come to remember.
"""

from collections.abc import Iterator

from properties.laws import occasions
from properties.laws.describe import short
from properties.laws.law import Law, OnStep
from properties.laws.views import Step
from statemachine.map_keys import split_punished_key
from statemachine.merkle_map import differences
from statemachine.protocol import Protocol
from statemachine.state import SIGNED_TWICE, OffenceKind, Status, Validator
from statemachine.transactions import Exit, RegisterValidator, Unjail

SERVING = (Status.PENDING, Status.ACTIVE)
"""The statuses between which only a boundary decides."""

Punished = dict[bytes, list[tuple[OffenceKind, int]]]
"""By validator, the kinds of its offences, each with the infraction's epoch."""


def statuses_follow(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of statuses that nothing in a step accounts for, and of those that it demands."""
    punished = _newly_punished(step)
    for address in sorted({*step.changed, *punished}):
        was, now = step.before.validators.get(address), step.after.validators.get(address)
        if now is None:
            continue
        allowed = _statuses(step, address, was, punished.get(address, []))
        if now.status not in allowed:
            expected = " or ".join(status.value for status in allowed)
            before = was.status.value if was is not None else "no validator"
            yield f"{short(address)} was {before} and is {now.status.value}, not {expected}"


def _newly_punished(step: Step) -> Punished:
    punished: Punished = {}
    for key, _, there in differences(step.before.punished, step.after.punished):
        if there is not None:
            epoch, offender, kind, _ = split_punished_key(key)
            punished.setdefault(offender, []).append((tuple(OffenceKind)[kind], epoch))
    return punished


def _statuses(
    step: Step, address: bytes, was: Validator | None, punished: list[tuple[OffenceKind, int]]
) -> tuple[Status, ...]:
    """Return the statuses that a validator may have after a step."""
    transaction = step.transaction
    if was is None:
        registered = isinstance(transaction, RegisterValidator) and transaction.operator == address
        return (Status.PENDING,) if registered else ()
    status = was.status
    if any(kind in SIGNED_TWICE for kind, _ in punished):
        return (Status.TOMBSTONED,)
    if isinstance(transaction, Exit) and transaction.operator == address:
        return (Status.EXITED if status is Status.JAILED else Status.EXITING,)
    if isinstance(transaction, Unjail) and transaction.operator == address:
        return (Status.PENDING,)
    if punished and status in SERVING:
        return (Status.JAILED,)
    if step.crossed_epoch and status in SERVING:
        return (*SERVING, Status.JAILED) if _forgets(step) else SERVING
    if step.crossed_epoch and status is Status.EXITING:
        return (Status.EXITED,)
    return (status,)


def _forgets(step: Step) -> bool:
    """Say whether a step is so long that downtime at its start is forgotten at its end."""
    return step.after.epoch - step.before.epoch > step.after.params.evidence_window


def sentences_last(_protocol: Protocol, step: Step) -> Iterator[str]:
    """Complain of a sentence that is not `jail_epochs` long from the last offence punished."""
    punished = _newly_punished(step)
    for address in sorted({*step.changed, *punished}):
        was, now = step.before.validators.get(address), step.after.validators.get(address)
        if was is None or now is None:
            continue
        offences = punished.get(address, [])
        if not offences and now.status is not was.status and _forgets(step):
            continue
        until = was.jailed_until
        if now.status is Status.JAILED and offences:
            until = max(until, _sentenced(step, offences))
        if now.jailed_until != until:
            yield (
                f"{short(address)} may return in epoch {now.jailed_until}, it should be in epoch"
                f" {until}"
            )


def _sentenced(step: Step, punished: list[tuple[OffenceKind, int]]) -> int:
    """Return until when who is put out in a step is jailed.

    Downtime is punished in the epoch in which it comes about, evidence when it is reported.
    """
    caught = [
        epoch if kind is OffenceKind.DOWNTIME else step.before.epoch for kind, epoch in punished
    ]
    return max(caught) + step.after.params.jail_epochs


LAWS = (
    Law(
        id="TIM-10",
        name="statuses have causes",
        statement="A validator is pending when it registers or returns from jail, exiting or, from"
        " jail, exited when it asks to leave, exited when that epoch ends, tombstoned or jailed"
        " when it is punished; a boundary alone decides who of the pending is active.",
        source="specs/protocol/validators.md, specs/protocol/slashing.md",
        check=OnStep(statuses_follow),
        when=occasions.STATUS,
    ),
    Law(
        id="TIM-11",
        name="sentences last",
        statement="Who is punished by jail, or in jail, may return `jail_epochs` later and no"
        " sooner.",
        source="specs/protocol/slashing.md",
        check=OnStep(sentences_last),
        when=occasions.JAILED,
    ),
)
