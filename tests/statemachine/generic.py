"""Values for any record, read off its annotations: fitting ones, and ones that do not fit."""

import types
import typing
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from typing import Annotated, Any

import attrs
from hypothesis import strategies as st

from statemachine import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    MapLayout,
    MerkleMap,
    Params,
    evolve,
)
from statemachine.primitives import Bounds, Length, TextLength

PUBLIC = tuple(
    import_module(f"statemachine.{name}")
    for name in ("params", "messages", "transactions", "events", "state", "rules.genesis")
)
"""The modules whose records have bytes and JSON."""

RECORDS: tuple[type, ...] = tuple(
    cls
    for module in PUBLIC
    for cls in vars(module).values()
    if isinstance(cls, type) and attrs.has(cls) and cls.__module__ == module.__name__
)
"""Every record there is."""

TRANSACTIONS = tuple(cls for cls in RECORDS if cls.__module__ == "statemachine.transactions")
"""Every record that is a transaction."""

evolved_by_attrs: Any = attrs.evolve
"""`attrs.evolve`, for records that the type checker does not know to be of attrs."""


def fields_of(cls: type) -> "tuple[attrs.Attribute[Any], ...]":
    """Return the fields of a record."""
    return tuple(attrs.fields(cls))


def field_types(cls: type) -> dict[str, Any]:
    """Return the annotations of a record's fields by name."""
    return {field.name: field.type for field in fields_of(cls)}


FIELDS = tuple((cls, field) for cls in RECORDS for field in fields_of(cls))
"""Every field of every record."""


def names(parameter: object) -> str:
    """Name a test's parameter after the record or field that it is."""
    return getattr(parameter, "__name__", None) or getattr(parameter, "name", None) or ""


