"""A shape with all kinds of lots, in which nothing is owed: every law of it is linear."""

from collections.abc import Mapping
from typing import Any

import attrs

from properties.engines.prove.shapes import (
    DELEGATOR,
    EPOCH,
    FIRST,
    MAX,
    NOTHING,
    OTHER,
    PARAMS,
    SECOND,
    THIRD,
    WINDOW,
    delegation,
    due,
    natural,
    positive,
    state_of,
    sums_fit,
    validator,
)
from statemachine.records import evolve
from statemachine.state import Booking, Bucket, Lot, State, Status


@attrs.frozen
class Holdings:
    """Three validators, and two delegators with five lots behind the first of them."""

    own: int = 10
    """The first operator's own stake."""
    old: int = 20
    """In the same bucket, older than the evidence window."""
    dust: int = 1
    """In that bucket too, and claimed by nobody."""
    new: int = 30
    """Active since the epoch before this one."""
    gone: int = 40
    """Unbonding."""
    other: int = 15
    """Another delegator's, in the bucket of what is old."""
    other_gone: int = 25
    """And in the bucket of what is unbonding."""
    second: int = 50
    """The second operator's own stake."""
    third: int = 55
    """The third operator's own stake."""
    cash: int = 60
    treasury: int = 2
    burned: int = 3
    booked: int = 4
    """Booked to join, and to leave, at the next boundary."""
    floor: int = 25
    """The churn bound, if it is more than a quarter of the stake."""

    def is_lawful(self) -> bool:
        """Say whether these numbers make a state that can be."""
        return (
            positive(self.own, self.old, self.new, self.gone, self.other, self.other_gone)
            and positive(self.second, self.third, self.cash)
            and natural(self.dust, self.treasury, self.burned)
            and self.floor > 0
            and self.floor <= MAX
            and self.booked > 0
            and self.booked <= self.floor
            and sums_fit(
                self.own, self.old, self.dust, self.new, self.gone, self.other, self.other_gone,
                self.second, self.third, self.cash, self.treasury, self.burned,
            )
        )  # fmt: skip

    def has_room(self, amount: int) -> bool:
        """Say whether an amount moves within the next two epochs.

        Beyond these its epoch would be a symbol, and a key of the agenda cannot be one; that
        no stake is lost in a longer queue, a lemma about the queue itself says.
        """
        return self.booked + amount <= PARAMS.churn_queue_epochs * self.floor

    def state(
        self,
        status: Status = Status.ACTIVE,
        params: Mapping[str, int] = NOTHING,
        jailed_until: int = 0,
        missed: int = 0,
        next_commission_bps: int = 0,
        ended: int = EPOCH - 1,
        agenda: tuple[bytes, ...] = (),
        **changes: Any,
    ) -> State:
        """Return the state; the first validator's status and where stake `ended` may vary."""
        first = validator(
            Bucket(0, None, (), self.own + self.old + self.other + self.dust, 3),
            Bucket(0, ended, (), self.gone + self.other_gone, 2),
            Bucket(EPOCH - 1, None, (), self.new, 1),
            dust_bound=self.dust,
            status=status,
            jailed_until=jailed_until,
            missed=missed,
            next_commission_bps=next_commission_bps,
        )
        booked = (Booking(EPOCH + 1, self.booked),)
        return state_of(
            evolve(PARAMS, churn_floor=self.floor, **params),
            {DELEGATOR: self.cash},
            {
                FIRST: first,
                SECOND: validator(Bucket(0, None, (), self.second, 1)),
                THIRD: validator(Bucket(0, None, (), self.third, 1)),
            },
            {
                FIRST + FIRST: delegation(Lot(self.own, 0)),
                FIRST + DELEGATOR: delegation(
                    Lot(self.old, 0), Lot(self.gone, 0, ended), Lot(self.new, EPOCH - 1)
                ),
                FIRST + OTHER: delegation(Lot(self.other, 0), Lot(self.other_gone, 0, ended)),
                SECOND + SECOND: delegation(Lot(self.second, 0)),
                THIRD + THIRD: delegation(Lot(self.third, 0)),
            },
            treasury=self.treasury,
            burned=self.burned,
            joining=booked,
            leaving=booked,
            agenda=(*(due(ended + WINDOW, FIRST, one) for one in (DELEGATOR, OTHER)), *agenda),
            **changes,
        )


HOLDINGS = Holdings()
"""An example."""
