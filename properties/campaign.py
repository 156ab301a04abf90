"""A campaign against a protocol: engines, one after another, within a time.

Every run of every engine is determined by the campaign's seed and its own number, so a
campaign of as many runs is the same campaign. Time decides only how many runs there are.
"""

import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import attrs

from properties.branches.look import WITNESSES as BRANCH_WITNESSES
from properties.branches.look import Found, look
from properties.branches.smaller import smaller
from properties.coverage import RARE_IN_LARGE_WORLDS, WITNESSES, Coverage, Witness
from properties.generator import draw_habits, long_habits
from properties.invariants import LAWS, Law, Violation
from properties.one_step import draw_state
from properties.processes import differing_message, differing_root
from properties.proposers import draw_electorate, frequency_complaint
from properties.runner import Run
from properties.runs import check_everyone_can_leave, check_finality_goes_on
from properties.shrink import Trial, run_trial, shrink
from properties.stateful import hypothesis_finds
from properties.worlds import draw_genesis
from statemachine.genesis import Genesis, genesis
from statemachine.protocol import Protocol

WALK_STEPS = 120
"""Transactions drawn in a walk through a small world."""

ENGINES = ("walk", "one-step", "branches", "hypothesis")
"""What looks for a way to break a law, in this order."""

PROPOSER_EVERY = 50
"""Of so many worlds of branches, one comes with a look at how often proposers are elected."""

REPLAYED_WALKS = 12
"""Walks that are run again in other processes, with other hash seeds."""


@attrs.frozen
class Refutation:
    """A law that was broken, and the shortest way found to break it."""

    violation: Violation
    trial: Trial
    engine: str
    runs: int
    """How many runs of the engine it took; the last one broke the law."""
    original_length: int
    other: tuple[Any, ...] | None = None
    """For a law of two runs: the transactions of the other."""
    honest: tuple[bytes, ...] = ()
    """For a law about them: who followed the signing rule."""


@attrs.define
class Engine:
    """What one engine did."""

    name: str
    runs: int = 0
    steps: int = 0
    seconds: float = 0.0


@attrs.define
class Outcome:
    """What a campaign found, and how much it covered."""

    protocol: str
    seed: int
    seconds: float
    laws: tuple[Law, ...]
    coverage: Coverage
    engines: list[Engine] = attrs.field(factory=list)
    refutation: Refutation | None = None
    interrupted: bool = False
    leave_checks: int = 0
    replay_checks: int = 0
    liveness_checks: int = 0
    branch_checks: int = 0
    proposer_checks: int = 0
    branches: Counter[str] | None = None
    """How often worlds of two branches reached their witnesses; None where there were none."""

    def exit_code(self) -> int:
        """Return 0 held, 1 refuted, 3 a witness never reached, 4 undetermined."""
        if self.refutation is not None:
            return 1
        if self.interrupted or not (self.coverage.steps or self.branch_checks):
            return 4
        return 3 if self.never_reached() or self.never_fired() else 0

    def never_reached(self) -> list[str]:
        """Return the witnesses that were looked for in vain."""
        missed = self.coverage.never_reached() if self.coverage.runs else []
        if self.branches is not None:
            missed += [name for name in BRANCH_WITNESSES if not self.branches[name]]
        return missed

    def never_fired(self) -> list[str]:
        """Return the rules that never fired; two branches alone need not fire all."""
        return self.coverage.never_fired() if self.coverage.runs else []


Progress = Callable[[str, float, Coverage], None]
"""Told now and then what is being done, how much of the time is used, and the counts."""


