"""A designer's protocol, and what is asked of it beyond what is asked of every protocol.

A `Design` is a protocol, so every engine takes one in the place of a protocol; what it adds
is looked up by the functions below, which answer for any protocol.
"""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

import attrs

from properties.laws import LAWS, Law, Violation
from properties.laws.accusation import DRAWN_TYPES, SENDER_FIELDS
from properties.laws.application import ALWAYS
from properties.laws.law import (
    OnAccount,
    OnEnd,
    OnRejection,
    OnState,
    OnStep,
    OnSum,
    OnValidator,
    Witness,
)
from properties.laws.views import Step
from properties.laws.witnesses import WITNESSES
from properties.model.draw_context import DrawContext
from properties.model.settings import fit_settings
from statemachine.params import Params
from statemachine.protocol import Protocol
from statemachine.records import extend, held_by
from statemachine.state import State

__all__ = [
    "Aside",
    "Design",
    "DrawContext",
    "Law",
    "OnAccount",
    "OnEnd",
    "OnRejection",
    "OnState",
    "OnStep",
    "OnSum",
    "OnValidator",
    "Step",
    "Witness",
]

Draw = Callable[[DrawContext], Any]
"""Draws a transaction for a context; None where there is nothing to draw."""

Lesson = Callable[[Any, Step, Any], None]
"""Does on the oracle's books (see `oracle.ledger.Ledger`) what a step's transaction, or one of its
events, has done."""

INDISPENSABLE = frozenset({*ALWAYS, "RUN-2"})
"""Laws that cannot be set aside: every other check relies on determinism, totality and purity."""


@attrs.frozen
class Aside:
    """A law that is set aside for some types of transaction alone, and why."""

    why: str
    types: tuple[type, ...]

    def __str__(self) -> str:
        """Name the types and the reason."""
        return f"for {', '.join(kind.__name__ for kind in self.types)}: {self.why}"


class BadDesign(ValueError):
    """A design whose parts do not fit together; the message says which, and what to do."""


def _frozen(parts: Mapping[object, object]) -> Mapping[object, object]:
    return MappingProxyType(dict(parts))


@attrs.frozen(eq=False)
class Design(Protocol):
    """A protocol with laws, witnesses, transaction types and settings of its own."""

    laws: tuple[Law, ...] = ()
    """Laws that must hold as well."""
    witnesses: tuple[Witness, ...] = ()
    """Witnesses that must be reached in small worlds as well."""
    transactions: Mapping[type, Draw] = attrs.field(default={}, converter=_frozen)
    """Its own transaction types, which have rules, each with the function that draws it."""
    set_aside: Mapping[str, str | Aside] = attrs.field(default={}, converter=_frozen)
    """The ids of laws that it means to break, and why; some for a few transaction types alone.

    Those of witnesses that it cannot reach stand here as well.
    """
    lessons: Mapping[type, Lesson] = attrs.field(default={}, converter=_frozen)
    """What the oracle does on its books for a transaction, or an event, of the design's own."""
    draw_state: Callable[[Random, State], State] | None = None
    """Draws what it adds to a state, for single steps from states that no run need reach.

    Without, that has its defaults there.
    """
    settings: tuple[str, ...] = ()
    """Parameters with which every world begins, each as "unbonding_epochs=3"."""
    all_laws: tuple[Law, ...] = attrs.field(init=False)
    """All laws that it is checked against."""

    @classmethod
    def of(cls, protocol: Protocol, **parts: Any) -> "Design":
        """Return a protocol as a design. Raises BadDesign."""
        if isinstance(protocol, Design):
            return attrs.evolve(protocol, **parts)
        shared = {field.name: getattr(protocol, field.name) for field in attrs.fields(Protocol)}
        return cls(**shared, **parts)

    def __attrs_post_init__(self) -> None:
        """Check that the parts fit together."""
        shipped = {law.id: law for law in LAWS}
        witnesses = {witness.id for witness in WITNESSES}
        for law_id in self.set_aside:
            if law_id in witnesses:
                continue
            if law_id not in shipped:
                raise BadDesign(f"set_aside: there is no law {law_id!r}; stakespec laws lists them")
            if law_id in INDISPENSABLE:
                raise BadDesign(f"set_aside: {law_id}: without it nothing could be said of a run")
            spared = self.set_aside[law_id]
            if isinstance(spared, Aside) and shipped[law_id].about:
                strangers = [kind for kind in spared.types if kind not in shipped[law_id].about]
                if strangers:
                    told = ", ".join(kind.__name__ for kind in strangers)
                    raise BadDesign(f"set_aside: {law_id}: it does not judge {told} anyway")
        held, described = (held_by(kind, "params") for kind in (self.state, self.description))
        if held is not described:
            raise BadDesign(
                f"description: {self.description.__name__} has {described.__name__} for params,"
                f" {self.state.__name__} has {held.__name__}; annotate both alike"
            )
        ids = [law.id for law in self.laws]
        for law_id in ids:
            if law_id in shipped or ids.count(law_id) > 1:
                raise BadDesign(f"laws: there is a law {law_id!r} already; give it another id")
        for kind in self.transactions:
            if kind not in self.rules:
                raise BadDesign(f"transactions: {kind.__name__} has no rule; fork with one")
            names = {field.name for field in attrs.fields(kind)}
            if not names & set(SENDER_FIELDS):
                raise BadDesign(
                    f"transactions: {kind.__name__} does not say who sends it; call a field"
                    f" {', '.join(SENDER_FIELDS[:-1])} or {SENDER_FIELDS[-1]}"
                )
        kept = tuple(
            attrs.evolve(law, spared=aside.types) if isinstance(aside, Aside) else law
            for law in LAWS
            if not isinstance(aside := self.set_aside.get(law.id), str)
        )
        object.__setattr__(self, "all_laws", (*kept, *self.laws))