def parts(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return what an annotation is made of."""
    return typing.get_origin(annotation), typing.get_args(annotation)


def is_optional(annotation: Any) -> bool:
    """Say whether None fits."""
    origin, arguments = parts(annotation)
    return origin in (typing.Union, types.UnionType) and type(None) in arguments


def required(annotation: Any) -> Any:
    """Return what an optional annotation holds when it holds something."""
    return next(kind for kind in parts(annotation)[1] if kind is not type(None))


# --- the plainest value that fits --------------------------------------------------------


def plainest(annotation: Any) -> Any:
    """Return the smallest value that an annotation allows."""
    origin, arguments = parts(annotation)
    if origin is Annotated:
        bound = arguments[1]
        if isinstance(bound, MapLayout):
            return MerkleMap.empty(bound)
        if isinstance(bound, Bounds):
            return bound.low
        return bytes(bound.count) if isinstance(bound, Length) else "x"
    if is_optional(annotation):
        return None
    if origin is tuple:
        return ()
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    return False if annotation is bool else plain(annotation)


def plain(cls: type) -> Any:
    """Return a record of the smallest values."""
    if cls is Params:
        return Params()
    if cls is Genesis:
        return Genesis("x", Params(), (), (), ())
    return cls(*(plainest(field.type) for field in fields_of(cls)))


# --- what does not fit -------------------------------------------------------------------


def misfits(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation does not allow: too little, too much, or of another type."""
    origin, arguments = parts(annotation)
    if is_optional(annotation):
        yield from (content for content in misfits(required(annotation)) if content is not None)
        return
    yield None
    if origin is Annotated:
        yield from _unbounded(arguments[1])
    elif origin is tuple:
        yield from ([], {}, set(), "", b"", 0)
        yield from ((item,) for item in misfits(arguments[0]))
        yield (plainest(arguments[0]), None)
    elif issubclass(annotation, Enum):
        yield from ("nonsense", next(iter(annotation)).value, 0, annotation)
    elif annotation is bool:
        yield from (0, 1, "true", b"\x01")
    else:
        yield from (annotation, 0, (), attrs.asdict(plain(annotation), recurse=False))


def _unbounded(bound: Any) -> Iterator[Any]:
    if isinstance(bound, Bounds):
        low, high = bound.low, bound.high
        yield from (low - 1, high + 1, -(2**300), 2**300, True, False)
        yield from (float(low), float("nan"), float("inf"), str(low), b"\x01", (low,), low + 0j)
    elif isinstance(bound, Length):
        right = bytes(bound.count)
        yield from (right[1:], right + b"\x00", b"", bytearray(right), memoryview(right))
        yield from (list(right), tuple(right), right.hex(), "x" * bound.count, bound.count, True)
    elif isinstance(bound, TextLength):
        yield from ("", "x" * (bound.longest + 1), "é", "a\tb", "a\n", "\x7f", "\x00", "\ud800")
        yield from (b"text", bytearray(b"text"), 5, True, ("x",))
    else:
        layout: MapLayout[int] = MapLayout(bound.name, bound.key_length, lambda _: 0, lambda _: b"")
        yield from ({}, [], (), 0, b"", MerkleMap.empty(layout))


# --- any value that fits -----------------------------------------------------------------


def fitting(annotation: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for everything that an annotation allows, its ends often."""
    origin, arguments = parts(annotation)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1])
    if is_optional(annotation):
        return st.none() | fitting(required(annotation))
    if origin is tuple:
        return st.lists(fitting(arguments[0]), max_size=3).map(tuple)
    if issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    return st.booleans() if annotation is bool else records(annotation)


def _bounded(kind: Any, bound: Any) -> st.SearchStrategy[Any]:
    if isinstance(bound, Bounds):
        ends = st.sampled_from((bound.low, bound.low + 1, bound.high - 1, bound.high))
        return ends | st.integers(bound.low, bound.high)
    if isinstance(bound, Length):
        return st.binary(min_size=bound.count, max_size=bound.count)
    if isinstance(bound, TextLength):
        printable = st.characters(min_codepoint=32, max_codepoint=126)
        return st.text(printable, min_size=1, max_size=bound.longest)
    keys = st.binary(min_size=bound.key_length, max_size=bound.key_length)
    # In a map of marks there is only the mark.
    entry = parts(kind)[1][0]
    entries = st.just(True) if entry is bool else fitting(entry)
    return st.dictionaries(keys, entries, max_size=3).map(
        lambda entries: MerkleMap.from_items(bound, entries.items())
    )


def records(cls: type) -> st.SearchStrategy[Any]:
    """Return a strategy for records of a class."""
    if cls is Params:
        return _params()
    if cls is Genesis:
        return _geneses()
    return st.builds(cls, *(fitting(field.type) for field in fields_of(cls)))


@st.composite
def _params(draw: st.DrawFn) -> Params:
    drawn = {name: draw(fitting(kind)) for name, kind in field_types(Params).items()}
    drawn["evidence_window"] = min(drawn["evidence_window"], drawn["unbonding_epochs"])
    lookahead = min(drawn["election_lookahead"], drawn["evidence_window"])
    drawn["election_lookahead"] = lookahead
    drawn["min_stake"] = max(1, drawn["min_stake"])
    drawn["churn_floor"] = max(1, drawn["churn_floor"])
    if drawn["max_slot_gap"] <= drawn["epoch_length"]:
        drawn["epoch_length"], drawn["max_slot_gap"] = 1, max(2, drawn["max_slot_gap"])
    return Params(**drawn)


@st.composite
def _geneses(draw: st.DrawFn) -> Genesis:
    addresses = draw(st.lists(st.binary(min_size=20, max_size=20), unique=True, max_size=3))
    amounts = st.integers(1, 2**124)
    chosen = draw(_params())
    operators = [
        GenesisValidator(
            address,
            number.to_bytes(48, "big"),
            draw(st.integers(0, chosen.max_commission_bps)),
            draw(st.booleans()),
        )
        for number, address in enumerate(addresses)
    ]
    empty = Genesis(
        draw(fitting(field_types(Genesis)["chain_id"])),
        chosen,
        (),
        (),
        (),
        draw(amounts),
        draw(st.integers(0, 99)),
    )
    return evolve(
        empty,
        accounts=tuple(GenesisAccount(address, draw(amounts)) for address in addresses),
        validators=tuple(operators),
        delegations=tuple(
            GenesisDelegation(
                draw(st.binary(min_size=20, max_size=20)),
                operator.address,
                draw(amounts),
                draw(st.sampled_from((None, empty.epoch))),
            )
            for operator in operators
        ),
        randomness=draw(st.binary(min_size=32, max_size=32)),
    )
