"""What a campaign found, and how much it covered, by law and engine."""

from collections import Counter
from enum import StrEnum

import attrs

from properties.engines.prove.by_law import Proofs
from properties.laws import Law
from properties.laws.coverage import Coverage
from properties.laws.witnesses import TWO_RUN_WITNESSES
from properties.trace.failures import Failures

UNITS = {
    "walk": ("walk", "walks"),
    "one-step": ("state", "states"),
    "branches": ("world of two branches", "worlds of two branches"),
    "hypothesis": ("run of 20 examples", "runs of 20 examples"),
    "fuzz": ("stretch of 100 steps", "stretches of 100 steps"),
    "explore": ("world", "worlds"),
    "prove": ("contract", "contracts"),
}
"""What a run of each engine is: one of them, and many."""

STEPPING = ("walk", "one-step", "hypothesis", "fuzz")
"""Engines that draw transactions, and so can be asked which rules fired."""


INTERRUPTED = "interrupted"


class Verdict(StrEnum):
    """What is known of a law."""

    PROVED = "proved"
    """For all numbers, in every contract about it."""
    HELD = "held"
    """It was looked for a way to break it, and none was found."""
    REFUTED = "refuted"
    UNDETERMINED = "undetermined"
    """It was not looked at, or the look was not brought to its end."""


@attrs.define
class Record:
    """What one engine did."""

    name: str
    runs: int = 0
    """In its own unit, see `UNITS`."""
    steps: int = 0
    """Transactions that were applied."""
    seconds: float = 0.0
    checks: Counter[str] = attrs.field(factory=Counter)
    """By law, how often there was something to judge; laws that it never judges are not here."""
    proofs: dict[str, Proofs] = attrs.field(factory=dict)
    covered: str = ""
    """How much was covered, in words."""
    cut_short: str = ""
    """Why it ended before it was done; empty where it did not."""

    def verdict(self, law: str, failures: Failures) -> Verdict | None:
        """Return what it knows of a law; None where it never judges it."""
        if any(one.engine == self.name and one.violation.law == law for one in failures):
            return Verdict.REFUTED
        if law in self.proofs:
            proofs = self.proofs[law]
            whole = proofs.proved and not (proofs.refuted or proofs.undetermined)
            return Verdict.PROVED if whole else Verdict.UNDETERMINED
        if law not in self.checks:
            return None
        return Verdict.HELD if self.checks[law] and not self.cut_short else Verdict.UNDETERMINED


@attrs.define
class Outcome:
    """What a campaign found, and how much it covered."""

    protocol: str
    seed: int
    laws: tuple[Law, ...]
    coverage: Coverage
    """What happened in all engines that draw transactions."""
    records: list[Record] = attrs.field(factory=list)
    failures: Failures = attrs.field(factory=Failures)
    branches: Counter[str] | None = None
    """How often worlds of two branches reached their witnesses; None where there were none."""
    interrupted: bool = False

    @property
    def cut_short(self) -> str:
        """Why not all was done that was asked for; empty where it was."""
        if self.interrupted:
            return INTERRUPTED
        reasons = (f"{one.name}: {one.cut_short}" for one in self.records if one.cut_short)
        return "; ".join(reasons)

    def exit_code(self) -> int:
        """Return 0 held, 1 refuted, 3 a witness never reached, 4 undetermined."""
        if self.failures:
            return 1
        if self.cut_short or not any(record.runs for record in self.records):
            return 4
        if self.never_reached() or self.never_fired():
            return 3
        return 0 if any(self.verdict(law.id) in GOOD for law in self.laws) else 4

    def verdict(self, law: str) -> Verdict:
        """Return what all engines together know of a law."""
        known = {record.verdict(law, self.failures) for record in self.records}
        for verdict in (Verdict.REFUTED, Verdict.PROVED, Verdict.HELD):
            if verdict in known:
                return verdict
        return Verdict.UNDETERMINED

    def never_reached(self) -> list[str]:
        """Return the witnesses that were looked for in vain."""
        missed = self.coverage.never_reached() if self.coverage.runs else []
        if self.branches is not None:
            missed += [one.id for one in TWO_RUN_WITNESSES if not self.branches[one.id]]
        return missed

    def never_fired(self) -> list[str]:
        """Return the rules that never fired, where transactions were drawn."""
        drew = any(record.name in STEPPING and record.runs for record in self.records)
        return self.coverage.never_fired() if drew else []


GOOD = (Verdict.PROVED, Verdict.HELD)
