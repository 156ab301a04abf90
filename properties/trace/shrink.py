"""Shrinking a counterexample: fewer transactions, fewer actors, simpler numbers.

Candidates are judged by running them. Where removing a transaction moves time, those that
are left are made to fit the chain that there is then. A candidate goes on from the state
before its first change, and only its last step is held against the laws; those few that
pass are run again, whole, with every law watching.
"""

import attrs

from properties.laws.accusation import with_accusations
from properties.laws.coverage import Coverage
from properties.laws.patience import patient
from properties.oracle import Oracle
from properties.trace.candidates import (
    fewer_actors,
    fewer_signers,
    plain_names,
    size_of,
    smaller_genesis,
)
from properties.trace.descent import Budget, Descent
from properties.trace.repair import repaired
from properties.trace.run import Run, state_at
from properties.trace.trial import Trial, check_end, run_trial
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State

__all__ = ["Trial", "run_trial", "shrink"]


def shrink(protocol: Protocol, trial: Trial, law: str, budget: Budget = lambda: True) -> Trial:
    """Return the smallest trial found that still breaks the law, while the budget lasts.

    The budget is asked before each candidate.
    """
    roots: set[bytes] = set()
    run = run_trial(protocol, trial, law, repair=True, roots=roots)
    reproduced = _without_refused(run, trial)
    if reproduced is None:
        return trial
    shrinker = _Shrinker(reproduced, budget, with_accusations(protocol), law, roots)
    shrinker.shrink()
    return shrinker.best


def _without_refused(run: Run | None, trial: Trial) -> Trial | None:
    """Return a trial without its rejected transactions; None if it broke nothing.

    The last transaction stays in any case: to refuse it may have been the mistake.
    """
    if run is None:
        return None
    last = run.submitted[-1:]
    kept = run.accepted if run.accepted[-1:] == last else [*run.accepted, *last]
    return Trial(trial.start, tuple(kept))


@attrs.define
class _Shrinker(Descent):
    """The smallest trial so far, and the states along it."""

    protocol: Protocol
    law: str
    roots: set[bytes]
    """Roots of the checkpoints of all chains that were tried."""
    states: list[State] = attrs.field(factory=list)
    """The state before each of its transactions."""
    quick: bool = True
    """Whether its last step alone shows that it breaks the law."""

    def shrink(self) -> None:
        """Shrink until nothing makes it smaller."""
        self._replace_best(self.best)
        self.quick = self._breaks_at_last(self.best) is not None
        self.descend(plain_names, fewer_actors, fewer_signers, smaller_genesis)

    def take(self, candidate: Trial) -> bool:
        """Take a candidate if it is smaller and breaks the law."""
        if self.quick:
            quick = self._breaks_at_last(candidate)
            if quick is None or size_of(quick) >= size_of(self.best):
                return False
            candidate = quick
        repair = not self.quick
        run = run_trial(self.protocol, candidate, self.law, repair=repair, roots=self.roots)
        reproduced = _without_refused(run, candidate)
        if reproduced is None or size_of(reproduced) >= size_of(self.best):
            return False
        self._replace_best(reproduced)
        return True

    def _replace_best(self, trial: Trial) -> None:
        self.best = trial
        state = state_at(self.protocol, trial.start)
        self.states = [state]
        for transaction in trial.transactions[:-1]:
            try:
                state = patient(self.protocol, state, transaction).state
            except Exception:
                return
            self.states.append(state)

    def _breaks_at_last(self, candidate: Trial) -> Trial | None:
        """Return a candidate as it ran, if its last step breaks the law; check no other step."""
        txs = candidate.transactions
        if not txs:
            return None
        try:
            common, state = self._common(candidate)
            kept = list(txs[:common])
            for tx in txs[common:-1]:
                tx = self._fitting(state, tx)
                try:
                    state = patient(self.protocol, state, tx).state
                except Rejected:
                    continue
                kept.append(tx)
            last = self._fitting(state, txs[-1])
        except Exception:
            return None
        if self._last_breaks(state, last):
            return Trial(candidate.start, (*kept, last))
        return None

    def _last_breaks(self, state: State, last: object) -> bool:
        run = Run(self.protocol, state, coverage=Coverage(witnesses=()))
        try:
            run.oracle = Oracle.at(state, self.protocol)
            run.submit(last)
            if not run.violations:
                run.violations += check_end(self.protocol, run.state, self.law)[1]
        except Exception:
            return False
        return any(violation.law == self.law for violation in run.violations)

    def _common(self, candidate: Trial) -> tuple[int, State]:
        """Return how many transactions a candidate shares with the best, and their state."""
        if candidate.start is not self.best.start:
            return 0, state_at(self.protocol, candidate.start)
        common, most = 0, min(len(candidate.transactions), len(self.states)) - 1
        txs = self.best.transactions
        while common < most and candidate.transactions[common] is txs[common]:
            common += 1
        return common, self.states[common]

    def _fitting(self, state: State, tx: object) -> object:
        return repaired(self.protocol, state, tx, self.roots)
