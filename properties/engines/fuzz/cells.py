"""What tells one situation from another: the cells that a search tries to reach.

A step reaches a few cells, each a summary that forgets names, amounts and times but for
their order of magnitude. A state is worth keeping when the step to it reached a cell that
none did before. Where two situations fall into one cell, a search is blind to what tells
them apart; where every situation has a cell of its own, it is a random walk.
"""

from collections.abc import Hashable, Iterator

from properties.laws.views import Step
from statemachine import events as announced
from statemachine.errors import Rejected
from statemachine.state import State

Cell = tuple[Hashable, ...]

REFUSED = "refused"
"""What the cell of a refusal begins with."""

MANY = 3
"""From here on, numbers of things count as one number."""

LONG = 6
"""From here on, times count as one time."""


def cells_of_step(step: Step) -> Iterator[Cell]:
    """Return the cells that a step reaches."""
    kind = type(step.transaction).__name__
    after = step.after
    yield "events", kind, tuple(dict.fromkeys(map(_mark, step.events)))
    for address in step.changed:
        yield "validator", _standing(after, address)
    finality = after.finality
    yield (
        "finality",
        min(after.epoch - finality.justified.epoch, MANY),
        min(after.epoch - finality.finalised.epoch, LONG),
    )


def cells_of_refusal(transaction: object, rejection: Rejected) -> Iterator[Cell]:
    """Return the cells that a refusal reaches."""
    yield REFUSED, type(transaction).__name__, rejection.reason.value


def _mark(event: object) -> Hashable:
    """Sum up an event: its type, and what there is in it but names and numbers."""
    match event:
        case announced.StatusChanged():
            return "StatusChanged", event.before, event.after
        case announced.Slashed():
            return "Slashed", event.kind
        case announced.StakeSlashed():
            leaving, moved = event.end is not None, min(len(event.past), MANY)
            return "StakeSlashed", leaving, moved, event.amount > 0
    return type(event).__name__


def _standing(state: State, address: bytes) -> Hashable:
    """Sum up a validator: its status, the shapes of its buckets, what it has been through."""
    validator = state.validators.get(address)
    if validator is None:
        return None
    epoch = state.epoch
    shapes = {
        (
            bucket.start > epoch,
            bucket.end is not None and (1 + (bucket.end <= epoch)),
            len(bucket.past) if len(bucket.past) < MANY else MANY,
        )
        for bucket in validator.buckets
    }
    moved = any(slash.offender != address for slash in validator.slashes)
    return (
        validator.status,
        tuple(sorted(shapes)),
        min(len(validator.slashes), MANY),
        moved,
        bool(validator.departures),
    )
