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


def _leaves(name: str, annotation: Any, part: Any, path: Path) -> Iterator[Leaf]:
    if attrs.has(type(part)):
        yield from leaves(part, path)
    elif isinstance(part, tuple):
        kind = typing.get_args(annotation)[0]
        for place, item in enumerate(part):
            yield from _leaves(name, kind, item, (*path, place))
    elif part is not None:
        yield Leaf(path, name, _flips(annotation, part))


def _flips(annotation: Any, part: Any) -> tuple[Any, ...]:
    match part:
        case bool():
            return (not part,)
        case int():
            return _integer_flips(annotation, part)
        case str():
            return (part[:-1] + chr(ord(part[-1]) ^ 1), chr(ord(part[0]) ^ 16) + part[1:])
        case bytes():
            # In a compressed point the third highest bit is the sign, the highest a flag.
            bits = (0, 4 * len(part), 8 * len(part) - 3, 8 * len(part) - 1)
            return tuple(with_bit_flipped(part, bit) for bit in bits)
    raise TypeError(f"{type(part).__name__} has no bits here: teach _flips")


def _integer_flips(annotation: Any, number: int) -> tuple[int, ...]:
    bounds = bound_of(_present(annotation), Bounds)
    assert bounds is not None
    candidates = (number ^ 1 << bit for bit in range(bounds.high.bit_length()))
    fitting = [other for other in candidates if bounds.low <= other <= bounds.high]
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


def replaced(record: Any, path: Path, part: Any) -> Any:
    """Return a record with one part, however deep, replaced. Raises OutOfRange."""
    if not path:
        return part
    step, *rest = path
    if isinstance(step, int):
        return (*record[:step], replaced(record[step], tuple(rest), part), *record[step + 1 :])
    return evolve(record, **{step: replaced(getattr(record, step), tuple(rest), part)})


def leaf_fields(annotation: Any) -> frozenset[str]:
    """Return every field that a record of a class can have a leaf in, by annotations alone."""
    found: set[str] = set()
    _collect(annotation, found)
    return frozenset(found)


def _collect(cls: type, found: set[str]) -> None:
    for field in fields_of(cls):
        inside = _records_in(field.type)
        if not inside:
            found.add(f"{cls.__name__}.{field.name}")
        for kind in inside:
            _collect(kind, found)


def _records_in(annotation: Any) -> tuple[type, ...]:
    if is_record(annotation):
        return (annotation,)
    if is_tuple(annotation) or typing.get_origin(annotation) in (typing.Union, types.UnionType):
        kinds = (_records_in(kind) for kind in typing.get_args(annotation) if kind is not Ellipsis)
        return tuple(cls for some in kinds for cls in some)
    assert typing.get_origin(annotation) in (Annotated, None), annotation
    return ()
