"""What ties a definition to the function that computes it."""

from collections.abc import Callable
from typing import Any

import attrs
import z3

from properties.theorems.theory import Axiom, Obligation

FOR_ALL_INPUTS = "for all inputs"

LONGEST = 2**20
"""The most epochs that a parameter may say."""


@attrs.frozen
class Tie:
    """A function of the machine, and the obligation that it computes a definition."""

    function: Callable[..., Any]
    obligation: Obligation
    scope: str = FOR_ALL_INPUTS
    """For what it is shown."""

    @property
    def place(self) -> str:
        """Where the function is."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


def tie(
    name: str,
    function: Callable[..., Any],
    says: str,
    where: z3.BoolRef,
    claim: z3.BoolRef,
    scope: str = FOR_ALL_INPUTS,
) -> Tie:
    """Return the tie of a function of which a claim must hold, wherever its fields are lawful."""
    domain = Axiom("fields are within their bounds", where, "records check every field", ("RUN-3",))
    return Tie(function, Obligation(name, says, (domain,), claim), scope)


def within(high: int, *terms: z3.ArithRef) -> z3.BoolRef:
    """Say that numbers are natural, and no larger than a bound."""
    return z3.And([z3.And(term >= 0, term <= high) for term in terms])
