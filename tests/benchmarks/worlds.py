"""States of any size, and transactions for them."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from random import Random
from typing import Any

import attrs
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Params,
    Redelegate,
    State,
    Transfer,
    Undelegate,
    evolve,
    genesis,
)
from statemachine.hashing import digest
from statemachine.rules.agenda import schedule_review
from statemachine.rules.blocks import pass_slots

MILLION_REASON = "takes minutes and gigabytes: set STAKESPEC_BENCH_MILLION=1 to run it"

million_wanted = pytest.mark.skipif(
    os.environ.get("STAKESPEC_BENCH_MILLION") != "1", reason=MILLION_REASON
)
"""Marks what is measured only where it was asked for."""

BALANCE = 10**15
"""What every account holds, so that nobody runs out during a measurement."""

STAKE = 10**9
"""What every delegation is worth at the start."""

PARAMS = Params(epoch_reward=10**12, min_stake=STAKE, churn_floor=10**15)
"""The default parameters, with amounts to match: everything finds room in the next epoch."""


@attrs.frozen
class Size:
    """How much there is in a state."""

    accounts: int
    validators: int
    delegators: int
    """Accounts, other than operators, that delegate to one validator each."""

    def __str__(self) -> str:
        """Give the size as part of a test's name."""
        return f"{self.accounts}-accounts-{self.validators}-validators-{self.delegators}-delegators"


def account(number: int) -> bytes:
    """Return the address of an account; spread like real ones. The first are operators."""
    return digest("stakespec/benchmark-account", number.to_bytes(8, "big"))[:20]


def key_of(operator: bytes) -> bytes:
    """Return a validator's public key."""
    return digest("stakespec/benchmark-key", operator) + operator[:16]


def described(size: Size) -> Genesis:
    """Describe a world of some size."""
    addresses = [account(number) for number in range(size.accounts)]
    operators = addresses[: size.validators]
    delegators = addresses[size.validators : size.validators + size.delegators]
    return Genesis(
        chain_id="benchmark",
        params=PARAMS,
        accounts=tuple(GenesisAccount(address, BALANCE) for address in addresses),
        validators=tuple(
            GenesisValidator(operator, key_of(operator), commission_bps=1_000)
            for operator in operators
        ),
        delegations=(
            *(GenesisDelegation(operator, operator, STAKE) for operator in operators),
            *(
                GenesisDelegation(delegator, operators[number % size.validators], STAKE)
                for number, delegator in enumerate(delegators)
            ),
        ),
    )


