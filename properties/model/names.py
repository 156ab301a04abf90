"""The addresses and keys of the actors in small worlds."""

from statemachine.hashing import digest


def address(number: int) -> bytes:
    """Return the readable address of the actor with this number."""
    return bytes([number]) * 20


def twin(number: int) -> bytes:
    """Return the address of the actor of this number that differs from all others in a byte.

    Where such live together, nothing may tell them apart by the first bytes.
    """
    return TWIN + bytes([number])


TWIN = b"\x77" * 19
"""The prefix of all twins' addresses."""


def is_twin(name: bytes) -> bool:
    """Say whether a name is the address of a twin."""
    return len(name) == len(TWIN) + 1 and name.startswith(TWIN)


def public_key(owner: bytes) -> bytes:
    """Return a key that belongs to an address. It is 48 bytes, and no point of a curve."""
    return digest("stakespec/test-key", owner) + owner[:16]
