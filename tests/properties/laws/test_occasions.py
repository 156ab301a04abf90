"""A law that looked and had nothing to judge has judged nothing, and a check says so."""

from random import Random

import pytest

from properties.engines.check import execute
from properties.engines.check.outcome import CheckReport
from properties.engines.engine import Plan
from properties.engines.walk import WALK
from properties.generate.transactions import draw_profile
from properties.laws import LAWS
from properties.laws.coverage import Coverage
from properties.laws.law import Law, Occasion, OnStep
from properties.laws.occasions import OCCASIONS
from properties.model.design import Design
from properties.model.worlds import draw_genesis
from properties.trace.run import Run
from statemachine import PROTOCOL
from statemachine.protocol import Protocol

IDLE = Law(
    id="IDL-1",
    name="idle",
    statement="What never happens does no harm.",
    check=OnStep(lambda _protocol, _step: ()),
    when=Occasion("never", lambda _step: False),
)


@pytest.fixture(scope="module")
def coverage() -> Coverage:
    counts = Coverage()
    for number in range(16):
        rng = Random(f"occasions/{number}")
        run = Run.start(PROTOCOL, draw_genesis(rng), counts)
        run.walk(rng, draw_profile(PROTOCOL, rng, run.state), 60)
    return counts


def checked(protocol: Protocol) -> CheckReport:
    plan = Plan(protocol, "statemachine:PROTOCOL", 1, 30.0, runs=1, engines=(WALK,))
    return execute(plan)


@pytest.mark.parametrize("occasion", OCCASIONS, ids=lambda occasion: occasion.id)
def test_every_occasion_comes_in_small_worlds_and_not_with_every_step(
    coverage: Coverage, occasion: Occasion
) -> None:
    assert 0 < coverage.occasions[occasion.id] < coverage.steps


def test_every_occasion_is_one_that_is_counted() -> None:
    assert {law.when.id for law in LAWS if law.when is not None} <= {one.id for one in OCCASIONS}


def test_a_law_counts_its_occasions_and_not_its_looks(coverage: Coverage) -> None:
    final = next(law for law in LAWS if law.id == "FIN-3")
    assert 0 < coverage.checks(final) < coverage.steps / 2


def test_a_law_that_was_idle_makes_a_check_exit_with_3_and_say_so() -> None:
    report = checked(Design.of(PROTOCOL, laws=(IDLE,)))
    assert "IDL-1" in report.never_judged()
    assert report.verdict("IDL-1") == "undetermined"
    assert report.exit_code() == 3


def test_finality_laws_are_idle_where_nothing_becomes_final() -> None:
    never = PROTOCOL.fork("never", is_quorum=lambda _part, _total: False)
    aside = {"LIV-1": "nothing becomes final"}
    report = checked(Design.of(never, set_aside=aside))
    assert {"FIN-3"} <= set(report.never_judged())
