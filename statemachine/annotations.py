"""What the codec reads off annotations, and the error for what cannot be read."""

import types
import typing
from collections.abc import Callable
from enum import Enum
from itertools import pairwise
from typing import Annotated, Any, TypeVar

import attrs

from statemachine.errors import brief
from statemachine.merkle_map import MapLayout, MerkleMap

T = TypeVar("T")

MAX_DEPTH = 64
"""Levels of nesting that are read, in JSON and in bytes; ours has fewer than ten."""

Hook = Callable[[Any], object]
"""Encodes a part of a record."""

Reader = Callable[[object, object], object]
"""Makes a part of a record from decoded content and the annotation of the part."""


class Malformed(ValueError):
    """Bytes or JSON that cannot be read; says where and why."""


def is_record(annotation: object) -> bool:
    """Say whether an annotation is a record."""
    return isinstance(annotation, type) and attrs.has(annotation)


def is_map(annotation: object) -> bool:
    """Say whether an annotation is a map of some layout."""
    return bound_of(annotation, MapLayout) is not None


def is_union(annotation: object) -> bool:
    """Say whether an annotation is a union of records, told apart by their types' names."""
    kinds = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    return origin in (typing.Union, types.UnionType) and all(is_record(kind) for kind in kinds)


def is_optional(annotation: object) -> bool:
    """Say whether an annotation is of one type or None."""
    kinds = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    return origin in (typing.Union, types.UnionType) and len(kinds) == 2 and type(None) in kinds


def is_tuple(annotation: object) -> bool:
    """Say whether an annotation is a tuple."""
    return typing.get_origin(annotation) is tuple


def is_bounded(kind: type) -> Callable[[object], bool]:
    """Return the predicate for annotations with a bound of a kind."""
    return lambda annotation: bound_of(annotation, kind) is not None


def bound_of(annotation: object, kind: type[T]) -> T | None:
    """Return an annotation's bound of a kind, if it has one."""
    if typing.get_origin(annotation) is Annotated:
        for bound in typing.get_args(annotation)[1:]:
            if isinstance(bound, kind):
                return bound
    return None


def entry_type(annotation: object) -> Any:
    """Return the annotation of a map's entries."""
    return typing.get_args(typing.get_args(annotation)[0])[0]


def is_enum(annotation: object) -> bool:
    """Say whether an annotation is an enumeration."""
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def a_list(item: object) -> list[object]:
    """Return a list as it is. Raises Malformed for anything else."""
    if not isinstance(item, list):
        raise Malformed(f"must be a list, not {shown(item)}")
    return item


def ordered_map(layout: MapLayout[object], pairs: list[tuple[bytes, object]]) -> MerkleMap[object]:
    """Build a map from pairs. Raises Malformed where their keys are not in order."""
    keys = [key for key, _ in pairs]
    for before, after in pairwise(keys):
        if before >= after:
            raise Malformed(f"{layout.name}: key {hexed(after)} is not after the one before it")
    return MerkleMap.from_items(layout, pairs)


def shown(item: object) -> str:
    """Return a value as text, shortened if it is long."""
    return brief(item, 60)


def cut(text: str, longest: int = 200) -> str:
    """Return a text as it is, or its beginning where it is too long."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def hexed(content: bytes, longest: int = 64) -> str:
    """Return bytes as hex, or the beginning of what is too long."""
    return "0x" + content[:longest].hex() + ("..." if len(content) > longest else "")
