"""The types of single fields, each with its bound.

Every type is a plain integer, byte string or text, annotated with the bound that
`records.record` checks and the codec reads. There is no other list of bounds.
"""

from typing import Annotated

import attrs


@attrs.frozen
class Bounds:
    """An integer from `low` to `high`, both included; `decimal` ones are text in JSON."""

    low: int
    high: int
    decimal: bool = False


@attrs.frozen
class Length:
    """Exactly so many bytes."""

    count: int


@attrs.frozen
class TextLength:
    """From one to so many characters of printable ASCII."""

    longest: int


MAX_AMOUNT = 2**128 - 1
"""The most tokens there can ever be, in the smallest unit."""

MAX_SLOT = 2**62 - 1
"""The last slot there can be."""

BPS = 10_000
"""Basis points in a whole."""

REWARD_SCALE = 2**96
"""Parts of a unit in which rewards per unit of stake are counted."""

REWARD_UNIT = REWARD_SCALE * BPS
"""Reward units in one token unit: commission in basis points divides them exactly."""

Amount = Annotated[int, Bounds(0, MAX_AMOUNT, decimal=True)]
"""Tokens, in the smallest unit."""

RewardUnits = Annotated[int, Bounds(0, 2**256 - 1, decimal=True)]
"""Tokens in parts of 1 / REWARD_UNIT: amounts that must not be rounded yet."""

Index = Annotated[int, Bounds(0, 2**256 - 1, decimal=True)]
"""Reward per unit of stake, cumulative; never falls."""

Slot = Annotated[int, Bounds(0, MAX_SLOT)]
"""A position in time at which one block may stand."""

Epoch = Annotated[int, Bounds(0, 2**63 - 1)]
"""A run of `epoch_length` slots."""

BasisPoints = Annotated[int, Bounds(0, BPS)]
"""A share of a whole, in 1/10,000."""

Count = Annotated[int, Bounds(0, 2**63 - 1)]
"""How many."""

Duration = Annotated[int, Bounds(1, 2**20)]
"""A length of time, in epochs or slots as the name says."""

SlotGap = Annotated[int, Bounds(1, 2**14)]
"""Slots that one block may pass. Each is work, and a boundary four times as much."""

Span = Annotated[int, Bounds(1, 8)]
"""A few epochs. Each vote may look at as many checkpoints, squared."""

Address = Annotated[bytes, Length(20)]
"""An account; a validator's is that of its operator."""

PublicKey = Annotated[bytes, Length(48)]
"""A compressed BLS12-381 public key (a point of G1)."""

Signature = Annotated[bytes, Length(96)]
"""A compressed BLS12-381 signature (a point of G2), or a sum of them."""

Root = Annotated[bytes, Length(32)]
"""A blake3 digest."""

Text = Annotated[str, TextLength(64)]
"""A short name."""
