"""Names that follow from contents, so that equal things have one name on every machine."""

from statemachine.hashing import digest

NAME_BYTES = 16
"""Bytes of a digest in a name."""


def name_of(*parts: bytes) -> str:
    """Return the name of some contents, as hex."""
    return digest("campaign", *parts)[:NAME_BYTES].hex()
