"""The hunt: every engine against every mutant, each pair in a process of its own.

A process begins as a copy of this one (fork), and is ended when it outstays its budget by
far: a fork may well have made an engine run for ever.
"""

import os
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from multiprocessing.connection import Connection, wait

import attrs

from properties.engines.engine import Engine
from properties.mutants.canary import CANARY
from properties.mutants.catalogue import Mutant
from properties.mutants.look import Look, look
from properties.trace.worker import Worker

PERSISTENCE = 10
"""How many times as long engines search for a mutant that none has caught."""

PATIENCE_SECONDS = 60.0
"""How long a process may exceed its budget before it is killed."""


class Fate(StrEnum):
    """The outcome for a mutant."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    HELD = "held"
    """Equivalent and not refuted, as it should be."""
    REFUTED = "refuted"
    """Equivalent but refuted, which should not happen."""
    UNDETERMINED = "undetermined"


@attrs.frozen
class Pair:
    """A mutant and an engine."""

    mutant: Mutant
    engine: Engine


@attrs.define
class Hunt:
    """The plan of a hunt, and its results so far."""

    pairs: tuple[Pair, ...]
    seed: int
    seconds: float
    """For each pair, without shrinking; more for a mutant that no engine has caught by then."""
    workers: int
    looks: dict[tuple[str, str], Look] = attrs.field(factory=dict)
    """By mutant and engine, for the pairs that have finished."""
    failed: dict[tuple[str, str], str] = attrs.field(factory=dict)
    """Engines that ended without an answer, and why."""
    longer: set[tuple[str, str]] = attrs.field(factory=set)
    """The pairs that have finished a second search, with more time."""
    planned: int = attrs.field(init=False)
    """How many searches are planned, and how many have finished."""
    finished: int = 0
    elapsed: float = 0.0
    interrupted: bool = False

    def __attrs_post_init__(self) -> None:
        """Count what is planned."""
        self.planned = len(self.pairs)

    def mutants(self) -> tuple[Mutant, ...]:
        """Return the mutants that are hunted, in order."""
        return tuple({pair.mutant.id: pair.mutant for pair in self.pairs}.values())

    def efforts(self) -> dict[str, tuple[str, str]]:
        """Return the unit of effort of each engine, singular and plural."""
        return {pair.engine.name: pair.engine.effort for pair in self.pairs}

    def engines(self) -> tuple[str, ...]:
        """Return the engines that hunt, in order."""
        return tuple(dict.fromkeys(pair.engine.name for pair in self.pairs))

    def looks_at(self, mutant: Mutant) -> dict[str, Look]:
        """Return the results for a mutant, by engine."""
        looks = ((engine, self.looks.get((mutant.id, engine))) for engine in self.engines())
        return {engine: look for engine, look in looks if look is not None}

    def catches(self, mutant: Mutant) -> dict[str, Look]:
        """Return the engines that caught a mutant, and how."""
        looks = self.looks_at(mutant).items()
        return {engine: look for engine, look in looks if look.law is not None}

    def fate(self, mutant: Mutant) -> Fate:
        """Return the outcome for a mutant."""
        caught = self.catches(mutant)
        if not mutant.laws:
            if caught:
                return Fate.REFUTED
            return Fate.HELD if self.is_done(mutant) else Fate.UNDETERMINED
        # The canary is there to show that every single engine is alive.
        if caught and (mutant is not CANARY or len(caught) == len(self.engines())):
            return Fate.CAUGHT
        return Fate.SURVIVED if self.is_done(mutant) else Fate.UNDETERMINED

    def exit_code(self) -> int:
        """Return 0 if all is as it should be, 1 if not, 4 if interrupted before that was known."""
        fates = {self.fate(mutant) for mutant in self.mutants()}
        if fates & {Fate.SURVIVED, Fate.REFUTED}:
            return 1
        return 4 if self.interrupted else 0

    def is_done(self, mutant: Mutant) -> bool:
        """Say whether all engines have finished with a mutant."""
        keys = {(mutant.id, engine) for engine in self.engines()}
        answered = self.longer if self._is_worth_more(mutant) else {*self.looks, *self.failed}
        return keys <= answered

    def run(self, report: Callable[["Hunt"], None]) -> None:
        """Run the hunt; Ctrl-C ends it early. `report` is called several times a second."""
        began = time.monotonic()

        def show() -> None:
            self.elapsed = time.monotonic() - began
            report(self)

        try:
            self._look(self.pairs, self.seconds, show)
            again = tuple(pair for pair in self.pairs if self._is_worth_more(pair.mutant))
            self.planned += len(again)
            self._look(again, PERSISTENCE * self.seconds, show)
        except KeyboardInterrupt:
            self.interrupted = True
        self.elapsed = time.monotonic() - began

    def _look(self, pairs: Iterable[Pair], seconds: float, show: Callable[[], None]) -> None:
        left = list(pairs)
        working: list[_Looking] = []
        try:
            while left or working:
                while left and len(working) < self.workers:
                    pair = left.pop(0)
                    if seconds > self.seconds and self.catches(pair.mutant):
                        self.finished += 1
                        continue
                    working.append(_Looking.start(pair, self.seed, seconds))
                wait([looking.worker.connection for looking in working], timeout=0.2)
                working = [looking for looking in working if not self._collected(looking)]
                show()
        finally:
            for looking in working:
                looking.worker.end()

    def _is_worth_more(self, mutant: Mutant) -> bool:
        """Say whether a mutant deserves a longer search: no engine has caught it yet."""
        return bool(mutant.laws) and mutant is not CANARY and not self.catches(mutant)

    def _collected(self, looking: "_Looking") -> bool:
        """Collect the result of a process; say whether it has finished."""
        key = (looking.pair.mutant.id, looking.pair.engine.name)
        if looking.worker.connection.poll():
            try:
                answer = looking.worker.connection.recv()
            except EOFError:
                answer = "the process ended"
        elif time.monotonic() > looking.deadline:
            answer = f"no answer {PATIENCE_SECONDS:g} s after its time"
        else:
            return False
        looking.worker.end()
        self.finished += 1
        if looking.seconds > self.seconds:
            self.longer.add(key)
        if isinstance(answer, Look):
            self.looks[key] = answer
        else:
            self.failed[key] = answer
        return True


@attrs.define(eq=False)
class _Looking:
    """A process with which an engine looks at a mutant."""

    pair: Pair
    worker: Worker
    seconds: float
    deadline: float

    @classmethod
    def start(cls, pair: Pair, seed: int, seconds: float) -> "_Looking":
        worker = Worker.start(_look, pair, seed, seconds)
        return cls(pair, worker, seconds, time.monotonic() + seconds + PATIENCE_SECONDS)


def _look(pair: Pair, seed: int, seconds: float, connection: Connection) -> None:
    try:
        answer: Look | str = look(pair.engine, pair.mutant, seed, seconds)
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    connection.send(answer)


def plan(
    mutants: Iterable[Mutant],
    engines: Iterable[Engine],
    seed: int,
    seconds: float,
    workers: int | None = None,
) -> Hunt:
    """Return a hunt that takes one mutant after another."""
    asked = tuple(engines)
    pairs = tuple(Pair(mutant, engine) for mutant in mutants for engine in asked)
    return Hunt(pairs, seed, seconds, workers or os.cpu_count() or 1)
