"""The ITF trace format, which Apalache and Quint write and read (Apalache's ADR 015).

A whole number is {"#bigint": "5"}, a map {"#map": [[key, entry]]}, a tuple {"#tup": []},
a set {"#set": []}, a sequence a list, a record an object. What is one of several things,
as a transaction is, goes as {"tag": ..., "value": ...}. A field that may be absent is a set
of at most one.
"""

import json
import typing
from enum import Enum
from typing import Any

import attrs

from properties.exports.retelling import Moment, Retelling
from statemachine.map_keys import split_delegation_key
from statemachine.merkle_map import MerkleMap
from statemachine.records import fields_of, own_fields
from statemachine.state import State, Validator

DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"

UNIT = "U_OF_UNIT"
"""What Apalache writes where there is nothing to say."""


def as_itf(retelling: Retelling) -> str:
    """Return the first branch as the text of an ITF trace."""
    branch = retelling.branches[0]
    states = [_variables(branch.start, None)]
    states += [_variables(moment.after, moment) for moment in branch.moments]
    package = retelling.package
    violation = next(iter(retelling.violations), None)
    meta = {
        "format": "ITF",
        "format-description": DESCRIPTION,
        "source": package.protocol,
        "description": f"{violation.law}: {violation.message}"
        if violation
        else f"{package.law} holds",
        "status": "violation" if violation else "ok",
    }
    written = ",\n".join(_state_text(place, state) for place, state in enumerate(states))
    head = {"#meta": meta, "params": [], "vars": list(states[0])}
    return f'{{\n{_fields(head, 1)},\n "states": [\n{written}\n ]\n}}\n'


def _state_text(place: int, variables: dict[str, Any]) -> str:
    return f"  {{\n{_fields({'#meta': {'index': place}, **variables}, 3)}\n  }}"


def _fields(fields: dict[str, Any], indent: int) -> str:
    """Write fields as JSON, one to a line, so that two states can be compared by line."""
    return ",\n".join(
        f"{' ' * indent}{json.dumps(name)}: {json.dumps(content)}"
        for name, content in fields.items()
    )


def _variables(state: State, moment: Moment | None) -> dict[str, object]:
    """Return the variables of a state, and the transaction that led to it."""
    finality = state.finality
    return {
        "tx": {"tag": "Start", "value": UNIT} if moment is None else _variant(moment.transaction),
        "events": [_variant(event) for event in moment.events] if moment else [],
        "refusal": (moment.refusal or "") if moment else "",
        "slot": _plain(state.slot),
        "epoch": _plain(state.epoch),
        "supply": _plain(state.supply),
        "pots": _plain(state.pots),
        "accounts": _plain(state.accounts),
        "validators": {
            "#map": [[_plain(address), _validator(state, address)] for address in state.validators]
        },
        "delegations": {
            "#map": [
                [
                    {"#tup": [_plain(address) for address in split_delegation_key(key)]},
                    _plain(delegation),
                ]
                for key, delegation in state.delegations.items()
            ]
        },
        "snapshot": _plain(state.snapshot),
        "justified": _plain(finality.justified),
        "finalised": _plain(finality.finalised),
        **{name: _plain(getattr(state, name)) for name in own_fields(state, State)},
    }


def _validator(state: State, address: bytes) -> dict[str, object]:
    validator = state.validators[address]
    buckets = validator.buckets
    return {
        "status": _plain(validator.status),
        "bonded": _plain(sum(bucket.amount for bucket in buckets if bucket.end is None)),
        "unbonding": _plain(sum(bucket.amount for bucket in buckets if bucket.end is not None)),
        "active": _plain(state.snapshot.get(address, 0)),
        "commission_bps": _plain(validator.commission_bps),
        "missed": _plain(validator.missed),
        "jailed_until": _plain(validator.jailed_until),
        "slashes": _plain(validator.slashes),
        **{name: _plain(getattr(validator, name)) for name in own_fields(validator, Validator)},
    }


def _variant(record: object) -> dict[str, object]:
    return {"tag": type(record).__name__, "value": _plain(record)}


def _plain(content: object) -> Any:
    """Return a field's content as ITF has it."""
    match content:
        case Enum():
            return content.value
        case bool() | str():
            return content
        case int():
            return {"#bigint": str(content)}
        case bytes():
            return "0x" + content.hex()
        case tuple():
            return [_plain(item) for item in content]
        case MerkleMap():
            return {"#map": [[_plain(key), _plain(entry)] for key, entry in content.items()]}
    if attrs.has(type(content)):
        return {
            field.name: _field(field.type, getattr(content, field.name))
            for field in fields_of(type(content))
        }
    return {"#unserializable": repr(content)}


def _field(annotation: object, content: object) -> Any:
    if type(None) in typing.get_args(annotation):
        return {"#set": [] if content is None else [_plain(content)]}
    return _plain(content)
