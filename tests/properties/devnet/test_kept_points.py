"""Points that are kept: read once, bounded, and of no effect on any result."""

import importlib
from collections import Counter
from typing import Any

import attrs
import pytest

from properties.devnet.kept_points import with_kept_points
from statemachine.crypto.backends import backend_by_name
from statemachine.crypto.bls import INFINITE_KEY, Backend, NotOnCurve, public_key_of, read_key
from statemachine.errors import Rejected


def counting() -> tuple[Backend, Counter[str]]:
    """Return a backend of which every odd key is a point, and every third is not in the group."""
    counts: Counter[str] = Counter()

    def decompress(encoded: bytes) -> list[int]:
        counts["decompress"] += 1
        if encoded[-1] % 2 == 0:
            raise NotOnCurve
        return [encoded[-1]]

    def in_subgroup(point: list[int]) -> bool:
        counts["subgroup"] += 1
        return point[0] % 3 != 0

    plain = backend_by_name("py_ecc", importlib.import_module)
    fake = attrs.evolve(plain, decompress_key=decompress, key_in_subgroup=in_subgroup)
    return fake, counts


def key(number: int) -> bytes:
    return bytes([0x80]) + bytes(46) + bytes([number])


def reason(backend: Backend, encoded: bytes) -> str:
    try:
        read_key(backend, encoded)
    except Rejected as rejection:
        return rejection.reason.value
    return "fine"


def test_a_key_is_read_and_checked_once() -> None:
    fake, counts = counting()
    backend = with_kept_points(fake)
    points = [read_key(backend, key(5)) for _ in range(3)]
    assert points[0] is points[1] is points[2]
    assert counts == {"decompress": 1, "subgroup": 1}


def test_what_is_refused_is_refused_every_time_and_for_the_same_reason() -> None:
    fake, _ = counting()
    backend = with_kept_points(fake, limit=4)
    asked = [1, 2, 3, 5, 7, 9, 3, 1, 2, 9, 15, 5, 3, 3]
    assert [reason(backend, key(number)) for number in asked] == [
        reason(fake, key(number)) for number in asked
    ]


def test_no_more_are_kept_than_the_limit_and_those_that_came_first_go_first() -> None:
    fake, counts = counting()
    backend = with_kept_points(fake, limit=3)
    for number in (1, 5, 7, 1, 11, 13):
        read_key(backend, key(number))
    known = [number for number in (1, 5, 7, 11, 13) if backend.known_key(key(number))]
    assert known == [7, 11, 13]
    assert counts["decompress"] == 5
    read_key(backend, key(5))
    assert counts["decompress"] == 6


def test_real_keys_are_as_without() -> None:
    plain = backend_by_name("py_ecc", importlib.import_module)
    backend = with_kept_points(plain)
    good: Any = public_key_of(plain, 7)
    outside = bytes([0x80]) + bytes(47)
    for encoded in (good, INFINITE_KEY, outside, good[:-1], b"", good, outside):
        assert reason(backend, encoded) == reason(plain, encoded)
    assert read_key(backend, good) == read_key(plain, good)


@pytest.mark.parametrize("number", [3, 9])
def test_a_point_outside_of_the_subgroup_is_never_kept(number: int) -> None:
    backend = with_kept_points(counting()[0])
    for _ in range(2):
        assert reason(backend, key(number)) == "key_not_in_subgroup"
    assert backend.known_key(key(number)) is None


def test_a_point_is_kept_under_its_own_bytes_alone() -> None:
    """Whoever asks about a point that was not read just now makes no other known."""
    backend = with_kept_points(counting()[0])
    read_key(backend, key(5))
    point = backend.decompress_key(key(7))
    assert backend.key_in_subgroup([5])
    assert backend.known_key(key(7)) is None
    assert backend.key_in_subgroup(point)
    assert backend.known_key(key(7)) is point
