"""JSON Schemas (2020-12) of records, messages and vectors, read off the annotations."""

import json
from typing import Any

import attrs

from properties.conformance.annotations import written
from properties.conformance.asks import FORMAT as CONFORMANCE
from properties.conformance.asks import KINDS
from properties.conformance.cddl import cddl
from properties.conformance.machine import HANDLERS
from properties.conformance.records_json import records_json
from properties.conformance.reference import reference
from properties.conformance.rejections import DETAILS
from properties.conformance.types import EVENTS, RECORDS, TRANSACTIONS
from properties.conformance.vectors import FORMAT as VECTORS
from properties.trace.counterexample import FORMAT as COUNTEREXAMPLE
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds
from statemachine.records import fields_of

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class _JsonSchema:
    """Says annotations as JSON Schemas."""

    def integer(self, bounds: Bounds) -> Schema:
        if not bounds.decimal:
            return {"type": "integer", "minimum": bounds.low, "maximum": bounds.high}
        longest = len(str(bounds.high))
        return {"type": "string", "pattern": f"^(0|[1-9][0-9]{{0,{longest - 1}}})$"}

    def content(self, length: int) -> Schema:
        return {"type": "string", "pattern": f"^0x[0-9a-f]{{{2 * length}}}$"}

    def text(self, longest: int) -> Schema:
        return {"type": "string", "pattern": f"^[ -~]{{1,{longest}}}$"}

    def flag(self) -> Schema:
        return {"type": "boolean"}

    def choice(self, texts: list[str]) -> Schema:
        return {"enum": texts}

    def record(self, kind: type) -> Schema:
        return {"$ref": f"#/$defs/{kind.__name__}"}

    def named(self, kinds: list[type]) -> Schema:
        return {"oneOf": [{"$ref": f"#/$defs/tagged{kind.__name__}"} for kind in kinds]}

    def several(self, item: Schema) -> Schema:
        return {"type": "array", "items": item}

    def optional(self, item: Schema) -> Schema:
        return {"oneOf": [item, {"type": "null"}]}

    def map(self, layout: MapLayout[Any], entry: Schema) -> Schema:
        return self.several(
            {
                "type": "array",
                "prefixItems": [self.content(layout.key_length), entry],
                "items": False,
                "minItems": 2,
            }
        )


def _record(kind: type, *, tagged: bool) -> Schema:
    writer = _JsonSchema()
    properties = {field.name: written(field.type, writer) for field in fields_of(kind)}
    required = [field.name for field in fields_of(kind) if field.default is attrs.NOTHING]
    if tagged:
        properties = {"type": {"const": kind.__name__}, **properties}
        required = ["type", *required]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _definitions() -> Schema:
    """Return the schema of each record, alone and with its type's name."""
    return {
        **{name: _record(kind, tagged=False) for name, kind in RECORDS.items()},
        **{f"tagged{name}": _record(kind, tagged=True) for name, kind in RECORDS.items()},
        "Transaction": {"oneOf": [_tagged(kind) for kind in TRANSACTIONS]},
        "Event": {"oneOf": [_tagged(kind) for kind in EVENTS]},
        "Rejection": {
            "type": "object",
            "properties": {"reason": {"enum": list(DETAILS)}, "details": {"type": "object"}},
            "required": ["reason", "details"],
        },
    }


def _tagged(kind: type) -> Schema:
    return {"$ref": f"#/$defs/tagged{kind.__name__}"}


def _document(title: str, **content: Any) -> Schema:
    return {"$schema": DRAFT, "title": title, **content, "$defs": _definitions()}


