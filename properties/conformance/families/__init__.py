"""The families of vectors, from the bottom of the ladder up."""

from properties.conformance.drafts import Family
from properties.conformance.families import (
    basics,
    beginnings,
    bytes_and_json,
    maps,
    rounding,
    signed,
)
from properties.conformance.families.transactions import families_of_transactions

LADDER: tuple[Family, ...] = (
    *basics.FAMILIES,
    *bytes_and_json.FAMILIES,
    *maps.FAMILIES,
    *beginnings.FAMILIES,
    *signed.FAMILIES,
    *rounding.FAMILIES,
)
"""Those that do not rest on a search, in the order in which a client is written."""

__all__ = ["LADDER", "families_of_transactions"]
