"""JSON, read off the records' annotations; and canonical bytes (see `canonical`).

JSON has the fields by name, bytes as 0x-hex, amounts as decimal strings. A transaction,
an event, or any record where several types can stand, goes with its type's name.
"""

import json
import re
import typing
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NoReturn, TypeVar

import attrs
import cattrs

from statemachine.annotations import (
    MAX_DEPTH,
    Hook,
    Malformed,
    Reader,
    a_list,
    bound_of,
    entry_type,
    is_bounded,
    is_enum,
    is_map,
    is_record,
    is_tuple,
    is_union,
    ordered_map,
    shown,
)
from statemachine.canonical import canonical_bytes, from_canonical_bytes, rooted_bytes
from statemachine.errors import OutOfRange
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds, Length
from statemachine.records import fields_of

__all__ = [
    "Malformed",
    "canonical_bytes",
    "from_canonical_bytes",
    "from_jsonable",
    "from_tagged",
    "parse_json",
    "rooted_bytes",
    "tagged",
    "to_jsonable",
]

T = TypeVar("T")


def _unstructure_record(converter: cattrs.Converter, cls: type) -> Hook:
    hooks = [(field.name, converter.get_unstructure_hook(field.type)) for field in fields_of(cls)]
    return lambda record: {name: hook(getattr(record, name)) for name, hook in hooks}


def _structure_record(converter: cattrs.Converter, cls: type) -> Reader:
    hooks = {
        field.name: (field.type, converter.get_structure_hook(field.type), field.default)
        for field in fields_of(cls)
    }

    def structure(jsonable: object, _type: object) -> object:
        if not isinstance(jsonable, dict):
            raise Malformed(f"{cls.__name__}: must be an object, not {shown(jsonable)}")
        unknown = [name for name in jsonable if name not in hooks]
        if unknown:
            names = ", ".join(hooks)
            raise Malformed(f"{cls.__name__} has no field {shown(unknown[0])}; it has {names}")
        parts = {}
        for name, (kind, hook, default) in hooks.items():
            if name in jsonable:
                parts[name] = _at(f".{name}", hook, jsonable[name], kind)
            elif default is attrs.NOTHING:
                raise Malformed(f"{cls.__name__}: field {name!r} is missing")
        return cls(**parts)

    return structure


def _unstructure_map(converter: cattrs.Converter, annotation: object) -> Hook:
    hook = converter.get_unstructure_hook(entry_type(annotation))
    return lambda entries: [["0x" + key.hex(), hook(entry)] for key, entry in entries.items()]


def _structure_map(converter: cattrs.Converter, annotation: object) -> Reader:
    layout = typing.cast(MapLayout[object], bound_of(annotation, MapLayout))
    kind = entry_type(annotation)
    hook = converter.get_structure_hook(kind)

    def structure(jsonable: object, _type: object) -> object:
        pairs = []
        for place, pair in enumerate(a_list(jsonable)):
            if not isinstance(pair, list) or len(pair) != 2:
                raise Malformed(f"[{place}]: must be a pair of key and entry")
            key = _read_hex(pair[0], layout.key_length)
            pairs.append((key, _at(f"[{place}]", hook, pair[1], kind)))
        return ordered_map(layout, pairs)

    return structure


def _unstructure_union(converter: cattrs.Converter, annotation: object) -> Hook:
    hooks = {kind: converter.get_unstructure_hook(kind) for kind in typing.get_args(annotation)}
    return lambda record: {"type": type(record).__name__, **hooks[type(record)](record)}


def _structure_union(converter: cattrs.Converter, annotation: object) -> Reader:
    kinds = {kind.__name__: kind for kind in typing.get_args(annotation)}
    hooks = {name: converter.get_structure_hook(kind) for name, kind in kinds.items()}

    def structure(jsonable: object, _type: object) -> object:
        name, fields = _untagged(jsonable, kinds)
        return hooks[name](fields, kinds[name])

    return structure


