"""The campaign: inputs by number, each a pure function of the seed and its number."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from random import Random
from types import MappingProxyType

import attrs

from properties.selftest import kinds
from properties.selftest.cost import of_cost

KINDS: dict[str, kinds.Kind] = {
    "bytes": kinds.of_bytes,
    "json": kinds.of_json,
    "messages": kinds.of_messages,
    "proofs": kinds.of_proofs,
    "signed": kinds.of_signed,
    "blocks": kinds.of_blocks,
    "geneses": kinds.of_geneses,
    "cost": of_cost,
}
"""The kinds of input that take no command; those that do are in `cli.attacks`."""

CHEAP = (
    *("bytes",) * 8,
    *("json",) * 3,
    "messages",
    *("proofs",) * 3,
    *("signed",) * 3,
    "blocks",
    "geneses",
)
"""The kinds of most inputs; kinds that need a process or a file are rare."""

MOST_FAULTS = 20
"""Faults after which a campaign ends."""


@attrs.frozen
class FoundFault:
    """An input that caused a fault."""

    number: int
    kind: str
    message: str


@attrs.define
class Report:
    """The results of a campaign."""

    seed: int
    first: int
    inputs: int = 0
    kinds: Counter[str] = attrs.field(factory=Counter)
    outcomes: dict[str, Counter[str]] = attrs.field(factory=dict)
    """For each kind, the outcomes of its inputs and how often each occurred."""
    faults: list[FoundFault] = attrs.field(factory=list)
    cut_short: bool = False
    """Whether the time ended before the number of inputs that was asked for."""

    @property
    def exit_code(self) -> int:
        """Return 1 if there is a fault, 4 if time ended first or nothing was tried, 0 otherwise."""
        if self.faults:
            return 1
        return 4 if self.cut_short or not self.inputs else 0


def kind_of(number: int, among: Collection[str]) -> str:
    """Return the kind of the input with a number: all kinds are among the first hundred."""
    costly = _costly_kind(number)
    return costly if costly is not None and costly in among else CHEAP[number % len(CHEAP)]


def _costly_kind(number: int) -> str | None:
    within = number % 10_000
    if within in (50, 5_050):
        return "full disks"
    if within in (60, 5_060):
        return "kills"
    if within % 1_000 == 70:
        return "cost"
    if within % 100 == 0:
        return "commands"
    return None


def selftest(
    seed: int,
    first: int = 0,
    inputs: int | None = None,
    seconds: float | None = None,
    progress: Callable[[Report], None] = lambda _report: None,
    attacks: Mapping[str, kinds.Kind] = MappingProxyType(KINDS),
) -> Report:
    """Try inputs of these kinds from a number on, until a count is reached or time ends."""
    report = Report(seed, first)
    ends = None if seconds is None else time.monotonic() + seconds
    for number in _numbers(first, inputs):
        if ends is not None and time.monotonic() > ends:
            report.cut_short = inputs is not None
            break
        kind = kind_of(number, attacks)
        report.inputs += 1
        report.kinds[kind] += 1
        outcomes = report.outcomes.setdefault(kind, Counter())
        try:
            outcomes[attacks[kind](Random(f"{seed}/selftest/{number}"))] += 1
        except kinds.Fault as fault:
            report.faults.append(FoundFault(number, kind, str(fault)))
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            message = f"{type(error).__name__} at {place.name}: {str(error)[:300]}"
            report.faults.append(FoundFault(number, kind, message))
        if len(report.faults) >= MOST_FAULTS:
            break
        progress(report)
    return report


def _numbers(first: int, inputs: int | None) -> Iterator[int]:
    number = first
    while inputs is None or number < first + inputs:
        yield number
        number += 1
