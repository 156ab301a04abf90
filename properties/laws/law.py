"""What a law is, and how a state and a step are held against one."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from operator import attrgetter, is_not
from typing import Any

import attrs

from properties.laws.views import Step, ValidatorView
from statemachine.protocol import Protocol
from statemachine.state import State


class Kind(StrEnum):
    """What a law speaks of."""

    STATE = "state"
    STEP = "step"
    RUN = "run"
    TWO_RUNS = "two runs"


@attrs.frozen
class Violation:
    """A law, and how it was broken, with the numbers put in."""

    law: str
    message: str


Complaints = Iterable[str]


@attrs.frozen
class Law:
    """A statement that must hold, and what checks it.

    Exactly one of the checks is given; which one says how far a change can reach: a law
    of a validator is checked again only where that validator changed, and a sum only by
    what changed in it. Each complaint says what is and what should be.
    """

    id: str
    name: str
    statement: str
    kind: Kind
    source: str = ""
    of_state: Callable[[State], Complaints] | None = None
    reads: tuple[str, ...] = ()
    """The fields that `of_state` reads besides the epoch; none given: any may be read.
    Within an epoch it is checked again only where one of them is another."""
    of_validator: Callable[[ValidatorView], Complaints] | None = None
    of_account: Callable[[State, bytes], Complaints] | None = None
    of_sum: tuple[Callable[[State], int], Callable[[ValidatorView], int]] | None = None
    """A total kept in the state, and the part of it that each validator accounts for."""
    unit: int = 1
    """How many of what the sum counts make one token."""
    of_step: Callable[[Protocol, Step], Complaints] | None = None
    by_engine: str = ""
    """For laws that take more than one step to check: what checks them."""
    about: tuple[type, ...] = ()
    """The types of transaction that it judges; none given: all. Other steps it is not told."""
    of_refusals: bool = False
    """Whether it judges refusals too."""

    def judges(self, transaction: object) -> bool:
        """Say whether it judges steps by such a transaction."""
        return not self.about or type(transaction) in self.about


def check_state(
    laws: Iterable[Law], state: State, views: dict[bytes, ValidatorView]
) -> list[Violation]:
    """Hold a whole state against the laws of states."""
    by_reach = _by_reach(laws)
    return _in_order(by_reach, _of_whole_state(by_reach, state, views, tuple(state.accounts)))


def check_step(laws: Iterable[Law], protocol: Protocol, step: Step) -> list[Violation]:
    """Hold a step against the laws, and the state after it as far as it can have changed.

    A boundary can change everything, so a step across one is held against the laws whole.
    """
    by_reach = _by_reach(laws)
    if step.crossed_epoch:
        views, accounts = step.all_views_after, step.changed_accounts
        broken = _of_whole_state(by_reach, step.after, views, accounts)
    else:
        broken = _of_changes(by_reach, step)
    found = _in_order(by_reach, [(law, _blame(law, text, step)) for law, text in broken])
    for law, of_step in by_reach.of_step:
        for complaint in of_step(protocol, step) if law.judges(step.transaction) else ():
            found.append(Violation(law.id, complaint))
    return found


def _blame(law: Law, complaint: str, step: Step) -> str:
    """Name the transaction where a sum went wrong: the complaint has only the numbers."""
    name = type(step.transaction).__name__
    if law.id == "ACC-1":
        return f"{complaint} by {name}"
    return f"{complaint} after {name}" if law.of_sum is not None else complaint


Found = list[tuple[Law, str]]
"""Laws that were broken, and how."""


@attrs.frozen(eq=False)
class _ByReach:
    """Laws sorted by how far a change can reach, each with its check."""

    laws: tuple[Law, ...]
    of_state: tuple[tuple[Law, Callable[[State], Complaints], Callable[[State], Any]], ...]
    """With what gives the fields that each reads, as a tuple."""
    of_validator: tuple[tuple[Law, Callable[[ValidatorView], Complaints]], ...]
    of_account: tuple[tuple[Law, Callable[[State, bytes], Complaints]], ...]
    of_sum: tuple[tuple[Law, Callable[[State], int], Callable[[ValidatorView], int]], ...]
    of_step: tuple[tuple[Law, Callable[[Protocol, Step], Complaints]], ...]


_SORTED: dict[int, _ByReach] = {}
"""Tuples of laws that have been sorted, by their identity."""

MOST_SORTED = 64
"""Tuples of laws that are remembered."""


def _by_reach(laws: Iterable[Law]) -> _ByReach:
    known = _SORTED.get(id(laws))
    if known is not None and known.laws is laws:
        return known
    laws = tuple(laws)
    if len(_SORTED) >= MOST_SORTED:
        _SORTED.clear()
    found = _SORTED[id(laws)] = _ByReach(
        laws,
        tuple((law, law.of_state, _reader(law)) for law in laws if law.of_state),
        tuple((law, law.of_validator) for law in laws if law.of_validator),
        tuple((law, law.of_account) for law in laws if law.of_account),
        tuple((law, *law.of_sum) for law in laws if law.of_sum),
        tuple((law, law.of_step) for law in laws if law.of_step),
    )
    return found


def _reader(law: Law) -> Callable[[State], tuple[Any, ...]]:
    """Return what gives the fields that a law of states reads; of no two states the same."""
    if not law.reads:
        return lambda state: (state,)
    # With one name alone, it would not give a tuple.
    return attrgetter(*law.reads, law.reads[0])


def _in_order(laws: _ByReach, found: Found) -> list[Violation]:
    """Return what was found as violations, in the order of the laws."""
    if found:
        found.sort(key=lambda one: laws.laws.index(one[0]))
    return [Violation(law.id, complaint) for law, complaint in found]


def _of_whole_state(
    laws: _ByReach, state: State, views: dict[bytes, ValidatorView], accounts: Iterable[bytes]
) -> Found:
    found: Found = []
    for law, of_state, _ in laws.of_state:
        for complaint in of_state(state):
            found.append((law, complaint))
    _of_parts(laws, state, views, accounts, found)
    for law, total, part in laws.of_sum:
        found += _sum_complaints(law, total(state), sum(map(part, views.values())))
    return found


def _of_changes(laws: _ByReach, step: Step) -> Found:
    before, after = step.before, step.after
    views_before, views_after = step.views_before.values(), step.views_after.values()
    found: Found = []
    for law, of_state, reads in laws.of_state:
        if any(map(is_not, reads(before), reads(after))):
            for complaint in of_state(after):
                found.append((law, complaint))
    _of_parts(laws, after, step.views_after, step.changed_accounts, found)
    for law, total, part in laws.of_sum:
        grown = sum(map(part, views_after)) - sum(map(part, views_before))
        found += _sum_complaints(law, total(after), total(before) + grown)
    return found


def _of_parts(
    laws: _ByReach,
    state: State,
    views: dict[bytes, ValidatorView],
    accounts: Iterable[bytes],
    found: Found,
) -> None:
    for view in views.values():
        for law, of_validator in laws.of_validator:
            for complaint in of_validator(view):
                found.append((law, complaint))
    for account in accounts:
        for law, of_account in laws.of_account:
            for complaint in of_account(state, account):
                found.append((law, complaint))


def _sum_complaints(law: Law, kept: int, recomputed: int) -> Found:
    if kept == recomputed:
        return []
    if law.unit == 1:
        sums = f"the state keeps {kept:,}, its parts add up to {recomputed:,}"
        return [(law, f"{sums}: off by {kept - recomputed:,}")]
    unit = law.unit
    sums = f"the state keeps {kept / unit:,.6f}, its parts add up to {recomputed / unit:,.6f}"
    return [(law, f"{sums}: off by {(kept - recomputed) / unit:,.6g}")]
