"""What an annotation asks of a field, in a form that schemas of all kinds are made from."""

import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from statemachine import primitives
from statemachine.annotations import (
    bound_of,
    entry_type,
    is_enum,
    is_map,
    is_record,
    is_tuple,
    is_union,
)
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds, Length, TextLength

W = TypeVar("W")

ALIASES: Mapping[object, str] = {
    kind: name
    for name, kind in vars(primitives).items()
    if typing.get_origin(kind) is typing.Annotated and not name.startswith("_")
}
"""The names of the types of single fields."""


class Writer(typing.Protocol[W]):
    """Says each kind of annotation in some language."""

    def integer(self, bounds: Bounds) -> W:
        """A whole number."""
        ...

    def content(self, length: int) -> W:
        """So many bytes."""
        ...

    def text(self, longest: int) -> W:
        """Printable ASCII."""
        ...

    def flag(self) -> W:
        """True or false."""
        ...

    def choice(self, texts: list[str]) -> W:
        """One of some words."""
        ...

    def record(self, kind: type) -> W:
        """A record."""
        ...

    def named(self, kinds: list[type]) -> W:
        """A record of one of several types, with its name."""
        ...

    def several(self, item: W) -> W:
        """A list."""
        ...

    def optional(self, item: W) -> W:
        """Something, or nothing."""
        ...

    def map(self, layout: MapLayout[Any], entry: W) -> W:
        """A map."""
        ...


def written(annotation: Any, writer: Writer[W]) -> W:
    """Say an annotation."""
    if is_map(annotation):
        layout = bound_of(annotation, MapLayout)
        assert layout is not None
        return writer.map(layout, written(entry_type(annotation), writer))
    if is_enum(annotation):
        return writer.choice([member.value for member in annotation])
    if is_record(annotation):
        return writer.record(annotation)
    if is_union(annotation):
        return writer.named(list(typing.get_args(annotation)))
    if is_tuple(annotation):
        return writer.several(written(typing.get_args(annotation)[0], writer))
    if annotation is bool:
        return writer.flag()
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        (inner,) = (kind for kind in typing.get_args(annotation) if kind is not type(None))
        return writer.optional(written(inner, writer))
    return _bounded(annotation, writer)


def _bounded(annotation: object, writer: Writer[W]) -> W:
    bounds = bound_of(annotation, Bounds)
    if bounds is not None:
        return writer.integer(bounds)
    length = bound_of(annotation, Length)
    if length is not None:
        return writer.content(length.count)
    text = bound_of(annotation, TextLength)
    if text is not None:
        return writer.text(text.longest)
    raise TypeError(f"no way to say {annotation!r}")