@attrs.define
class Campaign:
    """The plan of a campaign."""

    protocol: Protocol
    protocol_path: str
    seed: int
    seconds: float
    genesis: Genesis | None = None
    runs: int | None = None
    """So many runs of each engine, instead of as many as fit into the time."""
    engines: tuple[str, ...] = ENGINES
    shrink_seconds: float = 20.0
    """How long a counterexample may be worked on."""
    laws: tuple[Law, ...] = LAWS
    progress: Progress = lambda _what, _used, _coverage: None

    def execute(self) -> Outcome:
        """Run all engines until the time is used, a law is broken or it is interrupted."""
        witnesses: tuple[Witness, ...] = WITNESSES
        if self.genesis is not None:
            witnesses = tuple(one for one in WITNESSES if one.id not in RARE_IN_LARGE_WORLDS)
        outcome = Outcome(
            self.protocol_path, self.seed, self.seconds, self.laws, Coverage(witnesses)
        )
        started = time.monotonic()
        try:
            for name, part, engine in self._engines():
                self._run_engine(outcome, name, started, part, engine)
                if outcome.refutation is not None:
                    break
        except BaseException as error:
            if not _is_interrupt(error):
                raise
            outcome.interrupted = True
        return outcome

    def _engines(self) -> list[tuple[str, float, "EngineRun"]]:
        """Return the engines with the part of the time by which each must be done."""
        if self.genesis is not None:
            return [("walk", 1.0, self._long_walk)]
        shares = {
            "walk": (0.6, self._walks),
            "one-step": (0.12, self._one_steps),
            "branches": (0.16, self._branches),
            "hypothesis": (0.12, self._hypothesis),
        }
        chosen = [(name, *shares[name]) for name in ENGINES if name in self.engines]
        whole = sum(share for _, share, _ in chosen)
        done = 0.0
        plan: list[tuple[str, float, EngineRun]] = []
        for name, share, engine in chosen:
            done += share / whole
            plan.append((name, done, engine))
        return plan

    def _run_engine(
        self, outcome: Outcome, name: str, started: float, part: float, engine: "EngineRun"
    ) -> None:
        record = Engine(name)
        outcome.engines.append(record)
        began = time.monotonic()
        steps = outcome.coverage.steps

        def time_left() -> bool:
            used = (time.monotonic() - started) / self.seconds
            self.progress(name, used, outcome.coverage)
            return used < part

        try:
            engine(outcome, record, time_left)
        finally:
            record.seconds = time.monotonic() - began
            record.steps = outcome.coverage.steps - steps

    # --- engines -------------------------------------------------------------------------

    def _walks(self, outcome: Outcome, record: Engine, time_left: Callable[[], bool]) -> None:
        """Walk through small worlds, each drawn anew."""
        number = 0
        replayed: list[Trial] = []
        while number < self.runs if self.runs is not None else time_left():
            rng = Random(f"{self.seed}/walk/{number}")
            description = draw_genesis(rng)
            run = Run.start(self.protocol, description, outcome.coverage, self.laws)
            record.runs += 1
            broken = run.walk(rng, draw_habits(rng, run.state), WALK_STEPS)
            if not broken:
                run.violations += self._check_the_end(outcome, run)
            trial = Trial(description, tuple(run.submitted))
            if run.violations:
                self._refute(outcome, run.violations[0], trial, record)
                return
            if len(replayed) < REPLAYED_WALKS:
                replayed.append(trial)
            number += 1
        if replayed:
            self._replay(outcome, replayed)

    def _long_walk(self, outcome: Outcome, record: Engine, time_left: Callable[[], bool]) -> None:
        """Walk on and on from the one state that was given."""
        description = self.genesis or draw_genesis(Random(self.seed))
        rng = Random(f"{self.seed}/walk/0")
        run = Run.start(self.protocol, description, outcome.coverage, self.laws)
        record.runs += 1
        habits = long_habits(rng, run.state)
        stretches = 0
        while stretches < self.runs if self.runs is not None else time_left():
            if run.walk(rng, habits, LONG_STRETCH, cast_every=LONG_STRETCH):
                break
            stretches += 1
        if not run.violations:
            run.violations += self._check_the_end(outcome, run)
        trial = Trial(description, tuple(run.submitted))
        if run.violations:
            self._refute(outcome, run.violations[0], trial, record, stretches + 1)
            return
        self._replay(outcome, [trial])

    def _check_the_end(self, outcome: Outcome, run: Run) -> list[Violation]:
        """Hold the end of a run against the laws about what can come after it."""
        found = check_everyone_can_leave(run.protocol, run.state)
        outcome.leave_checks += 1
        applied, alive = check_finality_goes_on(run.protocol, run.state)
        outcome.liveness_checks += applied
        return found + alive

    def _branches(self, outcome: Outcome, record: Engine, time_left: Callable[[], bool]) -> None:
        """Grow worlds of two branches, in which validators may sign anything."""
        reached = outcome.branches = Counter()
        number = 0
        while number < self.runs if self.runs is not None else time_left():
            rng = Random(f"{self.seed}/branches/{number}")
            record.runs += 1
            if number % PROPOSER_EVERY == 0:
                violation = self._check_proposers(outcome, rng)
                if violation is not None:
                    trial = Trial(violation[1], ())
                    outcome.refutation = Refutation(
                        violation[0], trial, record.name, record.runs, 0
                    )
                    return
            found = look(self.protocol, rng, reached)
            outcome.branch_checks += 1
            if found is not None:
                self._refute_two_runs(outcome, found, record)
                return
            number += 1

    def _check_proposers(self, outcome: Outcome, rng: Random) -> tuple[Violation, Genesis] | None:
        start = draw_electorate(rng)
        outcome.proposer_checks += 1
        complaint = frequency_complaint(self.protocol, genesis(self.protocol, start))
        return None if complaint is None else (Violation("PRO-1", complaint), start)

    def _one_steps(self, outcome: Outcome, record: Engine, time_left: Callable[[], bool]) -> None:
        """Take single steps from arbitrary lawful states, reachable or not."""
        number = 0
        while number < self.runs if self.runs is not None else time_left():
            rng = Random(f"{self.seed}/one-step/{number}")
            start = draw_state(rng)
            run = Run.start(self.protocol, start, outcome.coverage, self.laws)
            record.runs += 1
            run.walk(rng, draw_habits(rng, run.state), 4)
            if run.violations:
                trial = Trial(start, tuple(run.submitted))
                self._refute(outcome, run.violations[0], trial, record)
                return
            number += 1

    def _hypothesis(self, outcome: Outcome, record: Engine, time_left: Callable[[], bool]) -> None:
        """Let Hypothesis draw worlds and transactions."""
        number = 0
        while number < self.runs if self.runs is not None else time_left():
            found = hypothesis_finds(
                self.protocol, outcome.coverage, self.laws, f"{self.seed}/hypothesis/{number}"
            )
            record.runs += 1
            if found is not None:
                violation, trial = found
                self._refute(outcome, violation, trial, record)
                return
            number += 1

    # --- what is found -------------------------------------------------------------------

    def _replay(self, outcome: Outcome, trials: list[Trial]) -> None:
        """Run walks again in other processes, and compare every state root."""
        outcome.replay_checks += len(trials)
        found = differing_root(self.protocol, self.protocol_path, trials)
        if found is None:
            return
        number, place = found
        trial = trials[number]
        outcome.refutation = Refutation(
            Violation("RUN-2", differing_message(place)),
            Trial(trial.start, trial.transactions[: place + 1]),
            "walk",
            number + 1,
            len(trial.transactions),
        )

    def _refute(
        self,
        outcome: Outcome,
        violation: Violation,
        trial: Trial,
        record: Engine,
        runs: int | None = None,
    ) -> None:
        time_left = self._shrink_budget(outcome)
        # Until it is shrunk, the trial as found is the counterexample.
        found = Refutation(
            violation, trial, record.name, runs or record.runs, len(trial.transactions)
        )
        outcome.refutation = found
        small = shrink(self.protocol, trial, violation.law, time_left)
        run = run_trial(self.protocol, small, violation.law, repair=False)
        if run is not None:
            violation = next(one for one in run.violations if one.law == violation.law)
            outcome.refutation = attrs.evolve(found, violation=violation, trial=small)

    def _refute_two_runs(self, outcome: Outcome, found: Found, record: Engine) -> None:
        outcome.refutation = refutation = Refutation(
            found.violation,
            Trial(found.start, found.transactions),
            record.name,
            record.runs,
            len(found.transactions) + len(found.other),
            found.other,
            found.honest,
        )
        small = smaller(self.protocol, found, self._shrink_budget(outcome))
        outcome.refutation = attrs.evolve(
            refutation,
            violation=small.violation,
            trial=Trial(small.start, small.transactions),
            other=small.other,
        )

    def _shrink_budget(self, outcome: Outcome) -> Callable[[], bool]:
        """Return what says whether there is still time to make a counterexample small."""
        deadline = time.monotonic() + self.shrink_seconds

        def time_left() -> bool:
            left = deadline - time.monotonic()
            self.progress("shrinking", 1 - left / self.shrink_seconds, outcome.coverage)
            return left > 0

        return time_left


def _is_interrupt(error: BaseException) -> bool:
    """Say whether somebody pressed Ctrl-C, also where it was turned into another error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, KeyboardInterrupt):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


EngineRun = Callable[[Outcome, Engine, Callable[[], bool]], None]

LONG_STRETCH = 100
"""Transactions drawn between two looks at the clock in a long walk."""
