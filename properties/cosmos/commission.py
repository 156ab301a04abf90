"""A validator's commission, in each of the layouts that it has had."""

import attrs

from properties.foreign.fields import Field


@attrs.frozen
class Commission:
    """A rate and its limits, in units of 1 / ONE."""

    rate: int
    max_rate: int
    max_change: int


def read_commission(commission: Field) -> Commission:
    """Read rates that lie in the commission itself or in an object nested in it.

    They lie in `commission` before SDK 0.36, in `CommissionRates` in it, and in
    `commission_rates` from 0.38. Raises Unreadable.
    """
    return Commission(
        rate=commission.need_within("rate").fraction(),
        max_rate=commission.need_within("max_rate").fraction(),
        max_change=commission.need_within("max_change_rate").fraction(),
    )
