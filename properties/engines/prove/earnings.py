"""A shape in which a slash and rewards wait to be caught up with: products, and rounding."""

from collections.abc import Mapping
from typing import Any

import attrs

from properties.engines.prove.shapes import (
    DELEGATOR,
    EPOCH,
    FIRST,
    NOTHING,
    OLDEST,
    PARAMS,
    SECOND,
    UNITS,
    delegation,
    natural,
    positive,
    state_of,
    sums_fit,
    validator,
)
from statemachine.arithmetic import remaining
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.records import evolve
from statemachine.state import Bucket, Lot, Slash, State, Status

COMMISSION_BPS = 1_000
"""The commission of this shape, unless it is another."""


@attrs.frozen
class Earnings:
    """A validator that was slashed and has not settled; a delegator that has seen neither.

    The slash hit the operator's and the delegator's `old` stake, not the `new`.
    """

    own: int = 1_000
    """The first operator's own stake, after the slash."""
    old: int = 200
    """The delegator's, before the slash; in the same bucket."""
    dust: int = 1
    """In that bucket too, and claimed by nobody."""
    new: int = 300
    """The delegator's, active since the epoch before this one."""
    second: int = 50
    """The second operator's own stake."""
    cash: int = 60
    fraction: int = 3_333
    """What the slash took, in basis points."""
    before: int = 2**101
    """What a unit of stake earned before the slash, and the delegator has not seen."""
    since: int = 2**100
    """What it earned since then, and the delegator has not seen."""
    growth: int = 2**99
    """What the chain's index grew by since validators settled."""
    commission: int = 2**120
    """The operator's, not yet paid out."""
    credited: int = 7
    """The delegator's, not yet paid out."""
    pot: int = 1_000_000
    """The reward pot."""

    @property
    def left(self) -> int:
        """What the slash left of the old lot."""
        return remaining(self.old, self.fraction)

    @property
    def active(self) -> int:
        """The stake that earns behind the first validator."""
        return self.own + self.left + self.dust + self.new

    @property
    def owed(self) -> int:
        """What the first validator has earned for its delegators."""
        return (self.old + self.new) * self.before + (self.left + self.new) * self.since

    @property
    def undistributed(self) -> int:
        """What is carried: all of the pot that is nobody's."""
        coming = (self.active + self.second) * self.growth * BPS
        return self.pot * REWARD_UNIT - self.commission - self.credited - self.owed - coming

    def is_lawful(self) -> bool:
        """Say whether these numbers make a state that can be."""
        return (
            positive(self.own, self.old, self.new, self.second, self.cash)
            and natural(self.dust, self.commission, self.credited, self.pot)
            and natural(self.before, self.since, self.growth, self.fraction)
            and self.fraction < BPS
            and sums_fit(
                self.own, self.old, self.dust, self.new, self.second, self.cash, self.pot
            )
            and self.before + self.since + self.growth * BPS <= UNITS
            and self.undistributed >= 0
            and self.undistributed <= UNITS
        )  # fmt: skip

    def state(
        self,
        status: Status = Status.ACTIVE,
        params: Mapping[str, int] = NOTHING,
        commission_bps: int = COMMISSION_BPS,
        **changes: Any,
    ) -> State:
        """Return the state, the first validator in some status."""
        index = self.before + self.since
        first = validator(
            Bucket(0, None, (), self.own + self.left + self.dust, 2),
            Bucket(EPOCH - 1, None, (), self.new, 1),
            status=status,
            dust_bound=self.dust,
            slashes=(Slash(FIRST, OLDEST, self.fraction, self.before),),
            index=index,
            owed=self.owed,
            commission=self.commission,
            commission_bps=commission_bps,
            next_commission_bps=commission_bps,
        )
        return state_of(
            evolve(PARAMS, **params),
            {DELEGATOR: self.cash},
            {FIRST: first, SECOND: validator(Bucket(0, None, (), self.second, 1))},
            {
                FIRST + FIRST: delegation(Lot(self.own, 0), slashes_seen=1, index=index),
                FIRST + DELEGATOR: delegation(
                    Lot(self.old, 0), Lot(self.new, EPOCH - 1), reward=self.credited
                ),
                SECOND + SECOND: delegation(Lot(self.second, 0)),
            },
            rewards=self.pot,
            reward_index=self.growth,
            **{"undistributed": self.undistributed, **changes},
        )


EARNINGS = Earnings()
"""An example."""
