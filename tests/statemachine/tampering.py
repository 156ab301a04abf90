"""Flipping bits: every leaf of a record in turn, found by the annotations of its fields."""

import types
import typing
from collections.abc import Iterator
from typing import Annotated, Any

import attrs

from statemachine import evolve
from statemachine.annotations import bound_of, is_record, is_tuple
from statemachine.primitives import Bounds
from tests.statemachine.generic import fields_of

Path = tuple[str | int, ...]
"""The way to a part of a record: names of fields and places in tuples."""


@attrs.frozen
class Leaf:
    """A part of a record that is no record, nor a tuple."""

    path: Path
    field: str
    """The class and the field that it is of, as "Header.slot"."""
    flipped: tuple[Any, ...]
    """What it is with one bit flipped: the lowest, the highest in range, and some of bytes."""


def leaves(record: Any, path: Path = ()) -> Iterator[Leaf]:
    """Yield every leaf of a record, in order; absent values have no bits."""
    for field in fields_of(type(record)):
        name = f"{type(record).__name__}.{field.name}"
        yield from _leaves(name, field.type, getattr(record, field.name), (*path, field.name))


def _leaves(name: str, annotation: Any, content: Any, path: Path) -> Iterator[Leaf]:
    if attrs.has(type(content)):
        yield from leaves(content, path)
    elif isinstance(content, tuple):
        kind = typing.get_args(annotation)[0]
        for place, item in enumerate(content):
            yield from _leaves(name, kind, item, (*path, place))
    elif content is not None:
        yield Leaf(path, name, _flips(annotation, content))


def _flips(annotation: Any, content: Any) -> tuple[Any, ...]:
    match content:
        case bool():
            return (not content,)
        case int():
            return _integer_flips(annotation, content)
        case str():
            return (
                content[:-1] + chr(ord(content[-1]) ^ 1),
                chr(ord(content[0]) ^ 16) + content[1:],
            )
        case bytes():
            # In a compressed point the third highest bit is the sign, the highest a flag.
            bits = (0, 4 * len(content), 8 * len(content) - 3, 8 * len(content) - 1)
            return tuple(with_bit_flipped(content, bit) for bit in bits)
    raise TypeError(f"{type(content).__name__} has no bits here: teach _flips")


def _integer_flips(annotation: Any, number: int) -> tuple[int, ...]:
    bounds = bound_of(_present(annotation), Bounds)
    assert bounds is not None
    candidates = (number ^ 1 << bit for bit in range(bounds.high.bit_length()))
    fitting = [number for number in candidates if bounds.low <= number <= bounds.high]
    return (fitting[0], fitting[-1])


def _present(annotation: Any) -> Any:
    """The annotation of what an optional field holds when it holds something."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(kind for kind in typing.get_args(annotation) if kind is not type(None))
    return annotation


def with_bit_flipped(encoded: bytes, bit: int) -> bytes:
    """Return bytes with one bit flipped, counted from the lowest bit of the last byte."""
    number = int.from_bytes(encoded, "big") ^ 1 << bit
    return number.to_bytes(len(encoded), "big")


def replaced(record: Any, path: Path, content: Any) -> Any:
    """Return a record with one part, however deep, replaced. Raises OutOfRange."""
    if not path:
        return content
    step, *rest = path
    if isinstance(step, int):
        return (*record[:step], replaced(record[step], tuple(rest), content), *record[step + 1 :])
    return evolve(record, **{step: replaced(getattr(record, step), tuple(rest), content)})


def leaf_fields(annotation: Any) -> frozenset[str]:
    """Return every field that a record of a class can have a leaf in, by annotations alone."""
    names: set[str] = set()
    _collect(annotation, names)
    return frozenset(names)


def _collect(cls: type, names: set[str]) -> None:
    for field in fields_of(cls):
        inside = _records_in(field.type)
        if not inside:
            names.add(f"{cls.__name__}.{field.name}")
        for kind in inside:
            _collect(kind, names)


def _records_in(annotation: Any) -> tuple[type, ...]:
    if is_record(annotation):
        return (annotation,)
    if is_tuple(annotation) or typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = (_records_in(kind) for kind in typing.get_args(annotation) if kind is not Ellipsis)
        return tuple(cls for some in kinds for cls in some)
    assert typing.get_origin(annotation) in (Annotated, None), annotation
    return ()
