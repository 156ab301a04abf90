"""Contracts that nobody writes: of the transaction types that a design adds.

The design draws a transaction for a state of each shape. Every number in it becomes a symbol;
who sends it, and whatever else is no number, stays as drawn.
"""

import inspect
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import attrs

from properties.engines.prove.contract import Contract, Numbers
from properties.engines.prove.earnings import EARNINGS, Earnings
from properties.engines.prove.holdings import HOLDINGS, Holdings
from properties.engines.prove.laws import GENERAL, outcome_of
from properties.engines.prove.shapes import MAX
from properties.engines.prove.subject import SUBJECT
from properties.laws.application import Outcome
from properties.laws.law import OnStep
from properties.model.design import Design, Draw
from properties.model.draw_context import Actors, DrawContext, RunProfile
from statemachine.annotations import bound_of
from statemachine.errors import Rejected
from statemachine.primitives import Bounds
from statemachine.protocol import Protocol

Shape = Holdings | Earnings

SHAPES: Mapping[str, Shape] = {
    "holdings": attrs.evolve(HOLDINGS, floor=MAX),
    "earnings": EARNINGS,
}
"""With room for any amount in the next epochs, since nobody can say what a design books."""

DRAWS = 100
"""How often a design is asked for a transaction that its own rule accepts."""

COST = 5.0
"""What the proof of such a contract may cost in seconds: nobody has measured it."""


def own_contracts(protocol: Protocol) -> tuple[Contract, ...]:
    """Return contracts for the transaction types that a protocol adds."""
    if not isinstance(protocol, Design):
        return ()
    return tuple(
        _contract(protocol, kind, draw, name)
        for kind, draw in protocol.transactions.items()
        for name in SHAPES
    )


def _contract(design: Design, kind: type, draw: Draw, name: str) -> Contract:
    """Return the contract of a transaction type on states of one shape."""
    shape = SHAPES[name]
    example = _example(design, draw, shape)
    bounds = _bounds_of(kind)

    def submit(has: Shape = shape, **numbers: int) -> Outcome | None:
        if example is None:
            return None
        return outcome_of(has.state(), attrs.evolve(example, **numbers))

    def is_meant(numbers: Numbers) -> bool:
        has: Shape = numbers["has"]
        within = all(
            numbers[field] >= bound.low and numbers[field] <= bound.high
            for field, bound in bounds.items()
        )
        has_room = isinstance(has, Earnings) or has.has_room(MAX)
        return within and has_room and has.is_lawful()

    submit.__name__ = f"{kind.__name__}_with_{name}"
    submit.__doc__ = f"Submit a transaction that the design adds, with any numbers: {kind.__name__}"
    submit.__signature__ = _signature(shape, example, bounds)  # type: ignore[attr-defined]
    of_steps = (law for law in design.laws if isinstance(law.check, OnStep))
    own = tuple(law.id for law in of_steps if not law.about or kind in law.about)
    return Contract(kind.__name__, submit, COST, is_meant, (*GENERAL, *own))


def _bounds_of(kind: type) -> dict[str, Bounds]:
    """Return the fields of a transaction type that are numbers, and their bounds."""
    bounds = ((field.name, bound_of(field.type, Bounds)) for field in attrs.fields(kind))
    return {name: bound for name, bound in bounds if bound is not None}


def _example(design: Design, draw: Draw, shape: Shape) -> Any:
    """Return a transaction that is accepted, or else any that is drawn; None if there is none."""
    drawn = None
    with SUBJECT.speaking_of(design):
        for transaction in _drawn(design, draw, shape):
            drawn = transaction
            if not isinstance(outcome_of(shape.state(), transaction), Rejected):
                break
    return drawn


def _drawn(design: Design, draw: Draw, shape: Shape) -> Iterator[Any]:
    state, rng = shape.state(), Random(0)
    profile = RunProfile(weights=(), offline=(), mischief=0, hurry=0)
    context = DrawContext(design, state, rng, profile, Actors.of(state))
    for _ in range(DRAWS):
        transaction = draw(context)
        if transaction is not None:
            yield transaction


def _signature(shape: Shape, example: Any, bounds: Mapping[str, Bounds]) -> inspect.Signature:
    """Return the arguments of a contract: the numbers of the state, and of the transaction."""
    parameters = [
        inspect.Parameter(
            "has", inspect.Parameter.KEYWORD_ONLY, default=shape, annotation=type(shape)
        )
    ]
    for name, bound in bounds.items():
        default = bound.low if example is None else getattr(example, name)
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=int)
        )
    return inspect.Signature(parameters, return_annotation=Any)
