"""All theorems, each after those whose lemmas it uses."""

from properties.theorems import (
    blame,
    conservation,
    evidence,
    framing,
    liveness,
    quorums,
    safety,
    solvency,
    tree,
)
from properties.theorems.definitions import BOOK, Definitions
from properties.theorems.theory import Theorem


def theorems(definitions: Definitions = BOOK) -> tuple[Theorem, ...]:
    """Return the theorems, about the definitions of papers or of a protocol."""
    return (
        quorums.theorem(definitions),
        tree.theorem(),
        safety.theorem(definitions),
        framing.theorem(definitions),
        liveness.theorem(definitions),
        evidence.theorem(),
        blame.theorem(definitions),
        conservation.theorem(definitions),
        solvency.theorem(definitions),
    )
