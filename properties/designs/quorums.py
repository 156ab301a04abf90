"""Other quorums: a half, three quarters, and two thirds exactly, which other designs use."""

from properties.model.design import Design
from statemachine import PROTOCOL


def is_half(tally: int, total: int) -> bool:
    """Say whether some stake is more than half of a total."""
    return 2 * tally > total


def is_two_thirds(tally: int, total: int) -> bool:
    """Say whether some stake is 2/3 or more of a total."""
    return total > 0 and 3 * tally >= 2 * total


def is_three_quarters(tally: int, total: int) -> bool:
    """Say whether some stake is more than three quarters of a total."""
    return 4 * tally > 3 * total


HALF = Design.of(PROTOCOL.fork("half", is_quorum=is_half))
"""Two quorums may share a single validator: nobody answers for two final checkpoints."""

THREE_QUARTERS = Design.of(PROTOCOL.fork("three-quarters", is_quorum=is_three_quarters))
"""Every law of safety holds; a quarter of the stake is enough to stop finality."""
