"""How long an aggregate signature takes to verify, whole and in parts, by each backend.

The native backend is measured where its library is installed. py_ecc takes minutes for
8,192 keys; STAKESPEC_BENCH_MILLION=1 asks for that too.
"""

import os
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import attrs
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.devnet.kept_points import with_kept_points
from statemachine import PROTOCOL, State, genesis
from statemachine.crypto.backends import BACKEND_NAMES, backend_by_name
from statemachine.crypto.bls import (
    CURVE_ORDER,
    SIGNATURE_DOMAIN,
    Backend,
    generate_secret,
    public_key_of,
    sign,
)
from statemachine.crypto.native_backend import LIBRARY
from statemachine.records import evolve
from statemachine.rules.signers import require_in_order
from statemachine.signed.authentication import keys_in_snapshot, verify_aggregate
from tests.benchmarks.worlds import Size, account, described

MESSAGE = bytes(range(32))

PARTS = (
    "bookkeeping",
    "decompression",
    "subgroup",
    "addition",
    "hashing",
    "pairing",
    "whole",
    "again",
)


@attrs.frozen
class Aggregate:
    """Everything that verifying one aggregate takes, also halfway."""

    backend: Backend
    state: State
    signers: tuple[bytes, ...]
    encoded: list[bytes]
    """The keys as the state has them."""
    points: list[Any]
    signature: bytes


@lru_cache(maxsize=2)
def signed(name: str, count: int) -> Aggregate:
    """Return an aggregate of so many signers. Whoever knows all secrets signs at once."""
    backend = backend_by_name(name, import_module)
    size = Size(count + 1, count, 1)
    secret = generate_secret(bytes(32))
    # Keys in a row: each is the one before it and the generator.
    point, generator = backend.key_of_secret(secret), backend.key_of_secret(1)
    keys = []
    for _ in range(count):
        keys.append(backend.compress_key(point))
        point = backend.add_keys(point, generator)
    assert keys[1] == public_key_of(backend, secret + 1)
    whole = described(size)
    validators = tuple(
        evolve(entry, public_key=key) for entry, key in zip(whole.validators, keys, strict=True)
    )
    state = genesis(PROTOCOL, evolve(whole, validators=validators))
    signers = tuple(sorted(account(number) for number in range(count)))
    return Aggregate(
        backend=backend,
        state=state,
        signers=signers,
        encoded=keys,
        points=[backend.decompress_key(key) for key in keys],
        signature=sign(backend, sum(range(secret, secret + count)) % CURVE_ORDER, MESSAGE),
    )


def part_of(part: str, of: Aggregate) -> Callable[[], Any]:
    """Return what does one part of verifying an aggregate."""
    backend, state = of.backend, of.state
    key_of = keys_in_snapshot(state.snapshot, state.validators)

    def bookkeeping() -> int:
        require_in_order(of.signers)
        return len([key_of(signer) for signer in of.signers])

    def decompression() -> int:
        return len([backend.decompress_key(key) for key in of.encoded])

    def subgroup() -> bool:
        return all([backend.key_in_subgroup(point) for point in of.points])

    def addition() -> bytes:
        total = of.points[0]
        for point in of.points[1:]:
            total = backend.add_keys(total, point)
        return backend.compress_key(total)

    def hashing() -> bool:
        return backend.hash_to_signature(MESSAGE, SIGNATURE_DOMAIN) is not None

    total = backend.decompress_key(addition())
    hashed = backend.hash_to_signature(MESSAGE, SIGNATURE_DOMAIN)

    def pairing() -> bool:
        point = backend.decompress_signature(of.signature)
        return backend.signature_in_subgroup(point) and backend.pairings_equal(
            [total], [hashed], point
        )

    def whole() -> bool:
        verify_aggregate(backend, key_of, of.signers, MESSAGE, of.signature)
        return True

    kept = with_kept_points(backend)

    def again() -> bool:
        """Verify it whole, with keys that were read before: but for the first round."""
        verify_aggregate(kept, key_of, of.signers, MESSAGE, of.signature)
        return True

    parts = (bookkeeping, decompression, subgroup, addition, hashing, pairing, whole, again)
    return dict(zip(PARTS, parts, strict=True))[part]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("count", [128, 1_024, 8_192])
@pytest.mark.parametrize("name", BACKEND_NAMES)
def test_an_aggregate(name: str, count: int, part: str, benchmark: BenchmarkFixture) -> None:
    if name == "native" and find_spec(LIBRARY) is None:
        pytest.skip(f"{LIBRARY} is not installed")
    if not benchmark.enabled:
        count = 2
    slow = name == "py_ecc" and count > 1_024
    if slow and os.environ.get("STAKESPEC_BENCH_MILLION") != "1":
        pytest.skip("takes minutes: set STAKESPEC_BENCH_MILLION=1 to run it")
    run = part_of(part, signed(name, count))
    rounds = 1 if slow else 3 if name == "py_ecc" else 10
    assert benchmark.pedantic(run, rounds=rounds if benchmark.enabled else 1)  # type: ignore[no-untyped-call]
