"""Occasions: what a step must be about for a law to have had something to judge.

They are read off the states, not off what a rule announced: they are what says that a law was
not idle. A law that looked on no occasion has judged nothing.
"""

from collections.abc import Callable

from properties.laws.law import Occasion
from properties.laws.views import Step
from statemachine.state import PUT_OUT, Status, Validator
from statemachine.transactions import ProduceBlock


def _some(changed: Callable[[Validator | None, Validator | None], bool]) -> Callable[[Step], bool]:
    """Return what says whether something is so of a validator that a step changed."""

    def happened(step: Step) -> bool:
        before, after = step.before.validators, step.after.validators
        return any(changed(before.get(one), after.get(one)) for one in step.changed)

    return happened


BOUNDARY = Occasion("boundary", lambda step: step.crossed_epoch)

WITHIN_EPOCH = Occasion("within an epoch", lambda step: not step.crossed_epoch)

BLOCK = Occasion("block", lambda step: isinstance(step.transaction, ProduceBlock))

UNBONDING = Occasion("unbonding", lambda step: step.after.pots.unbonding > 0)

RELEASE = Occasion("release", lambda step: step.crossed_epoch and step.before.pots.unbonding > 0)

REWARDS = Occasion("rewards", lambda step: step.after.pots.rewards > 0)

BOOKED = Occasion("booked", lambda step: bool(step.after.joining or step.after.leaving))

JOINING = Occasion(
    "joining", lambda step: step.crossed_epoch and bool(step.before.joining or step.before.leaving)
)

FINAL = Occasion(
    "final", lambda step: step.after.finality.finalised != step.before.finality.finalised
)

JUSTIFIED = Occasion(
    "justified", lambda step: step.after.finality.justified != step.before.finality.justified
)

VOTES = Occasion("votes", lambda step: len(step.before.finality.votes) > 0)

SLASH = Occasion(
    "slash",
    _some(
        lambda before, after: (
            before is not None and after is not None and len(after.slashes) > len(before.slashes)
        )
    ),
)

JAILED = Occasion(
    "jailed",
    _some(
        lambda before, after: (
            after is not None
            and after.status is Status.JAILED
            and (before is None or before.status is not Status.JAILED)
        )
    ),
)

IN_JAIL = Occasion(
    "in jail", _some(lambda _, after: after is not None and after.status is Status.JAILED)
)

OUT = Occasion("out", _some(lambda before, _: before is not None and before.status in PUT_OUT))

MISSED = Occasion("missed", _some(lambda _, after: after is not None and after.missed > 0))

DEPARTED = Occasion(
    "departed", _some(lambda _, after: after is not None and bool(after.departures))
)

STATUS = Occasion(
    "status",
    _some(
        lambda before, after: (
            before is not None and after is not None and before.status is not after.status
        )
    ),
)

COMMISSION = Occasion(
    "commission",
    _some(
        lambda before, after: (
            before is not None
            and after is not None
            and before.commission_bps != after.commission_bps
        )
    ),
)


def _is_last_chance(step: Step) -> bool:
    """Say whether something other than a block happened in the last slot of an epoch."""
    last = (step.before.slot + 1) % step.before.params.epoch_length == 0
    return last and not isinstance(step.transaction, ProduceBlock) and len(step.before.snapshot) > 1


LAST_CHANCE = Occasion("last chance", _is_last_chance)

OCCASIONS = (
    BOUNDARY,
    WITHIN_EPOCH,
    BLOCK,
    UNBONDING,
    RELEASE,
    REWARDS,
    BOOKED,
    JOINING,
    FINAL,
    JUSTIFIED,
    VOTES,
    SLASH,
    JAILED,
    IN_JAIL,
    OUT,
    MISSED,
    DEPARTED,
    STATUS,
    COMMISSION,
    LAST_CHANCE,
)
"""All of them; whoever counts what happened counts these."""
