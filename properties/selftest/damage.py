"""Structured damage: what a hostile or broken sender makes of a valid input."""

import json
import re
from collections.abc import Callable, Sequence
from random import Random

HEADS = (
    b"\xd8\x1c",
    b"\xd8\x1d\x00",
    b"\xc4\x82\x1a\x7f\xff\xff\xff\x01",
    b"\xc5\x82\x1a\x7f\xff\xff\xff\x01",
    b"\xd9\x01\x00",
    b"\xd8\x19\x00",
    b"\xc2\x41\x01",
    b"\xc3\x41\x01",
    b"\x9f",
    b"\x5f",
    b"\xbf",
    b"\xff",
    b"\xf6",
    b"\xf7",
    b"\xf9\x7e\x00",
    b"\x9b" + b"\xff" * 8,
    b"\x5b\x7f" + b"\xff" * 7,
    b"\xa1\x00\x00",
    b"\x81" * 70,
    b"\x1b" + b"\xff" * 8,
    b"\x60",
    b"\x40",
    b"\x80",
    b"\x00",
)
"""Beginnings of items of CBOR: tags, lengths without an end, huge lengths, deep nesting."""

ODD = (
    "NaN",
    "-Infinity",
    "1e999",
    "0.5",
    "-0",
    "00",
    "1" * 5_000,
    '""',
    "null",
    "true",
    "[]",
    "{}",
    "[" * 100,
    '"\\ud800"',
    '"\\u0000"',
    "\ufeff",
    "-1",
    str(2**64),
    str(2**128),
    '{"a":1,"a":2}',
)
"""Texts put in place of a JSON value."""

_PLACES = re.compile(r'"(?:[^"\\]|\\.)*"|[-0-9.eE+]+|true|false|null')


def damaged_bytes(rng: Random, encoded: bytes, others: Sequence[bytes]) -> bytes:
    """Return bytes damaged in one to three places."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        encoded = rng.choice(_DAMAGES)(rng, encoded, others)
    return encoded


def _flip(rng: Random, encoded: bytes, _others: Sequence[bytes]) -> bytes:
    if not encoded:
        return b"\x00"
    place = rng.randrange(len(encoded))
    return encoded[:place] + bytes([encoded[place] ^ 1 << rng.randrange(8)]) + encoded[place + 1 :]


def _cut(rng: Random, encoded: bytes, _others: Sequence[bytes]) -> bytes:
    return encoded[: rng.randrange(len(encoded) + 1)]


def _continue(rng: Random, encoded: bytes, others: Sequence[bytes]) -> bytes:
    return encoded + rng.choice((b"\x00", b"\xf6", rng.choice(others)[:64]))


def _insert_head(rng: Random, encoded: bytes, _others: Sequence[bytes]) -> bytes:
    place = rng.randrange(len(encoded) + 1)
    return encoded[:place] + rng.choice(HEADS) + encoded[place:]


def _replace_head(rng: Random, encoded: bytes, _others: Sequence[bytes]) -> bytes:
    place = rng.randrange(len(encoded) + 1)
    return encoded[:place] + rng.choice(HEADS) + encoded[place + rng.randrange(1, 40) :]


def _drop(rng: Random, encoded: bytes, _others: Sequence[bytes]) -> bytes:
    place = rng.randrange(len(encoded) + 1)
    return encoded[:place] + encoded[place + rng.randrange(1, 40) :]


def _repeat(rng: Random, encoded: bytes, _others: Sequence[bytes]) -> bytes:
    place, length = rng.randrange(len(encoded) + 1), rng.randrange(1, 80)
    return encoded[:place] + encoded[place : place + length] + encoded[place:]


def _splice(rng: Random, encoded: bytes, others: Sequence[bytes]) -> bytes:
    donor = rng.choice(others)
    return encoded[: rng.randrange(len(encoded) + 1)] + donor[rng.randrange(len(donor)) :]


def _noise(rng: Random, _encoded: bytes, _others: Sequence[bytes]) -> bytes:
    return rng.randbytes(rng.randrange(200))


_DAMAGES: tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _continue,
    _insert_head,
    _replace_head,
    _drop,
    _repeat,
    _splice,
    _noise,
)


def damaged_text(rng: Random, text: str) -> str:
    """Return JSON with one to three of its values, names or brackets changed."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = _damaged_text(rng, text)
    return text


def _damaged_text(rng: Random, text: str) -> str:
    places = [match.span() for match in _PLACES.finditer(text)]
    choice = rng.randrange(6)
    if choice == 0 or not places:
        return text[: rng.randrange(len(text) + 1)]
    start, end = rng.choice(places)
    if choice == 1:
        return text[:start] + rng.choice(ODD) + text[end:]
    if choice == 2:
        other_start, other_end = rng.choice(places)
        return text[:start] + text[other_start:other_end] + text[end:]
    if choice == 3:
        return text[:start] + text[end + 1 :]
    if choice == 4:
        place = rng.randrange(len(text))
        return text[:place] + rng.choice('{}[],:"\\\x00é\ud800 09') + text[place + 1 :]
    return text[:end] + text[start:]


def damaged_value(rng: Random, value: object) -> object:
    """Return the content of a document with one member, however deep, replaced or left out."""
    if isinstance(value, dict) and value and rng.randrange(6):
        name = rng.choice(sorted(value))
        if not rng.randrange(8):
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: damaged_value(rng, value[name])}
    if isinstance(value, list) and value and rng.randrange(6):
        place = rng.randrange(len(value))
        if not rng.randrange(8):
            return [*value[:place], *value[place:][:1], *value[place:]]
        return [*value[:place], damaged_value(rng, value[place]), *value[place + 1 :]]
    return rng.choice(_VALUES)


_VALUES: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**63,
    2**128,
    "",
    "0",
    "-1",
    "0x",
    "0x" + "ff" * 20,
    "x" * 100,
    [],
    {},
    [[]],
    [0],
    {"type": "Transfer"},
    {"type": 7},
    str(2**128),
    "1" * 60,
)


def damaged_document(rng: Random, text: str) -> str:
    """Return a file of JSON, or of JSON lines, damaged in its text or in its content."""
    if not text.startswith("{"):
        return damaged_text(rng, text)
    lines = text.splitlines() if text.count("\n") > 1 and not text.startswith("{\n") else [text]
    place = rng.randrange(len(lines))
    if rng.randrange(2):
        lines[place] = damaged_text(rng, lines[place])
    else:
        lines[place] = json.dumps(damaged_value(rng, json.loads(lines[place])))
    return "\n".join(lines)
