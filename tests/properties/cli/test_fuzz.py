"""`stakespec fuzz` as its user sees it: verdicts, files, exit codes, and the way back to them."""

import functools
import json
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from properties.cli.fuzz import line_of
from properties.engines.fuzz.workers import Standing
from properties.laws import LAWS
from properties.laws.accusation import DRAWN_TYPES
from properties.trace.counterexample import Counterexample
from tests.properties.cli.commands import (
    FORK,
    command,
    environment,
    refusal,
    stakespec,
    stakespec_in,
    started,
    usage_error,
    widest,
    write_genesis,
)

pytestmark = pytest.mark.xdist_group("fuzz-command")

S9 = ("--protocol", "properties.mutants:S9", "--seed", "1", "--steps", "300")


@functools.cache
def held() -> Result:
    return stakespec("fuzz", "--seed", "1", "--steps", "2500")


def refuted(folder: Path, *options: object) -> Result:
    return stakespec("fuzz", *S9, "-o", folder / "found", *options)


def as_json(*argv: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(stakespec("fuzz", *argv, "--json").stdout)
    return report


def test_a_protocol_that_holds_exits_with_0_and_shows_what_was_checked_and_where() -> None:
    outcome = held()
    assert outcome.exit_code == 0, outcome.stdout
    assert "\nHELD\n" in outcome.stdout
    rows = {line.split()[0]: line for line in outcome.stdout.splitlines() if line.strip()}
    for law in LAWS:
        assert law.id in rows
    assert rows["ACC-1"].rstrip().endswith("every step")
    assert rows["ORA-1"].rstrip().endswith("a sample")
    assert rows["RUN-2"].rstrip().endswith("at the end")
    for kind in DRAWN_TYPES:
        assert kind.__name__ in rows
    assert "2,500 steps" in outcome.stdout
    assert " cells, " in outcome.stdout
    assert " followed by the oracle)\n" in outcome.stdout
    assert outcome.stderr == "fuzzing stakespec (statemachine:PROTOCOL), seed 1\n"
    assert outcome.stdout.splitlines()[-1] == "repeat: stakespec fuzz --seed 1 --steps 2500"


def test_what_is_printed_fits_80_columns(tmp_path: Path) -> None:
    assert widest(held().stdout) <= 80
    shown = refuted(tmp_path).stdout.splitlines()
    # What is copied whole must not be broken: commands, the names of files, the last word.
    copied = ("repeat", "each is written", "see it again", "find it again", "REFUTED")
    short = [line for line in shown if not line.startswith(copied)]
    assert widest("\n".join(short)) <= 80


def test_json_says_what_was_done_and_found() -> None:
    report = as_json("--seed", "1", "--steps", "400")
    assert report["steps"] == 400
    assert report["shards"] == {"0": 400}
    assert 0 < report["followed_by_oracle"] <= 400
    assert report["failures"] == []
    assert [law["id"] for law in report["laws"]] == [law.id for law in LAWS]


def test_too_few_steps_exit_with_3_and_name_the_rules_that_never_fired() -> None:
    outcome = stakespec("fuzz", "--seed", "1", "--steps", "5")
    assert outcome.exit_code == 3
    assert "\nNOT ALL REACHED: rules " in outcome.stdout


def test_a_mutant_exits_with_1_and_leaves_a_file_for_each_law(tmp_path: Path) -> None:
    outcome = refuted(tmp_path)
    assert outcome.exit_code == 1
    files = sorted(path.name for path in (tmp_path / "found").iterdir())
    assert files == ["ACC-1-Delegate.json", "ORA-2-Delegate.json", "STK-7-Delegate.json"]
    assert "\nREFUTED ACC-1 conservation, ORA-2 " in outcome.stdout
    assert re.search(r"shrunk from \d+ transactions? to 1 ", " ".join(outcome.stdout.split()))
    # One trial shows both, and is told once.
    assert outcome.stdout.count("\n1. Delegate(") == 1


def test_every_file_replays_to_its_law(tmp_path: Path) -> None:
    refuted(tmp_path)
    for path in (tmp_path / "found").iterdir():
        package = Counterexample.from_text(path.read_text())
        assert path.name == f"{package.law}-{type(package.transactions[-1]).__name__}.json"
        assert package.found_by.startswith("fuzz, shard 0, after ")
        outcome = stakespec("replay", path)
        assert outcome.exit_code == 1
        assert package.message in " ".join(outcome.stdout.split())
        assert stakespec("replay", path, "--protocol", "statemachine:PROTOCOL").exit_code == 0


def test_the_repeat_command_finds_the_same_again(tmp_path: Path) -> None:
    options = ("-o", tmp_path / "found")
    argv = ("--protocol", "properties.mutants:S9", "--seed", "2", "--seconds", "1")
    first = as_json(*argv, *options)
    assert first["repeat"].endswith(f"--seed 2 --steps {first['steps']}")
    again = as_json(*shlex.split(first["repeat"])[2:], *options)
    for name in ("steps", "cells", "corpus", "failures", "fired", "rejected", "repeat"):
        assert again[name] == first[name], name


def test_fail_fast_stops_at_the_first_failure(tmp_path: Path) -> None:
    argv = ("--protocol", "properties.mutants:S9", "--seed", "1", "--fail-fast")
    report = as_json(*argv, "-o", tmp_path / "found")
    assert report["exit_code"] == 1
    assert report["steps"] < 2_000


def test_two_workers_have_two_shards_that_each_can_be_searched_alone(tmp_path: Path) -> None:
    argv = ("--seed", "4", "--steps", "150")
    both = as_json(*argv, "--workers", "2")
    assert both["shards"] == {"0": 150, "1": 150}
    assert both["repeat"] == "stakespec fuzz --seed 4 --workers 2 --steps 150"
    parts = [as_json(*argv, "--shard", number) for number in (0, 1)]
    assert both["accepted"] == sum(shard["accepted"] for shard in parts)
    assert parts[1]["repeat"] == "stakespec fuzz --seed 4 --shard 1 --steps 150"


def test_a_search_from_a_genesis_is_repeated_with_it(tmp_path: Path) -> None:
    path = write_genesis(tmp_path)
    report = as_json("--genesis", path, "--seed", "4", "--steps", "200")
    assert report["repeat"] == f"stakespec fuzz --genesis {path} --seed 4 --steps 200"
    assert report["worlds"] == 1


def test_a_fork_in_the_current_folder_is_searched(tmp_path: Path) -> None:
    (tmp_path / "forgiving.py").write_text(FORK)
    argv = ("--protocol", "forgiving:FORK", "--seed", "1", "--steps", "400", "--workers", "2")
    finished = stakespec_in(tmp_path, "fuzz", *argv)
    assert finished.returncode == 1, finished.stderr
    assert "REFUTED" in finished.stdout
    files = sorted((tmp_path / "counterexamples").iterdir())
    assert "SLA-1-Accuse.json" in [path.name for path in files]
    assert stakespec_in(tmp_path, "replay", files[0], "--trust").returncode == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_search_is_undetermined_and_leaves_nothing_broken(
    tmp_path: Path, workers: int
) -> None:
    process = started(tmp_path, "fuzz", "--seconds", "300", "--seed", "1", "--workers", workers)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("fuzzing stakespec")
    time.sleep(1.5)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 4, errors
    assert "\nUNDETERMINED: interrupted\n" in output
    assert "repeat: stakespec fuzz --seed 1 " in output
    assert errors == ""
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_search_keeps_what_it_has_found(tmp_path: Path) -> None:
    process = started(
        tmp_path, "fuzz", "--protocol", "properties.mutants:S9", "--seconds", "300", "--seed", "1"
    )
    assert process.stderr is not None
    process.stderr.readline()
    time.sleep(3)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    files = sorted(path.name for path in (tmp_path / "counterexamples").iterdir())
    assert "ACC-1-Delegate.json" in files
    assert all(name.endswith(".json") for name in files)
    assert "REFUTED" in output


def test_an_output_that_is_no_folder_is_refused_before_the_search(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "is not a folder" in refusal(stakespec("fuzz", "--steps", "1", "-o", file))
    gone = tmp_path / "no" / "such"
    assert "there is no folder" in refusal(stakespec("fuzz", "--steps", "1", "-o", gone))


def test_numbers_that_mean_nothing_are_refused() -> None:
    assert "nan" in refusal(stakespec("fuzz", "--seconds", "nan"))
    usage_error(stakespec("fuzz", "--steps", "0"))
    usage_error(stakespec("fuzz", "--workers", "0"))


def test_the_line_that_says_where_a_search_stands_adds_up_its_shards() -> None:
    standings = [Standing(1_000, 50, 40, 1), Standing(2_000, 60, 30, 0)]
    assert line_of(standings, 2.0) == (
        "2 s: 3,000 steps (1,500 a second), 60 cells, 70 states kept, 1 failures"
    )
    shrinking = line_of([Standing(10, 1, 1, 1, shrinking=True)], 1.0)
    assert shrinking.startswith("shrinking: 10 steps")


DEADLY = """
import os
from statemachine import PROTOCOL, Transfer

def die(protocol, state, tx):
    os._exit(9)

FORK = PROTOCOL.fork("deadly", {Transfer: die})
"""


def test_a_process_that_dies_leaves_the_verdict_undetermined(tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(DEADLY)
    argv = ("--protocol", "deadly:FORK", "--seed", "1", "--steps", "500", "--workers", "2")
    finished = stakespec_in(tmp_path, "fuzz", *argv)
    assert finished.returncode == 4, finished.stderr
    assert "UNDETERMINED: the process of shard 0 ended before it was done" in finished.stdout


def test_nothing_depends_on_the_hash_seed(tmp_path: Path) -> None:
    argv = ("--seed", "5", "--steps", "400", "--json")
    reports = []
    for hash_seed in ("1", "2"):
        # In a folder of its own: what the first has found would be known to the second.
        folder = tmp_path / hash_seed
        folder.mkdir()
        finished = subprocess.run(
            command("fuzz", "--protocol", "properties.mutants:S5", *argv),
            capture_output=True,
            text=True,
            cwd=folder,
            env={**environment(), "PYTHONHASHSEED": hash_seed},
            check=False,
        )
        reports.append(json.loads(finished.stdout))
        del reports[-1]["seconds"]
    assert reports[0]["failures"]
    assert reports[0] == reports[1]
