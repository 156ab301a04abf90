"""Whether everyone can leave, in worlds small and large."""

import pytest

from properties.laws import leaving
from properties.laws.leaving import everyone_can_leave, next_epoch
from statemachine import (
    PROTOCOL,
    GenesisDelegation,
    ProduceBlock,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Transition,
    Undelegate,
    evolve,
)
from tests.statemachine.worlds import ANNA, DORA, EMIL, world


def keep_dora(protocol: Protocol, state: State, tx: Undelegate) -> Transition:
    if tx.delegator == DORA:
        raise Rejected(RejectionReason.NO_DELEGATION)
    return PROTOCOL.rules[Undelegate](protocol, state, tx)


@pytest.mark.parametrize("many", [0, 256])
def test_whoever_cannot_leave_is_named_among_few_and_among_many(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "MANY", many)
    backed = tuple(GenesisDelegation(owner, ANNA, 600) for owner in (DORA, EMIL))
    state = world(delegations=backed)
    assert everyone_can_leave(PROTOCOL, state) == []
    fork = evolve(PROTOCOL, rules={**PROTOCOL.rules, Undelegate: keep_dora})
    assert len(everyone_can_leave(fork, state) or ()) == 1


def test_the_next_epoch_is_the_one_that_a_block_at_its_first_slot_makes() -> None:
    state = world()
    after = next_epoch(PROTOCOL, state)
    passed = PROTOCOL.elect(after, after.slot)
    assert passed is not None
    assert after == PROTOCOL.apply(state, ProduceBlock(after.slot, passed, bytes(32)))


SLOW = {"churn_floor": 1, "churn_bps": 1}


def test_that_it_takes_long_to_leave_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "FOLLOWED", 1_000)
    state = world(params=evolve(world().params, **SLOW))
    assert state.pots.bonded > leaving.FOLLOWED
    assert everyone_can_leave(PROTOCOL, state) is None
