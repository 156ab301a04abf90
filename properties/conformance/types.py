"""Every record that has canonical bytes, by name."""

import typing
from types import MappingProxyType
from typing import Any

from statemachine import events
from statemachine.annotations import is_record
from statemachine.records import fields_of
from statemachine.signed.block import Block
from statemachine.signed.chain import ProvenGenesis
from statemachine.state import State
from statemachine.transactions import Transaction

EVENTS: tuple[type, ...] = tuple(
    kind
    for kind in vars(events).values()
    if isinstance(kind, type) and kind.__module__ == events.__name__ and is_record(kind)
)
"""What transitions announce."""

TRANSACTIONS: tuple[type, ...] = typing.get_args(Transaction)
"""What can be asked of the default protocol."""


def _reached(kinds: typing.Iterable[Any]) -> dict[str, type]:
    """Return the records that others are made of, each after those in it."""
    reached: dict[str, type] = {}

    def visit(annotation: Any) -> None:
        if is_record(annotation):
            if annotation.__name__ not in reached:
                for field in fields_of(annotation):
                    visit(field.type)
                reached[annotation.__name__] = annotation
        else:
            for argument in typing.get_args(annotation):
                visit(argument)

    for kind in kinds:
        visit(kind)
    return reached


RECORDS = MappingProxyType(_reached((State, ProvenGenesis, *TRANSACTIONS, Block, *EVENTS)))
"""By name; a record stands after those that it is made of."""
