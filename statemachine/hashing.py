"""The one hash: blake3 under a domain, so that no digest can pass for another kind."""

from functools import lru_cache

from blake3 import blake3

DIGEST_LENGTH = 32
"""Bytes in a digest."""


def digest(domain: str, *parts: bytes) -> bytes:
    """Return the 32-byte blake3 digest of a domain and any number of byte strings.

    The domain and every part are preceded by their length as 8 bytes, big-endian, so
    that no two different calls hash the same bytes. A domain is ASCII text such as
    "stakespec/merkle-map/leaf"; one that is not raises ValueError.
    """
    pieces = [_domain_prefix(domain)]
    for content in parts:
        pieces.append(len(content).to_bytes(8, "big"))
        pieces.append(content)
    return blake3(b"".join(pieces)).digest()


@lru_cache(maxsize=256)
def _domain_prefix(domain: str) -> bytes:
    encoded = domain.encode("ascii")
    return len(encoded).to_bytes(8, "big") + encoded
