"""Sets that part until two quorums share nobody: a finding of its own, and not silence."""

import functools
import json
from random import Random
from typing import Any

import pytest

from properties.engines.branches.look import Found, Notes, look, look_again
from properties.engines.branches.parting import is_declared
from properties.model.design import Design, with_settings
from statemachine import PROTOCOL, Params
from tests.properties.cli.commands import stakespec

WEAK = ("churn_bps=10000", "evidence_window=21")
"""Parameters with which a set may be replaced within an epoch, inside the evidence window."""


@functools.cache
def found_with(settings: tuple[str, ...], worlds: int) -> tuple[Notes, tuple[Found, ...]]:
    protocol, notes = Design.of(PROTOCOL, settings=settings), Notes()
    looks = [look(protocol, Random(f"1/branches/{number}"), notes) for number in range(worlds)]
    return notes, tuple(one for one in looks if one is not None)


def test_a_conflict_in_which_nobody_contradicts_itself_breaks_a_law_of_its_own() -> None:
    _, found = found_with(WEAK, 6)
    assert found
    assert {one.violation.law for one in found} == {"SAF-3"}
    assert "nobody is slashed: the sets have parted so far" in found[0].violation.message


def test_it_is_seen_again_from_its_transactions_alone() -> None:
    found = found_with(WEAK, 6)[1][0]
    again = look_again(PROTOCOL, found.start, found.transactions, found.other or (), ())
    assert {violation.law for violation in again} == {"SAF-3"}


def test_the_declared_churn_keeps_somebody_to_blame() -> None:
    notes, found = found_with((), 60)
    assert not found
    assert notes.looked["SAF-3"] >= 1
    assert notes.reached["parting"] >= 3


@pytest.mark.parametrize(("settings", "declared"), [((), True), (("churn_bps=51",), False)])
def test_what_is_declared_is_what_the_settings_say(
    settings: tuple[str, ...], declared: bool
) -> None:
    assert is_declared(Params(), with_settings(PROTOCOL, settings)) is declared


def test_a_check_with_a_churn_that_undoes_safety_does_not_say_held(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = [word for setting in WEAK for word in ("--set", setting)]
    words = ("--engine", "branches", "--seed", 1, "--runs", 5, "--json")
    outcome = stakespec("check", *settings, *words)
    assert outcome.exit_code == 1, outcome.output
    told = json.loads(outcome.stdout)
    assert {one["law"] for one in told["failures"]} == {"SAF-3"}
    assert stakespec("replay", told["failures"][0]["file"]).exit_code == 1
