"""BLS signatures over BLS12-381 with proofs of possession.

The scheme of draft-irtf-cfrg-bls-signature-05, section 3.3, ciphersuite
BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_: public keys are points of G1 (48 bytes),
signatures points of G2 (96 bytes), both compressed. A backend does the arithmetic of the
curve; encodings, the order of the checks and every refusal are here, the same for all.

What verifies returns None, and raises Rejected with the reason where it does not hold.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from statemachine.errors import OutOfRange, Rejected, RejectionReason

KEY_LENGTH = 48
"""Bytes in a compressed point of G1."""

SIGNATURE_LENGTH = 96
"""Bytes in a compressed point of G2."""

CURVE_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""The prime order of G1 and G2; secret keys lie between 0 and it."""

FIELD_MODULUS = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf"
    "6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    16,
)
"""The prime below which coordinates lie."""

SIGNATURE_DOMAIN = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Separates what is signed from everything else hashed to the curve."""

POSSESSION_DOMAIN = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"
"""Separates proofs of possession from signatures."""

KEY_MATERIAL_LENGTH = 32
"""The fewest bytes of randomness that a secret key is made of."""

COMPRESSED = 0x80
INFINITE = 0x40
GREATER_Y = 0x20
"""The three bits that stand before the first coordinate."""

INFINITE_KEY = bytes([COMPRESSED | INFINITE]) + bytes(KEY_LENGTH - 1)
INFINITE_SIGNATURE = bytes([COMPRESSED | INFINITE]) + bytes(SIGNATURE_LENGTH - 1)


Point = Any
"""A point, in whatever type the backend has for it."""


class NotOnCurve(ValueError):
    """No point of the curve has this coordinate; only backends raise it."""


@attrs.frozen
class Backend:
    """The arithmetic of the curve. Points are the backend's own, and opaque to all others.

    Bytes given to it are well formed: of the right length, with the flags of a compressed
    point other than infinity, and coordinates in the field.
    """

    name: str
    decompress_key: Callable[[bytes], Point]
    """The point of E1 with these bytes, in G1 or not. Raises NotOnCurve."""
    compress_key: Callable[[Point], bytes]
    key_in_subgroup: Callable[[Point], bool]
    add_keys: Callable[[Point, Point], Point]
    key_of_secret: Callable[[int], Point]
    """The generator of G1 times a number."""
    decompress_signature: Callable[[bytes], Point]
    """The point of E2 with these bytes, in G2 or not. Raises NotOnCurve."""
    compress_signature: Callable[[Point], bytes]
    signature_in_subgroup: Callable[[Point], bool]
    add_signatures: Callable[[Point, Point], Point]
    multiply_signature: Callable[[Point, int], Point]
    hash_to_signature: Callable[[bytes, bytes], Point]
    """The point of G2 that a message and a domain hash to (RFC 9380)."""
    pairings_equal: Callable[[Sequence[Point], Sequence[Point], Point], bool]
    """Whether the product of e(key, hashed message) = e(generator of G1, signature).

    There are as many keys as hashed messages, and one at least.
    """
    known_key: Callable[[bytes], Point | None] = lambda _encoded: None
    """The point of a key that was read and checked before, where anybody remembers it."""


# --- keys --------------------------------------------------------------------------------


def generate_secret(material: bytes, key_info: bytes = b"") -> int:
    """Return the secret key that random bytes give: the draft's KeyGen.

    Raises OutOfRange for fewer than 32 bytes. Its hash is SHA-256, as the draft says.
    """
    if len(material) < KEY_MATERIAL_LENGTH:
        raise OutOfRange("key material", "(not shown)", f"at least {KEY_MATERIAL_LENGTH} bytes")
    length = 48
    salt = b"BLS-SIG-KEYGEN-SALT-"
    secret = 0
    while secret == 0:
        salt = hashlib.sha256(salt).digest()
        extracted = hmac.digest(salt, material + b"\0", "sha256")
        expanded = _expand(extracted, key_info + length.to_bytes(2, "big"), length)
        secret = int.from_bytes(expanded, "big") % CURVE_ORDER
    return secret


def _expand(extracted: bytes, info: bytes, length: int) -> bytes:
    """Do the second step of HKDF (RFC 5869, section 2.3), with SHA-256."""
    expanded = block = b""
    counter = 1
    while len(expanded) < length:
        block = hmac.digest(extracted, block + info + bytes([counter]), "sha256")
        expanded += block
        counter += 1
    return expanded[:length]


def public_key_of(backend: Backend, secret: int) -> bytes:
    """Return the public key of a secret one. Raises OutOfRange."""
    _check_secret(secret)
    return backend.compress_key(backend.key_of_secret(secret))


def validate_key(backend: Backend, public_key: bytes) -> None:
    """Check that bytes are a public key: the draft's KeyValidate.

    Rejects: malformed_key, key_is_infinity, key_not_in_subgroup.
    """
    read_key(backend, public_key)


# --- signatures --------------------------------------------------------------------------


def sign(backend: Backend, secret: int, message: bytes) -> bytes:
    """Sign a message, which is to be a `signing_root`. Raises OutOfRange."""
    return _sign(backend, secret, message, SIGNATURE_DOMAIN)


def verify(backend: Backend, public_key: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature.

    Rejects: malformed_key, key_is_infinity, key_not_in_subgroup, malformed_signature,
    signature_is_infinity, signature_not_in_subgroup, bad_signature; in this order.
    """
    key = read_key(backend, public_key)
    point = read_signature(backend, signature)
    hashed = backend.hash_to_signature(message, SIGNATURE_DOMAIN)
    if not backend.pairings_equal([key], [hashed], point):
        raise Rejected(RejectionReason.BAD_SIGNATURE, public_key=public_key)


