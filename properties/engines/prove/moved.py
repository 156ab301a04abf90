"""A shape in which stake has moved, and answers for the validator that it came from."""

from collections.abc import Mapping
from typing import Any

import attrs

from properties.engines.prove.shapes import (
    DELEGATOR,
    EPOCH,
    FIRST,
    NOTHING,
    PARAMS,
    SECOND,
    THIRD,
    UNITS,
    delegation,
    due,
    natural,
    positive,
    state_of,
    sums_fit,
    validator,
)
from statemachine.primitives import BPS, REWARD_UNIT
from statemachine.records import evolve
from statemachine.state import Bucket, Departure, Lot, State, Stay


@attrs.frozen
class Moved:
    """Stake that moved from the first validator to the second, where rewards wait for it."""

    own: int = 1_000
    """The first operator's."""
    second: int = 500
    """The second operator's."""
    third: int = 400
    """The third operator's."""
    moved: int = 300
    """The delegator's, at the first validator until the last epoch, at the second since."""
    dust: int = 1
    """In the bucket of what moved, and claimed by nobody."""
    growth: int = 2**99
    """What the chain's index grew by since validators settled."""
    pot: int = 1_000_000

    @property
    def undistributed(self) -> int:
        """What is carried: all of the pot that is nobody's."""
        active = self.own + self.second + self.third + self.moved + self.dust
        return self.pot * REWARD_UNIT - active * self.growth * BPS

    def is_lawful(self) -> bool:
        """Say whether these numbers make a state that can be."""
        return (
            positive(self.own, self.second, self.third, self.moved)
            and natural(self.dust, self.growth, self.pot)
            and sums_fit(self.own, self.second, self.third, self.moved, self.dust, self.pot)
            and self.growth * BPS <= UNITS
            and self.undistributed >= 0
            and self.undistributed <= UNITS
        )

    def state(
        self, params: Mapping[str, int] = NOTHING, moving: bool = False, **changes: Any
    ) -> State:
        """Return the state; the stake may be moving on, to the third, at the boundary."""
        past = (Stay(FIRST, 0, EPOCH - 1),)
        end, destination = (EPOCH + 1, THIRD) if moving else (None, None)
        first = validator(
            Bucket(0, None, (), self.own, 1), departures=(Departure(SECOND, EPOCH - 1),)
        )
        second = validator(
            Bucket(0, None, (), self.second, 1),
            Bucket(EPOCH - 1, end, past, self.moved + self.dust, 1),
            dust_bound=self.dust,
        )
        third = validator(Bucket(0, None, (), self.third, 1))
        return state_of(
            evolve(PARAMS, **params),
            {},
            {FIRST: first, SECOND: second, THIRD: third},
            {
                FIRST + FIRST: delegation(Lot(self.own, 0)),
                SECOND + SECOND: delegation(Lot(self.second, 0)),
                THIRD + THIRD: delegation(Lot(self.third, 0)),
                SECOND + DELEGATOR: delegation(Lot(self.moved, EPOCH - 1, end, destination, past)),
            },
            rewards=self.pot,
            reward_index=self.growth,
            undistributed=self.undistributed,
            agenda=tuple(due(EPOCH + 1, holder, DELEGATOR) for holder in (SECOND, THIRD) if moving),
            **changes,
        )


MOVED = Moved()
"""An example."""
