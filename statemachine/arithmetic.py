"""The integer arithmetic that everything rests on."""

from statemachine.primitives import BPS


def share(amount: int, bps: int) -> int:
    """Return the part of an amount that so many basis points are, rounded down."""
    return amount * bps // BPS


def remaining(amount: int, bps: int) -> int:
    """Return what is left of an amount after so many basis points are taken, rounded down."""
    return amount * (BPS - bps) // BPS


def is_supermajority(amount: int, total: int) -> bool:
    """Say whether a part is strictly more than two thirds of a total; never of nothing.

    Threshold: 3 * part > 2 * total, in whole numbers (Casper FFG; seed row S18).
    """
    return total > 0 and 3 * amount > 2 * total


def reduce_without_bias(digest: int, digest_bits: int, total: int) -> int | None:
    """Map a uniform number of so many bits onto 0 .. total - 1, or None: draw again.

    The top of the range that does not divide evenly is refused, so that every outcome
    is exactly equally likely (seed row S3).
    """
    span = 1 << digest_bits
    if digest >= span - span % total:
        return None
    return digest % total
