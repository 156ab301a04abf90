"""Canonical bytes, JSON and the state root, all read off the records' annotations.

Bytes are deterministic CBOR (RFC 8949, core deterministic encoding): a record is the
array of its fields in order, a map the array of its entries in key order. JSON has the
fields by name, bytes as 0x-hex, amounts as decimal strings. A transaction or an event
goes with its type's name.
"""

import json
import typing
from collections.abc import Callable, Iterable
from enum import Enum
from itertools import pairwise
from typing import Annotated, Any, TypeVar

import attrs
import cattrs
import cbor2
from cattrs.errors import BaseValidationError

from statemachine.errors import OutOfRange
from statemachine.merkle_map import MapLayout, MerkleMap
from statemachine.primitives import Bounds, Length
from statemachine.records import checker

T = TypeVar("T")

Hook = Callable[[Any], Any]


class Malformed(ValueError):
    """Bytes or JSON that are not what they should be; says where and why."""


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and attrs.has(annotation)


def _is_map(annotation: Any) -> bool:
    return _bound_of(annotation, MapLayout) is not None


def _is_tuple(annotation: Any) -> bool:
    return typing.get_origin(annotation) is tuple


def _is_bounded(kind: type) -> Callable[[Any], bool]:
    return lambda annotation: _bound_of(annotation, kind) is not None


def _bound_of(annotation: Any, kind: type[T]) -> T | None:
    if typing.get_origin(annotation) is Annotated:
        for bound in typing.get_args(annotation)[1:]:
            if isinstance(bound, kind):
                return bound
    return None


def _entry_type(annotation: Any) -> Any:
    return typing.get_args(typing.get_args(annotation)[0])[0]


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def _fields(cls: type) -> tuple["attrs.Attribute[Any]", ...]:
    return typing.cast(tuple["attrs.Attribute[Any]", ...], attrs.fields(cls))


# --- canonical bytes ---------------------------------------------------------------------


def _bytes_converter(*, roots: bool) -> cattrs.Converter:
    """Make the converter to and from CBOR's types; with `roots`, a map is its root."""
    converter = cattrs.Converter()

    def unstructure_record(cls: type) -> Hook:
        hooks = [(field.name, converter.get_unstructure_hook(field.type)) for field in _fields(cls)]
        return lambda record: [hook(getattr(record, name)) for name, hook in hooks]

    def structure_record(cls: type) -> Callable[[Any, Any], Any]:
        hooks = [
            (field.name, field.type, converter.get_structure_hook(field.type))
            for field in _fields(cls)
        ]

        def structure(given: Any, _type: Any) -> Any:
            if not isinstance(given, list) or len(given) != len(hooks):
                raise Malformed(f"{cls.__name__}: not an array of {len(hooks)} fields")
            parts = []
            for item, (name, kind, hook) in zip(given, hooks, strict=True):
                try:
                    parts.append(hook(item, kind))
                except Malformed as error:
                    raise Malformed(f"{cls.__name__}.{name}: {error}") from error
            return cls(*parts)

        return structure

    def unstructure_map(annotation: Any) -> Hook:
        hook = converter.get_unstructure_hook(_entry_type(annotation))
        if roots:
            return lambda entries: entries.root()
        return lambda entries: [[key, hook(entry)] for key, entry in entries.items()]

    def structure_map(annotation: Any) -> Callable[[Any, Any], Any]:
        layout = typing.cast(MapLayout[Any], _bound_of(annotation, MapLayout))
        kind = _entry_type(annotation)
        hook = converter.get_structure_hook(kind)
        check_entry = checker(kind)

        def structure(given: Any, _type: Any) -> Any:
            pairs = []
            for pair in _a_list(given):
                if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], bytes):
                    raise Malformed("must be pairs of key and entry")
                # Entries that are no records are checked here: no constructor does it.
                entry = hook(pair[1], kind)
                broken = check_entry(entry)
                if broken is not None:
                    raise OutOfRange(f"entry of {layout.name}", entry, broken)
                pairs.append((pair[0], entry))
            return _ordered_map(layout, pairs)

        return structure

    def structure_tuple(annotation: Any) -> Callable[[Any, Any], Any]:
        kind = typing.get_args(annotation)[0]
        hook = converter.get_structure_hook(kind)
        return lambda given, _type: tuple(hook(item, kind) for item in _a_list(given))

    converter.register_unstructure_hook_factory(_is_record, unstructure_record)
    converter.register_structure_hook_factory(_is_record, structure_record)
    converter.register_unstructure_hook_factory(_is_map, unstructure_map)
    converter.register_structure_hook_factory(_is_map, structure_map)
    converter.register_structure_hook_factory(_is_tuple, structure_tuple)
    converter.register_structure_hook_func(_is_bounded(Bounds), lambda given, _type: given)
    converter.register_structure_hook_func(_is_bounded(Length), lambda given, _type: given)
    converter.register_structure_hook(bool, lambda given, _type: given)
    return converter


