"""The definitions that theorems are about, as formulas.

`BOOK` has them as papers give them. `machine` reads a protocol's own off the functions
that it runs; `ties` proves that both are the same.
"""

from collections.abc import Callable

import attrs
import z3

Quorum = Callable[[z3.ArithRef, z3.ArithRef], z3.BoolRef]
"""Says whether a weight, of a total, decides for all."""

Share = Callable[[z3.ArithRef, z3.ArithRef], z3.ArithRef]
"""Takes an amount and basis points, and gives an amount."""


@attrs.frozen
class Link:
    """A vote, or the votes of a quorum, as a formula sees them."""

    source: z3.ArithRef
    """The epoch of its source."""
    target: z3.ArithRef
    """The epoch of its target."""


Contradiction = Callable[[Link, Link, z3.BoolRef], z3.BoolRef]
"""Says whether nobody may sign both of two votes, which are the same or not."""

MaySign = Callable[[Link, Link], z3.BoolRef]
"""Says whether who voted last for one link may vote for another."""


def is_supermajority(weight: z3.ArithRef, total: z3.ArithRef) -> z3.BoolRef:
    """Strictly more than two thirds of all stake (Casper FFG)."""
    return z3.And(total > 0, 3 * weight > 2 * total)


def contradict(first: Link, second: Link, same: z3.BoolRef) -> z3.BoolRef:
    """Slashing conditions I and II of Casper FFG."""
    return z3.And(
        z3.Not(same),
        z3.Or(first.target == second.target, surrounds(first, second), surrounds(second, first)),
    )


def surrounds(outer: Link, inner: Link) -> z3.BoolRef:
    """Say that one link spans another."""
    return z3.And(outer.source < inner.source, inner.target < outer.target)


def may_sign(signed: Link, vote: Link) -> z3.BoolRef:
    """A vote for a later target, from no earlier source, than those signed before."""
    return z3.And(
        vote.source < vote.target, vote.target > signed.target, vote.source >= signed.source
    )


WHOLE = 10_000
"""Basis points in a whole."""


def share(amount: z3.ArithRef, bps: z3.ArithRef) -> z3.ArithRef:
    """So many basis points of an amount, rounded down."""
    return amount * bps / WHOLE


def remaining(amount: z3.ArithRef, bps: z3.ArithRef) -> z3.ArithRef:
    """What an owner keeps when so many basis points are taken, rounded down."""
    return amount * (WHOLE - bps) / WHOLE


@attrs.frozen
class Definitions:
    """What a theorem takes from a protocol."""

    is_quorum: Quorum = is_supermajority
    contradict: Contradiction = contradict
    may_sign: MaySign = may_sign
    share: Share = share
    remaining: Share = remaining


BOOK = Definitions()
"""As papers give them."""