def _structure_tuple(converter: cattrs.Converter, annotation: object) -> Reader:
    kind = typing.get_args(annotation)[0]
    hook = converter.get_structure_hook(kind)
    return lambda jsonable, _type: tuple(
        _at(f"[{place}]", hook, item, kind) for place, item in enumerate(a_list(jsonable))
    )


def _structure_integer(jsonable: object, annotation: object) -> int:
    bounds = typing.cast(Bounds, bound_of(annotation, Bounds))
    return _read_integer(jsonable, bounds)


def _unstructure_integer(annotation: object) -> Hook:
    bounds = typing.cast(Bounds, bound_of(annotation, Bounds))
    return str if bounds.decimal else lambda number: number


def _structure_enum(jsonable: Any, cls: Any) -> Any:
    try:
        return cls(jsonable)
    except ValueError:
        allowed = ", ".join(member.value for member in cls)
        raise Malformed(f"must be one of {allowed}, not {shown(jsonable)}") from None


def _json_converter() -> cattrs.Converter:
    converter = cattrs.Converter()

    converter.register_unstructure_hook_factory(is_record, partial(_unstructure_record, converter))
    converter.register_structure_hook_factory(is_record, partial(_structure_record, converter))
    converter.register_unstructure_hook_factory(is_union, partial(_unstructure_union, converter))
    converter.register_structure_hook_factory(is_union, partial(_structure_union, converter))
    converter.register_unstructure_hook_factory(is_map, partial(_unstructure_map, converter))
    converter.register_structure_hook_factory(is_map, partial(_structure_map, converter))
    converter.register_structure_hook_factory(is_tuple, partial(_structure_tuple, converter))
    converter.register_unstructure_hook_factory(is_bounded(Bounds), _unstructure_integer)
    converter.register_structure_hook_func(is_bounded(Bounds), _structure_integer)
    converter.register_unstructure_hook_func(
        is_bounded(Length), lambda content: "0x" + content.hex()
    )
    converter.register_structure_hook_func(
        is_bounded(Length),
        lambda jsonable, kind: _read_hex(
            jsonable, typing.cast(Length, bound_of(kind, Length)).count
        ),
    )
    converter.register_structure_hook(bool, lambda jsonable, _type: _read_flag(jsonable))
    # Enumerations of text are found as the text that they are before any other hook.
    converter.register_structure_hook(
        str,
        lambda jsonable, kind: (
            _structure_enum(jsonable, kind) if is_enum(kind) else _read_text(jsonable)
        ),
    )
    return converter


def _at(place: str, hook: Reader, jsonable: object, kind: object) -> object:
    """Read one part; on failure add its place to the error."""
    try:
        return hook(jsonable, kind)
    except OutOfRange as error:
        raise Malformed(f"{place}: {error}") from error
    except Malformed as error:
        separator = "" if str(error).startswith((".", "[")) else ": "
        raise Malformed(f"{place}{separator}{error}") from error


def _read_integer(jsonable: object, bounds: Bounds) -> int:
    if bounds.decimal:
        if not isinstance(jsonable, str):
            raise Malformed(f"must be a decimal number in quotes, not {shown(jsonable)}")
        longest = len(str(bounds.high))
        plain = (
            jsonable.isascii() and jsonable.isdigit() and (jsonable == "0" or jsonable[0] != "0")
        )
        if not plain or len(jsonable) > longest:
            raise Malformed(
                f"must be a decimal number of at most {longest} digits, not {shown(jsonable)}"
            )
        number = int(jsonable)
    elif isinstance(jsonable, int) and not isinstance(jsonable, bool):
        number = jsonable
    else:
        raise Malformed(f"must be a whole number, not {shown(jsonable)}")
    if not bounds.low <= number <= bounds.high:
        raise Malformed(f"{shown(number)} is not from {bounds.low} to {bounds.high}")
    return number


