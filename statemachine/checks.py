"""What a field may hold, as its annotation says.

A check is a function that raises, with attrs's arguments: one call a field, whatever
builds the record.
"""

import types
import typing
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any

import attrs

from statemachine.errors import OutOfRange
from statemachine.merkle_map import MapLayout, MerkleMap
from statemachine.primitives import Bounds, Length, TextLength

Check = Callable[[object, object, object], None]
"""Takes a record and its field, which it ignores, and the content of the field.

Raises OutOfRange for what does not fit.
"""


def checker(annotation: object) -> Callable[[object], str | None]:
    """Return the function that gives the bound that a value breaks, or None if it fits."""
    check = check_of("", annotation)

    def broken_bound(content: object) -> str | None:
        try:
            check(None, None, content)
        except OutOfRange as refusal:
            return refusal.bound
        return None

    return broken_bound


def check_of(where: str, annotation: Any) -> Check:
    """Return the check for a field of this name with this annotation."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is Annotated:
        return _bound_check(where, arguments[1])
    if origin is tuple:
        return _tuple_check(where, check_of(where, arguments[0]))
    if origin in (typing.Union, types.UnionType):
        return _union_check(where, arguments)
    kind = origin or annotation
    if not isinstance(kind, type) or not (
        kind is bool or issubclass(kind, Enum) or attrs.has(kind)
    ):
        raise TypeError(
            f"{where}: {getattr(kind, '__name__', kind)} has no bound; annotate it with a type of"
            " statemachine.primitives, or with Annotated and bounds of your own"
        )
    return _class_check(where, kind)


def _bound_check(where: str, bound: Bounds | Length | TextLength | MapLayout[object]) -> Check:
    if isinstance(bound, Bounds):
        return _integer_check(where, bound.low, bound.high)
    if isinstance(bound, Length):
        return _bytes_check(where, bound.count)
    if isinstance(bound, TextLength):
        return _text_check(where, bound.longest)
    return _map_check(where, bound)


def _integer_check(where: str, low: int, high: int) -> Check:
    text = f"a whole number from {low} to {high}"

    def check_integer(_record: object, _field: object, content: object) -> None:
        # The two integers that are no numbers; asking for their class takes longer.
        if not isinstance(content, int) or content is True or content is False:
            raise OutOfRange(where, content, text)
        if not low <= content <= high:
            raise OutOfRange(where, content, text)

    return check_integer


def _bytes_check(where: str, count: int) -> Check:
    def check_bytes(_record: object, _field: object, content: object) -> None:
        if not isinstance(content, bytes) or len(content) != count:
            raise OutOfRange(where, content, f"{count} bytes")

    return check_bytes


def _text_check(where: str, longest: int) -> Check:
    def check_text(_record: object, _field: object, content: object) -> None:
        if not isinstance(content, str) or not (
            1 <= len(content) <= longest and content.isascii() and content.isprintable()
        ):
            raise OutOfRange(where, content, f"1 to {longest} characters of printable ASCII")

    return check_text


def _map_check(where: str, layout: MapLayout[object]) -> Check:
    def check_map(_record: object, _field: object, content: object) -> None:
        # A map from another process brings its layout with it: an equal one.
        if not isinstance(content, MerkleMap) or (
            content.layout is not layout and content.layout != layout
        ):
            raise OutOfRange(where, content, f"a map of {layout.name}")

    return check_map


def _tuple_check(where: str, check_item: Check) -> Check:
    def check_tuple(_record: object, _field: object, content: object) -> None:
        if not isinstance(content, tuple):
            raise OutOfRange(where, content, "a tuple")
        try:
            for item in content:
                check_item(None, None, item)
        except OutOfRange as refusal:
            text = f"a tuple in which each is {refusal.bound}"
            raise OutOfRange(where, content, text) from None

    return check_tuple


def _union_check(where: str, arguments: tuple[object, ...]) -> Check:
    checks = tuple(check_of(where, kind) for kind in arguments if kind is not type(None))
    ending = ", or None" if type(None) in arguments else ""

    def check_union(_record: object, _field: object, content: object) -> None:
        if content is None and ending:
            return
        complaints = []
        for check in checks:
            try:
                check(None, None, content)
            except OutOfRange as refusal:
                complaints.append(refusal.bound)
            else:
                return
        raise OutOfRange(where, content, " or ".join(complaints) + ending)

    return check_union


def _class_check(where: str, cls: type) -> Check:
    text = (
        "one of " + ", ".join(str(member.value) for member in cls)
        if issubclass(cls, Enum)
        else f"a {cls.__name__}"
    )

    def check_class(_record: object, _field: object, content: object) -> None:
        if not isinstance(content, cls):
            raise OutOfRange(where, content, text)

    return check_class
