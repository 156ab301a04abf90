"""How much of an account's tokens is still vesting at a time."""

from properties.foreign.fields import SECOND, Field

PERMANENT = "PermanentLockedAccount"
"""The type of account whose tokens never vest."""


def still_vesting(owner: Field, original: int, denom: str, now: int) -> int:
    """Return the tokens of a vesting account that have not vested by a time (nanoseconds).

    They vest in periods where it has any, evenly from a start to an end where it has a
    start, and all at its end otherwise. Vested parts are rounded down here: the SDK rounds
    an even half up, so it may lock one unit less. Raises Unreadable.
    """
    end = _seconds(owner, "end_time")
    start = _seconds(owner, "start_time")
    periods = owner.within("vesting_periods") or owner.within("VestingPeriods")
    if periods is not None and start is not None:
        vested, moment = 0, start
        for period in periods.entries():
            moment += period.need("length").integer() * SECOND
            if moment > now:
                break
            vested += period.need("amount").amount_of(denom)
        return max(0, original - vested)
    if end is None or _is_permanent(owner):
        return original
    if now >= end:
        return 0
    if start is None or now <= start:
        return original
    return original - original * (now - start) // (end - start)


def _seconds(owner: Field, name: str) -> int | None:
    """Return a time in nanoseconds; None where there is none, or it is 0."""
    field = owner.within(name)
    return field.integer() * SECOND or None if field is not None else None


def _is_permanent(owner: Field) -> bool:
    kind = owner.child("@type") or owner.child("type")
    return kind is not None and kind.text().endswith(PERMANENT)
