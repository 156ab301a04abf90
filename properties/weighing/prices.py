"""Prices: what a choice of parameters costs, as one number."""

from collections.abc import Callable, Iterator, Mapping
from random import Random
from types import MappingProxyType

import attrs

from properties.engines.check import CheckReport
from properties.generate.transactions import draw_profile, next_transaction
from properties.laws.late_votes import lag_with_late_votes
from properties.laws.leaving import epochs_until_out, next_epoch
from properties.laws.patience import patient
from properties.laws.views import all_views
from properties.model.draw_context import Actors
from properties.model.worlds import draw_genesis
from statemachine.errors import Rejected
from statemachine.events import DustSwept
from statemachine.primitives import BPS
from statemachine.protocol import Protocol
from statemachine.rules.genesis import genesis
from statemachine.state import State
from statemachine.transactions import Undelegate

WORLDS = 20
"""Small worlds that a price is worked out in; the worst of them is the price, or the mean."""

DRAWN = 200
"""Transactions of a run in which rounding leaves dust."""

EPOCHS = 32
"""Epochs over which who does not stake is diluted."""


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


def _dust(protocol: Protocol, seed: int, _report: CheckReport) -> int | None:
    return max(
        _left_by_rounding(protocol, Random(f"{seed}/dust/{number}"), state)
        for number, state in enumerate(_worlds(protocol, seed))
    )


def _left_by_rounding(protocol: Protocol, rng: Random, state: State) -> int:
    """Return what a run of drawn transactions sweeps into the treasury because nobody owns it."""
    profile = draw_profile(protocol, rng, state)
    swept = 0
    for _ in range(DRAWN):
        tx = next_transaction(protocol, state, rng, profile, Actors.of(state))
        try:
            transition = patient(protocol, state, tx)
        except Rejected:
            continue
        state = transition.state
        swept += sum(
            event.bonded + event.unbonding
            for event in transition.events
            if isinstance(event, DustSwept)
        )
    return swept


def _dilution(protocol: Protocol, seed: int, _report: CheckReport) -> int | None:
    """Return by how much what is not staked loses weight in the supply, in the mean."""
    shares = []
    for start in _worlds(protocol, seed):
        state = start
        for _ in range(EPOCHS):
            state = next_epoch(protocol, state)
        supply = state.supply
        issued = supply.issued - start.supply.issued
        shares.append(BPS * issued // max(1, supply.genesis + supply.issued - supply.burned))
    return sum(shares) // len(shares)


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
            Price(
                "dust",
                f"what rounding leaves to the treasury in {DRAWN} drawn transactions",
                "tokens",
                _dust,
            ),
            Price(
                "dilution",
                f"the share of the supply that is new after {EPOCHS} epochs, in the mean",
                "basis points",
                _dilution,
            ),
        )
    }
)
"""All prices, by name."""
