"""Canonical bytes and what a state root hashes, read off the records' annotations.

Bytes are deterministic CBOR (RFC 8949, core deterministic encoding): a record is the
array of its fields in order, a map the array of its entries in key order. Where a field
can hold records of several types, the array of the type's name and the record is there.
"""

import typing
from functools import partial
from typing import Any, TypeVar

import cattrs
import cbor2
from cattrs.errors import BaseValidationError

from statemachine.annotations import (
    Hook,
    Malformed,
    Reader,
    a_list,
    bound_of,
    cut,
    entry_type,
    is_bounded,
    is_map,
    is_optional,
    is_record,
    is_tuple,
    is_union,
    ordered_map,
)
from statemachine.cbor import check_shape
from statemachine.checks import checker
from statemachine.errors import OutOfRange
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds, Length
from statemachine.records import contents_of, fields_of

T = TypeVar("T")


def _as_it_is(content: object) -> object:
    """Return what is CBOR's own already, as most fields are: numbers and byte strings."""
    return content


def _unstructure_record(converter: cattrs.Converter, cls: type) -> Hook:
    hooks = [converter.get_unstructure_hook(field.type) for field in fields_of(cls)]
    converted = [(place, hook) for place, hook in enumerate(hooks) if hook is not _as_it_is]

    def unstructure(record: object) -> list[object]:
        parts = list(contents_of(record))
        for place, hook in converted:
            parts[place] = hook(parts[place])
        return parts

    return unstructure


def _unstructure_tuple(converter: cattrs.Converter, annotation: object) -> Hook:
    hook = converter.get_unstructure_hook(typing.get_args(annotation)[0])
    return lambda items: [hook(item) for item in items]


def _unstructure_optional(converter: cattrs.Converter, annotation: object) -> Hook:
    (kind,) = (kind for kind in typing.get_args(annotation) if kind is not type(None))
    hook = converter.get_unstructure_hook(kind)
    if hook is _as_it_is:
        return hook
    return lambda content: None if content is None else hook(content)


def _structure_record(converter: cattrs.Converter, cls: type) -> Reader:
    hooks = [
        (field.name, field.type, converter.get_structure_hook(field.type))
        for field in fields_of(cls)
    ]

    def structure(array: object, _type: object) -> object:
        if not isinstance(array, list) or len(array) != len(hooks):
            raise Malformed(f"{cls.__name__}: not an array of {len(hooks)} fields")
        parts = []
        for item, (name, kind, hook) in zip(array, hooks, strict=True):
            try:
                parts.append(hook(item, kind))
            except Malformed as error:
                raise Malformed(f"{cls.__name__}.{name}: {error}") from error
        return cls(*parts)

    return structure


def _unstructure_map(converter: cattrs.Converter, roots: bool, annotation: object) -> Hook:
    hook = converter.get_unstructure_hook(entry_type(annotation))
    if roots:
        return lambda entries: entries.root()
    return lambda entries: [[key, hook(entry)] for key, entry in entries.items()]


def _structure_map(converter: cattrs.Converter, annotation: object) -> Reader:
    layout = typing.cast(MapLayout[object], bound_of(annotation, MapLayout))
    kind = entry_type(annotation)
    hook = converter.get_structure_hook(kind)
    check_entry = checker(kind)

    def structure(array: object, _type: object) -> object:
        pairs = []
        for pair in a_list(array):
            if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], bytes):
                raise Malformed("must be pairs of key and entry")
            # Entries that are no records are checked here: no constructor does it.
            entry = hook(pair[1], kind)
            broken = check_entry(entry)
            if broken is not None:
                raise OutOfRange(f"entry of {layout.name}", entry, broken)
            pairs.append((pair[0], entry))
        return ordered_map(layout, pairs)

    return structure


def _unstructure_union(converter: cattrs.Converter, annotation: object) -> Hook:
    hooks = {kind: converter.get_unstructure_hook(kind) for kind in typing.get_args(annotation)}
    return lambda record: [type(record).__name__, hooks[type(record)](record)]


