"""What differs between two states, field by field, with whole keys and nothing left out."""

from collections.abc import Iterator
from typing import Any

from properties.conformance.views import entry_as_jsonable, map_at, map_places, plain_fields
from statemachine.merkle_map import differences
from statemachine.state import State

Difference = dict[str, Any]
"""A place, with what is there before and after; None where there is nothing."""


def state_differences(before: State, after: State) -> list[Difference]:
    """Return what differs between two states of one type."""
    places = list(value_differences("", plain_fields(before), plain_fields(after)))
    for place, annotation in map_places(type(after)).items():
        for key, was, is_now in differences(map_at(before, place), map_at(after, place)):
            sides = (
                None if entry is None else entry_as_jsonable(entry, annotation)
                for entry in (was, is_now)
            )
            places += value_differences(f"{place}[0x{key.hex()}]", *sides)
    return places


def value_differences(place: str, before: Any, after: Any) -> Iterator[Difference]:
    """Go through the innermost places at which two JSON values differ."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            inner = f"{place}.{name}" if place else name
            yield from value_differences(inner, before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from value_differences(f"{place}[{number}]", *pair)
    else:
        yield {"place": place, "before": before, "after": after}
