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

from statemachine.checks import Check, check_of, checker

__all__ = ["checker", "evolve", "fields_of", "record"]

R = TypeVar("R")


@dataclass_transform(frozen_default=True, kw_only_default=False, field_specifiers=(attrs.field,))
def record(cls: type[R]) -> type[R]:
    """Make a class a frozen record with checked fields (annotations must not be strings)."""
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


def fields_of(cls: type) -> tuple["attrs.Attribute[Any]", ...]:
    """Return the fields of a record class, in order."""
    return cls.__attrs_attrs__  # type: ignore[attr-defined, no-any-return]


def _add_checks(cls: type, fields: list["attrs.Attribute[Any]"]) -> list["attrs.Attribute[Any]"]:
    return [
        field.evolve(validator=check_of(f"{cls.__name__}.{field.name}", field.type))
        for field in fields
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
    check_together: Callable[[object], None] | None
    """Checks the bounds that hold between fields."""


def _plan(cls: type) -> _Plan:
    fields = fields_of(cls)
    names = [field.name for field in fields]
    draft = attrs.make_class(
        f"Draft{cls.__name__}", names, slots=True, weakref_slot=False, eq=False, repr=False
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
        getattr(cls, "__attrs_post_init__", None),
    )
