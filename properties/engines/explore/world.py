"""The type of worlds: chains from one genesis, and everything that may happen on them."""

from collections.abc import Callable, Iterable

import attrs

from properties.engines.explore.identity import Group, Signature
from statemachine.description import Genesis
from statemachine.protocol import Protocol
from statemachine.state import State

Alphabet = Callable[[Protocol, State, frozenset[Signature]], Iterable[object]]
"""Names all transactions that may come next on a chain, in an order of its own.

Some may be refused. It may look at the state and at the votes signed on the chain so far.
"""

Prelude = Callable[[Protocol, State], Iterable[object]]
"""Names the transactions with which a chain begins, before anything is counted."""


@attrs.frozen
class Branch:
    """One chain of a world."""

    alphabet: Alphabet
    prelude: Prelude = lambda _protocol, _state: ()


@attrs.frozen
class World:
    """A small world: where it begins, what may happen in it, and how far to look."""

    name: str
    summary: str
    genesis: Genesis
    branches: tuple[Branch, ...]
    """One chain; or two, which are held against accountable safety."""
    depth: int | None = None
    """The most transactions on the way to any state; None where there are finitely many."""
    interchangeable: tuple[Group, ...] = ()
    """Who may be exchanged for whom: the genesis and the alphabets treat them alike."""
    needs: frozenset[str] = frozenset()
    """Parameters that must stay as they are, or what is looked for could not be told."""
    mirrored: bool = False
    """Whether the two branches have the same alphabet, and may be exchanged as well."""
