"""What a contract is."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from properties.engines.prove.laws import GENERAL, stays_lawful

LEMMA = "lemma"
"""The rule of contracts that are about no rule."""

Numbers = Mapping[str, Any]
"""The arguments of a contract: numbers, and records of numbers."""


@attrs.frozen
class Contract:
    """A function whose text says for which numbers it promises which laws."""

    rule: str
    function: Callable[..., Any]
    cost: float
    """Seconds of processor time that its proof once took; which comes first goes by it."""
    is_meant: Callable[[Numbers], bool] | None = None
    """Says for which numbers, where no text does."""
    promised: tuple[str, ...] = ()
    """What holds after it, where no text says so."""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.function.__name__

    @property
    def summary(self) -> str:
        """What is done in it, in a sentence."""
        return (self.function.__doc__ or "").partition("\n")[0]

    @property
    def promises(self) -> tuple[str, ...]:
        """What holds after it; what every rule promises is spelled out."""
        named = re.findall(r"^ *post: (\w+)", self.function.__doc__ or "", re.MULTILINE)
        every = [GENERAL if name == stays_lawful.__name__ else (name,) for name in named]
        return tuple(name for names in every for name in names) or self.promised
