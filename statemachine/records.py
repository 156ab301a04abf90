"""Frozen records whose every field is checked, on every way in.

`@record` reads the bound of each field off its annotation (see `checks`) and checks it
in `__init__`; `evolve` checks what it changes. One description of a record serves its
checks here and its bytes and JSON in `codec`.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, cast, dataclass_transform

import attrs

from statemachine.annotations import bound_of, entry_type, is_map, is_record
from statemachine.checks import Check, check_of, checker
from statemachine.merkle_map import MapLayout, MerkleMap

__all__ = [
    "checker",
    "contents_of",
    "evolve",
    "extend",
    "fields_of",
    "held_by",
    "own_fields",
    "record",
]

R = TypeVar("R")


@dataclass_transform(frozen_default=True, kw_only_default=False, field_specifiers=(attrs.field,))
def record(cls: type[R]) -> type[R]:
    """Make a class a frozen record with checked fields (annotations must not be strings).

    A record may extend another: it has the fields of that one, in their order and with the
    annotations that it gives them anew, and then its own, each with a default.
    """
    # Without slots for weak references, so that drafts have the same layout.
    made = attrs.define(
        cls, frozen=True, slots=True, weakref_slot=False, eq=True, field_transformer=_add_checks
    )
    made.__plan__ = _plan(made)  # type: ignore[attr-defined]
    return made


def evolve(original: R, **changes: Any) -> R:
    """Return a record, or any frozen attrs object, with some fields replaced and checked.

    Raises OutOfRange for a field that does not fit, TypeError for one that does not exist.
    """
    cls = original.__class__
    plan: _Plan | None = getattr(cls, "__plan__", None)
    if plan is None:
        return attrs.evolve(original, **changes)  # type: ignore[misc]
    parts = list(plan.read(original))
    fields = plan.fields
    for name, content in changes.items():
        field = fields.get(name)
        if field is None:
            unknown = sorted(field_name for field_name in changes if field_name not in fields)
            raise TypeError(f"{cls.__name__} has no field {', '.join(unknown)}")
        place, check = field
        check(None, None, content)
        parts[place] = content
    changed = plan.draft(*parts)
    changed.__class__ = cls
    if plan.check_together is not None:
        plan.check_together(changed)
    return changed  # type: ignore[no-any-return]


def extend(original: object, cls: type[R]) -> R:
    """Return a record as one of a type that extends its own, with defaults for what is new.

    So are the records in it, where the type holds others; one of that type is returned as it is.
    """
    known = type(original)
    if known is cls:
        return cast(R, original)
    parts = {field.name: getattr(original, field.name) for field in fields_of(known)}
    for field in fields_of(cls):
        held = held_by(cls, field.name)
        if field.name not in parts or held is None or held is held_by(known, field.name):
            continue
        content = parts[field.name]
        if isinstance(content, MerkleMap):
            layout = cast("MapLayout[Any]", bound_of(field.type, MapLayout))
            entries: list[tuple[bytes, Any]] = [
                (key, extend(entry, held)) for key, entry in content.items()
            ]
            parts[field.name] = MerkleMap.from_items(layout, entries)
        else:
            parts[field.name] = extend(content, held)
    return cls(**parts)


def held_by(cls: type, name: str) -> Any:
    """Return the type of record that a field, or the map in it, holds; None where it is none."""
    plan: _Plan = cls.__plan__  # type: ignore[attr-defined]
    return plan.held.get(name)


def own_fields(record: object, extended: type) -> tuple[str, ...]:
    """Return the names of the fields that a record has beyond those of the one it extends."""
    return tuple(field.name for field in fields_of(type(record))[len(fields_of(extended)) :])


def contents_of(record: object) -> tuple[object, ...]:
    """Return what the fields of a record hold, in their order."""
    plan: _Plan = record.__class__.__plan__  # type: ignore[attr-defined]
    return plan.read(record)


def fields_of(cls: type) -> tuple["attrs.Attribute[Any]", ...]:
    """Return the fields of a record class, in order."""
    return cls.__attrs_attrs__  # type: ignore[attr-defined, no-any-return]


def _add_checks(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    base = cls.__mro__[1]
    extended = [field.name for field in fields_of(base)] if attrs.has(base) else []
    by_name = {field.name: field for field in fields}
    for was in fields_of(base) if extended else ():
        annotation = by_name[was.name].type
        if annotation != was.type and _record_in(annotation) is None:
            raise TypeError(
                f"{cls.__name__}.{was.name}: {base.__name__} has a field of this name already; only"
                " one that holds records may hold others"
            )
    own = [field.name for field in fields if field.name not in extended]
    for name in own if extended else ():
        if by_name[name].default is attrs.NOTHING:
            raise TypeError(f"{cls.__name__}.{name}: a field that extends a record has a default")
    return [
        by_name[name].evolve(validator=check_of(f"{cls.__name__}.{name}", by_name[name].type))
        for name in (*extended, *own)
    ]


@attrs.frozen
class _Plan:
    """What it takes to evolve records of a class; worked out once."""

    read: Callable[[object], tuple[object, ...]]
    """Gives the fields of a record, in order."""
    fields: Mapping[str, tuple[int, Check]]
    """The place of each field, and its check."""
    draft: Callable[..., Any]
    """A class with the same slots that is not frozen.

    Only its `__init__` can store a field at the price of a store: into a frozen object
    that takes a call, ten times as much. What it has made becomes a record by being
    told so.
    """
    held: Mapping[str, type]
    """By the name of a field, the type of record that it holds; or of the entries of its map."""
    check_together: Callable[[object], None] | None
    """Checks the bounds that hold between fields."""


def _record_in(annotation: object) -> type | None:
    """Return the type of record in a field, or in the entries of its map."""
    if is_map(annotation):
        annotation = entry_type(annotation)
    return cast(type, annotation) if is_record(annotation) else None


def _plan(cls: type) -> _Plan:
    fields = fields_of(cls)
    names = [field.name for field in fields]
    # A draft extends what its record extends, or it would not have its layout.
    draft = attrs.make_class(
        f"Draft{cls.__name__}",
        names,
        bases=cls.__bases__,
        class_body={
            "__setattr__": object.__setattr__,
            "__delattr__": object.__delattr__,
            "__attrs_post_init__": None,
        },
        slots=True,
        weakref_slot=False,
        eq=False,
        repr=False,
    )
    return _Plan(
        # With one name alone, it would not give a tuple.
        attrgetter(*names) if len(names) > 1 else lambda original: (getattr(original, names[0]),),
        MappingProxyType(
            {
                field.name: (place, cast(Check, field.validator))
                for place, field in enumerate(fields)
            }
        ),
        draft,
        MappingProxyType(
            {field.name: held for field in fields if (held := _record_in(field.type)) is not None}
        ),
        getattr(cls, "__attrs_post_init__", None),
    )