def _structure_union(converter: cattrs.Converter, annotation: object) -> Reader:
    kinds = {kind.__name__: kind for kind in typing.get_args(annotation)}
    hooks = {name: converter.get_structure_hook(kind) for name, kind in kinds.items()}

    def structure(array: object, _type: object) -> object:
        match array:
            case [str(name), fields] if name in kinds:
                return hooks[name](fields, kinds[name])
        raise Malformed(f"must be a type's name, of {', '.join(kinds)}, and its fields")

    return structure


def _structure_tuple(converter: cattrs.Converter, annotation: object) -> Reader:
    kind = typing.get_args(annotation)[0]
    hook = converter.get_structure_hook(kind)
    return lambda array, _type: tuple(hook(item, kind) for item in a_list(array))


def _bytes_converter(*, roots: bool) -> cattrs.Converter:
    """Make the converter to and from CBOR's types; with `roots`, a map is its root."""
    converter = cattrs.Converter()

    converter.register_unstructure_hook_factory(is_record, partial(_unstructure_record, converter))
    converter.register_structure_hook_factory(is_record, partial(_structure_record, converter))
    converter.register_unstructure_hook_factory(is_union, partial(_unstructure_union, converter))
    converter.register_structure_hook_factory(is_union, partial(_structure_union, converter))
    converter.register_unstructure_hook_factory(is_map, partial(_unstructure_map, converter, roots))
    converter.register_structure_hook_factory(is_map, partial(_structure_map, converter))
    converter.register_unstructure_hook_factory(is_tuple, partial(_unstructure_tuple, converter))
    converter.register_structure_hook_factory(is_tuple, partial(_structure_tuple, converter))
    converter.register_unstructure_hook_factory(
        is_optional, partial(_unstructure_optional, converter)
    )
    for bound in (Bounds, Length):
        converter.register_unstructure_hook_func(is_bounded(bound), _as_it_is)
        converter.register_structure_hook_func(is_bounded(bound), lambda content, _type: content)
    converter.register_structure_hook(bool, lambda flag, _type: flag)
    return converter


_TO_BYTES = _bytes_converter(roots=False)
_TO_ROOTS = _bytes_converter(roots=True)


def _encoded(content: object) -> bytes:
    return cbor2.dumps(content, canonical=True)


def canonical_bytes(record: object) -> bytes:
    """Return the canonical bytes of a record, amount or byte string: equal for equal."""
    return _encoded(_TO_BYTES.unstructure(record))


def unordered_bytes(record: object, *names: str) -> bytes:
    """Return canonical bytes in which what these fields list is ordered by its own bytes."""
    parts = typing.cast(list[Any], _TO_BYTES.unstructure(record))
    for place, field in enumerate(fields_of(type(record))):
        if field.name in names:
            parts[place].sort(key=_encoded)
    return _encoded(parts)


def rooted_bytes(record: object) -> bytes:
    """Return canonical bytes in which each map is its root: what a state root hashes."""
    return _encoded(_TO_ROOTS.unstructure(record))


def from_canonical_bytes(encoded: bytes, cls: type[T]) -> T:
    """Read a record back. Raises Malformed, OutOfRange for anything but canonical bytes.

    Time and memory are linear in the bytes, whatever they are.
    """
    try:
        check_shape(encoded)
        decoded = cbor2.loads(encoded)
    except (ValueError, cbor2.CBORDecodeError) as error:
        raise Malformed(f"{cls.__name__}: not canonical CBOR: {cut(str(error))}") from error
    try:
        record = _TO_BYTES.structure(decoded, cls)
    except (OutOfRange, Malformed):
        raise
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise Malformed(f"{cls.__name__}: {cut(str(error))}") from error
    if canonical_bytes(record) != encoded:
        raise Malformed(f"{cls.__name__}: the encoding is not canonical")
    return record
