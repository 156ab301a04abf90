"""The native backend: arkworks (Rust), through py_arkworks_bls12381 0.5 or later.

The protocol imports no optional package: whoever chooses this backend hands the library in.
"""

from collections.abc import Sequence
from operator import add
from types import ModuleType

from statemachine.crypto.bls import Backend, NotOnCurve, Point

LIBRARY = "py_arkworks_bls12381"
"""The module that `native_backend` takes; the extra `stakespec[native]` installs it."""


def native_backend(library: ModuleType) -> Backend:
    """Return the backend that computes with this library."""
    key_points, signature_points = library.G1Point, library.G2Point
    minus_generator = -key_points()

    def scalar(number: int) -> object:
        return library.Scalar.from_be_bytes(number.to_bytes(32, "big"))

    def decompress_key(encoded: bytes) -> Point:
        try:
            return key_points.from_compressed_bytes_unchecked(encoded)
        except ValueError:
            raise NotOnCurve from None

    def decompress_signature(encoded: bytes) -> Point:
        try:
            return signature_points.from_compressed_bytes_unchecked(encoded)
        except ValueError:
            raise NotOnCurve from None

    def pairings_equal(keys: Sequence[object], hashed: Sequence[object], signature: object) -> bool:
        return bool(library.GT.pairing_check([*keys, minus_generator], [*hashed, signature]))

    return Backend(
        name="native",
        decompress_key=decompress_key,
        compress_key=lambda point: bytes(point.to_compressed_bytes()),
        key_in_subgroup=lambda point: bool(point.is_in_subgroup()),
        add_keys=add,
        key_of_secret=lambda secret: key_points() * scalar(secret),
        decompress_signature=decompress_signature,
        compress_signature=lambda point: bytes(point.to_compressed_bytes()),
        signature_in_subgroup=lambda point: bool(point.is_in_subgroup()),
        add_signatures=add,
        multiply_signature=lambda point, secret: point * scalar(secret),
        hash_to_signature=signature_points.hash_to_curve,
        pairings_equal=pairings_equal,
    )
