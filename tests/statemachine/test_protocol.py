"""A protocol is a value: a fork replaces parts and leaves the original as it was."""

from typing import Any

import pytest

import statemachine
from statemachine import (
    PROTOCOL,
    Protocol,
    Rejected,
    RejectionReason,
    State,
    Transfer,
    Transition,
    transactions,
)
from statemachine.rules.epochs import begin_epoch
from tests.statemachine.generic import RECORDS
from tests.statemachine.worlds import DORA, EMIL, produce, rejected, world

PAY = Transfer(DORA, EMIL, 5)


def refuse(_protocol: Protocol, _state: State, _tx: Any) -> Transition:
    raise Rejected(RejectionReason.ZERO_AMOUNT)


def test_every_transaction_has_a_rule_and_a_place_at_the_top() -> None:
    records = {cls for cls in RECORDS if cls.__module__ == transactions.__name__}
    assert records == set(statemachine.TRANSACTION_TYPES) == set(PROTOCOL.rules)
    assert {kind.__name__ for kind in records} <= set(statemachine.__all__)


def test_apply_returns_the_state_of_the_transition() -> None:
    state = world()
    assert statemachine.apply(state, PAY) == statemachine.transition(state, PAY).state
    assert PROTOCOL.apply(state, PAY) == PROTOCOL.transition(state, PAY).state


def test_a_fork_replaces_one_rule_and_leaves_the_original_alone() -> None:
    fork = PROTOCOL.fork("no-transfers", {Transfer: refuse})
    with pytest.raises(Rejected) as refused:
        fork.apply(world(), PAY)
    assert refused.value.reason is RejectionReason.ZERO_AMOUNT
    assert fork.name == "no-transfers"
    assert PROTOCOL.name == "stakespec"
    assert PROTOCOL.apply(world(), PAY).accounts[EMIL] == 10_005


def test_a_fork_replaces_steps_and_their_order() -> None:
    fork = PROTOCOL.fork("no-rewards", closing_steps=(), opening_steps=(begin_epoch,))
    state = world()
    while state.epoch == 0:
        slot = state.slot + 1
        proposer = PROTOCOL.elect(state, slot) if slot % 4 else None
        if proposer is None:
            moved = statemachine.rules.blocks.pass_slots(fork, state, slot)
            state = moved.state
        else:
            state = fork.apply(state, transactions.ProduceBlock(slot, proposer, bytes(32)))
    assert state.supply.issued == 0
    assert produce(world(), 4).state.supply.issued == 3_000


def test_the_rules_of_a_protocol_cannot_be_changed_in_place() -> None:
    with pytest.raises(TypeError):
        PROTOCOL.rules[Transfer] = refuse  # type: ignore[index]
    with pytest.raises(AttributeError):
        PROTOCOL.name = "other"  # type: ignore[misc]


def test_a_subclass_of_a_transaction_is_no_transaction() -> None:
    class Gift(Transfer):
        pass

    refused = rejected(world(), Gift(DORA, EMIL, 5))
    assert str(refused) == "unknown_transaction: transaction Gift"
