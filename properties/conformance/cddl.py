"""The canonical bytes of every record, in CDDL (RFC 8610), read off the annotations."""

import typing
from collections.abc import Iterable
from typing import Any

from properties.conformance.annotations import written
from properties.conformance.types import EVENTS, RECORDS, TRANSACTIONS
from statemachine.merkle_map import MapLayout
from statemachine.primitives import Bounds
from statemachine.records import fields_of
from statemachine.signed.envelope import Enclosed


class _Cddl:
    """Says annotations in CDDL."""

    def integer(self, bounds: Bounds) -> str:
        if bounds.high < 2**64:
            return f"{bounds.low}..{bounds.high}"
        longest = (bounds.high.bit_length() + 7) // 8
        return f"uint / #6.2(bstr .size (9..{longest}))"

    def content(self, length: int) -> str:
        return f"bstr .size {length}"

    def text(self, longest: int) -> str:
        return f"tstr .size (1..{longest})"

    def flag(self) -> str:
        return "bool"

    def choice(self, texts: list[str]) -> str:
        return " / ".join(f'"{word}"' for word in texts)

    def record(self, kind: type) -> str:
        return kind.__name__

    def named(self, kinds: list[type]) -> str:
        return " / ".join(f'["{kind.__name__}", {kind.__name__}]' for kind in kinds)

    def several(self, item: str) -> str:
        return f"[* {_in_brackets(item)}]"

    def optional(self, item: str) -> str:
        return f"{item} / null"

    def map(self, layout: MapLayout[Any], entry: str) -> str:
        return f"[* [bstr .size {layout.key_length}, {_in_brackets(entry)}]]"


def _in_brackets(item: str) -> str:
    return f"({item})" if " / " in item and not item.startswith("[") else item


def cddl() -> str:
    """Return the CDDL of everything that has canonical bytes."""
    writer = _Cddl()
    lines = [
        "; Made by `stakespec vectors schemas`; do not edit.",
        "; Each record is the array of its fields, in this order. What CDDL cannot say:",
        "; the encoding is deterministic (RFC 8949, 4.2.1), a bignum never stands for a number",
        "; below 2^64, and the keys of a map rise.",
        "",
        _alternatives("Anything", RECORDS.values()),
        _alternatives("Transaction", TRANSACTIONS),
        _alternatives("Event", EVENTS),
        _alternatives("Enclosed", typing.get_args(Enclosed)),
    ]
    for name, kind in RECORDS.items():
        lines += ["", f"{name} = ["]
        lines += [f"  {field.name}: {written(field.type, writer)}," for field in fields_of(kind)]
        lines.append("]")
    return "\n".join(lines) + "\n"


def _alternatives(name: str, kinds: Iterable[type]) -> str:
    return f"{name} = " + " / ".join(kind.__name__ for kind in kinds)
