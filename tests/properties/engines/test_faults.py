"""A rule that misbehaves breaks the same law in every engine that puts it a transaction."""

from collections.abc import Callable
from typing import Any

import pytest

from properties.engines.check import execute
from properties.engines.engine import Engine, Plan
from properties.engines.registry import ENGINES
from statemachine import (
    PROTOCOL,
    CastVotes,
    ProduceBlock,
    Protocol,
    Rejected,
    RejectionReason,
    Transfer,
    Transition,
)
from statemachine.state import State

Rule = Callable[[Protocol, State, Any], Any]


def _returns_rejected(_protocol: Protocol, _state: State, _tx: Any) -> Any:
    return Rejected(RejectionReason.ZERO_AMOUNT)


def _returns_none(_protocol: Protocol, _state: State, _tx: Any) -> Any:
    return None


def _returns_the_state(_protocol: Protocol, state: State, _tx: Any) -> Any:
    return state


def _returns_no_state(_protocol: Protocol, _state: State, _tx: Any) -> Any:
    return Transition(None)  # type: ignore[arg-type]


def _raises(_protocol: Protocol, _state: State, _tx: Any) -> Any:
    raise KeyError("nobody")


def _touch(state: State) -> None:
    object.__setattr__(state, "reward_index", state.reward_index + 1)


def _changes_and_returns(_protocol: Protocol, state: State, _tx: Any) -> Any:
    _touch(state)
    return Transition(state)


def _changes_and_rejects(_protocol: Protocol, state: State, _tx: Any) -> Any:
    _touch(state)
    raise Rejected(RejectionReason.ZERO_AMOUNT)


def _changes_and_raises(_protocol: Protocol, state: State, _tx: Any) -> Any:
    _touch(state)
    raise KeyError("nobody")


FAULTS: dict[Rule, str] = {
    _returns_rejected: "RUN-3",
    _returns_none: "RUN-3",
    _returns_the_state: "RUN-3",
    _returns_no_state: "RUN-3",
    _raises: "RUN-3",
    _changes_and_returns: "RUN-4",
    _changes_and_rejects: "RUN-4",
    _changes_and_raises: "RUN-3",
}
"""Each fault of a rule, and the first law that it breaks."""


def broken_by(engine: Engine, protocol: Protocol, runs: int) -> list[str]:
    """Return the laws that an engine says a protocol breaks, the first ones first."""
    plan = Plan(
        protocol,
        "statemachine:PROTOCOL",
        1,
        600.0,
        runs=runs,
        engines=(engine,),
        fail_fast=True,
        shrink_seconds=0.01,
    )
    report = execute(plan)
    assert not report.cut_short
    return sorted({failure.violation.law for failure in report.failures})


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_every_engine_holds_a_fault_to_the_same_law(fault: Rule, engine: Engine) -> None:
    # Whatever an engine does, it does one of these first.
    rules = dict.fromkeys((Transfer, ProduceBlock, CastVotes), fault)
    broken = broken_by(engine, PROTOCOL.fork("faulty", rules), 1)
    assert broken and broken[0] == FAULTS[fault]


def _remembered_elsewhere(protocol: Protocol, state: State, offence: Any) -> Transition:
    """Reject what has been punished for another reason than that."""
    try:
        return PROTOCOL.slash(protocol, state, offence)
    except Rejected as rejection:
        if rejection.reason is not RejectionReason.OFFENCE_ALREADY_PUNISHED:
            raise
        raise Rejected(RejectionReason.EVIDENCE_TOO_OLD) from None


SLASHING = [engine for engine in ENGINES if engine.name != "branches"]
"""Branches are held against laws of two runs, and against totality and purity."""


@pytest.mark.parametrize("engine", SLASHING, ids=lambda engine: engine.name)
def test_every_engine_that_slashes_wants_the_right_reason_the_second_time(engine: Engine) -> None:
    fork = PROTOCOL.fork("forgetful", slash=_remembered_elsewhere)
    runs = {"prove": 12, "explore": 4}.get(engine.name, 60)
    assert "SLA-4" in broken_by(engine, fork, runs)
