"""Records with one part, however deep, replaced: by another of its kind, or bit by bit."""

import contextlib
from collections.abc import Sequence
from enum import Enum
from random import Random
from typing import Any, TypeVar

import attrs

from statemachine.errors import OutOfRange
from statemachine.records import evolve

T = TypeVar("T")


def forged(rng: Random, record: T, others: Sequence[Any]) -> T:
    """Return a record with one part changed; as it was where that fails."""
    alike = [other for other in others if type(other) is type(record)] or [record]
    for _ in range(TRIED):
        with contextlib.suppress(OutOfRange):
            changed: T = _changed(rng, record, rng.choice(alike))
            if changed != record:
                return changed
    return record


TRIED = 5
"""Changes that are tried: many make no difference, or no record."""


def _changed(rng: Random, given: Any, other: Any) -> Any:
    """Change a part of what is given, or exchange it for the same part of another."""
    if not rng.randrange(12):
        return other
    if attrs.has(type(given)):
        field = rng.choice(attrs.fields(type(given)))
        mine = getattr(given, field.name)
        theirs = getattr(other, field.name) if type(other) is type(given) else mine
        return evolve(given, **{field.name: _changed(rng, mine, theirs)})
    if isinstance(given, tuple):
        return _changed_tuple(rng, given, other if isinstance(other, tuple) else given)
    if isinstance(given, Enum):
        return rng.choice(list(type(given)))
    if isinstance(given, bool):
        return not given
    if isinstance(given, int):
        return rng.choice((given + 1, max(0, given - 1), given ^ 1 << rng.randrange(64), 0))
    if isinstance(given, bytes) and given:
        place = rng.randrange(len(given))
        flipped = bytes([given[place] ^ 1 << rng.randrange(8)])
        return rng.choice(
            (
                given[:place] + flipped + given[place + 1 :],
                bytes(len(given)),
                rng.randbytes(len(given)),
            )
        )
    return given + "x" if isinstance(given, str) else given


def _changed_tuple(rng: Random, given: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    choice = rng.randrange(5)
    if not given or choice == 0:
        return (*given, *other[:1])
    place = rng.randrange(len(given))
    if choice == 1:
        return (*given[:place], *given[place + 1 :])
    if choice == 2:
        return (*given[:place], given[place], *given[place:])
    if choice == 3:
        return tuple(rng.sample(given, len(given)))
    theirs = other[place] if place < len(other) else given[place]
    return (*given[:place], _changed(rng, given[place], theirs), *given[place + 1 :])
