"""The type of engines, their plan and their result.

An engine is a value: code that runs engines takes a list and knows none by name. To add
one, write a file that makes it, and add it to the list in `properties.engines.registry`.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum

import attrs

from properties.laws.coverage import Coverage
from properties.laws.law import OnStep
from properties.laws.witnesses import RARE_IN_LARGE_WORLDS
from properties.model.design import laws_of, types_of, witnesses_of
from properties.trace.failures import Failures, Keep, keep_nothing
from properties.trace.trial import Trial
from statemachine.description import Genesis
from statemachine.protocol import Protocol

INTERRUPTED = "interrupted"
"""Why an engine was cut short where somebody pressed Ctrl-C."""


class Verdict(StrEnum):
    """What is known of a law."""

    PROVED = "proved"
    """For all numbers, in every contract about it."""
    HELD = "held"
    """It was looked for a way to break it, and none was found."""
    REFUTED = "refuted"
    UNDETERMINED = "undetermined"
    """It was not looked at, or the look was not brought to its end."""


@attrs.frozen
class Plan:
    """What is checked, from where, by which engines, and for how long.

    Every run of an engine is determined by the seed and its number, so a plan of as many
    runs does the same again. Time decides only how many runs there are.
    """

    protocol: Protocol
    path: str
    """Where the protocol is, as MODULE:NAME."""
    seed: int
    seconds: float
    """For all engines, without shrinking counterexamples."""
    genesis: Genesis | None = None
    runs: int | None = None
    """So many runs of each engine, instead of as many as fit into the time."""
    engines: "tuple[Engine, ...]" = ()
    workers: int = 1
    """Processes that share the work of an engine."""
    fail_fast: bool = False
    """Stop at the first law that is broken."""
    shrink_seconds: float = 20.0
    """How long counterexamples may be shrunk, all of them together."""
    keep: Keep = keep_nothing
    """Told of failures the moment they are found."""

    def shares(self) -> "list[tuple[Engine, float]]":
        """Return the engines that are asked, each with its share of the time then left.

        From a genesis only some can begin, those that end with long work last.
        """
        able = list(self.engines)
        if self.genesis is not None:
            able = [engine for engine in self.engines if engine.from_genesis]
            able.sort(key=lambda engine: engine.from_genesis)
        left = sum(engine.share for engine in able)
        shares = []
        for engine in able:
            shares.append((engine, engine.share / left))
            left -= engine.share
        return shares


@attrs.frozen
class Proofs:
    """Of how many contracts a law is proved, refuted, or neither."""

    proved: int = 0
    refuted: int = 0
    undetermined: int = 0

    @property
    def total(self) -> int:
        """How many contracts there are about the law."""
        return self.proved + self.refuted + self.undetermined

    def with_another(self, verdict: Verdict) -> "Proofs":
        """Return these and one contract more."""
        return attrs.evolve(self, **{verdict.value: getattr(self, verdict.value) + 1})


@attrs.define
class Result:
    """What an engine did, and what it came to: of one process, or of all together."""

    coverage: Coverage
    """What happened in its steps, and which witnesses were reached."""
    failures: Failures = attrs.field(factory=Failures)
    runs: int = 0
    """In the engine's own unit."""
    effort: int = 0
    """In the engine's own unit of effort, until it ended."""
    looked: Counter[str] = attrs.field(factory=Counter)
    """How often laws had something to judge, of those that are not judged step by step."""
    checks: Counter[str] = attrs.field(factory=Counter)
    """By law, how often there was something to judge; laws that it never judges are not here."""
    proofs: dict[str, Proofs] = attrs.field(factory=dict)
    samples: list[tuple[int, Trial]] = attrs.field(factory=list)
    """Numbered runs that broke nothing, to be run again in other processes."""
    price: tuple[int, int] = (0, 0)
    """The least stake that was slashed in a conflict of two runs, of how much; 0 of 0: none."""
    seconds: float = 0.0
    covered: str = ""
    """How much was covered, in words."""
    cut_short: str = ""
    """Why it ended before it was done; empty where it did not."""

    @classmethod
    def of(cls, plan: Plan) -> "Result":
        """Begin with nothing."""
        witnesses = [
            witness for witness in witnesses_of(plan.protocol) if isinstance(witness.check, OnStep)
        ]
        if plan.genesis is not None:
            witnesses = [witness for witness in witnesses if witness.id not in RARE_IN_LARGE_WORLDS]
        return cls(Coverage(tuple(witnesses), types_of(plan.protocol)))

    def add(self, other: "Result") -> None:
        """Count what another process did as well."""
        self.coverage.add(other.coverage)
        for failure in other.failures:
            self.failures.add(failure)
        self.runs += other.runs
        self.effort += other.effort
        self.looked.update(other.looked)
        self.note_price(*other.price)
        self.samples = sorted(self.samples + other.samples, key=lambda sample: sample[0])
        self.cut_short = self.cut_short or other.cut_short

    def note_price(self, slashed: int, total: int) -> None:
        """Keep the smaller share of what was slashed."""
        least, of = self.price
        if total and (not of or slashed * of < least * total):
            self.price = (slashed, total)

    def portable(self) -> "Result":
        """Return it without what cannot be sent from one process to another."""
        return attrs.evolve(self, coverage=attrs.evolve(self.coverage, witnesses=(), types=()))


Report = Callable[[str], None]
"""Told now and then what was covered so far, in words."""

Run = Callable[[Plan, float, Report], Result]
"""Does what a plan asks for, until a deadline (monotonic) if it names no number of runs."""


@attrs.frozen(eq=False)
class Engine:
    """What looks for a way to break a law."""

    name: str
    summary: str
    """What it does, in a few words that fit a line of help."""
    unit: tuple[str, str]
    """What a run of it is: one, and many."""
    effort: tuple[str, str]
    """What its effort is counted in: one, and many."""
    share: float
    """Its part of the time of all engines; what one leaves, those after it gain."""
    checks: frozenset[type]
    """The types of the checks that it makes; laws with others it never judges."""
    run: Run
    from_genesis: int = 0
    """Whether it can begin with a genesis, 0 if not; those with larger numbers come later."""
    draws: bool = False
    """Whether it draws transactions, so that every rule should have accepted some."""
    sharded: bool = False
    """Whether what a number of runs does depends on how many processes share it."""
    anywhere: bool = False
    """Whether it begins in states that no run need reach: of these some laws do not speak."""
    shrinks: bool = True
    """Whether what it finds is shrunk; it is not where it is shortest as it is."""

    @property
    def heading(self) -> str:
        """The name at the head of its column."""
        return self.name.removeprefix("one-")[:6]

    def count(self, plan: Plan, result: Result) -> None:
        """Fill in how often each law had something to judge."""
        for law in laws_of(plan.protocol):
            if law.id in result.looked:
                result.checks[law.id] = result.looked[law.id]
            elif type(law.check) in self.checks and not (self.anywhere and law.reachable):
                result.checks[law.id] = result.coverage.checks(law)
