"""A state by its parts: the maps with their roots, and everything else as plain fields."""

from typing import Any

from statemachine.annotations import entry_type, is_map, is_record
from statemachine.codec import to_jsonable
from statemachine.merkle_map import MerkleMap
from statemachine.records import fields_of
from statemachine.state import State


def map_places(cls: type, where: str = "") -> dict[str, Any]:
    """Return the annotation of each map in a record, by its place as in "finality.votes"."""
    places: dict[str, Any] = {}
    for field in fields_of(cls):
        place = f"{where}{field.name}"
        if is_map(field.type):
            places[place] = field.type
        elif field.type is not None and is_record(field.type):
            places |= map_places(field.type, f"{place}.")
    return places


def map_at(state: State, place: str) -> MerkleMap[Any]:
    """Return the map of a state at a place."""
    content: Any = state
    for name in place.split("."):
        content = getattr(content, name)
    assert isinstance(content, MerkleMap)
    return content


def map_roots(state: State) -> dict[str, str]:
    """Return the root of each map of a state."""
    return {place: "0x" + map_at(state, place).root().hex() for place in map_places(type(state))}


def entry_as_jsonable(entry: Any, annotation: Any) -> Any:
    """Return a map's entry as JSON's own types; a map inside it is its root."""
    kind = entry_type(annotation)
    if not is_record(kind):
        return to_jsonable(entry, kind)
    return {field.name: _field(getattr(entry, field.name), field.type) for field in fields_of(kind)}


def plain_fields(record: Any, where: str = "") -> dict[str, Any]:
    """Return what is in a record beside maps, by its place as in "pots.bonded"."""
    places: dict[str, Any] = {}
    for field in fields_of(type(record)):
        place = f"{where}{field.name}"
        content = getattr(record, field.name)
        if is_map(field.type):
            continue
        if is_record(field.type):
            places |= plain_fields(content, f"{place}.")
        else:
            places[place] = _field(content, field.type)
    return places


def _field(content: Any, annotation: Any) -> Any:
    if is_map(annotation):
        return "0x" + content.root().hex()
    return to_jsonable(content, annotation)
