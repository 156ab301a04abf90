"""The fields of every record as JSON, for programs in other languages to read."""

import json
from typing import Any

import attrs

from properties.conformance.annotations import written
from properties.conformance.types import EVENTS, RECORDS, TRANSACTIONS
from properties.conformance.views import map_places
from statemachine.codec import to_jsonable
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds
from statemachine.records import fields_of
from statemachine.state import State

Kind = dict[str, object]


class _Kinds:
    """Says annotations as objects."""

    def integer(self, bounds: Bounds) -> Kind:
        return {
            "kind": "integer",
            "low": str(bounds.low),
            "high": str(bounds.high),
            "decimal": bounds.decimal,
        }

    def content(self, length: int) -> Kind:
        return {"kind": "bytes", "length": length}

    def text(self, longest: int) -> Kind:
        return {"kind": "text", "longest": longest}

    def flag(self) -> Kind:
        return {"kind": "flag"}

    def choice(self, texts: list[str]) -> Kind:
        return {"kind": "choice", "words": texts}

    def record(self, kind: type) -> Kind:
        return {"kind": "record", "name": kind.__name__}

    def named(self, kinds: list[type]) -> Kind:
        return {"kind": "named", "names": [kind.__name__ for kind in kinds]}

    def several(self, item: Kind) -> Kind:
        return {"kind": "list", "item": item}

    def optional(self, item: Kind) -> Kind:
        return {"kind": "optional", "item": item}

    def map(self, layout: MapLayout[Any], entry: Kind) -> Kind:
        return {"kind": "map", "name": layout.name, "key": layout.key_length, "entry": entry}


def records_json() -> str:
    """Return the text of records.json."""
    return (
        json.dumps(
            {
                "records": {
                    name: [_field(field) for field in fields_of(kind)]
                    for name, kind in RECORDS.items()
                },
                "maps": {
                    place: written(annotation, _Kinds())
                    for place, annotation in map_places(State).items()
                },
                "transactions": [kind.__name__ for kind in TRANSACTIONS],
                "events": [kind.__name__ for kind in EVENTS],
            },
            indent=1,
        )
        + "\n"
    )


def _field(field: "attrs.Attribute[Any]") -> Kind:
    described: Kind = {"name": field.name, "type": written(field.type, _Kinds())}
    if field.default is not attrs.NOTHING:
        described["default"] = to_jsonable(field.default, field.type)
    return described
