"""What the contracts speak of: a protocol, the default one unless the prover says another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from properties.laws.accusation import with_accusations
from statemachine.protocol import Protocol
from statemachine.rules import PROTOCOL
from statemachine.state import State


@attrs.frozen
class Question:
    """A state, and a transaction put to it."""

    state: State
    transaction: Any
    elected: tuple[bytes, ...] = ()
    """Who take turns in being elected; nobody: whom the protocol elects."""


class Subject:
    """The protocol to be proved, and what it was last asked.

    CrossHair calls contracts with nothing but their numbers, so this is the one global.
    """

    def __init__(self) -> None:
        self.protocol = with_accusations(PROTOCOL)
        self.asked: Question | None = None
        """What it was asked last."""
        self.accepted = 0
        """How often the answer was not a refusal."""

    def speak_of(self, protocol: Protocol) -> None:
        """Let the contracts speak of a protocol."""
        self.protocol = with_accusations(protocol)

    @contextmanager
    def speaking_of(self, protocol: Protocol) -> Iterator[None]:
        """Let them speak of a protocol for a while."""
        before = self.protocol
        self.speak_of(protocol)
        try:
            yield
        finally:
            self.protocol = before


SUBJECT = Subject()
