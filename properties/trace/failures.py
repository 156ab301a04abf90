"""Failures: one for each broken law and type of the last transaction."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from properties.laws import Violation
from properties.model.protocols import DEFAULT_PATH
from properties.trace.counterexample import Counterexample
from properties.trace.plurals import counted
from properties.trace.run import Run
from properties.trace.shrink import shrink
from properties.trace.trial import Trial, check_end, run_trial
from statemachine.protocol import Protocol

Key = tuple[str, str]
"""A law, and the type of the transaction that broke it."""

Budget = Callable[[], bool]
"""Asked before each candidate whether there is still time for it."""

AT_THE_START = "Genesis"
"""Stands for the last transaction of an empty trial."""


@attrs.frozen
class Origin:
    """Where engines began, in terms of the command line."""

    protocol: str = DEFAULT_PATH
    """Where the protocol is, as MODULE:NAME."""
    genesis: str | None = None
    """The file of the genesis; None for worlds of the engines' own."""
    settings: tuple[str, ...] = ()

    def options(self, command: str) -> list[str]:
        """Return it as options of a command."""
        options = []
        if self.genesis is not None and command in ("check", "fuzz"):
            options += ["--genesis", self.genesis]
        if self.protocol != DEFAULT_PATH:
            options += ["--protocol", self.protocol]
        for setting in self.settings if command != "prove" else ():
            options += ["--set", setting]
        return options


@attrs.frozen
class Failure:
    """A broken law, and a trial that breaks it."""

    violation: Violation
    trial: Trial
    engine: str
    where: str
    """Where the engine found it, such as "run 7"."""
    again: tuple[str, ...]
    """The command and options that find it again."""
    effort: int
    """The effort until then, in the engine's own unit."""
    original_length: int
    """Transactions in the trial before shrinking; in both runs, for a law of two runs."""
    other: tuple[Any, ...] | None = None
    """For a law of two runs: the transactions of the other run."""
    honest: tuple[bytes, ...] = ()
    """For a law about honest validators: those that followed the signing rule."""

    @property
    def key(self) -> Key:
        """The kind of failure: failures with one key most likely have one cause."""
        return self.violation.law, last_type(self.trial)

    @property
    def length(self) -> int:
        """Transactions in the trial, and in the other run where there is one."""
        return len(self.trial.transactions) + len(self.other or ())

    def command(self, origin: "Origin") -> str:
        """Return the whole command that finds the same again."""
        name, *options = self.again
        return shlex.join(["stakespec", name, *origin.options(name), *options])

    def package(self, origin: "Origin") -> Counterexample:
        """Return the failure as a file has it."""
        return Counterexample(
            origin.protocol,
            self.violation.law,
            self.violation.message,
            f"{self.engine}, {self.where}: {self.command(origin)}",
            self.trial.start,
            self.trial.transactions,
            self.other,
            self.honest,
        )

    def shrunk(self, protocol: Protocol, budget: Budget) -> list["Failure"]:
        """Return it as small as the budget allows, and first; then what breaks besides.

        Of a law of two runs this is no more than the one run: see `engines.branches.smaller`.
        """
        law = self.violation.law
        trial = shrink(protocol, self.trial, law, budget)
        run = run_trial(protocol, trial, law, repair=False)
        if run is None:
            return []
        by_law = {violation.law: violation for violation in reversed(run.violations)}
        laws = sorted(by_law, key=lambda broken: broken != law)
        return [attrs.evolve(self, violation=by_law[broken], trial=trial) for broken in laws]


def found_by_fuzz(
    violation: Violation,
    trial: Trial,
    seed: int,
    shard: int,
    drawn: int,
    options: tuple[str, ...] = (),
) -> Failure:
    """Return a failure that a shard of fuzz found after drawing this many transactions."""
    again = ("fuzz", "--seed", str(seed), "--shard", str(shard), "--steps", str(drawn), *options)
    where = f"shard {shard}, after {counted(drawn, 'transaction')}"
    return Failure(violation, trial, "fuzz", where, again, drawn, len(trial.transactions))


Keep = Callable[[Iterable[Failure]], None]
"""Told what is found, as it was found: at once, and before it is made small."""


def keep_nothing(_failures: Iterable[Failure]) -> None:
    """Leave it to the end."""


def first_of_kind(failures: Iterable[Failure], met: set[Key]) -> tuple[Failure, ...]:
    """Return the failures of kinds that have not been met, which are met from now on."""
    first = tuple(failure for failure in failures if failure.key not in met)
    met.update(failure.key for failure in first)
    return first


def last_type(trial: Trial) -> str:
    """Return the type of a trial's last transaction."""
    return type(trial.transactions[-1]).__name__ if trial.transactions else AT_THE_START


def broken_by(protocol: Protocol, trial: Trial) -> tuple[Trial, list[Violation]]:
    """Run a trial anew, all laws and the oracle watching, until something breaks.

    Return the transactions it took, without rejected ones, and what broke.
    """
    run = Run.start(protocol, trial.start)
    run.submit_all(trial.transactions)
    if not run.violations:
        run.violations += check_end(run.protocol, run.state)[1]
    last = run.submitted[-1:]
    kept = run.accepted if run.accepted[-1:] == last else [*run.accepted, *last]
    return Trial(trial.start, tuple(kept)), run.violations


@attrs.define
class Failures:
    """The failures so far: the shortest of each kind."""

    by_key: dict[Key, Failure] = attrs.field(factory=dict)
    in_vain: int = 0
    """How many could not be reproduced from their start."""

    def __iter__(self) -> Iterator[Failure]:
        """Go through them, the shortest first."""
        return iter(sorted(self.by_key.values(), key=_length_and_key))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.by_key)

    def add(self, failure: Failure) -> None:
        """Keep a failure, unless one of its kind is as short and was found as early."""
        shortest = self.by_key.get(failure.key)
        if shortest is None or (failure.length, failure.effort) < (
            shortest.length,
            shortest.effort,
        ):
            self.by_key[failure.key] = failure

    def is_news(self, violation: Violation, trial: Trial) -> bool:
        """Say whether a violation is of a new kind, or took fewer transactions."""
        shortest = self.by_key.get((violation.law, last_type(trial)))
        return shortest is None or len(trial.transactions) < len(shortest.trial.transactions)

    def shrink_all(
        self,
        protocol: Protocol,
        budget_for: Callable[[int], Budget],
        shrunk: Callable[[Failure, Protocol, Budget], list[Failure]] = Failure.shrunk,
    ) -> None:
        """Make each as small as its budget allows, given how many are still to be shrunk.

        What a shrunk trial breaks besides is not shrunk again.
        """
        shrunk_keys: set[Key] = set()
        waiting = tuple(self)
        for number, failure in enumerate(waiting):
            if failure.key in shrunk_keys or failure.key not in self.by_key:
                continue
            small = shrunk(failure, protocol, budget_for(len(waiting) - number))
            if small:
                del self.by_key[failure.key]
            for shrunken in small:
                if shrunken is small[0] or shrunken.key in self.by_key:
                    self.add(shrunken)
                    shrunk_keys.add(shrunken.key)


def _length_and_key(failure: Failure) -> tuple[int, Key]:
    return failure.length, failure.key
