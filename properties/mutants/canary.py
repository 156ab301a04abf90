"""A mistake so obvious that every engine must find it at once.

An engine that misses it is broken, and its silence about other forks says nothing.
"""

from properties.mutants.catalogue import Mutant
from statemachine.rules import PROTOCOL


def anybody(_part: int, _total: int) -> bool:
    """Treat any vote as a quorum."""
    return True


CANARY = Mutant(
    "CANARY",
    "ours",
    "Any vote is a quorum.",
    PROTOCOL.fork("canary", is_quorum=anybody),
    ("FIN-2", "SLA-6", "SAF-1", "FIN-12"),
)
