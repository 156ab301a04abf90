"""`stakespec selftest`: counts by kind, JSON, exit codes and how to repeat a fault."""

import json

import pytest

from properties.selftest.campaign import KINDS
from properties.selftest.kinds import Fault
from tests.properties.cli.commands import stakespec


def test_counts_by_kind_are_printed_with_a_repeat_command() -> None:
    outcome = stakespec("selftest", "--seed", "7", "--first", "101", "--inputs", "60")
    assert outcome.exit_code == 0, outcome.output
    assert "HELD: 60 inputs, 0 faults" in outcome.stdout
    assert outcome.stdout.endswith("repeat: stakespec selftest --seed 7 --first 101 --inputs 60\n")


def test_json_has_what_came_of_every_kind() -> None:
    argv = ("selftest", "--seed", "7", "--first", "101", "--inputs", "60", "--json")
    report = json.loads(stakespec(*argv).stdout)
    assert (report["verdict"], report["exit_code"], report["inputs"]) == ("held", 0, 60)
    assert sum(sum(outcomes.values()) for outcomes in report["kinds"].values()) == 60
    assert report == json.loads(stakespec(*argv).stdout)


def test_a_fault_is_exit_1_and_says_how_to_repeat_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_rng: object) -> str:
        raise Fault("it broke")

    monkeypatch.setitem(KINDS, "proofs", broken)
    outcome = stakespec("selftest", "--seed", "7", "--first", "101", "--inputs", "20")
    assert outcome.exit_code == 1
    assert "FAULT in proofs: it broke" in outcome.stdout
    assert "repeat: stakespec selftest --seed 7 --first 112 --inputs 1" in outcome.stdout


def test_bad_usage_is_exit_2() -> None:
    for argv in (("--inputs", "0"), ("--seconds", "x"), ("--first", "-1")):
        assert stakespec("selftest", *argv).exit_code == 2


def test_time_that_ends_first_is_exit_4() -> None:
    outcome = stakespec("selftest", "--first", "101", "--inputs", "1000000", "--seconds", "0.1")
    assert outcome.exit_code == 4
    assert "UNDETERMINED" in outcome.stdout
