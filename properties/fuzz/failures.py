"""What a search found broken: one failure for each law and type of the last transaction."""

from collections.abc import Callable, Iterator

import attrs

from properties.invariants import Violation
from properties.runner import Run
from properties.shrink import shrink
from properties.trial import Trial, broken_at_end, run_trial
from statemachine.protocol import Protocol

Key = tuple[str, str]
"""A law, and the type of the transaction that broke it."""

AT_THE_START = "Genesis"
"""Stands for the last transaction where there is none."""


@attrs.frozen
class Failure:
    """A law that was broken, and a way to break it."""

    violation: Violation
    trial: Trial
    shard: int
    drawn: int
    """Transactions that the shard had drawn by then."""
    original_length: int
    """Transactions in the trial as it was found."""

    @property
    def key(self) -> Key:
        """What failures of one cause have in common, as far as one can tell."""
        return self.violation.law, last_type(self.trial)


def last_type(trial: Trial) -> str:
    """Return the type of a trial's last transaction."""
    return type(trial.transactions[-1]).__name__ if trial.transactions else AT_THE_START


def broken_by(protocol: Protocol, trial: Trial) -> tuple[Trial, list[Violation]]:
    """Run a trial anew, all laws and the oracle watching, until something breaks.

    Return what it took, without what was refused before, and what broke.
    """
    run = Run.start(protocol, trial.start)
    run.submit_all(trial.transactions)
    if not run.violations:
        for law in ("RUN-1", "LIV-1"):
            run.violations += broken_at_end(run.protocol, run.state, law)
    last = run.submitted[-1:]
    kept = run.accepted if run.accepted[-1:] == last else [*run.accepted, *last]
    return Trial(trial.start, tuple(kept)), run.violations


@attrs.define
class Failures:
    """The failures found so far: of each kind the one that took fewest transactions."""

    by_key: dict[Key, Failure] = attrs.field(factory=dict)
    in_vain: int = 0
    """How many could not be seen again from their start."""

    def __iter__(self) -> Iterator[Failure]:
        """Go through them, the shortest first."""
        return iter(sorted(self.by_key.values(), key=_length_and_key))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.by_key)

    def add(self, failure: Failure) -> None:
        """Keep a failure, unless as short a one of its kind is known."""
        known = self.by_key.get(failure.key)
        if known is None or len(failure.trial.transactions) < len(known.trial.transactions):
            self.by_key[failure.key] = failure

    def is_news(self, violation: Violation, trial: Trial) -> bool:
        """Say whether a violation is of a new kind, or took fewer transactions."""
        known = self.by_key.get((violation.law, last_type(trial)))
        return known is None or len(trial.transactions) < len(known.trial.transactions)

    def shrink_all(self, protocol: Protocol, budget: Callable[[], bool]) -> None:
        """Make each as small as the budget allows; each call of the budget is a candidate.

        What a shrunk trial breaks besides is not shrunk again.
        """
        done: set[Key] = set()
        for failure in self:
            if failure.key in done:
                continue
            law = failure.violation.law
            small = shrink(protocol, failure.trial, law, budget)
            run = run_trial(protocol, small, law, repair=False)
            if run is None:
                continue
            for violation in run.violations:
                key = violation.law, last_type(small)
                known = self.by_key.get(key)
                if known is not None and key not in done:
                    self.by_key[key] = attrs.evolve(known, violation=violation, trial=small)
                    done.add(key)


def _length_and_key(failure: Failure) -> tuple[int, Key]:
    return len(failure.trial.transactions), failure.key
