"""Rules that run on and on: noticed by processor time, so that a busy machine does no harm.

Whoever calls a rule does so `with PATIENCE:`. A timer looks now and then whether the same
call is still running as when it last looked, and if so raises Endless in the midst of it.
"""

import atexit
import os
import signal
import threading

import attrs

from statemachine.protocol import Protocol, Transition
from statemachine.rules.blocks import pass_slots
from statemachine.state import State

TICK_SECONDS = 5.0
"""How often the timer looks: a call is ended after this much processor time, or twice as much."""

LATER_TICK_SECONDS = 1.0
"""How often it looks once a call was ended: a rule that does not end is asked again to shrink."""


class Endless(Exception):
    """A rule has run for so long that it seems not to end."""

    def __init__(self) -> None:
        """Say for how long at least."""
        super().__init__("no answer after seconds of processor time")


@attrs.define
class Patience:
    """Whether this process is in the midst of a rule, and since when."""

    calls: int = 0
    """Calls so far."""
    running: int = 0
    """The number of the call that runs, from 1; 0 where none does."""
    depth: int = 0
    """Calls within calls: what a law asks of a rule is part of the one it was asked in."""
    seen: int = 0
    """The call that ran when the timer last looked."""
    process: int = 0
    """The process that the timer belongs to: a copy of a process has none."""
    suspended: bool = False
    """Whether calls may take for ever: under a solver each is as long as the solver takes."""

    def __enter__(self) -> None:
        """Begin a call."""
        if self.suspended:
            return
        if self.process != os.getpid():
            self._wind_up()
        self.depth += 1
        if self.depth == 1:
            self.calls += 1
            self.running = self.calls

    def __exit__(self, *_: object) -> None:
        """End the call."""
        if self.suspended:
            return
        self.depth -= 1
        if self.depth == 0:
            self.running = 0

    def _wind_up(self) -> None:
        """Start the timer. Where the system has none, or a thread may have none, nobody looks."""
        self.process = os.getpid()
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGVTALRM, self._look)
            _look_every(TICK_SECONDS)
            # The interpreter drops its handlers when it ends. A tick after that would kill it.
            atexit.register(_look_every, 0)

    def _look(self, *_: object) -> None:
        if self.running and self.running == self.seen:
            _look_every(LATER_TICK_SECONDS)
            raise Endless
        self.seen = self.running


def _look_every(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)


PATIENCE = Patience()


def patient(protocol: Protocol, state: State, transaction: object) -> Transition:
    """Apply a transaction as the protocol does. Raises Rejected, Endless, and what a rule does."""
    with PATIENCE:
        return protocol.transition(state, transaction)


def state_at_slot(protocol: Protocol, state: State, slot: int) -> State:
    """Return the state when a slot has come. Raises Endless, and what a step or a slash does."""
    with PATIENCE:
        return pass_slots(protocol, state, slot).state