def _ordered_map(layout: MapLayout[Any], pairs: list[tuple[bytes, Any]]) -> MerkleMap[Any]:
    keys = [key for key, _ in pairs]
    for before, after in pairwise(keys):
        if before >= after:
            raise Malformed(f"{layout.name}: key 0x{after.hex()} is not after the one before it")
    return MerkleMap.from_items(layout, pairs)


_TO_BYTES = _bytes_converter(roots=False)
_TO_ROOTS = _bytes_converter(roots=True)


def canonical_bytes(record: object) -> bytes:
    """Return the canonical bytes of a record, amount or byte string: equal for equal."""
    return cbor2.dumps(_TO_BYTES.unstructure(record), canonical=True)


def rooted_bytes(record: object) -> bytes:
    """Return canonical bytes in which each map is its root: what a state root hashes."""
    return cbor2.dumps(_TO_ROOTS.unstructure(record), canonical=True)


def from_canonical_bytes(encoded: bytes, cls: type[T]) -> T:
    """Read a record back. Raises Malformed, OutOfRange for anything but canonical bytes."""
    try:
        decoded = cbor2.loads(encoded)
    except Exception as error:
        # What foreign bytes can make a decoder raise has no end: tags stand for any type.
        raise Malformed(f"{cls.__name__}: not CBOR: {error}") from error
    try:
        record = _TO_BYTES.structure(decoded, cls)
    except (OutOfRange, Malformed):
        raise
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise Malformed(f"{cls.__name__}: {error}") from error
    if canonical_bytes(record) != encoded:
        raise Malformed(f"{cls.__name__}: the encoding is not canonical")
    return record


# --- JSON --------------------------------------------------------------------------------


def _json_converter() -> cattrs.Converter:
    converter = cattrs.Converter()

    def unstructure_record(cls: type) -> Hook:
        hooks = [(field.name, converter.get_unstructure_hook(field.type)) for field in _fields(cls)]
        return lambda record: {name: hook(getattr(record, name)) for name, hook in hooks}

    def structure_record(cls: type) -> Callable[[Any, Any], Any]:
        hooks = {
            field.name: (field.type, converter.get_structure_hook(field.type), field.default)
            for field in _fields(cls)
        }

        def structure(given: Any, _type: Any) -> Any:
            if not isinstance(given, dict):
                raise Malformed(f"{cls.__name__}: must be an object, not {_shown(given)}")
            unknown = [name for name in given if name not in hooks]
            if unknown:
                known = ", ".join(hooks)
                raise Malformed(f"{cls.__name__} has no field {unknown[0]!r}; it has {known}")
            parts = {}
            for name, (kind, hook, default) in hooks.items():
                if name in given:
                    parts[name] = _at(f".{name}", hook, given[name], kind)
                elif default is attrs.NOTHING:
                    raise Malformed(f"{cls.__name__}: field {name!r} is missing")
            return cls(**parts)

        return structure

    def unstructure_map(annotation: Any) -> Hook:
        hook = converter.get_unstructure_hook(_entry_type(annotation))
        return lambda entries: [["0x" + key.hex(), hook(entry)] for key, entry in entries.items()]

    def structure_map(annotation: Any) -> Callable[[Any, Any], Any]:
        layout = typing.cast(MapLayout[Any], _bound_of(annotation, MapLayout))
        kind = _entry_type(annotation)
        hook = converter.get_structure_hook(kind)

        def structure(given: Any, _type: Any) -> Any:
            pairs = []
            for place, pair in enumerate(_a_list(given)):
                if not isinstance(pair, list) or len(pair) != 2:
                    raise Malformed(f"[{place}]: must be a pair of key and entry")
                key = _read_hex(pair[0], layout.key_length)
                pairs.append((key, _at(f"[{place}]", hook, pair[1], kind)))
            return _ordered_map(layout, pairs)

        return structure

    def structure_tuple(annotation: Any) -> Callable[[Any, Any], Any]:
        kind = typing.get_args(annotation)[0]
        hook = converter.get_structure_hook(kind)
        return lambda given, _type: tuple(
            _at(f"[{place}]", hook, item, kind) for place, item in enumerate(_a_list(given))
        )

    def structure_integer(given: Any, annotation: Any) -> int:
        bounds = typing.cast(Bounds, _bound_of(annotation, Bounds))
        return _read_integer(given, bounds)

    def unstructure_integer(annotation: Any) -> Hook:
        bounds = typing.cast(Bounds, _bound_of(annotation, Bounds))
        return str if bounds.decimal else lambda number: number

    def structure_enum(given: Any, cls: Any) -> Any:
        try:
            return cls(given)
        except ValueError:
            allowed = ", ".join(member.value for member in cls)
            raise Malformed(f"must be one of {allowed}, not {_shown(given)}") from None

    converter.register_unstructure_hook_factory(_is_record, unstructure_record)
    converter.register_structure_hook_factory(_is_record, structure_record)
    converter.register_unstructure_hook_factory(_is_map, unstructure_map)
    converter.register_structure_hook_factory(_is_map, structure_map)
    converter.register_structure_hook_factory(_is_tuple, structure_tuple)
    converter.register_unstructure_hook_factory(_is_bounded(Bounds), unstructure_integer)
    converter.register_structure_hook_func(_is_bounded(Bounds), structure_integer)
    converter.register_unstructure_hook_func(
        _is_bounded(Length), lambda content: "0x" + content.hex()
    )
    converter.register_structure_hook_func(
        _is_bounded(Length),
        lambda given, kind: _read_hex(given, typing.cast(Length, _bound_of(kind, Length)).count),
    )
    converter.register_structure_hook(bool, lambda given, _type: _read_flag(given))
    # Enumerations of text are found as the text that they are before any other hook.
    converter.register_structure_hook(
        str,
        lambda given, kind: structure_enum(given, kind) if _is_enum(kind) else _read_text(given),
    )
    return converter