def _read_hex(jsonable: object, count: int) -> bytes:
    wanted = f"must be 0x and {2 * count} lower-case hex digits"
    if not isinstance(jsonable, str):
        raise Malformed(f"{wanted}, not {shown(jsonable)}")
    digits = jsonable[2:]
    if (
        not jsonable.startswith("0x")
        or len(digits) != 2 * count
        or digits.strip("0123456789abcdef")
    ):
        raise Malformed(f"{wanted}, not {shown(jsonable)}")
    return bytes.fromhex(digits)


def _read_flag(jsonable: object) -> bool:
    if not isinstance(jsonable, bool):
        raise Malformed(f"must be true or false, not {shown(jsonable)}")
    return jsonable


def _read_text(jsonable: object) -> str:
    if not isinstance(jsonable, str):
        raise Malformed(f"must be text, not {shown(jsonable)}")
    return jsonable


_JSON = _json_converter()


def to_jsonable(record: object, annotation: object = None) -> Any:
    """Return a record, or the content of a field with this annotation, as JSON's own types."""
    return _JSON.unstructure(record, annotation)


def from_jsonable(jsonable: object, cls: type[T]) -> T:
    """Read a record from JSON's own types. Raises Malformed with the place and the reason."""
    try:
        return _JSON.structure(jsonable, cls)
    except OutOfRange as error:
        raise Malformed(str(error)) from error


def tagged(record: object) -> dict[str, Any]:
    """Return a transaction or event as JSON's own types, with its type's name."""
    return {"type": type(record).__name__, **to_jsonable(record)}


def from_tagged(jsonable: object, kinds: Iterable[type]) -> Any:
    """Read a record of one of some types by its type's name. Raises Malformed."""
    by_name = {kind.__name__: kind for kind in kinds}
    name, fields = _untagged(jsonable, by_name)
    return from_jsonable(fields, by_name[name])


def _untagged(jsonable: object, kinds: Mapping[str, type]) -> tuple[str, dict[str, object]]:
    """Split an object into its type's name and its fields. Raises Malformed."""
    if not isinstance(jsonable, dict):
        raise Malformed(f"must be an object with a type, not {shown(jsonable)}")
    name = jsonable.get("type")
    if not isinstance(name, str) or name not in kinds:
        raise Malformed(f".type: must be one of {', '.join(kinds)}, not {shown(name)}")
    return name, {key: item for key, item in jsonable.items() if key != "type"}


MAX_TEXT = 256 * 2**20
"""Characters in the longest JSON that is parsed, unless a caller allows more."""

_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]+|\\.)*"?|[\[{]|[\]}]', re.DOTALL)


def check_depth(text: str) -> None:
    """Refuse JSON that is nested too deeply, before a parser follows it down.

    The interpreter's own limit may have been raised beyond what its stack can hold.
    Raises Malformed.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"nested more than {MAX_DEPTH} levels deep")
        elif first in "]}":
            depth -= 1


def parse_json(text: str | bytes, *, longest: int = MAX_TEXT) -> Any:
    """Parse JSON strictly: no duplicate keys, whole numbers alone, bounded nesting and length.

    Time and memory are linear in the text. Raises Malformed with the line and column where
    there is one.
    """
    if len(text) > longest:
        raise Malformed(f"longer than {longest:,} characters, the most that is read")
    try:
        # Bytes are UTF-8: json itself would guess at UTF-16 and UTF-32.
        decoded = text.decode() if isinstance(text, bytes) else text
        check_depth(decoded)
        return json.loads(
            decoded,
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_number,
            parse_float=_refuse_number,
            parse_int=_short_integer,
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8: {error}") from error


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    by_name = dict(pairs)
    if len(by_name) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Malformed(f"the key {shown(name)} is there twice")
            seen.add(name)
    return by_name


def _refuse_number(text: str) -> NoReturn:
    raise Malformed(f"{shown(text)} is not a whole number")


def _short_integer(text: str) -> int:
    if len(text) > 100:
        raise Malformed(f"a number of {len(text)} digits is longer than any field")
    return int(text)
