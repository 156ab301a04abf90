"""Unbonding entries, and the time that they have left."""

import attrs

from properties.cosmos.addresses import AddressBook
from properties.cosmos.fields import SECOND, CosmosError, Field, show_instant
from properties.cosmos.rows import Findings, Row, counted
from statemachine import GenesisDelegation


@attrs.frozen
class Clock:
    """How time is turned into epochs."""

    now: int
    """The time of our first epoch, in nanoseconds since 1970."""
    unbonding_time: int
    """Nanoseconds, at least 1."""
    unbonding_epochs: int

    def epochs(self, nanoseconds: int) -> int:
        """Return how many epochs a length of time takes, rounded up."""
        return -(-nanoseconds * self.unbonding_epochs // self.unbonding_time)


def read_unbonding(
    section: Field, book: AddressBook, validators: frozenset[bytes], clock: Clock
) -> tuple[tuple[GenesisDelegation, ...], dict[bytes, int], Findings]:
    """Return the unbonding stake, the freed tokens, and the rows on both.

    Raises CosmosError.
    """
    unbonding = []
    freed: dict[bytes, int] = {}
    releases, overdue, gone, empty = [], 0, 0, 0
    for leaving in section.needed_items("unbonding_delegations"):
        delegator = book.account(leaving.need("delegator_address"))
        holder = book.operator(leaving.need("validator_address"))
        for entry in leaving.items("entries"):
            balance = entry.need("balance").integer()
            remaining = entry.need("completion_time").instant() - clock.now
            if remaining > clock.unbonding_time:
                raise _too_late(section, entry, clock)
            if not balance:
                empty += 1
                continue
            if holder not in validators:
                gone += 1
                freed[delegator] = freed.get(delegator, 0) + balance
                continue
            overdue += remaining <= 0
            epochs = max(1, clock.epochs(remaining))
            releases.append(epochs)
            # A lot is released unbonding_epochs after its end; the first epoch is
            # unbonding_epochs, so an entry with all its time left ends there.
            unbonding.append(GenesisDelegation(delegator, holder, balance, end=epochs))
    span = f"released {min(releases)} to {max(releases)} epochs from the start" if releases else ""
    amount = sum(entry.amount for entry in unbonding)
    findings = Findings(
        read=(Row("unbonding entries", span, len(unbonding), amount),),
        changed=counted(
            (
                Row("unbonding entries overdue", "released after one epoch", overdue),
                Row(
                    "unbonding, validator gone",
                    "liquid here at once",
                    gone,
                    sum(freed.values()),
                ),
                Row("unbonding entries of 0", "left out", empty),
            )
        ),
    )
    return tuple(unbonding), freed, findings


def _too_late(section: Field, entry: Field, clock: Clock) -> CosmosError:
    """Return the error that an entry ends later than anything begun by now can."""
    latest = max(
        other.need("completion_time").instant()
        for leaving in section.items("unbonding_delegations")
        for other in leaving.items("entries")
    )
    return entry.need("completion_time").refuse(
        f"at most unbonding_time = {clock.unbonding_time // SECOND:,} s after"
        f" {show_instant(clock.now)}",
        "an export keeps the genesis_time of its chain, so say when it was made, with"
        f" --at {show_instant(latest - clock.unbonding_time)} or the exact time",
    )
