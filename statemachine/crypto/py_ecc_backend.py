"""The reference backend: py_ecc, in Python alone.

Slow (about half a second for a verification), and its time depends on the secret key: not
for keys that are worth anything. Only py_ecc's arithmetic is used, not its ciphersuites,
which take a key with bytes before it and do not say why they refuse one.
"""

from collections.abc import Sequence
from hashlib import sha256

from py_ecc.bls.g2_primitives import (
    G1_to_pubkey,
    G2_to_signature,
    pubkey_to_G1,
    signature_to_G2,
    subgroup_check,
)
from py_ecc.bls.hash_to_curve import hash_to_G2
from py_ecc.fields import optimized_bls12_381_FQ as FQ
from py_ecc.fields import optimized_bls12_381_FQ12 as FQ12
from py_ecc.optimized_bls12_381.optimized_curve import G1, add, multiply, neg
from py_ecc.optimized_bls12_381.optimized_pairing import final_exponentiate, pairing

from statemachine.crypto.bls import GREATER_Y, Backend, NotOnCurve, Point


def _decompress_key(encoded: bytes) -> Point:
    if not any(encoded[1:]) and not encoded[0] & 0x1F:
        # py_ecc refuses x = 0 as a bad infinity. There is such a point: (0, 2), of order 3.
        return FQ(0), FQ(-2 if encoded[0] & GREATER_Y else 2), FQ(1)
    try:
        return pubkey_to_G1(encoded)  # type: ignore[arg-type]
    except ValueError:
        raise NotOnCurve from None


def _decompress_signature(encoded: bytes) -> Point:
    try:
        return signature_to_G2(encoded)  # type: ignore[arg-type]
    except ValueError:
        raise NotOnCurve from None


def _hash_to_signature(message: bytes, domain: bytes) -> Point:
    return hash_to_G2(message, domain, sha256)  # type: ignore[arg-type]


def _pairings_equal(keys: Sequence[Point], hashed: Sequence[Point], signature: Point) -> bool:
    product = pairing(signature, neg(G1), final_exponentiate=False)
    for key, point in zip(keys, hashed, strict=True):
        product *= pairing(point, key, final_exponentiate=False)
    return bool(final_exponentiate(product) == FQ12.one())


PY_ECC = Backend(
    name="py_ecc",
    decompress_key=_decompress_key,
    compress_key=G1_to_pubkey,
    key_in_subgroup=subgroup_check,
    add_keys=add,
    key_of_secret=lambda secret: multiply(G1, secret),
    decompress_signature=_decompress_signature,
    compress_signature=G2_to_signature,
    signature_in_subgroup=subgroup_check,
    add_signatures=add,
    multiply_signature=multiply,
    hash_to_signature=_hash_to_signature,
    pairings_equal=_pairings_equal,
)
"""BLS12-381 by py_ecc."""
