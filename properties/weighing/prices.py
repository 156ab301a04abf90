"""Prices: what a choice of parameters costs, as one number."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from types import MappingProxyType

import attrs

from properties.engines.check import CheckReport
from properties.laws.late_votes import lag_with_late_votes
from properties.laws.leaving import epochs_until_out
from properties.laws.patience import patient
from properties.laws.views import all_views
from properties.model.worlds import draw_genesis
from statemachine.errors import Rejected
from statemachine.primitives import BPS
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis
from statemachine.state import State
from statemachine.transactions import Undelegate

WORLDS = 20
"""Small worlds of which the worst is the price."""


@attrs.frozen
class Price:
    """A number that is worked out for a protocol with its parameters set."""

    name: str
    statement: str
    unit: str
    work_out: Callable[[Protocol, int, CheckReport], int | None]
    """Takes the protocol, a seed and the report of its check; None where nothing tells."""
    more_is_better: bool = False


def _slashed(_protocol: Protocol, _seed: int, report: CheckReport) -> int | None:
    """Return the least share that was slashed in a conflict of two branches."""
    prices = [result.price for result in report.results.values() if result.price[1]]
    return min((BPS * slashed // total for slashed, total in prices), default=None)


def _worlds(protocol: Protocol, seed: int) -> Iterator[State]:
    for number in range(WORLDS):
        yield genesis(protocol, draw_genesis(Random(f"{seed}/price/{number}"), protocol))


def _lag(protocol: Protocol, seed: int, _report: CheckReport) -> int | None:
    lags = [lag_with_late_votes(protocol, state) for state in _worlds(protocol, seed)]
    return max((lag for lag in lags if lag is not None), default=None)


def _leaving(protocol: Protocol, seed: int, _report: CheckReport) -> int | None:
    return max(_until_all_are_out(protocol, state) for state in _worlds(protocol, seed))


def _until_all_are_out(protocol: Protocol, state: State) -> int:
    for validator, view in all_views(state).items():
        for claim in view.claims:
            if claim.bonded:
                leave = Undelegate(claim.delegator, validator, claim.bonded)
                try:
                    state = patient(protocol, state, leave).state
                except Rejected:
                    continue
    return epochs_until_out(state)


PRICES: Mapping[str, Price] = MappingProxyType(
    {
        price.name: price
        for price in (
            Price(
                "slashed",
                "the least share of the stake slashed in a conflict of two branches",
                "basis points",
                _slashed,
                more_is_better=True,
            ),
            Price("lag", "epochs by which finality lags if all votes are late", "epochs", _lag),
            Price("leaving", "epochs until all are out who leave at once", "epochs", _leaving),
        )
    }
)
"""All prices, by name."""
