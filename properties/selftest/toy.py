"""A toy backend: the scheme's algebra in a group whose secrets anybody can read.

A point is a number modulo the order, and a public key the secret itself, so that nothing
here is safe and everything is fast. Sums, cancelling keys and rogue keys come out as on the
curve, and points are written with the same flags. It stands in where a test is about
the order of checks or about which message was signed; the real backends run the main paths.
"""

from collections.abc import Sequence

from statemachine.crypto.bls import (
    COMPRESSED,
    CURVE_ORDER,
    GREATER_Y,
    INFINITE_KEY,
    INFINITE_SIGNATURE,
    Backend,
    NotOnCurve,
)
from statemachine.hashing import digest

HALF = CURVE_ORDER // 2
"""A number above it is written as the one that cancels it, with the flag of the greater y."""


def _read(encoded: bytes) -> int:
    number = int.from_bytes(bytes([encoded[0] & ~(COMPRESSED | GREATER_Y)]) + encoded[1:], "big")
    if number > HALF:
        # As on the curve: some numbers are no coordinates, others lie outside the subgroup.
        if number % 2:
            raise NotOnCurve
        return CURVE_ORDER + number
    return CURVE_ORDER - number if encoded[0] & GREATER_Y else number


def _write(point: int, infinite: bytes) -> bytes:
    if point == 0:
        return infinite
    greater = point > HALF
    encoded = (CURVE_ORDER - point if greater else point).to_bytes(len(infinite), "big")
    return bytes([encoded[0] | COMPRESSED | (GREATER_Y if greater else 0)]) + encoded[1:]


def _hash(message: bytes, domain: bytes) -> int:
    return int.from_bytes(digest("stakespec/toy", domain, message), "big") % CURVE_ORDER


def _in_subgroup(point: int) -> bool:
    return 0 < point < CURVE_ORDER


def _add(first: int, second: int) -> int:
    return (first + second) % CURVE_ORDER


def _multiply(point: int, secret: int) -> int:
    return point * secret % CURVE_ORDER


def _pairings_equal(keys: Sequence[int], hashed: Sequence[int], signature: int) -> bool:
    products = (_multiply(point, key) for key, point in zip(keys, hashed, strict=True))
    return sum(products) % CURVE_ORDER == signature


TOY = Backend(
    name="toy",
    decompress_key=_read,
    compress_key=lambda point: _write(point, INFINITE_KEY),
    key_in_subgroup=_in_subgroup,
    add_keys=_add,
    key_of_secret=lambda secret: secret,
    decompress_signature=_read,
    compress_signature=lambda point: _write(point, INFINITE_SIGNATURE),
    signature_in_subgroup=_in_subgroup,
    add_signatures=_add,
    multiply_signature=_multiply,
    hash_to_signature=_hash,
    pairings_equal=_pairings_equal,
)
"""Not to be trusted with anything."""
