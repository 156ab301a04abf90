"""A shape in which stake has moved twice, and answers for both validators that it came from."""

from collections.abc import Mapping
from typing import Any

import attrs

from properties.engines.prove.shapes import (
    DELEGATOR,
    EPOCH,
    FIRST,
    NOTHING,
    OTHER,
    PARAMS,
    SECOND,
    THIRD,
    UNITS,
    delegation,
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
class Hops:
    """Two delegators left the first validator; one went on from the second to the third."""

    own: int = 1_000
    """The first operator's."""
    second: int = 500
    """The second operator's."""
    third: int = 400
    """The third operator's."""
    once: int = 300
    """Stake that went to the second validator, and has stayed."""
    twice: int = 200
    """Stake that has gone on to the third."""
    dust: int = 1
    """In the bucket of that, and claimed by nobody."""
    growth: int = 2**99
    """What the chain's index grew by since validators settled."""
    pot: int = 1_000_000

    @property
    def undistributed(self) -> int:
        """What is carried: all of the pot that is nobody's."""
        active = self.own + self.second + self.third + self.once + self.twice + self.dust
        return self.pot * REWARD_UNIT - active * self.growth * BPS

    def is_lawful(self) -> bool:
        """Say whether these numbers make a state that can be."""
        return (
            positive(self.own, self.second, self.third, self.once, self.twice)
            and natural(self.dust, self.growth, self.pot)
            and sums_fit(
                self.own, self.second, self.third, self.once, self.twice, self.dust, self.pot
            )
            and self.growth * BPS <= UNITS
            and self.undistributed >= 0
            and self.undistributed <= UNITS
        )  # fmt: skip

    def state(self, params: Mapping[str, int] = NOTHING, **changes: Any) -> State:
        """Return the state."""
        left, moved_on = EPOCH - 2, EPOCH - 1
        once = (Stay(FIRST, 0, left),)
        twice = (*once, Stay(SECOND, left, moved_on))
        first = validator(
            Bucket(0, None, (), self.own, 1),
            departures=(Departure(SECOND, left), Departure(THIRD, moved_on)),
        )
        second = validator(
            Bucket(0, None, (), self.second, 1),
            Bucket(left, None, once, self.once, 1),
            departures=(Departure(THIRD, moved_on),),
        )
        third = validator(
            Bucket(0, None, (), self.third, 1),
            Bucket(moved_on, None, twice, self.twice + self.dust, 1),
            dust_bound=self.dust,
        )
        return state_of(
            evolve(PARAMS, **params),
            {},
            {FIRST: first, SECOND: second, THIRD: third},
            {
                FIRST + FIRST: delegation(Lot(self.own, 0)),
                SECOND + SECOND: delegation(Lot(self.second, 0)),
                THIRD + THIRD: delegation(Lot(self.third, 0)),
                SECOND + OTHER: delegation(Lot(self.once, left, past=once)),
                THIRD + DELEGATOR: delegation(Lot(self.twice, moved_on, past=twice)),
            },
            rewards=self.pot,
            reward_index=self.growth,
            undistributed=self.undistributed,
            **changes,
        )


HOPS = Hops()
"""An example."""
