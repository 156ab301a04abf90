"""Many signatures of many messages at once, and points told from infinity.

`aggregate_verify` is the draft's function of this name. `batch_verify` is the check of a
batch that Ethereum's clients and test suites call so: all hold, or it is rejected, with a
random coefficient for each signature so that false ones cannot cancel. The coefficients
are the caller's: there is no randomness in here. `deserialize_key` and
`deserialize_signature` are the suites' deserialization_G1 and _G2, to which infinity is a
point like others.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from statemachine.crypto.bls import (
    SIGNATURE_DOMAIN,
    Backend,
    Point,
    read_key,
    read_signature,
)
from statemachine.errors import OutOfRange, Rejected, RejectionReason

Equation = tuple[Sequence[Point], Sequence[Point], Point]
"""Keys, hashed messages and a signature, as `Backend.pairings_equal` takes them."""

COEFFICIENT_BITS = 64
"""Bits that a coefficient should have: a false batch passes once in so many."""


class PointKind(StrEnum):
    """What the bytes of a point stand for."""

    POINT = "point"
    """A point of the subgroup that is not infinity."""
    INFINITY = "infinity"
    """The neutral element of the group."""


def aggregate_verify(
    backend: Backend, public_keys: Sequence[bytes], messages: Sequence[bytes], signature: bytes
) -> None:
    """Check a sum of signatures, of one message by each of the keys, different or not.

    Safe where messages are the same only if the possession of each key was proved.
    Raises OutOfRange unless there are as many messages as keys.
    Rejects: no_signers; what `validate_key` does, key by key; then as `verify` does.
    """
    if not public_keys and not messages:
        raise Rejected(RejectionReason.NO_SIGNERS)
    _same_length("messages", len(messages), len(public_keys))
    keys = [read_key(backend, public_key) for public_key in public_keys]
    summed = read_signature(backend, signature)
    hashed = [backend.hash_to_signature(message, SIGNATURE_DOMAIN) for message in messages]
    if not backend.pairings_equal(keys, hashed, summed):
        raise Rejected(RejectionReason.BAD_SIGNATURE, signers=len(public_keys))


def batch_verify(
    backend: Backend,
    public_keys: Sequence[bytes],
    messages: Sequence[bytes],
    signatures: Sequence[bytes],
    coefficients: Sequence[int],
) -> None:
    """Check many signatures together, each of one message by one key.

    All hold where this returns, but for a chance of one in as many coefficients as might
    have been drawn. They must be drawn after the signatures are known, from 1 to
    2 ** COEFFICIENT_BITS - 1 at least, and nobody who signs may guess them.
    Raises OutOfRange unless there are as many of each, and for a coefficient out of range.
    Rejects: no_signers; what `validate_key` does, key by key; what `verify` does of each
    signature; bad_signature, which does not say whose.
    """
    if not public_keys and not messages and not signatures and not coefficients:
        raise Rejected(RejectionReason.NO_SIGNERS)
    _same_length("messages", len(messages), len(public_keys))
    _same_length("signatures", len(signatures), len(public_keys))
    _same_length("coefficients", len(coefficients), len(public_keys))
    for place, coefficient in enumerate(coefficients):
        # Beyond 2 ** 128 they would only take longer.
        if not 0 < coefficient < 2**128:
            bound = "a whole number from 1 to 2^128 - 1"
            raise OutOfRange(f"coefficients[{place}]", coefficient, bound)
    keys = [read_key(backend, public_key) for public_key in public_keys]
    points = [read_signature(backend, signature) for signature in signatures]
    hashed = [backend.hash_to_signature(message, SIGNATURE_DOMAIN) for message in messages]
    equations = [
        ((key,), (point,), sum_) for key, point, sum_ in zip(keys, hashed, points, strict=True)
    ]
    if not all_hold(backend, equations, coefficients):
        raise Rejected(RejectionReason.BAD_SIGNATURE, signers=len(public_keys))


def all_hold(backend: Backend, equations: Sequence[Equation], coefficients: Sequence[int]) -> bool:
    """Say whether equations hold, one at least: by one product, with a coefficient for each.

    False ones pass once in as many coefficients as there might have been.
    """
    keys: list[Point] = []
    scaled: list[Point] = []
    total: Point = None
    for (theirs, hashed, signature), coefficient in zip(equations, coefficients, strict=True):
        keys += theirs
        scaled += [backend.multiply_signature(point, coefficient) for point in hashed]
        part = backend.multiply_signature(signature, coefficient)
        total = part if total is None else backend.add_signatures(total, part)
    return backend.pairings_equal(keys, scaled, total)


def deserialize_key(backend: Backend, encoded: bytes) -> PointKind:
    """Say what bytes of G1 stand for. Rejects: malformed_key, key_not_in_subgroup."""
    return _deserialize(read_key, backend, encoded, RejectionReason.KEY_IS_INFINITY)


def deserialize_signature(backend: Backend, encoded: bytes) -> PointKind:
    """Say what bytes of G2 stand for.

    Rejects: malformed_signature, signature_not_in_subgroup.
    """
    return _deserialize(read_signature, backend, encoded, RejectionReason.SIGNATURE_IS_INFINITY)


def _deserialize(
    read: Callable[[Backend, bytes], object],
    backend: Backend,
    encoded: bytes,
    infinity: RejectionReason,
) -> PointKind:
    try:
        read(backend, encoded)
    except Rejected as rejection:
        if rejection.reason is infinity:
            return PointKind.INFINITY
        raise
    return PointKind.POINT


def _same_length(name: str, length: int, keys: int) -> None:
    if length != keys:
        raise OutOfRange(f"the number of {name}", length, f"{keys}, as there are keys")
