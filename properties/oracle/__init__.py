"""A second machine: the same history in exact fractions, to compare with.

`ledger` keeps who owns what, `finality` who voted for what, and `oracle` follows a run of
the protocol on both.
"""

from properties.oracle.oracle import Oracle

__all__ = ["Oracle"]