@contextmanager
def long_lived() -> Iterator[None]:
    """Build something large inside this: the garbage collector will leave it alone.

    With it, building takes three times as long, and every full collection visits every
    node of a large state again. Whoever holds large states should do the same.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@lru_cache(maxsize=1)
def large_state(size: Size) -> State:
    """Return a state of some size in its second epoch, so that all have earned something."""
    with long_lived():
        state = genesis(PROTOCOL, described(size))
        return pass_slots(PROTOCOL, state, state.params.epoch_length).state


SMALL = Size(200, 10, 100)
"""What is run, once, where nothing is measured."""

SMALLEST = Size(100, 10, 90)
"""A state of a hundred."""

ORDINARY = Size(1_100, 100, 1_000)
"""A hundred validators and a thousand delegators: a chain of today."""

LARGE = Size(100_000, 10_000, 90_000)

MILLION = Size(1_000_000, 100_000, 900_000)


def measured(size: Size, benchmark: BenchmarkFixture) -> Size:
    """Return the size to measure, or a small one where nothing is measured."""
    return size if benchmark.enabled else SMALL


@attrs.frozen
class Actors:
    """Who there is in a state of some size, drawn at random with a seed of its own."""

    size: Size
    rng: Random

    def anyone(self) -> bytes:
        """Draw an account."""
        return account(self.rng.randrange(self.size.accounts))

    def operator(self) -> bytes:
        """Draw a validator."""
        return account(self.rng.randrange(self.size.validators))

    def pair(self) -> tuple[bytes, bytes]:
        """Draw a delegator that is no operator, and its validator."""
        number = self.rng.randrange(self.size.delegators)
        return account(self.size.validators + number), account(number % self.size.validators)

    def another(self, operator: bytes) -> bytes:
        """Draw a validator other than one."""
        while True:
            drawn = self.operator()
            if drawn != operator:
                return drawn


def transfer(actors: Actors) -> Any:
    """Draw a transfer between two accounts."""
    sender, recipient = actors.rng.sample(range(actors.size.accounts), 2)
    return Transfer(account(sender), account(recipient), 1_000)


def delegate(actors: Actors) -> Any:
    """Draw a delegation, half of them on top of what is there."""
    if actors.rng.randrange(2):
        delegator, validator = actors.pair()
        return Delegate(delegator, validator, 1_000)
    return Delegate(actors.anyone(), actors.operator(), 1_000)


def undelegate(actors: Actors) -> Any:
    """Draw a part of a stake to take back."""
    return Undelegate(*actors.pair(), 1_000)


def redelegate(actors: Actors) -> Any:
    """Draw a part of a stake to move."""
    delegator, source = actors.pair()
    return Redelegate(delegator, source, actors.another(source), 1_000)


def claim(actors: Actors) -> Any:
    """Draw a claim of rewards."""
    return ClaimRewards(*actors.pair())


def change_commission(actors: Actors) -> Any:
    """Draw a change of commission."""
    return ChangeCommission(actors.operator(), 900 + actors.rng.randrange(200))


KINDS = {
    "transfer": transfer,
    "delegate": delegate,
    "undelegate": undelegate,
    "redelegate": redelegate,
    "claim": claim,
    "change_commission": change_commission,
}
"""How a transaction of each type is drawn."""

MIX = {"transfer": 50, "delegate": 20, "claim": 15, "undelegate": 10, "redelegate": 5}
"""How many in a hundred are of which type in the mix: what users of a chain send."""


def drawn(kind: str, size: Size, count: int, seed: int = 7) -> list[Any]:
    """Draw so many transactions of a kind, or of the mix, in a row; none is refused.

    Each is applied to what those before it have left, so no delegation is claimed twice:
    the second time there is nothing to claim. There must be as many delegators.
    """
    return list(islice(_txs(kind, Actors(size, Random(seed))), count))


def _txs(kind: str, actors: Actors) -> Iterator[Any]:
    claimed = set()
    kinds, weights = list(MIX), list(MIX.values())
    while True:
        chosen = actors.rng.choices(kinds, weights)[0] if kind == "mix" else kind
        tx = KINDS[chosen](actors)
        if isinstance(tx, ClaimRewards):
            if tx in claimed:
                continue
            claimed.add(tx)
        yield tx


def apply_all(state: State, txs: list[Any]) -> State:
    """Apply transactions one after another."""
    apply = PROTOCOL.apply
    for tx in txs:
        state = apply(state, tx)
    return state


def with_changes(state: State, size: Size, changed: int) -> State:
    """Put so many validators on the agenda of the next boundary, in every way there is.

    Of ten validators, four gain a delegation, three lose part of one, two change their
    commission and one is only reviewed.
    """
    operators = [account(number) for number in range(changed)]
    for number, operator in enumerate(operators):
        match number % 10:
            case 0 | 1 | 2 | 3:
                tx: Any = Delegate(operator, operator, 1_000)
            case 4 | 5 | 6:
                tx = Undelegate(account(size.validators + number), operator, 1_000)
            case 7 | 8:
                tx = ChangeCommission(operator, 1_100)
            case _:
                state = schedule_review(state, operator)
                continue
        state = PROTOCOL.apply(state, tx)
    return evolve(state, slot=2 * state.params.epoch_length - 1)
