"""The frame of a rule: what it asks for, and what it leaves alone.

A rule that only ever asks a map for single keys, and for totals, does the same whatever else
is in the map. So what is proved of it in a state of a few entries holds with any number of
others.
"""

from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar

import attrs
import z3

from properties.engines.prove.contract import LEMMA
from properties.engines.prove.registry import CONTRACTS
from properties.engines.prove.subject import SUBJECT, Question
from properties.laws.accusation import with_accusations
from properties.theorems.tie import Tie, tie
from statemachine.map_keys import epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.protocol import Protocol
from statemachine.records import evolve
from statemachine.rules.finality import open_epoch
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


@attrs.frozen
class Example:
    """What the example of a contract asks of a protocol."""

    name: str
    question: Question

    def answer(self, protocol: Protocol, state: State) -> State | None:
        """Return what follows from a state like the example's; None where it is refused.

        Raises GoneThrough. A fork may raise whatever else it likes: other laws look after that.
        """
        elected = self.question.elected
        if elected:
            protocol = attrs.evolve(
                protocol, elect=lambda _state, slot: elected[slot % len(elected)]
            )
        try:
            return protocol.transition(state, self.question.transaction).state
        except GoneThrough:
            raise
        except Exception:
            return None


def _examples(protocol: Protocol) -> Iterator[Example]:
    with SUBJECT.speaking_of(protocol):
        for contract in CONTRACTS:
            if contract.rule != LEMMA:
                contract.function()
                if SUBJECT.asked is not None:
                    yield Example(contract.name, SUBJECT.asked)


def goes_through(protocol: Protocol) -> tuple[str, ...]:
    """Return the contracts in whose example a protocol goes through all of a map."""
    protocol = with_accusations(protocol)
    beyond = []
    for example in _examples(protocol):
        try:
            example.answer(protocol, _framed(example.question.state))
        except GoneThrough:
            beyond.append(example.name)
    return tuple(beyond)


def rewrites_the_past(protocol: Protocol) -> tuple[str, ...]:
    """Return the contracts in whose example a protocol remembers an epoch otherwise than it was."""
    protocol = with_accusations(protocol)
    return tuple(
        example.name for example in _examples(protocol) if not _keeps_the_past(protocol, example)
    )


def _keeps_the_past(protocol: Protocol, example: Example) -> bool:
    before = example.question.state
    after = example.answer(protocol, before)
    if after is None:
        return True
    was, now = before.finality.history, after.finality.history
    kept = all(
        was[key].root == record.root and was[key].snapshot == record.snapshot
        for key, record in now.items()
        if key in was
    )
    begun = now[epoch_key(after.epoch)]
    return kept and (after.epoch == before.epoch or begun.root == before.head)


def ties(protocol: Protocol) -> tuple[Tie, ...]:
    """Return what ties a protocol's rules to what they touch, and to what they leave alone."""
    where, scope = z3.BoolVal(True), "in the example of every contract"
    touched = "A rule asks the maps that grow for single entries and for totals, and nothing else."
    past = (
        "An epoch is remembered with the last block before it and the set it began with, and stays"
        " so."
    )
    beyond = z3.BoolVal(not goes_through(protocol))
    kept = z3.BoolVal(not rewrites_the_past(protocol))
    return (
        tie("what is touched", MerkleMap, touched, where, beyond, scope),
        tie("the past is kept", open_epoch, past, where, kept, scope),
    )
