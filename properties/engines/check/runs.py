"""The engines that make numbered runs, and how the runs are dealt out to processes.

A run is determined by the seed and its number, whichever process makes it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from random import Random

import attrs

from properties.engines.branches.look import look
from properties.engines.branches.proposers import draw_electorate, frequency_complaint
from properties.engines.check.outcome import INTERRUPTED
from properties.engines.check.plan import Plan
from properties.engines.hypothesis import hypothesis_finds
from properties.engines.pool import Report, in_shards, is_interrupt
from properties.generate.states import draw_state
from properties.generate.transactions import draw_habits, long_habits
from properties.laws import Violation
from properties.laws.coverage import Coverage
from properties.laws.law import OnStep
from properties.laws.witnesses import RARE_IN_LARGE_WORLDS
from properties.model.design import asked, settings_of, types_of, witnesses_of
from properties.model.worlds import draw_genesis
from properties.trace.failures import Failure, Failures
from properties.trace.run import Run
from properties.trace.trial import Trial, check_end
from statemachine.rules.genesis import genesis

WALK_STEPS = 120
"""Transactions drawn in a walk through a small world."""

LONG_STRETCH = 100
"""Transactions drawn between two looks at the clock in a long walk."""

PROPOSER_EVERY = 50
"""Of so many worlds of branches, one comes with a look at how often proposers are elected."""

REPLAYED_WALKS = 12
"""Walks that are run again in other processes, with other hash seeds."""

REPORT_SECONDS = 0.2
"""How often a shard says where it stands."""


@attrs.frozen
class Standing:
    """Where a shard stands."""

    runs: int
    steps: int
    epochs: int
    failures: int


@attrs.define
class Part:
    """What one process made of its runs, or all of them together."""

    coverage: Coverage
    failures: Failures = attrs.field(factory=Failures)
    runs: int = 0
    extra: Counter[str] = attrs.field(factory=Counter)
    """Checks, by law, that are not made at each step."""
    branches: Counter[str] = attrs.field(factory=Counter)
    walks: list[tuple[int, Trial]] = attrs.field(factory=list)
    """Numbered walks, to be run again elsewhere."""
    cut_short: str = ""
    """Why it ended before it was done."""

    @classmethod
    def of(cls, plan: Plan) -> "Part":
        """Begin with nothing."""
        witnesses = tuple(
            one for one in witnesses_of(plan.protocol) if isinstance(one.check, OnStep)
        )
        if plan.genesis is not None:
            witnesses = tuple(one for one in witnesses if one.id not in RARE_IN_LARGE_WORLDS)
        return cls(Coverage(witnesses, types_of(plan.protocol)))

    def add(self, other: "Part") -> None:
        """Count what another did as well."""
        self.coverage.add(other.coverage)
        for failure in other.failures:
            self.failures.add(failure)
        self.runs += other.runs
        self.extra.update(other.extra)
        self.branches.update(other.branches)
        self.walks = sorted(self.walks + other.walks, key=lambda walk: walk[0])[:REPLAYED_WALKS]
        self.cut_short = self.cut_short or other.cut_short

    def portable(self) -> "Part":
        """Return it without what cannot be sent from one process to another."""
        return attrs.evolve(self, coverage=attrs.evolve(self.coverage, witnesses=(), types=()))


Numbered = Callable[[Plan, Part, int, Callable[[], bool]], None]
"""Makes the run of a number, for as long as it is told to if it has no end of its own."""


def make_runs(
    plan: Plan, name: str, deadline: float, tell: Callable[[Iterable[Standing]], None]
) -> Part:
    """Have an engine make its runs, until a deadline (monotonic) if no number is given."""

    def shard(number: int, report: Report[Standing]) -> Part:
        return _shard(plan, name, deadline, number, report).portable()

    def report_all(standings: dict[int, Standing]) -> bool:
        tell(standings.values())
        return plan.fail_fast and any(one.failures for one in standings.values())

    whole = Part.of(plan)
    if plan.workers == 1:
        whole.add(_shard(plan, name, deadline, 0, lambda one: report_all({0: one})))
        return whole
    shards = in_shards(shard, range(plan.workers), report_all)
    for number in sorted(shards.outcomes):
        whole.add(shards.outcomes[number])
    if shards.interrupted:
        whole.cut_short = INTERRUPTED
    elif shards.lost:
        whole.cut_short = "a process of it ended"
    return whole


def _shard(plan: Plan, name: str, deadline: float, shard: int, report: Report[Standing]) -> Part:
    """Make every so many-th run, as many as there are processes."""
    part = Part.of(plan)
    last = time.monotonic()
    stopped = False

    def go_on() -> bool:
        nonlocal last, stopped
        now = time.monotonic()
        if now - last > REPORT_SECONDS:
            last = now
            coverage = part.coverage
            stopped = report(
                Standing(part.runs, coverage.steps, coverage.epochs, len(part.failures))
            )
        if stopped or (plan.fail_fast and part.failures):
            return False
        return plan.runs is not None or now < deadline

    engine = _long_walk if plan.genesis is not None else RUNS[name]
    try:
        for number in _numbers(plan, shard):
            if not go_on():
                break
            engine(plan, part, number, go_on)
    except BaseException as error:
        if is_interrupt(error):
            part.cut_short = INTERRUPTED
        elif isinstance(error, Exception):
            part.cut_short = f"{type(error).__name__}: {error}"
        else:
            raise
    return part


def _numbers(plan: Plan, shard: int) -> Iterable[int]:
    """Return the numbers of the runs that a process makes."""
    if plan.genesis is not None:
        return (shard,)
    if plan.runs is not None:
        return range(shard, plan.runs, plan.workers)
    return count(shard, plan.workers)


# --- engines -----------------------------------------------------------------------------


def _walk(plan: Plan, part: Part, number: int, _go_on: Callable[[], bool]) -> None:
    """Walk through a small world."""
    protocol, rng = plan.protocol, Random(f"{plan.seed}/walk/{number}")
    description = draw_genesis(rng, settings_of(protocol))
    run = Run.start(protocol, description, part.coverage)
    part.runs += 1
    if not run.walk(rng, draw_habits(protocol, rng, run.state), WALK_STEPS):
        _check_the_end(part, run)
    trial = Trial(description, tuple(run.submitted))
    _keep(plan, part, "walk", number, run.violations, trial)
    if not run.violations and len(part.walks) < REPLAYED_WALKS:
        part.walks.append((number, trial))


def _long_walk(plan: Plan, part: Part, number: int, go_on: Callable[[], bool]) -> None:
    """Walk on and on from the one state that was given."""
    assert plan.genesis is not None
    rng = Random(f"{plan.seed}/walk/{number}")
    run = Run.start(plan.protocol, plan.genesis, part.coverage)
    habits = long_habits(plan.protocol, rng, run.state)
    while go_on() and (plan.runs is None or part.runs < plan.runs):
        part.runs += 1
        if run.walk(rng, habits, LONG_STRETCH, cast_every=LONG_STRETCH):
            break
    if not part.runs:
        return
    if not run.violations:
        _check_the_end(part, run)
    trial = Trial(plan.genesis, tuple(run.submitted))
    _keep(plan, part, "walk", part.runs - 1, run.violations, trial)
    if not run.violations:
        part.walks.append((number, trial))


def _check_the_end(part: Part, run: Run) -> None:
    """Hold the end of a run against the laws about what can come after it."""
    judged, violations = check_end(run.protocol, run.state)
    part.extra.update(judged)
    run.violations += violations


def _one_step(plan: Plan, part: Part, number: int, _go_on: Callable[[], bool]) -> None:
    """Take a few steps from an arbitrary lawful state, reachable or not."""
    protocol, rng = plan.protocol, Random(f"{plan.seed}/one-step/{number}")
    start = draw_state(rng, settings_of(protocol))
    run = Run.start(protocol, start, part.coverage)
    part.runs += 1
    run.walk(rng, draw_habits(protocol, rng, run.state), 4)
    _keep(plan, part, "one-step", number, run.violations, Trial(start, tuple(run.submitted)))


def _branches(plan: Plan, part: Part, number: int, _go_on: Callable[[], bool]) -> None:
    """Grow a world of two branches, in which validators may sign anything."""
    protocol, rng = plan.protocol, Random(f"{plan.seed}/branches/{number}")
    part.runs += 1
    if number % PROPOSER_EVERY == 0:
        electorate = draw_electorate(rng)
        part.extra["PRO-1"] += 1
        complaint = frequency_complaint(protocol, genesis(protocol, electorate))
        violations = [] if complaint is None else [Violation("PRO-1", complaint)]
        _keep(plan, part, "branches", number, asked(protocol, violations), Trial(electorate, ()))
    found = look(protocol, rng, part.branches)
    if found is None:
        return
    trial = Trial(found.start, found.transactions)
    failure = _failure(plan, "branches", number, found.violation, trial)
    length = len(found.transactions) + len(found.other)
    part.failures.add(
        attrs.evolve(failure, other=found.other, honest=found.honest, original_length=length)
    )


def _hypothesis(plan: Plan, part: Part, number: int, _go_on: Callable[[], bool]) -> None:
    """Let Hypothesis draw worlds and transactions."""
    found = hypothesis_finds(plan.protocol, part.coverage, None, f"{plan.seed}/hypothesis/{number}")
    part.runs += 1
    if found is not None:
        _keep(plan, part, "hypothesis", number, [found[0]], found[1])


RUNS: dict[str, Numbered] = {
    "walk": _walk,
    "one-step": _one_step,
    "branches": _branches,
    "hypothesis": _hypothesis,
}
"""Each engine that makes numbered runs."""


def _keep(
    plan: Plan, part: Part, engine: str, number: int, violations: list[Violation], trial: Trial
) -> None:
    for violation in violations:
        part.failures.add(_failure(plan, engine, number, violation, trial))


def _failure(plan: Plan, engine: str, number: int, violation: Violation, trial: Trial) -> Failure:
    again = ["check", "--seed", str(plan.seed), "--engine", engine, "--runs", str(number + 1)]
    if plan.genesis is not None:
        again += ["--workers", str(plan.workers)]
    where, length = f"run {number + 1}", len(trial.transactions)
    return Failure(violation, trial, engine, where, tuple(again), number + 1, length)
