"""The frame of a rule: a rule asks for the entries that it touches, and never for all of them.

A rule that only ever asks a map for single keys, and for totals, does the same whatever else
is in the map. So what is proved of it in a state of a few entries holds with any number of
others.
"""

from typing import Any, NoReturn, TypeVar

import attrs
import z3

from properties.engines.prove.contract import LEMMA
from properties.engines.prove.registry import CONTRACTS
from properties.engines.prove.subject import SUBJECT
from properties.laws.accusation import with_accusations
from properties.theorems.tie import Tie, tie
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.state import State

V = TypeVar("V")

MAPS = ("accounts", "validators", "delegations", "keys", "nonces")
"""The maps that grow with those who take part."""


class GoneThrough(Exception):
    """A rule has gone through all of a map."""


def _refuse(*_arguments: Any) -> NoReturn:
    raise GoneThrough


class Framed(MerkleMap[V]):
    """A map that answers for single keys and totals alone."""

    __slots__ = ()

    __iter__ = items = entries = _refuse
    with_prefix = without_prefix = _refuse  # type: ignore[assignment]

    @staticmethod
    def of(plain: MerkleMap[V]) -> "Framed[V]":
        """Return a map with the same contents."""
        return Framed(plain.layout, plain._top)

    def set(self, key: bytes, entry: V) -> MerkleMap[V]:
        """Return a map of this kind with this entry under the key."""
        return Framed.of(super().set(key, entry))

    def remove(self, key: bytes) -> MerkleMap[V]:
        """Return a map of this kind without this key."""
        return Framed.of(super().remove(key))


def _framed(state: State) -> State:
    return evolve(state, **{name: Framed.of(getattr(state, name)) for name in MAPS})


def goes_through(protocol: Protocol) -> tuple[str, ...]:
    """Return the contracts in whose example a protocol goes through all of a map."""
    protocol = with_accusations(protocol)
    return tuple(one.name for one in CONTRACTS if one.rule != LEMMA and _is_beyond(protocol, one))


def _is_beyond(protocol: Protocol, contract: Any) -> bool:
    with SUBJECT.speaking_of(protocol):
        contract.function()
    asked = SUBJECT.asked
    if asked is None:
        return False
    elected = asked.elected
    if elected:
        protocol = attrs.evolve(protocol, elect=lambda _state, slot: elected[slot % len(elected)])
    try:
        protocol.transition(_framed(asked.state), asked.transaction)
    except GoneThrough:
        return True
    except Exception:  # a fork may raise whatever it likes: other laws look after that
        return False
    return False


def ties(protocol: Protocol) -> tuple[Tie, ...]:
    """Return what ties a protocol's rules to the entries that they touch."""
    beyond = goes_through(protocol)
    says = "A rule asks the maps that grow for single entries and for totals, and nothing else."
    claim = z3.BoolVal(not beyond)
    where = z3.BoolVal(True)
    scope = "in the example of every contract"
    return (tie("what is touched", MerkleMap, says, where, claim, scope),)
