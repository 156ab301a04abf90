"""Two reasons at once: the order in which a transaction is checked is part of the protocol."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from properties.conformance.drafts import Draft
from properties.conformance.fuzzing import asks_of
from properties.trace.trial import Trial
from statemachine import PROTOCOL
from statemachine.errors import OutOfRange, Rejected
from statemachine.primitives import MAX_AMOUNT
from statemachine.records import evolve, fields_of
from statemachine.rules.genesis import genesis
from statemachine.state import State

NOBODY = b"\xee" * 20

MOST_BASES = 12
"""Ways of one type that are spoilt."""


def _spoilt(content: object, fellow: bytes) -> Iterator[object]:
    """Go through what a field may hold instead, of which something is likely to be wrong."""
    match content:
        case bool() | None:
            return
        case int():
            yield from (
                number for number in (0, 1, content + 1, 10_000, MAX_AMOUNT) if number != content
            )
        case bytes() if len(content) == 20:
            yield from (NOBODY, fellow)
        case bytes():
            yield b"\xee" * len(content)
        case tuple() if content:
            yield from ((), content[::-1], (*content, content[-1]), (*content, NOBODY * 1))
        case tuple():
            yield (NOBODY,)
        case _:
            for field in fields_of(type(content)):
                for inner in _spoilt(getattr(content, field.name), fellow):
                    changed = _changed(content, field.name, inner)
                    if changed is not None:
                        yield changed


def _changed(record: Any, name: str, content: Any) -> Any:
    try:
        return evolve(record, **{name: content})
    except OutOfRange:
        return None


def _reason(state: State, transaction: object) -> str | None:
    try:
        PROTOCOL.transition(state, transaction)
    except Rejected as rejection:
        return rejection.reason.value
    return None


def pairs_of_mistakes(kind: str, trials: list[Trial]) -> Iterator[Draft]:
    """Spoil two fields of the last transaction, each of which alone is refused otherwise."""
    seen: set[tuple[str, ...]] = set()
    for trial in sorted(trials, key=lambda trial: len(trial.transactions))[:MOST_BASES]:
        state = genesis(PROTOCOL, trial.start)  # type: ignore[arg-type]
        for before in trial.transactions[:-1]:
            state = PROTOCOL.apply(state, before)
        last = trial.transactions[-1]
        for both, reasons in _pairs(state, last):
            if reasons in seen:
                continue
            seen.add(reasons)
            first, second, named = reasons
            rest = second if named == first else first
            yield Draft(
                f"{kind}: {named} is named, and not {rest}",
                "two things are wrong; the first in order is named",
                tuple(asks_of(trial.start, (*trial.transactions[:-1], both))),
            )


def _pairs(state: State, last: object) -> Iterator[tuple[object, tuple[str, str, str]]]:
    fellow = next(iter(state.validators), NOBODY)
    wrong: list[tuple[str, object, str]] = []
    for field in fields_of(type(last)):
        reasons = set()
        for content in _spoilt(getattr(last, field.name), fellow):
            changed = _changed(last, field.name, content)
            reason = None if changed is None else _reason(state, changed)
            if reason is not None and reason not in reasons:
                reasons.add(reason)
                wrong.append((field.name, content, reason))
    for (name, content, first), (rest, instead, second) in combinations(wrong, 2):
        if name == rest or first == second:
            continue
        both = _changed(evolve(last, **{name: content}), rest, instead)
        named = None if both is None else _reason(state, both)
        if named in (first, second):
            yield both, (min(first, second), max(first, second), named)
