"""A search in several shards: what each does is determined by the seed and its number."""

import time
from collections.abc import Callable

import attrs

from properties.engines.fuzz.corpus import DEFAULT_LIMIT, Corpus
from properties.engines.fuzz.outcome import SearchReport, merged
from properties.engines.fuzz.search import Search
from properties.engines.pool import in_shards, is_interrupt
from properties.trace.failures import Failure, Failures, Keep, Key, first_of_kind, keep_nothing
from properties.trace.run import Start
from statemachine.protocol import Protocol

REPORT_SECONDS = 0.25
"""How often a shard says where it stands."""


@attrs.frozen
class Standing:
    """Where a shard stands."""

    drawn: int = 0
    cells: int = 0
    corpus: int = 0
    failures: int = 0
    shrinking: bool = False
    found: tuple[Failure, ...] = ()
    """Failures of a kind that it had not found before."""


Report = Callable[[list[Standing]], None]
"""Told now and then where each shard stands."""


@attrs.frozen
class SearchPlan:
    """What is searched, and for how long."""

    protocol: Protocol
    seed: int
    start: Start | None = None
    shard: int = 0
    """The first shard."""
    workers: int = 1
    seconds: float | None = None
    steps: int | None = None
    """Transactions to draw in each shard."""
    fail_fast: bool = False
    keep: int = DEFAULT_LIMIT
    """How many states each shard keeps at most."""
    shrink_seconds: float = 20.0
    """How long a shard may work on its counterexamples."""
    keep_failures: Keep = keep_nothing
    """Told of failures the moment they are found."""


def fuzz(plan: SearchPlan, report: Report = lambda _standings: None) -> SearchReport:
    """Search all shards of a plan; Ctrl-C ends it like a time that has run out."""
    began = time.monotonic()
    outcome = _here(plan, report) if plan.workers == 1 else _away(plan, report)
    outcome.seconds = time.monotonic() - began
    return outcome


def _here(plan: SearchPlan, report: Report) -> SearchReport:
    def report_one(standing: Standing) -> bool:
        if standing.found:
            plan.keep_failures(standing.found)
        report([standing])
        return False

    return run_shard(plan, plan.shard, report_one)


def _away(plan: SearchPlan, report: Report) -> SearchReport:
    numbers = range(plan.shard, plan.shard + plan.workers)

    met: set[Key] = set()

    def report_all(standings: dict[int, Standing]) -> bool:
        for standing in standings.values():
            if news := first_of_kind(standing.found, met):
                plan.keep_failures(news)
        report(list(standings.values()))
        return plan.fail_fast and any(standing.failures for standing in standings.values())

    shards = in_shards(
        lambda number, report_shard: run_shard(plan, number, report_shard), numbers, report_all
    )
    whole = merged(shards.outcomes[number] for number in sorted(shards.outcomes))
    whole.lost += sorted(shards.lost)
    whole.interrupted = whole.interrupted or shards.interrupted
    return whole


def run_shard(plan: SearchPlan, shard: int, report: Callable[[Standing], bool]) -> SearchReport:
    """Search one shard, and shrink what it found; `report` may say that it is enough."""
    search = Search(plan.protocol, plan.seed, shard, plan.start, corpus=Corpus(limit=plan.keep))
    outcome = search.outcome
    began = last = time.monotonic()
    told_to_stop = False
    met: set[Key] = set()

    def standing(shrinking: bool = False) -> Standing:
        return Standing(
            outcome.tally.drawn,
            len(search.corpus.reached),
            len(search.corpus.entries),
            len(outcome.failures),
            shrinking,
            () if shrinking else first_of_kind(outcome.failures, met),
        )

    def go_on() -> bool:
        nonlocal last, told_to_stop
        now = time.monotonic()
        if now - last > REPORT_SECONDS:
            last = now
            told_to_stop = report(standing())
        if told_to_stop or (plan.fail_fast and outcome.failures):
            return False
        return plan.seconds is None or now - began < plan.seconds

    try:
        search.run(plan.steps, go_on)
        if plan.shrink_seconds:
            _shrink(plan, outcome.failures, lambda: report(standing(shrinking=True)))
    except BaseException as error:
        if not is_interrupt(error):
            raise
        outcome.interrupted = True
    outcome.samples = search.samples()
    return outcome


def _shrink(plan: SearchPlan, failures: Failures, report: Callable[[], bool]) -> None:
    began = last = time.monotonic()
    stop = False

    def budget() -> bool:
        nonlocal last, stop
        now = time.monotonic()
        if now - last > REPORT_SECONDS:
            last = now
            stop = report()
        return not stop and now - began < plan.shrink_seconds

    failures.shrink_all(plan.protocol, lambda _left: budget)
