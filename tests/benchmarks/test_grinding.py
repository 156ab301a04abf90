"""Who grinds an election: nobody here, and with the set fixed at the boundary of its seed.

At full length: pytest tests/benchmarks/test_grinding.py --benchmark-enable. The figures are in
specs/security.md.
"""

from itertools import count
from math import sqrt

from pytest_benchmark.fixture import BenchmarkFixture

from properties.model.names import public_key
from properties.mutants import mutant_by_id
from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Params,
    ProduceBlock,
    Protocol,
    State,
    evolve,
    genesis,
)
from statemachine.hashing import digest
from statemachine.rules.blocks import pass_slots
from tests.benchmarks.test_adversaries import TWENTY, most_by_withholding, reveal_of

GRINDER = TWENTY[0]
"""A validator with 5 % of the stake."""

PURSE = bytes([5]) * 20
"""The account from which the grinder delegates to itself."""

STAKE = 1_000_000_000
"""What each validator has at first: what the grinder adds changes nobody's odds."""

TRIES = 2_500
"""Amounts that the grinder tries in each epoch: all from 1 unit."""

PARAMS = Params(
    epoch_length=32,
    min_stake=1,
    churn_floor=1_000_000,
    max_slot_gap=64,
    downtime_threshold=1_000_000,
)


LATE_SET = mutant_by_id("H1").protocol
"""Elects from the set that is fixed at the same boundary as its seed."""


def _first_state(randomness: int) -> State:
    return genesis(
        PROTOCOL,
        Genesis(
            "ground",
            PARAMS,
            (GenesisAccount(PURSE, 1_000 * TRIES),),
            tuple(GenesisValidator(one, public_key(one), 0) for one in TWENTY),
            tuple(GenesisDelegation(one, one, STAKE) for one in TWENTY),
            randomness=randomness.to_bytes(32, "big"),
        ),
    )


def _last_slot(state: State) -> int:
    return (state.epoch + 1) * PARAMS.epoch_length - 1


def _schedule(protocol: Protocol, state: State) -> list[bytes | None]:
    first = state.epoch * PARAMS.epoch_length
    return [protocol.elect(state, slot) for slot in range(first, first + PARAMS.epoch_length)]


def _best_amount(protocol: Protocol, state: State) -> int:
    """Return the amount with which the grinder keeps the last slot, and most of the others.

    The state is that at the next boundary, if nothing is delegated. Zero where no amount
    that was tried keeps the last slot.
    """
    best, most = 0, 0
    for amount in range(1, TRIES + 1):
        weight = state.snapshot[GRINDER] + amount
        then = evolve(state, snapshot=state.snapshot.set(GRINDER, weight))
        if protocol.elect(then, _last_slot(then)) != GRINDER:
            continue
        held = _schedule(protocol, then).count(GRINDER)
        if held > most:
            best, most = amount, held
    return best


def _play(protocol: Protocol, epochs: int) -> list[list[bytes | None]]:
    """Return the schedules of epochs that the grinder chose, or would have chosen.

    It starts where it holds the last slot. It acts after the last block of each epoch, when
    the seed of the next one can be known; whoever proposes that block lets it.
    """
    states = (_first_state(randomness) for randomness in count())
    state = next(one for one in states if protocol.elect(one, _last_slot(one)) == GRINDER)
    schedules = []
    for _ in range(epochs):
        slot = _last_slot(state)
        proposer = protocol.elect(state, slot)
        assert proposer is not None
        state = protocol.apply(
            state, ProduceBlock(slot, proposer, reveal_of(proposer, slot), digest("test/body"))
        )
        amount = _best_amount(protocol, pass_slots(protocol, state, slot + 1).state)
        if amount:
            state = protocol.apply(state, Delegate(PURSE, GRINDER, amount))
        state = pass_slots(protocol, state, slot + 1).state
        schedules.append(_schedule(protocol, state))
    return schedules


def _share(schedules: list[list[bytes | None]]) -> float:
    held = sum(schedule.count(GRINDER) for schedule in schedules)
    return held / len(schedules) / PARAMS.epoch_length


def _explained(epochs: int) -> float:
    """Return what withholding explains, and four deviations: slots are drawn."""
    slots = PARAMS.epoch_length * epochs
    return most_by_withholding(PARAMS.epoch_length, 0.05) + 4 * sqrt(0.05 * 0.95 / slots)


def _measured(
    benchmark: BenchmarkFixture, protocol: Protocol, epochs: int
) -> list[list[bytes | None]]:
    schedules: list[list[bytes | None]] = benchmark.pedantic(  # type: ignore[no-untyped-call]
        _play, args=(protocol, epochs), rounds=1
    )
    print(f"held {_share(schedules):.2%} of the slots of {epochs} epochs with 5 %")
    return schedules


def test_who_knows_the_seed_before_the_set_is_fixed_keeps_the_last_slot_and_takes_more(
    benchmark: BenchmarkFixture,
) -> None:
    epochs = 40 if benchmark.enabled else 4
    schedules = _measured(benchmark, LATE_SET, epochs)
    assert {schedule[-1] for schedule in schedules} == {GRINDER}
    assert _share(schedules) > _explained(epochs)


def test_who_knows_the_seed_after_the_set_is_fixed_gains_no_more_than_withholding_explains(
    benchmark: BenchmarkFixture,
) -> None:
    epochs = 400 if benchmark.enabled else 8
    schedules = _measured(benchmark, PROTOCOL, epochs)
    assert _share(schedules) < _explained(epochs)
