"""Counterexamples in a folder: nobody's are lost, and none is written twice."""

import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from properties.cli.failure_report import by_trial
from properties.cli.findings import Findings
from properties.engines.branches.engine import BRANCHES
from properties.engines.check import execute
from properties.engines.engine import Plan
from properties.engines.one_step import ONE_STEP
from properties.laws import Violation
from properties.mutants import mutant_by_id
from properties.trace.failures import Failure, Failures, Origin
from properties.trace.trial import Trial
from statemachine import Transfer
from tests.properties.cli.commands import stakespec, started
from tests.statemachine.worlds import DORA, EMIL, described

S9 = "properties.mutants:S9"


def checked(folder: Path, path: str, *words: object) -> set[str]:
    words = ("--engine", "one-step", "--runs", 4, "-o", folder, "--json", *words)
    outcome = stakespec("check", "--protocol", path, "--seed", 1, *words)
    assert outcome.exit_code == 1, outcome.output
    return {one["file"] for one in json.loads(outcome.stdout)["failures"]}


def protocols_in(folder: Path) -> list[str]:
    return sorted(json.loads(file.read_text())["protocol"] for file in folder.iterdir())


def test_those_of_another_fork_stay(tmp_path: Path) -> None:
    ours = checked(tmp_path, S9)
    texts = {file: Path(file).read_text() for file in ours}
    checked(tmp_path, "properties.mutants:CANARY")
    for file, text in texts.items():
        assert Path(file).read_text() == text
    assert set(protocols_in(tmp_path)) == {S9, "properties.mutants:CANARY"}


def test_the_same_again_is_not_written_twice(tmp_path: Path) -> None:
    first = checked(tmp_path, S9)
    assert checked(tmp_path, S9) == first
    assert len(list(tmp_path.iterdir())) == len(first)


def test_they_are_written_before_the_next_engine_begins(tmp_path: Path) -> None:
    findings = Findings(Origin(S9), str(tmp_path))
    seen: list[tuple[str, int]] = []

    def progress(what: str, _used: float, covered: str) -> None:
        if covered == "starting":
            seen.append((what, len(list(tmp_path.iterdir()))))

    protocol, engines = mutant_by_id("S9").protocol, (ONE_STEP, BRANCHES)
    plan = Plan(protocol, S9, 1, 30.0, runs=4, engines=engines, keep=findings.keep)
    execute(plan, progress)
    assert seen[0] == ("one-step", 0)
    assert seen[1][0] == "branches"
    assert seen[1][1] > 0


def test_what_was_made_small_takes_the_place_of_what_was_found(tmp_path: Path) -> None:
    found: list[Any] = []
    findings = Findings(Origin(S9), str(tmp_path))

    def keep(failures: Iterable[Failure]) -> None:
        failures = tuple(failures)
        found.extend(failures)
        findings.keep(failures)

    protocol, engines = mutant_by_id("S9").protocol, (ONE_STEP,)
    report = execute(Plan(protocol, S9, 1, 30.0, runs=4, engines=engines, keep=keep))
    files = findings.finish(report.failures)
    assert {str(file) for file in tmp_path.iterdir()} == set(files.values())
    assert len(found) >= len(files) > 0


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("engine", ["check", "fuzz"])
def test_they_are_there_at_once_whatever_becomes_of_the_process(
    engine: str, workers: int, tmp_path: Path
) -> None:
    found = tmp_path / "found"
    argv = (engine, "--protocol", S9, "--seed", 1, "--seconds", 600, "--workers", workers)
    with started(tmp_path, *argv, "-o", found) as process:
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and not list(found.glob("*.json")):
                assert process.poll() is None
                time.sleep(0.05)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    files = sorted(found.glob("*.json"))
    assert files
    replayed = stakespec("replay", files[0], "--protocol", S9)
    assert replayed.exit_code == 1, replayed.output


def failure(law: str, transactions: int) -> Failure:
    trial = Trial(described(), (Transfer(DORA, EMIL, 1),) * transactions)
    return Failure(Violation(law, ""), trial, "walk", "run 1", ("check",), 1, transactions)


def test_that_safety_is_lost_is_told_first_and_then_the_shortest() -> None:
    failures = Failures()
    for law, length in (("FIN-12", 1), ("SAF-2", 2), ("ACC-1", 3), ("SAF-1", 9)):
        failures.add(failure(law, length))
    told = [together[0].violation.law for _, together in by_trial(failures)]
    assert told == ["SAF-1", "SAF-2", "FIN-12", "ACC-1"]