def laws_of(protocol: Protocol) -> tuple[Law, ...]:
    """Return all laws that a protocol is checked against."""
    return protocol.all_laws if isinstance(protocol, Design) else LAWS


def law_of(protocol: Protocol, law_id: str) -> Law:
    """Return a law by its id, also one that is set aside. Raises KeyError with what there is."""
    for law in (*laws_of(protocol), *LAWS):
        if law.id == law_id:
            return law
    ids = ", ".join(law.id for law in laws_of(protocol))
    raise KeyError(f"no law {law_id}; there are {ids}")


def set_aside_by(protocol: Protocol) -> Mapping[str, str]:
    """Return the laws that a protocol sets aside as a whole, each with the reason."""
    return {law: why for law, why in asides_of(protocol).items() if isinstance(why, str)}


def asides_of(protocol: Protocol) -> Mapping[str, str | Aside]:
    """Return the laws that a protocol sets aside, as a whole or for some transactions."""
    return protocol.set_aside if isinstance(protocol, Design) else {}


def is_asked(protocol: Protocol, law_id: str) -> bool:
    """Say whether a law is not set aside."""
    return law_id not in set_aside_by(protocol)


def is_exact(protocol: Protocol) -> bool:
    """Say whether a design means two thirds exactly to be a quorum: two may share just a third."""
    return not is_asked(protocol, "FIN-12") and protocol.is_quorum(2, 3)


def asked(
    protocol: Protocol, violations: list[Violation], transaction: object = None
) -> list[Violation]:
    """Return the violations of laws that are not set aside, nor for this transaction."""
    if not violations:
        return violations
    asides = asides_of(protocol)
    return [
        violation
        for violation in violations
        if not isinstance(aside := asides.get(violation.law), str)
        and not (isinstance(aside, Aside) and type(transaction) in aside.types)
    ]


def witnesses_of(protocol: Protocol) -> tuple[Witness, ...]:
    """Return the witnesses that every campaign on small worlds must reach."""
    own = protocol.witnesses if isinstance(protocol, Design) else ()
    shipped = (witness for witness in WITNESSES if is_asked(protocol, witness.id))
    return (*shipped, *own)


def types_of(protocol: Protocol) -> tuple[type, ...]:
    """Return the transaction types that engines draw."""
    own = protocol.transactions if isinstance(protocol, Design) else {}
    return (*DRAWN_TYPES, *own)


def types_in_files_of(protocol: Protocol) -> tuple[type, ...]:
    """Return the types of all that files of a protocol may hold: what is submitted, and starts."""
    return (*types_of(protocol), protocol.description, protocol.state)


def submitted_types_of(protocol: Protocol) -> tuple[type, ...]:
    """Return the transaction types that anybody may submit, without those only engines use."""
    return tuple(kind for kind in types_of(protocol) if kind in protocol.rules)


def draws_of(protocol: Protocol) -> tuple[Draw, ...]:
    """Return the functions that draw a design's own transactions."""
    return tuple(protocol.transactions.values()) if isinstance(protocol, Design) else ()


def lessons_of(protocol: Protocol) -> Mapping[type, Lesson]:
    """Return what a design teaches the oracle."""
    return protocol.lessons if isinstance(protocol, Design) else {}


def settings_of(protocol: Protocol) -> tuple[str, ...]:
    """Return the parameters with which every world of a protocol begins."""
    return protocol.settings if isinstance(protocol, Design) else ()


def draw_own(protocol: Protocol, rng: Random, state: State) -> State:
    """Return an arbitrary lawful state with what a design adds to it drawn as well."""
    draw = protocol.draw_state if isinstance(protocol, Design) else None
    return state if draw is None else draw(rng, state)


def begun_with(protocol: Protocol, params: Params) -> Params:
    """Return drawn parameters as a protocol's worlds begin with them. Raises BadSetting."""
    theirs = extend(params, held_by(protocol.description, "params"))
    return fit_settings(theirs, settings_of(protocol))


def with_settings(protocol: Protocol, settings: tuple[str, ...]) -> Protocol:
    """Return a protocol whose worlds all have some parameters replaced, as in `--set`."""
    if not settings:
        return protocol
    return Design.of(protocol, settings=(*settings_of(protocol), *settings))
