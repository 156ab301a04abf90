"""Adversaries of specs/security.md at full length: pytest tests/benchmarks --benchmark-enable.

Otherwise each plays a short game, so that what is claimed of it is tested in any case.
"""

from pytest_benchmark.fixture import BenchmarkFixture

from properties.model.worlds import public_key
from statemachine import (
    PROTOCOL,
    Genesis,
    GenesisDelegation,
    GenesisValidator,
    Params,
    Redelegate,
    State,
    Undelegate,
    genesis,
)
from statemachine.map_keys import delegation_key
from statemachine.rules.blocks import pass_slots
from statemachine.rules.churn import churn_limit
from statemachine.rules.holdings import load_delegation

ATTACKERS, OTHERS = (tuple(bytes([first, number]) * 10 for number in range(4)) for first in (1, 2))

STAKE = 10_000_000


def stuffed(params: Params, victims: int) -> State:
    """Return a chain of which the attackers hold a fifth, and the victims the rest."""
    owners = tuple(bytes([3, number]) * 10 for number in range(victims))
    share = STAKE * 4 // 5 // victims
    return genesis(
        PROTOCOL,
        Genesis(
            "stuffed",
            params,
            (),
            tuple(GenesisValidator(one, public_key(one), 0) for one in (*ATTACKERS, *OTHERS)),
            (
                *(GenesisDelegation(one, one, STAKE // 20) for one in ATTACKERS),
                *(
                    GenesisDelegation(owner, OTHERS[number % 4], share)
                    for number, owner in enumerate(owners)
                ),
                *(GenesisDelegation(one, one, params.min_stake) for one in OTHERS),
            ),
        ),
    )


def redelegate_in_circles(state: State) -> State:
    """Have each attacker move all that it may to the next of them."""
    for owner in ATTACKERS:
        for number, source in enumerate(ATTACKERS):
            if delegation_key(source, owner) not in state.delegations:
                continue
            lots = load_delegation(state, source, owner).delegation.lots
            if bonded := sum(lot.amount for lot in lots if lot.end is None):
                to_next = Redelegate(owner, source, ATTACKERS[(number + 1) % 4], bonded)
                state = PROTOCOL.apply(state, to_next)
    return state


def waiting(state: State) -> int:
    """Return the stake that was told to leave or move and has not."""
    return sum(
        lot.amount
        for delegation in state.delegations.entries()
        for lot in delegation.lots
        if lot.end is not None and lot.end > state.epoch
    )


def longest_wait(params: Params, victims: int) -> tuple[int, int]:
    """Return the longest wait of any victim, and the bound that was stated for it."""
    state = stuffed(params, victims)
    longest = bound = 0
    for number in range(victims):
        state = redelegate_in_circles(state)
        owner, holder = bytes([3, number]) * 10, OTHERS[number % 4]
        stated = (waiting(state) + 1) // churn_limit(state) + 2
        state = PROTOCOL.apply(state, Undelegate(owner, holder, 1))
        lots = load_delegation(state, holder, owner).delegation.lots
        wait = max(lot.end - state.epoch for lot in lots if lot.end is not None)
        assert wait <= stated
        longest, bound = max(longest, wait), max(bound, stated)
        boundary = (state.epoch + 1) * params.epoch_length
        state = pass_slots(PROTOCOL, state, boundary).state
    return longest, bound


def test_who_fills_the_queue_delays_nobody_past_the_stated_bound(
    benchmark: BenchmarkFixture,
) -> None:
    params = Params(epoch_length=4, churn_floor=1, downtime_threshold=10**6, max_slot_gap=64)
    victims = 20 if benchmark.enabled else 5
    longest, bound = benchmark.pedantic(  # type: ignore[no-untyped-call]
        longest_wait, args=(params, victims), rounds=1
    )
    print(f"the longest wait is {longest} epochs, the bound {bound}")
    assert 0 < longest <= bound
