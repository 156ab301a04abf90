"""A machine of ours in the place of a client, in this process."""

from collections.abc import Sequence

import attrs

from properties.conformance.asks import Message
from properties.conformance.machine import Machine


@attrs.frozen(eq=False)
class Inside:
    """A machine that is asked as a client is."""

    machine: Machine
    tells: frozenset[str]
    """What it tells beside roots and reasons."""
    transactions: frozenset[str] | None = None
    """The types of transaction that it can apply; None for all."""

    @property
    def asks(self) -> frozenset[str]:
        """What it can be asked."""
        return self.machine.asks

    def ask_all(self, asks: Sequence[Message]) -> list[Message]:
        """Return the replies to some asks."""
        return [self.machine.reply(ask) for ask in asks]

    def close(self) -> None:
        """End nothing: there is no process and no connection."""
