"""Unbonding entries, and their remaining time."""

from properties.cosmos.addresses import AddressBook
from properties.cosmos.clock import Clock
from properties.foreign.fields import Field
from properties.foreign.rows import Findings, Row, counted
from statemachine import GenesisDelegation


def read_unbonding(
    section: Field, book: AddressBook, validators: frozenset[bytes], clock: Clock
) -> tuple[tuple[GenesisDelegation, ...], dict[bytes, int], Findings]:
    """Return the unbonding stake, the freed tokens, and the rows on both.

    Raises Unreadable.
    """
    unbonding = []
    freed: dict[bytes, int] = {}
    releases, overdue, gone, empty = [], 0, 0, 0
    for leaving in section.needed_items("unbonding_delegations"):
        delegator = book.account(leaving.need("delegator_address"))
        holder = book.operator(leaving.need("validator_address"))
        for entry in leaving.items("entries"):
            balance = entry.need("balance").integer()
            completion = entry.need("completion_time")
            end = clock.end(completion)
            if not balance:
                empty += 1
                continue
            if holder not in validators:
                gone += 1
                freed[delegator] = freed.get(delegator, 0) + balance
                continue
            overdue += clock.is_over(completion)
            releases.append(end)
            unbonding.append(GenesisDelegation(delegator, holder, balance, end=end))
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
