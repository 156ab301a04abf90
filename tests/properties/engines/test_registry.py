"""An engine is a value: one more in the list is asked by every command, and needs nothing else."""

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from properties.engines import registry
from properties.engines.engine import Engine, Plan, Report, Result
from properties.laws import Violation
from properties.laws.law import OnChance
from properties.model.worlds import draw_genesis
from properties.trace.failures import Failure
from properties.trace.trial import Trial
from tests.properties.cli.commands import stakespec


def _toss(plan: Plan, _deadline: float, report: Report) -> Result:
    """Toss a coin for each run; a protocol that is called a mutant loses."""
    result = Result.of(plan)
    result.runs = result.effort = plan.runs or 3
    result.looked = Counter({"PRO-1": result.runs})
    report("tossing")
    if plan.path.startswith("properties.mutants"):
        trial = Trial(draw_genesis(Random(1)), ())
        violation = Violation("PRO-1", "it came down on the other side")
        result.failures.add(Failure(violation, trial, "coin", "toss 1", ("check",), 1, 0))
    return result


COIN = Engine(
    name="coin",
    summary="a coin",
    unit=("toss", "tosses"),
    effort=("toss", "tosses"),
    share=0.1,
    checks=frozenset({OnChance}),
    run=_toss,
)


@pytest.fixture(autouse=True)
def one_more_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ENGINES", (*registry.ENGINES, COIN))


def test_it_shows_up_in_check_and_its_table() -> None:
    told = stakespec("check", "--engine", "coin", "--runs", "5", "--seed", "1")
    assert "coin: 5 tosses; 0.0 s" in told.stdout
    table = told.stdout.splitlines()
    assert table[0].split() == ["law", "name", "coin"]
    assert next(line for line in table if line.startswith("PRO-1")).endswith("5 ")
    assert told.stdout.endswith("repeat: stakespec check --seed 1 --engine coin --runs 5\n")


def test_it_shows_up_in_the_json_of_check() -> None:
    told = json.loads(stakespec("check", "--engine", "coin", "--runs", "5", "--json").stdout)
    (engine,) = told["engines"]
    assert (engine["name"], engine["runs"], engine["unit"]) == ("coin", 5, "tosses")
    laws = {law["id"]: law for law in told["laws"]}
    assert laws["PRO-1"]["engines"] == {"coin": {"verdict": "held", "checks": 5}}


def test_it_hunts_mutants(tmp_path: Path) -> None:
    told = json.loads(stakespec("mutants", "--engine", "coin", "--only", "B28", "--json").stdout)
    assert told["units"] == {"coin": "tosses"}
    (mutant,) = told["mutants"]
    assert mutant["verdict"] == "caught"
    assert mutant["engines"]["coin"]["law"] == "PRO-1"


def test_an_engine_that_is_none_is_refused_with_those_there_are() -> None:
    refused = stakespec("check", "--engine", "dice")
    assert refused.exit_code == 2
    assert "'dice' is not one of 'walk', 'one-step'" in refused.stderr
    assert "'coin'" in refused.stderr
