"""Records with one part replaced, at any depth: by another of its kind, or by a flipped bit."""

import contextlib
from collections.abc import Sequence
from enum import Enum
from random import Random
from typing import Any, TypeVar

import attrs

from statemachine.errors import OutOfRange
from statemachine.records import evolve

T = TypeVar("T")


def forged(rng: Random, record: T, others: Sequence[object]) -> T:
    """Return a record with one part changed, or unchanged if that fails."""
    alike = [candidate for candidate in others if type(candidate) is type(record)] or [record]
    for _ in range(TRIED):
        with contextlib.suppress(OutOfRange):
            changed: T = _changed(rng, record, rng.choice(alike))
            if changed != record:
                return changed
    return record


TRIED = 5
"""Changes that are tried: many make no difference, or no record."""


def _changed(rng: Random, original: Any, donor: Any) -> Any:
    """Change a part of a value, or replace it by the same part of a donor."""
    if not rng.randrange(12):
        return donor
    if attrs.has(type(original)):
        field = rng.choice(attrs.fields(type(original)))
        mine = getattr(original, field.name)
        theirs = getattr(donor, field.name) if type(donor) is type(original) else mine
        return evolve(original, **{field.name: _changed(rng, mine, theirs)})
    if isinstance(original, tuple):
        return _changed_tuple(rng, original, donor if isinstance(donor, tuple) else original)
    if isinstance(original, Enum):
        return rng.choice(list(type(original)))
    if isinstance(original, bool):
        return not original
    if isinstance(original, int):
        return rng.choice(
            (original + 1, max(0, original - 1), original ^ 1 << rng.randrange(64), 0)
        )
    if isinstance(original, bytes) and original:
        place = rng.randrange(len(original))
        flipped = bytes([original[place] ^ 1 << rng.randrange(8)])
        return rng.choice(
            (
                original[:place] + flipped + original[place + 1 :],
                bytes(len(original)),
                rng.randbytes(len(original)),
            )
        )
    return original + "x" if isinstance(original, str) else original


def _changed_tuple(
    rng: Random, original: tuple[object, ...], donor: tuple[object, ...]
) -> tuple[object, ...]:
    choice = rng.randrange(5)
    if not original or choice == 0:
        return (*original, *donor[:1])
    place = rng.randrange(len(original))
    if choice == 1:
        return (*original[:place], *original[place + 1 :])
    if choice == 2:
        return (*original[:place], original[place], *original[place:])
    if choice == 3:
        return tuple(rng.sample(original, len(original)))
    theirs = donor[place] if place < len(donor) else original[place]
    return (*original[:place], _changed(rng, original[place], theirs), *original[place + 1 :])