def _ask() -> Schema:
    """Return the schema of an ask: known ones have their fields, others may be anything."""
    return {
        "type": "object",
        "properties": {
            "do": {"enum": list(HANDLERS)},
            "transaction": {"type": "object", "required": ["type"]},
            "root": {"type": ["boolean", "string"]},
            "slot": {"type": "integer"},
            "map": {"type": "string"},
            "prefix": {"type": "string", "pattern": "^[0-9a-f]*$"},
            "key": {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"},
            "name": {"type": "string"},
        },
        "required": ["do"],
    }


def _reply() -> Schema:
    return {
        "type": "object",
        "properties": {
            "ok": {
                "type": "object",
                "properties": {
                    "root": {"type": "string", "pattern": "^0x[0-9a-f]{64}$"},
                    "events": {"type": "array", "items": {"$ref": "#/$defs/Event"}},
                },
            },
            "rejected": {"$ref": "#/$defs/Rejection"},
            "malformed": {
                "type": "object",
                "properties": {
                    "fault": {
                        "enum": [
                            "not_cbor", "not_canonical", "malformed", "out_of_range", "bad_ask",
                        ]
                    },
                    "message": {"type": "string"},
                },
                "required": ["fault", "message"],
            },
            "unsupported": {"type": "string"},
            "failed": {"type": "string"},
        },
        "oneOf": [{"required": [kind]} for kind in KINDS],
    }  # fmt: skip


def _vectors() -> Schema:
    step = {
        "type": "object",
        "properties": {
            "ask": _ask(),
            "reply": _reply(),
            "maps": {
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": "^0x[0-9a-f]{64}$"},
            },
        },
        "required": ["ask", "reply"],
        "additionalProperties": False,
    }
    case = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "minLength": 1},
            "about": {"type": "string"},
            "kills": {"type": "array", "items": {"type": "string"}},
            "steps": {"type": "array", "items": step, "minItems": 1},
        },
        "required": ["id", "about", "kills", "steps"],
        "additionalProperties": False,
    }
    return _document(
        "A file of vectors",
        type="object",
        properties={
            "format": {"const": VECTORS},
            "family": {"type": "string"},
            "about": {"type": "string"},
            "protocol": {"type": "string"},
            "contents": {"type": "string", "pattern": "^0x[0-9a-f]{64}$"},
            "cases": {"type": "array", "items": case},
        },
        required=["format", "family", "about", "protocol", "contents", "cases"],
        additionalProperties=False,
    )


def _message() -> Schema:
    numbered = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    return _document(
        f"A message of {CONFORMANCE}",
        oneOf=[{"allOf": [numbered, _ask()]}, {"allOf": [numbered, _reply()]}],
    )


def _counterexample() -> Schema:
    start = [{"$ref": f"#/$defs/tagged{name}"} for name in ("Genesis", "State")]
    several = {"type": "array", "items": {"type": "object", "required": ["type"]}}
    fields = {name: {"type": "string"} for name in ("protocol", "law", "message", "found_by")}
    return _document(
        "A counterexample",
        type="object",
        properties={
            "format": {"const": COUNTEREXAMPLE},
            **fields,
            "start": {"oneOf": start},
            "transactions": several,
            "other": several,
            "honest": {"type": "array", "items": {"type": "string"}},
        },
        required=["format", *fields, "start", "transactions"],
        additionalProperties=False,
    )


def _transactions() -> Schema:
    return _document("A transaction: a line of a file of transactions", **_ref("Transaction"))


def _genesis() -> Schema:
    return _document("A genesis", **_ref("Genesis"))


def _state() -> Schema:
    return _document("A state, with its type", **_ref("taggedState"))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def schemas() -> dict[str, str]:
    """Return the text of each schema, by the name of its file."""
    made = {
        "vectors": _vectors(),
        "message": _message(),
        "counterexample": _counterexample(),
        "transaction": _transactions(),
        "genesis": _genesis(),
        "state": _state(),
    }
    return {
        f"{name}.schema.json": json.dumps(_only_used(schema), indent=1) + "\n"
        for name, schema in made.items()
    }


def texts_of_schemas() -> dict[str, str]:
    """Return the text of every file of specs/schemas by its name."""
    return {
        **schemas(),
        "records.json": records_json(),
        "stakespec.cddl": cddl(),
        "README.md": reference(),
    }


def _only_used(schema: Schema) -> Schema:
    """Leave out the definitions that nothing refers to."""
    definitions = schema["$defs"]
    used: set[str] = set()
    pending = [{name: content for name, content in schema.items() if name != "$defs"}]
    while pending:
        text = json.dumps(pending.pop())
        for name in definitions:
            if name not in used and f'"#/$defs/{name}"' in text:
                used.add(name)
                pending.append(definitions[name])
    kept = {name: content for name, content in definitions.items() if name in used}
    return {**schema, "$defs": kept}
