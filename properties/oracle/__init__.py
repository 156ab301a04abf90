"""A second machine: the same history in exact fractions, to compare with.

`ledger` keeps who owns what, `oracle` follows a run of the protocol on it.
"""

from properties.oracle.oracle import Oracle

__all__ = ["Oracle"]
