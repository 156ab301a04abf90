"""What a law is, and how a state and a step are held against one."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import attrs

from properties.views import Step, ValidatorView
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
    of_validator: Callable[[ValidatorView], Complaints] | None = None
    of_account: Callable[[State, bytes], Complaints] | None = None
    of_sum: tuple[Callable[[State], int], Callable[[ValidatorView], int]] | None = None
    """A total kept in the state, and the part of it that each validator accounts for."""
    unit: int = 1
    """How many of what the sum counts make one token."""
    of_step: Callable[[Protocol, Step], Complaints] | None = None
    by_engine: str = ""
    """For laws that take more than one step to check: what checks them."""


def check_state(
    laws: Iterable[Law], state: State, views: dict[bytes, ValidatorView]
) -> list[Violation]:
    """Hold a whole state against the laws of states."""
    return _check_all(laws, state, views, tuple(state.accounts))


def _check_all(
    laws: Iterable[Law],
    state: State,
    views: dict[bytes, ValidatorView],
    accounts: tuple[bytes, ...],
) -> list[Violation]:
    found = []
    for law in laws:
        complaints = _state_complaints(law, state, views, accounts)
        complaints += _sum_complaints(law, state, views)
        found += [Violation(law.id, complaint) for complaint in complaints]
    return found


def check_step(laws: Iterable[Law], protocol: Protocol, step: Step) -> list[Violation]:
    """Hold a step against the laws, and the state after it as far as it can have changed.

    A boundary can change everything, so a step across one is held against the laws whole.
    """
    laws = tuple(laws)
    if step.crossed_epoch:
        found = _check_all(laws, step.after, step.all_views_after, step.changed_accounts)
    else:
        found = []
        for law in laws:
            complaints = _state_complaints(law, step.after, step.views_after, step.changed_accounts)
            complaints += _growth_complaints(law, step)
            found += [Violation(law.id, complaint) for complaint in complaints]
    for law in laws:
        if law.of_step is not None:
            found += [Violation(law.id, complaint) for complaint in law.of_step(protocol, step)]
    return found


def _state_complaints(
    law: Law, state: State, views: dict[bytes, ValidatorView], accounts: Iterable[bytes]
) -> list[str]:
    complaints: list[str] = []
    if law.of_state is not None:
        complaints += law.of_state(state)
    if law.of_validator is not None:
        for view in views.values():
            complaints += law.of_validator(view)
    if law.of_account is not None:
        for account in accounts:
            complaints += law.of_account(state, account)
    return complaints


def _sum_complaints(law: Law, state: State, views: dict[bytes, ValidatorView]) -> list[str]:
    if law.of_sum is None:
        return []
    total, part = law.of_sum
    return _compare_sum(law, total(state), sum(part(view) for view in views.values()))


def _growth_complaints(law: Law, step: Step) -> list[str]:
    if law.of_sum is None:
        return []
    total, part = law.of_sum
    grown = sum(map(part, step.views_after.values())) - sum(map(part, step.views_before.values()))
    return _compare_sum(law, total(step.after), total(step.before) + grown)


def _compare_sum(law: Law, kept: int, recomputed: int) -> list[str]:
    if kept == recomputed:
        return []
    unit = law.unit
    if unit == 1:
        return [
            f"the state keeps {kept:,}, its parts add up to {recomputed:,}:"
            f" off by {kept - recomputed:,}"
        ]
    return [
        f"the state keeps {kept / unit:,.6f}, its parts add up to {recomputed / unit:,.6f}:"
        f" off by {(kept - recomputed) / unit:,.6g}"
    ]
