"""Frozen records whose every field is checked, on every way in.

`@record` reads the bound of each field off its annotation (see `primitives`) and
checks it in `__init__`; `evolve` checks what it changes. One description of a record
serves its checks here and its bytes and JSON in `codec`.
"""

import types
import typing
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, TypeVar, dataclass_transform

import attrs

from statemachine.errors import OutOfRange
from statemachine.merkle_map import MapLayout, MerkleMap
from statemachine.primitives import Bounds, Length, TextLength

Checker = Callable[[Any], str | None]
"""Looks at what a field was given: None where it fits, else the bound it broke."""

R = TypeVar("R")


@dataclass_transform(frozen_default=True, kw_only_default=False, field_specifiers=(attrs.field,))
def record(cls: type[R]) -> type[R]:
    """Make a class a frozen record with checked fields (annotations must not be strings)."""
    return attrs.define(cls, frozen=True, slots=True, eq=True, field_transformer=_add_checks)


def evolve(original: R, **changes: Any) -> R:
    """Return a record, or any frozen attrs object, with some fields replaced and checked.

    Raises OutOfRange for a field that does not fit, TypeError for one that does not exist.
    """
    cls = original.__class__
    fields = cls.__attrs_attrs__  # type: ignore[attr-defined]
    changed = object.__new__(cls)
    store = object.__setattr__
    left = len(changes)
    for field in fields:
        name = field.name
        if name in changes:
            given = changes[name]
            if field.validator is not None:
                field.validator(changed, field, given)
            store(changed, name, given)
            left -= 1
        else:
            store(changed, name, getattr(original, name))
    if left:
        unknown = sorted(set(changes) - {field.name for field in fields})
        raise TypeError(f"{cls.__name__} has no field {', '.join(unknown)}")
    check_together = getattr(cls, "__attrs_post_init__", None)
    if check_together is not None:
        check_together(changed)
    return changed


def fields_of(cls: type) -> tuple["attrs.Attribute[Any]", ...]:
    """Return the fields of a record class, in order."""
    return cls.__attrs_attrs__  # type: ignore[attr-defined, no-any-return]


def _add_checks(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    return [
        field.evolve(validator=_validator(f"{cls.__name__}.{field.name}", checker(field.type)))
        for field in fields
    ]


def _validator(where: str, check: Checker) -> Callable[[Any, Any, Any], None]:
    def validate(_instance: object, _attribute: object, given: object) -> None:
        broken = check(given)
        if broken is not None:
            raise OutOfRange(where, given, broken)

    return validate


def checker(annotation: Any) -> Checker:
    """Return the check that an annotation asks for."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is Annotated:
        return _bound_checker(arguments[1])
    if origin is tuple:
        return _tuple_checker(arguments)
    if origin in (typing.Union, types.UnionType):
        return _union_checker(arguments)
    return _class_checker(origin or annotation)


def _bound_checker(bound: Bounds | Length | TextLength | MapLayout[Any]) -> Checker:
    if isinstance(bound, MapLayout):
        layout = bound

        def check_map(given: Any) -> str | None:
            if isinstance(given, MerkleMap) and given.layout is layout:
                return None
            return f"a map of {layout.name}"

        return check_map
    if isinstance(bound, Bounds):
        low, high = bound.low, bound.high
        text = f"a whole number from {low} to {high}"

        def check_integer(given: Any) -> str | None:
            if isinstance(given, int) and not isinstance(given, bool) and low <= given <= high:
                return None
            return text

        return check_integer
    if isinstance(bound, Length):
        count = bound.count

        def check_bytes(given: Any) -> str | None:
            if isinstance(given, bytes) and len(given) == count:
                return None
            return f"{count} bytes"

        return check_bytes
    longest = bound.longest

    def check_text(given: Any) -> str | None:
        if (
            isinstance(given, str)
            and 1 <= len(given) <= longest
            and given.isascii()
            and given.isprintable()
        ):
            return None
        return f"1 to {longest} characters of printable ASCII"

    return check_text


def _tuple_checker(arguments: tuple[Any, ...]) -> Checker:
    check_item = checker(arguments[0])

    def check_tuple(given: Any) -> str | None:
        if not isinstance(given, tuple):
            return "a tuple"
        for item in given:
            broken = check_item(item)
            if broken is not None:
                return f"a tuple in which each is {broken}"
        return None

    return check_tuple


def _union_checker(arguments: tuple[Any, ...]) -> Checker:
    checks = tuple(checker(argument) for argument in arguments if argument is not type(None))

    def check_union(given: Any) -> str | None:
        if given is None:
            return None
        broken = None
        for check in checks:
            broken = check(given)
            if broken is None:
                return None
        return f"{broken}, or None"

    return check_union if type(None) in arguments else _any_checker(checks)


def _any_checker(checks: tuple[Checker, ...]) -> Checker:
    def check_any(given: Any) -> str | None:
        complaints = []
        for check in checks:
            broken = check(given)
            if broken is None:
                return None
            complaints.append(broken)
        return " or ".join(complaints)

    return check_any


def _class_checker(cls: type) -> Checker:
    name = cls.__name__
    text = (
        "one of " + ", ".join(str(member.value) for member in cls)
        if issubclass(cls, Enum)
        else f"a {name}"
    )

    def check_class(given: Any) -> str | None:
        return None if isinstance(given, cls) else text

    return check_class