def _at(place: str, hook: Callable[[Any, Any], Any], given: Any, kind: Any) -> Any:
    """Read one part, and say where it lies when it cannot be read."""
    try:
        return hook(given, kind)
    except OutOfRange as error:
        raise Malformed(f"{place}: {error}") from error
    except Malformed as error:
        separator = "" if str(error).startswith((".", "[")) else ": "
        raise Malformed(f"{place}{separator}{error}") from error


def _a_list(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise Malformed(f"must be a list, not {_shown(given)}")
    return given


def _read_integer(given: Any, bounds: Bounds) -> int:
    if bounds.decimal:
        if not isinstance(given, str):
            raise Malformed(f"must be a decimal number in quotes, not {_shown(given)}")
        longest = len(str(bounds.high))
        plain = given.isascii() and given.isdigit() and (given == "0" or given[0] != "0")
        if not plain or len(given) > longest:
            raise Malformed(
                f"must be a decimal number of at most {longest} digits, not {_shown(given)}"
            )
        number = int(given)
    elif isinstance(given, int) and not isinstance(given, bool):
        number = given
    else:
        raise Malformed(f"must be a whole number, not {_shown(given)}")
    if not bounds.low <= number <= bounds.high:
        raise Malformed(f"{_shown(number)} is not from {bounds.low} to {bounds.high}")
    return number


def _read_hex(given: Any, count: int) -> bytes:
    wanted = f"must be 0x and {2 * count} lower-case hex digits"
    if not isinstance(given, str):
        raise Malformed(f"{wanted}, not {_shown(given)}")
    digits = given[2:]
    if not given.startswith("0x") or len(digits) != 2 * count or digits.strip("0123456789abcdef"):
        raise Malformed(f"{wanted}, not {_shown(given)}")
    return bytes.fromhex(digits)


def _read_flag(given: Any) -> bool:
    if not isinstance(given, bool):
        raise Malformed(f"must be true or false, not {_shown(given)}")
    return given


def _read_text(given: Any) -> str:
    if not isinstance(given, str):
        raise Malformed(f"must be text, not {_shown(given)}")
    return given


def _shown(given: Any) -> str:
    try:
        text = str(given) if isinstance(given, int) else repr(given)
    except (ValueError, RecursionError):
        # A number too long for Python to print, or lists nested too deeply.
        return "something too large to show"
    return text if len(text) <= 60 else text[:57] + "..."


_JSON = _json_converter()


def to_jsonable(record: object) -> Any:
    """Return a record as JSON's own types."""
    return _JSON.unstructure(record)


def from_jsonable(given: Any, cls: type[T]) -> T:
    """Read a record from JSON's own types. Raises Malformed with the place and the reason."""
    try:
        return _JSON.structure(given, cls)
    except OutOfRange as error:
        raise Malformed(str(error)) from error


def tagged(record: object) -> dict[str, Any]:
    """Return a transaction or event as JSON's own types, with its type's name."""
    return {"type": type(record).__name__, **to_jsonable(record)}


def from_tagged(given: Any, kinds: Iterable[type]) -> Any:
    """Read a record of one of some types by its type's name. Raises Malformed."""
    by_name = {kind.__name__: kind for kind in kinds}
    if not isinstance(given, dict):
        raise Malformed(f"must be an object with a type, not {_shown(given)}")
    name = given.get("type")
    if not isinstance(name, str) or name not in by_name:
        raise Malformed(f".type: must be one of {', '.join(by_name)}, not {_shown(name)}")
    return from_jsonable({key: item for key, item in given.items() if key != "type"}, by_name[name])


def parse_json(text: str | bytes) -> Any:
    """Parse JSON strictly: no duplicate keys, no NaN, no floats.

    Raises Malformed with the line and column where there is one.
    """
    try:
        # Bytes are UTF-8: json itself would guess at UTF-16 and UTF-32.
        return json.loads(
            text.decode() if isinstance(text, bytes) else text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_number,
            parse_float=_refuse_number,
            parse_int=_short_integer,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8: {error}") from error
    except RecursionError as error:
        raise Malformed("nested too deeply") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) < len(pairs):
        names = [name for name, _ in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"the key {duplicate!r} is there twice")
    return seen


def _refuse_number(text: str) -> Any:
    raise Malformed(f"{_shown(text)} is not a whole number")


def _short_integer(text: str) -> int:
    if len(text) > 100:
        raise Malformed(f"a number of {len(text)} digits is longer than any field")
    return int(text)