def aggregate(backend: Backend, signatures: Sequence[bytes]) -> bytes:
    """Return the sum of signatures.

    Rejects: no_signers, malformed_signature, signature_not_in_subgroup, and
    signature_is_infinity, also where the signatures cancel: nobody would take the sum.
    """
    if not signatures:
        raise Rejected(RejectionReason.NO_SIGNERS)
    points = [read_signature(backend, signature) for signature in signatures]
    total = points[0]
    for point in points[1:]:
        total = backend.add_signatures(total, point)
    summed = backend.compress_signature(total)
    if summed == INFINITE_SIGNATURE:
        raise Rejected(RejectionReason.SIGNATURE_IS_INFINITY)
    return summed


def fast_aggregate_verify(
    backend: Backend, public_keys: Sequence[bytes], message: bytes, signature: bytes
) -> None:
    """Check a sum of signatures of one message, one for each of the keys.

    Safe only if the possession of each key was proved: `verify_aggregate` sees to that, and
    to duplicates, which count here as often as they are there.
    Rejects: no_signers; what `validate_key` does, key by key; aggregate_key_is_infinity;
    then as `verify` does.
    """
    if not public_keys:
        raise Rejected(RejectionReason.NO_SIGNERS)
    points = [read_key(backend, public_key) for public_key in public_keys]
    total = points[0]
    for point in points[1:]:
        total = backend.add_keys(total, point)
    if backend.compress_key(total) == INFINITE_KEY:
        raise Rejected(RejectionReason.AGGREGATE_KEY_IS_INFINITY, signers=len(public_keys))
    summed = read_signature(backend, signature)
    hashed = backend.hash_to_signature(message, SIGNATURE_DOMAIN)
    if not backend.pairings_equal([total], [hashed], summed):
        raise Rejected(RejectionReason.BAD_SIGNATURE, signers=len(public_keys))


# --- proofs of possession ----------------------------------------------------------------


def prove_possession(backend: Backend, secret: int, context: bytes = b"") -> bytes:
    """Prove that one has the secret key, to whoever expects this context. Raises OutOfRange.

    Without a context this is the draft's PopProve. What is signed is the public key with
    the context after it, so that a proof is of no use where another context is asked for.
    """
    return _sign(backend, secret, public_key_of(backend, secret) + context, POSSESSION_DOMAIN)


