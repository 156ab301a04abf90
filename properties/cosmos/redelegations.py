"""Redelegations under way: stake that still answers for the validator that it came from."""

from collections.abc import Iterator, Mapping, Sequence

import attrs

from properties.cosmos.addresses import AddressBook
from properties.cosmos.clock import Clock
from properties.foreign.fields import Field
from properties.foreign.rows import Findings, Row, counted
from statemachine import GenesisDelegation, evolve
from statemachine.state import Stay


@attrs.frozen
class _Moved:
    """One entry: the shares that moved, from where, and at which epoch."""

    pair: tuple[bytes, bytes]
    """Delegator, and the validator that the stake went to."""
    stay: Stay
    shares: int
    """In units of 1 / ONE."""


def with_redelegations(
    section: Field,
    book: AddressBook,
    bonded: tuple[GenesisDelegation, ...],
    worth: Mapping[bytes, tuple[int, int]],
    clock: Clock,
) -> tuple[tuple[GenesisDelegation, ...], Findings]:
    """Split from delegations what was redelegated, with its stay at where it was before.

    `worth` has the tokens and the shares of each validator. Raises Unreadable.
    """
    left = {(entry.delegator, entry.validator): entry.amount for entry in bonded}
    moved: list[GenesisDelegation] = []
    over = gone = away = 0
    for entry in _entries(section, book, clock):
        if entry is None:
            over += 1
            continue
        delegator, holder = entry.pair
        tokens, shares = worth.get(holder, (0, 0))
        if entry.stay.validator not in worth or not shares:
            gone += 1
            continue
        amount = entry.shares * tokens // shares
        there = min(amount, left.get(entry.pair, 0))
        away += amount - there
        if there:
            left[entry.pair] -= there
            start = entry.stay.end
            moved.append(
                GenesisDelegation(delegator, holder, there, start=start, past=(entry.stay,))
            )
    stayed = (
        evolve(entry, amount=left[entry.delegator, entry.validator])
        for entry in bonded
        if left[entry.delegator, entry.validator]
    )
    return (*stayed, *moved), _rows(moved, over, gone, away)


def _rows(moved: Sequence[GenesisDelegation], over: int, gone: int, away: int) -> Findings:
    note = "stake that answers for where it came from too"
    amount = sum(delegation.amount for delegation in moved)
    return Findings(
        read=(Row("redelegations under way", note, len(moved), amount),),
        changed=counted(
            (
                Row("redelegations overdue", "ordinary stake here", over),
                Row("redelegations, validator gone", "ordinary stake here", gone),
                Row("redelegated, and left since", "unbonding, or redelegated again", None, away),
            )
        ),
    )


def _entries(section: Field, book: AddressBook, clock: Clock) -> Iterator[_Moved | None]:
    """Yield the entries, and None for each that has completed."""
    for moving in section.items("redelegations"):
        delegator = book.account(moving.need("delegator_address"))
        source = book.operator(moving.need("validator_src_address"))
        holder = book.operator(moving.need("validator_dst_address"))
        for entry in moving.items("entries"):
            completion = entry.need("completion_time")
            end = clock.end(completion)
            shares = entry.need("shares_dst").decimal()
            if clock.is_over(completion):
                yield None
            elif shares:
                yield _Moved((delegator, holder), Stay(source, 0, end), shares)
