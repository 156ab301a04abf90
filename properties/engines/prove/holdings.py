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
    PARAMS,
    SECOND,
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
    """Two validators, and a delegator with three lots behind the first of them."""

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
    second: int = 50
    """The second operator's own stake."""
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
            positive(self.own, self.old, self.new, self.gone, self.second, self.cash)
            and natural(self.dust, self.treasury, self.burned)
            and self.floor > 0
            and self.floor <= MAX
            and self.booked > 0
            and self.booked <= self.floor
            and sums_fit(
                self.own, self.old, self.dust, self.new, self.gone, self.second, self.cash,
                self.treasury, self.burned,
            )
        )  # fmt: skip

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
            Bucket(0, None, (), self.own + self.old + self.dust, 2),
            Bucket(0, ended, (), self.gone, 1),
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
            {FIRST: first, SECOND: validator(Bucket(0, None, (), self.second, 1))},
            {
                FIRST + FIRST: delegation(Lot(self.own, 0)),
                FIRST + DELEGATOR: delegation(
                    Lot(self.old, 0), Lot(self.gone, 0, ended), Lot(self.new, EPOCH - 1)
                ),
                SECOND + SECOND: delegation(Lot(self.second, 0)),
            },
            treasury=self.treasury,
            burned=self.burned,
            joining=booked,
            leaving=booked,
            agenda=(due(ended + WINDOW, FIRST, DELEGATOR), *agenda),
            **changes,
        )


HOLDINGS = Holdings()
"""An example."""
