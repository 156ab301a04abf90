"""Laws about what runs lead to are not asked of states that no run need reach."""

from collections.abc import Iterator

import attrs

from properties.engines.check import CheckReport, execute
from properties.engines.engine import Plan, Verdict
from properties.engines.one_step import ONE_STEP
from properties.engines.walk import WALK
from properties.model.design import Design, Law, OnState
from statemachine import PROTOCOL, State


def issued_over_time(state: State) -> Iterator[str]:
    most = state.epoch * state.params.epoch_reward
    if state.supply.issued > most:
        yield f"{state.supply.issued:,} was issued in {state.epoch:,} epochs, at most {most:,} is"


LAW = Law("ISS-1", "issued over time", "No more is issued than an epoch's reward for each.",
          check=OnState(issued_over_time, reads=("supply",)))  # fmt: skip


def report_of(law: Law) -> CheckReport:
    design = Design.of(PROTOCOL.fork("issuing"), laws=(law,))
    return execute(
        Plan(design, "statemachine:PROTOCOL", 1, 30.0, runs=20, engines=(WALK, ONE_STEP))
    )


def test_such_a_law_is_judged_where_runs_lead_alone() -> None:
    report = report_of(attrs.evolve(LAW, reachable=True))
    assert report.verdict("ISS-1") is Verdict.HELD
    assert report.verdict_by(WALK, "ISS-1") is Verdict.HELD
    assert report.verdict_by(ONE_STEP, "ISS-1") is None


def test_any_other_is_refuted_by_a_state_that_no_run_reaches() -> None:
    report = report_of(LAW)
    assert report.verdict_by(ONE_STEP, "ISS-1") is Verdict.REFUTED
    assert report.verdict_by(WALK, "ISS-1") is Verdict.HELD
