"""Bech32 (BIP-173): the text form of Cosmos addresses, with its checksum."""

from functools import reduce
from operator import xor

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
"""The character of each group of five bits."""

LONGEST = 90
"""Characters in the longest bech32 text."""

_PLACES = {character: place for place, character in enumerate(CHARSET)}
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CARRIED = tuple(
    reduce(xor, (generator for place, generator in enumerate(_GENERATORS) if top >> place & 1), 0)
    for top in range(32)
)
_CHECKSUM_LENGTH = 6


class BadBech32(ValueError):
    """Text that is not bech32; says why."""


def decode(text: str) -> tuple[str, bytes]:
    """Return the prefix and the payload. Raises BadBech32."""
    if len(text) > LONGEST:
        raise BadBech32(f"has {len(text)} characters, more than {LONGEST}")
    if text.lower() != text and text.upper() != text:
        raise BadBech32("mixes upper and lower case")
    lowered = text.lower()
    prefix, separator, coded = lowered.rpartition("1")
    if not separator or not prefix:
        raise BadBech32("has no prefix followed by a 1")
    if any(not 33 <= ord(character) <= 126 for character in prefix):
        raise BadBech32("has a prefix that is not printable ASCII")
    if len(coded) < _CHECKSUM_LENGTH:
        raise BadBech32("is too short for its checksum")
    strange = [character for character in coded if character not in _PLACES]
    if strange:
        raise BadBech32(f"has the character {strange[0]!r}, which bech32 does not use")
    groups = [_PLACES[character] for character in coded]
    if _polymod(_expand(prefix) + groups) != 1:
        raise BadBech32("does not match its checksum")
    return prefix, _to_bytes(groups[:-_CHECKSUM_LENGTH])


def encode(prefix: str, payload: bytes) -> str:
    """Return the text of a payload under a lower-case prefix."""
    bits = len(payload) * 8
    padding = -bits % 5
    number = int.from_bytes(payload, "big") << padding
    count = (bits + padding) // 5
    groups = [number >> 5 * place & 31 for place in reversed(range(count))]
    remainder = _polymod(_expand(prefix) + groups + [0] * _CHECKSUM_LENGTH) ^ 1
    checksum = [remainder >> 5 * place & 31 for place in reversed(range(_CHECKSUM_LENGTH))]
    return prefix + "1" + "".join(CHARSET[group] for group in groups + checksum)


def _to_bytes(groups: list[int]) -> bytes:
    number = 0
    for group in groups:
        number = number << 5 | group
    padding = len(groups) * 5 % 8
    if padding >= 5 or number & (1 << padding) - 1:
        raise BadBech32("does not end in a whole byte")
    return (number >> padding).to_bytes(len(groups) * 5 // 8, "big")


def _expand(prefix: str) -> list[int]:
    codes = [ord(character) for character in prefix]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _polymod(groups: list[int]) -> int:
    remainder = 1
    for group in groups:
        remainder = (remainder & 0x1FFFFFF) << 5 ^ group ^ _CARRIED[remainder >> 25]
    return remainder
