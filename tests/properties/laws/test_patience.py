"""A rule that does not end is ended, wherever it is called, and breaks a law."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from random import Random

import pytest

from properties.engines.branches.proposers import wrong_elections
from properties.engines.explore.worlds import next_block
from properties.engines.fuzz.search import Search
from properties.laws import patience
from properties.laws.application import Misbehaved, checked_apply
from properties.laws.declared import leaders_of
from properties.laws.leading import who_can_lead
from properties.laws.patience import PATIENCE, Endless, patient, state_at_slot
from properties.laws.views import Step
from properties.model.worlds import draw_genesis
from properties.trace.repair import repaired
from statemachine import PROTOCOL, genesis
from statemachine.protocol import Protocol, Transition
from statemachine.state import State
from statemachine.transactions import ProduceBlock, Transfer
from tests.properties.cli.commands import environment


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(patience, "TICK_SECONDS", 0.1)
    monkeypatch.setattr(patience, "LATER_TICK_SECONDS", 0.1)
    PATIENCE.process = 0
    yield
    PATIENCE.process = 0


def run_on(_protocol: Protocol, _state: State, _tx: object = None) -> Transition:
    while True:
        pass


ENDLESS_TRANSFER = PROTOCOL.fork("endless-transfer", {Transfer: run_on})
STATE = genesis(PROTOCOL, draw_genesis(Random("patience")))
SENDER, RECIPIENT = list(STATE.accounts)[:2]


def test_a_rule_that_does_not_end_is_no_answer_and_its_place_is_told() -> None:
    outcome = checked_apply(ENDLESS_TRANSFER, STATE, Transfer(SENDER, RECIPIENT, 1))
    assert isinstance(outcome, Misbehaved)
    (violation,) = outcome.violations
    assert violation.law == "RUN-3"
    assert "Transfer raised Endless" in violation.message
    assert "in run_on" in violation.message


def test_every_call_is_ended_not_only_the_first() -> None:
    for _ in range(3):
        with pytest.raises(Endless):
            patient(ENDLESS_TRANSFER, STATE, Transfer(SENDER, RECIPIENT, 1))


def test_many_short_calls_are_none_that_does_not_end() -> None:
    transfer = Transfer(SENDER, RECIPIENT, 1)
    for _ in range(5_000):
        assert isinstance(checked_apply(PROTOCOL, STATE, transfer), Step)


def test_boundaries_that_are_never_crossed_are_met_in_a_search() -> None:
    fork = PROTOCOL.fork("endless-boundary", closing_steps=(run_on,))
    search = Search(fork, seed=1)
    search.run(400, lambda: not search.outcome.failures)
    assert [failure.violation.law for failure in search.outcome.failures] == ["RUN-3"]
    assert "ProduceBlock raised Endless" in next(iter(search.outcome.failures)).violation.message


ENDING = """
import time
from properties.laws import patience

patience.TICK_SECONDS = 0.01


class Slow:
    def __del__(self, time=time):
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass


slow = Slow()
with patience.PATIENCE:
    pass
"""
"""A process whose interpreter takes long to end: longer than the timer waits."""


def test_a_process_that_ends_is_not_killed_by_the_timer() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDING], env=environment(), capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def elect_for_ever(_state: State, _slot: int) -> bytes | None:
    while True:
        pass


NEVER_ELECTED = PROTOCOL.fork("never-elected", elect=elect_for_ever)
BLOCK = ProduceBlock(STATE.slot + 1, SENDER, bytes(32))


def asked_of_elections() -> Iterator[Callable[[], object]]:
    """Ask whatever looks at an election by itself, outside of a rule."""
    yield lambda: leaders_of(NEVER_ELECTED, STATE, BLOCK.slot)
    yield lambda: who_can_lead(NEVER_ELECTED, STATE, BLOCK.slot)
    yield lambda: state_at_slot(NEVER_ELECTED, STATE, STATE.slot + 2)
    yield lambda: wrong_elections(NEVER_ELECTED, STATE)


@pytest.mark.parametrize("place", range(4))
def test_elections_that_do_not_end_are_ended_wherever_they_are_asked_for(place: int) -> None:
    with pytest.raises(Endless):
        list(asked_of_elections())[place]()


def test_a_block_whose_election_does_not_end_is_left_as_it_is() -> None:
    assert repaired(NEVER_ELECTED, STATE, BLOCK, set()) is BLOCK
    assert next_block(NEVER_ELECTED, STATE).slot == STATE.slot + 1


def test_what_is_asked_within_a_call_is_part_of_it() -> None:
    with PATIENCE:
        running = PATIENCE.running
        assert running
        with PATIENCE:
            assert PATIENCE.running == running
        assert PATIENCE.running == running
    assert not PATIENCE.running