def verify_possession(
    backend: Backend, public_key: bytes, proof: bytes, context: bytes = b""
) -> None:
    """Check a proof that the owner of a key has its secret key.

    Rejects: as `verify` does, with bad_proof_of_possession for bad_signature.
    """
    key = read_key(backend, public_key)
    point = read_signature(backend, proof)
    hashed = backend.hash_to_signature(public_key + context, POSSESSION_DOMAIN)
    if not backend.pairings_equal([key], [hashed], point):
        raise Rejected(RejectionReason.BAD_PROOF_OF_POSSESSION, public_key=public_key)


# --- bytes and points --------------------------------------------------------------------


def _sign(backend: Backend, secret: int, message: bytes, domain: bytes) -> bytes:
    _check_secret(secret)
    hashed = backend.hash_to_signature(message, domain)
    return backend.compress_signature(backend.multiply_signature(hashed, secret))


def _check_secret(secret: object) -> None:
    if isinstance(secret, bool) or not isinstance(secret, int) or not 0 < secret < CURVE_ORDER:
        # Not even a wrong secret belongs in a message.
        raise OutOfRange("secret key", "(not shown)", "a whole number from 1 to the order - 1")


def read_key(backend: Backend, encoded: bytes) -> Point:
    """Return the point of a public key. Rejects: as `validate_key` does."""
    known = backend.known_key(encoded)
    if known is not None:
        return known
    fault = _encoding_fault(encoded, KEY_LENGTH)
    if fault is not None:
        raise Rejected(RejectionReason.MALFORMED_KEY, fault=fault)
    if encoded == INFINITE_KEY:
        raise Rejected(RejectionReason.KEY_IS_INFINITY)
    try:
        point = backend.decompress_key(encoded)
    except NotOnCurve:
        raise Rejected(RejectionReason.MALFORMED_KEY, fault=NOT_ON_CURVE) from None
    if not backend.key_in_subgroup(point):
        raise Rejected(RejectionReason.KEY_NOT_IN_SUBGROUP, public_key=encoded)
    return point


def read_signature(backend: Backend, encoded: bytes) -> Point:
    """Return the point of a signature.

    Rejects: malformed_signature, signature_is_infinity, signature_not_in_subgroup.
    """
    fault = _encoding_fault(encoded, SIGNATURE_LENGTH)
    if fault is not None:
        raise Rejected(RejectionReason.MALFORMED_SIGNATURE, fault=fault)
    if encoded == INFINITE_SIGNATURE:
        raise Rejected(RejectionReason.SIGNATURE_IS_INFINITY)
    try:
        point = backend.decompress_signature(encoded)
    except NotOnCurve:
        raise Rejected(RejectionReason.MALFORMED_SIGNATURE, fault=NOT_ON_CURVE) from None
    if not backend.signature_in_subgroup(point):
        raise Rejected(RejectionReason.SIGNATURE_NOT_IN_SUBGROUP, signature=encoded)
    return point


NOT_ON_CURVE = "no point has this coordinate"


def _encoding_fault(encoded: object, length: int) -> str | None:
    """Say what keeps bytes from being the one encoding of a point or of infinity."""
    if not isinstance(encoded, bytes) or len(encoded) != length:
        actual = len(encoded) if isinstance(encoded, bytes) else type(encoded).__name__
        return f"{actual} where {length} bytes belong"
    flags = encoded[0]
    if not flags & COMPRESSED:
        return "not marked as compressed"
    if flags & INFINITE:
        plain = flags == COMPRESSED | INFINITE and not any(encoded[1:])
        return None if plain else "marked as infinity, and not empty"
    first = bytes([flags & ~(COMPRESSED | GREATER_Y)]) + encoded[1:KEY_LENGTH]
    for coordinate in (first, encoded[KEY_LENGTH:]):
        if int.from_bytes(coordinate, "big") >= FIELD_MODULUS:
            return "a coordinate outside the field"
    return None
