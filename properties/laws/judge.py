"""Checking states, steps and rejections against laws, as far as a change can reach.

A law of a validator is checked again only where that validator changed, and a sum only by
what changed in it. A boundary can change everything, so a step across one is held against
the laws whole.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from operator import attrgetter, is_not
from typing import Any

import attrs

from properties.laws.law import (
    Law,
    LawRaised,
    OnAccount,
    OnRejection,
    OnState,
    OnStep,
    OnSum,
    OnValidator,
    Violation,
)
from properties.laws.registry import LAWS
from properties.laws.views import Step, ValidatorView
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State

Breach = tuple[Law, str]
"""A law that was broken, and how."""


def check_state(
    laws: Iterable[Law], state: State, views: dict[bytes, ValidatorView]
) -> list[Violation]:
    """Hold a whole state against the laws of states. Raises LawRaised."""
    by_reach = _by_reach(laws)
    return _in_order(by_reach, _of_whole_state(by_reach, state, views, tuple(state.accounts)))


def check_step(laws: Iterable[Law], protocol: Protocol, step: Step) -> list[Violation]:
    """Hold a step against the laws, and the state after it as far as it can have changed.

    Raises LawRaised, and whatever reading a state that is no state raises.
    """
    by_reach = _by_reach(laws)
    if step.crossed_epoch:
        views, accounts = step.all_views_after, step.changed_accounts
        breaches = _of_whole_state(by_reach, step.after, views, accounts)
    else:
        breaches = _of_changes(by_reach, step)
    violations = _in_order(by_reach, [(law, _blame(law, text, step)) for law, text in breaches])
    breaches = []
    law: Law | None = None
    try:
        for law, observe in by_reach.judging_steps(type(step.transaction)):
            for complaint in observe(protocol, step):
                breaches.append((law, complaint))
    except Exception as error:
        if law is None:
            raise
        raise LawRaised(law, error) from error
    return violations + _as_violations(breaches)


def judge_step(laws: Iterable[Law], protocol: Protocol, step: Step) -> list[Violation]:
    """Hold a step against the laws; a state that cannot be read breaks totality.

    Raises LawRaised where a law that is not shipped raises.
    """
    with _unreadable() as violations:
        violations += check_step(laws, protocol, step)
    return violations


def judge_rejection(
    laws: Iterable[Law], protocol: Protocol, state: State, transaction: object, rejection: Rejected
) -> list[Violation]:
    """Hold a rejection against the laws, as `judge_step` does with a step."""
    breaches: list[Breach] = []
    with _unreadable() as violations:
        for law, observe in _by_reach(laws).of_rejection:
            if law.judges(type(transaction)):
                with _blaming(law):
                    complaints = observe(protocol, state, transaction, rejection)
                    breaches += [(law, complaint) for complaint in complaints]
        violations += _as_violations(breaches)
    return violations


@contextmanager
def _unreadable() -> Iterator[list[Violation]]:
    """Turn what reading a state raises into a breach of totality.

    Shipped laws read every state that is lawful, so it is the state's fault if one raises.
    """
    violations: list[Violation] = []
    try:
        yield violations
    except LawRaised as raised:
        if not any(raised.law is law for law in LAWS):
            raise
        violations.append(unreadable(raised.error))
    except Exception as error:
        violations.append(unreadable(error))


def unreadable(error: Exception) -> Violation:
    """Say that a state is such that what it holds cannot be worked out."""
    return Violation("RUN-3", f"the state cannot be read: {type(error).__name__}: {error}")


def _blame(law: Law, complaint: str, step: Step) -> str:
    """Name the transaction where a sum went wrong: the complaint has only the numbers."""
    name = type(step.transaction).__name__
    if law.id == "ACC-1":
        return f"{complaint} by {name}"
    return f"{complaint} after {name}" if isinstance(law.check, OnSum) else complaint


class _blaming:
    """Names the law whose code raises. A class, since a generator would cost ten times as much."""

    __slots__ = ("law",)

    def __init__(self, law: Law) -> None:
        self.law = law

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Exception):
            raise LawRaised(self.law, error) from error


# --- laws by how far a change can reach --------------------------------------------------


@attrs.frozen(eq=False)
class _ByReach:
    """Laws sorted by how far a change can reach, each with its check."""

    laws: tuple[Law, ...]
    of_state: tuple[tuple[Law, OnState, Callable[[State], Any]], ...]
    """With what gives the fields that each reads, as a tuple."""
    of_validator: tuple[tuple[Law, Callable[[ValidatorView], Iterable[str]]], ...]
    of_account: tuple[tuple[Law, Callable[[State, bytes], Iterable[str]]], ...]
    of_sum: tuple[tuple[Law, OnSum], ...]
    of_step: tuple[tuple[Law, Callable[[Protocol, Step], Iterable[str]]], ...]
    of_rejection: tuple[
        tuple[Law, Callable[[Protocol, State, object, Rejected], Iterable[str]]], ...
    ]
    _judging: dict[type, tuple[tuple[Law, Callable[[Protocol, Step], Iterable[str]]], ...]] = (
        attrs.field(factory=dict, init=False)
    )

    def judging_steps(
        self, kind: type
    ) -> tuple[tuple[Law, Callable[[Protocol, Step], Iterable[str]]], ...]:
        """Return the laws of steps that judge transactions of a type, each with its check."""
        judging = self._judging.get(kind)
        if judging is None:
            judging = tuple(entry for entry in self.of_step if entry[0].judges(kind))
            self._judging[kind] = judging
        return judging

    @classmethod
    def of(cls, laws: tuple[Law, ...]) -> "_ByReach":
        checks = [(law, law.check) for law in laws]
        return cls(
            laws,
            tuple(
                (law, check, _reader(check)) for law, check in checks if isinstance(check, OnState)
            ),
            tuple((law, check.observe) for law, check in checks if isinstance(check, OnValidator)),
            tuple((law, check.observe) for law, check in checks if isinstance(check, OnAccount)),
            tuple((law, check) for law, check in checks if isinstance(check, OnSum)),
            tuple((law, check.observe) for law, check in checks if isinstance(check, OnStep)),
            tuple((law, check.observe) for law, check in checks if isinstance(check, OnRejection)),
        )


_SORTED: dict[int, _ByReach] = {}
"""Tuples of laws that have been sorted, by their identity."""

MOST_SORTED = 64
"""Tuples of laws that are remembered."""


def _by_reach(laws: Iterable[Law]) -> _ByReach:
    remembered = _SORTED.get(id(laws))
    if remembered is not None and remembered.laws is laws:
        return remembered
    laws = tuple(laws)
    if len(_SORTED) >= MOST_SORTED:
        _SORTED.clear()
    by_reach = _SORTED[id(laws)] = _ByReach.of(laws)
    return by_reach


def _reader(check: OnState) -> Callable[[State], tuple[object, ...]]:
    """Return what gives the fields that a check reads; of no two states the same."""
    if not check.reads:
        return lambda state: (state,)
    # With one name alone, it would not give a tuple.
    return attrgetter(*check.reads, check.reads[0])


# --- holding against them ----------------------------------------------------------------


def _in_order(laws: _ByReach, breaches: list[Breach]) -> list[Violation]:
    """Return breaches as violations, in the order of the laws."""
    if breaches:
        breaches.sort(key=lambda breach: laws.laws.index(breach[0]))
    return _as_violations(breaches)


def _as_violations(breaches: Iterable[tuple[Law, Any]]) -> list[Violation]:
    for law, complaint in breaches:
        # A string returned in place of complaints comes out letter by letter.
        if not isinstance(complaint, str) or len(complaint) < 2:
            error = TypeError(f"it gave {complaint!r} for a complaint; yield each as a string")
            raise LawRaised(law, error)
    return [Violation(law.id, complaint) for law, complaint in breaches]


def _of_whole_state(
    laws: _ByReach, state: State, views: dict[bytes, ValidatorView], accounts: Iterable[bytes]
) -> list[Breach]:
    breaches: list[Breach] = []
    for law, check, _ in laws.of_state:
        with _blaming(law):
            breaches += [(law, complaint) for complaint in check.observe(state)]
    _of_entries(laws, state, views, accounts, breaches)
    for law, summed in laws.of_sum:
        with _blaming(law):
            recomputed = sum(map(summed.part, views.values()))
            breaches += _sum_complaints(law, summed, summed.total(state), recomputed)
    return breaches


def _of_changes(laws: _ByReach, step: Step) -> list[Breach]:
    before, after = step.before, step.after
    views_before, views_after = step.views_before.values(), step.views_after.values()
    breaches: list[Breach] = []
    for law, check, reads in laws.of_state:
        if any(map(is_not, reads(before), reads(after))):
            with _blaming(law):
                breaches += [(law, complaint) for complaint in check.observe(after)]
    _of_entries(laws, after, step.views_after, step.changed_accounts, breaches)
    for law, summed in laws.of_sum:
        with _blaming(law):
            grown = sum(map(summed.part, views_after)) - sum(map(summed.part, views_before))
            recomputed = summed.total(before) + grown
            breaches += _sum_complaints(law, summed, summed.total(after), recomputed)
    return breaches


def _of_entries(
    laws: _ByReach,
    state: State,
    views: dict[bytes, ValidatorView],
    accounts: Iterable[bytes],
    breaches: list[Breach],
) -> None:
    """Hold validators and accounts against the laws about them."""
    law: Law | None = None
    try:
        for view in views.values():
            for law, of_validator in laws.of_validator:
                for complaint in of_validator(view):
                    breaches.append((law, complaint))
        for account in accounts:
            for law, of_account in laws.of_account:
                for complaint in of_account(state, account):
                    breaches.append((law, complaint))
    except Exception as error:
        if law is None:
            raise
        raise LawRaised(law, error) from error


def _sum_complaints(law: Law, check: OnSum, kept: int, recomputed: int) -> list[Breach]:
    if kept == recomputed:
        return []
    if check.unit == 1:
        sums = f"the state keeps {kept:,}, its parts add up to {recomputed:,}"
        return [(law, f"{sums}: off by {kept - recomputed:,}")]
    unit = check.unit
    sums = f"the state keeps {kept / unit:,.6f}, its parts add up to {recomputed / unit:,.6f}"
    return [(law, f"{sums}: off by {(kept - recomputed) / unit:,.6g}")]
