"""What a search found, and how much it covered."""

from collections import Counter
from collections.abc import Iterable

import attrs

from properties.engines.fuzz.cells import Cell
from properties.laws import Law
from properties.laws.coverage import Coverage, judged
from properties.laws.law import CHECKS_OF_STEPS, OnEnd, OnOracle, OnReplay
from properties.trace.failures import Failures
from properties.trace.known import Known, still_breaking
from properties.trace.trial import Trial

EVERYWHERE = "every step"
SAMPLED = "a sample"
AT_THE_END = "at the end"
NOT_HERE = "not here"

HERE = CHECKS_OF_STEPS | {OnOracle, OnEnd, OnReplay}
"""The checks that a search makes; others take engines of their own."""


@attrs.define
class Tally:
    """Counts of what was done."""

    drawn: int = 0
    """Transactions drawn, refused ones included."""
    extensions: int = 0
    worlds: int = 0
    followed: Counter[str] = attrs.field(factory=Counter)
    """Transactions that the oracle followed, by type."""
    ends: Counter[str] = attrs.field(factory=Counter)
    """How often laws about what can follow a state had something to judge."""
    replay_checks: int = 0

    def add(self, other: "Tally") -> None:
        """Count what another counted as well."""
        for field in attrs.fields(Tally):
            name = field.name
            setattr(self, name, getattr(self, name) + getattr(other, name))


@attrs.define
class SearchReport:
    """What one shard, or several together, found."""

    shards: dict[int, int] = attrs.field(factory=dict)
    """Transactions drawn, by shard."""
    tally: Tally = attrs.field(factory=Tally)
    coverage: Coverage = attrs.field(factory=lambda: Coverage(witnesses=()))
    cells: set[Cell] = attrs.field(factory=set)
    kept: int = 0
    """States in the corpus, starts included."""
    dropped: int = 0
    """States that had to leave the corpus, to bound its memory."""
    failures: Failures = attrs.field(factory=Failures)
    samples: list[Trial] = attrs.field(factory=list)
    """Trials that lead to kept states, to be run again elsewhere."""
    known: tuple[Known, ...] = ()
    """The counterexamples of earlier runs, replayed."""
    seconds: float = 0.0
    interrupted: bool = False
    lost: list[int] = attrs.field(factory=list)
    """Shards whose process ended before it was done."""

    @property
    def complete(self) -> bool:
        """Whether all was done that was asked for."""
        return not self.interrupted and not self.lost

    def exit_code(self) -> int:
        """Return 0 held, 1 refuted, 3 a rule never fired, 4 undetermined."""
        if self.failures or still_breaking(self.known):
            return 1
        if not self.complete or not self.coverage.steps:
            return 4
        return 3 if self.coverage.never_fired() else 0

    def verdict(self, law: Law) -> str:
        """Return the verdict on one law in a word."""
        if any(failure.violation.law == law.id for failure in self.failures):
            return "refuted"
        return "held" if self.checks(law) and self.complete else "undetermined"

    def checks(self, law: Law) -> int:
        """Return how often a law was held against something that it speaks of."""
        match law.check:
            case OnOracle():
                return judged(law, self.tally.followed)
            case OnEnd():
                return self.tally.ends[law.id]
            case OnReplay():
                return self.tally.replay_checks
        return self.coverage.checks(law) if type(law.check) in HERE else 0


def where_checked(law: Law) -> str:
    """Say where a law is checked: at every step, or on a sample."""
    match law.check:
        case OnReplay():
            return AT_THE_END
        case OnOracle() | OnEnd():
            return SAMPLED
    return EVERYWHERE if type(law.check) in HERE else NOT_HERE


def merged(outcomes: Iterable[SearchReport]) -> SearchReport:
    """Put together what several shards found, in their order."""
    whole = SearchReport()
    for outcome in outcomes:
        whole.shards.update(outcome.shards)
        whole.tally.add(outcome.tally)
        whole.cells |= outcome.cells
        whole.kept += outcome.kept
        whole.dropped += outcome.dropped
        whole.samples += outcome.samples
        whole.interrupted = whole.interrupted or outcome.interrupted
        whole.lost += outcome.lost
        for failure in outcome.failures:
            whole.failures.add(failure)
        whole.failures.in_vain += outcome.failures.in_vain
        whole.coverage.add(outcome.coverage)
        whole.coverage.types = outcome.coverage.types
    return whole
