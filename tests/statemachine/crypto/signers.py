"""Backends and signers for tests."""

import importlib
import importlib.util
from functools import cache

import pytest

from statemachine.crypto import bls
from statemachine.crypto.backends import BACKEND_NAMES, backend_by_name
from statemachine.crypto.bls import Backend
from statemachine.crypto.native_backend import LIBRARY

SECRETS = (
    0x263DBD792F5B1BE47ED85F8938C0F29586AF0D3AC7B977F21C278FE1462040E3,
    0x47B8192D77BF871B62E87859D653922725724A5C031AFEABC60BCEF5FF665138,
    0x328388AFF0D4A5B7DC9205ABD374E7E98F3CD9F3418EDB4EAFDA5FB16473D216,
)
"""The secret keys of github.com/ethereum/bls12-381-tests."""

FIRST, SECOND, THIRD = (
    bytes.fromhex(encoded)
    for encoded in (
        "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20f"
        "d6e10c1b77654d067c0618f6e5a7f79a",
        "b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491"
        "af75d0707adab3b70c6a6a580217bf81",
        "b53d21a4cfd562c469cc81514d4ce5a6b577d8403d32a394dc265dd190b47fa9"
        "f829fdd7963afdf972e5e77854051f6f",
    )
)
"""Their public keys, from the same place."""


FASTEST = "native" if importlib.util.find_spec(LIBRARY) else BACKEND_NAMES[0]
"""The name of the fastest backend that is installed: all give the same answers."""


def backend_or_skip(name: str) -> Backend:
    """A backend, unless its library is missing."""
    try:
        return backend_by_name(name, importlib.import_module)
    except ImportError as error:
        pytest.skip(f"backend {name}: {error}; pip install 'stakespec[native]' brings it")


@cache
def signed(backend: Backend, secret: int, message: bytes) -> bytes:
    """A signature, made once."""
    return bls.sign(backend, secret, message)


def negated(encoded: bytes) -> bytes:
    """The compressed point that cancels another: only the sign of y is different."""
    return bytes([encoded[0] ^ bls.GREATER_Y]) + encoded[1:]


def added_keys(backend: Backend, first: bytes, second: bytes) -> bytes:
    """The sum of two compressed points of E1, in G1 or not."""
    points = backend.decompress_key(first), backend.decompress_key(second)
    return backend.compress_key(backend.add_keys(*points))


def forged_half(backend: Backend, secret: int, victim: bytes) -> bytes:
    """A rogue key: with the victim's it adds up to one whose secret is known."""
    return added_keys(backend, bls.public_key_of(backend, secret), negated(victim))
