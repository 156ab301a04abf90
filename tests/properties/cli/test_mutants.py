"""`stakespec mutants` as its user sees it."""

import json
import re
import signal
import subprocess
import time

from properties.mutants import CATALOGUE
from tests.properties.cli.commands import (
    command,
    environment,
    refusal,
    stakespec,
    usage_error,
    widest,
)


def test_caught_mutants_exit_with_0_and_tell_by_what() -> None:
    argv = ("--only", "S9", "--only", "EQ4", "--engine", "fuzz", "--engine", "explore")
    outcome = stakespec("mutants", *argv, "--seconds", 3)
    assert outcome.exit_code == 0, outcome.output
    lines = outcome.stdout.splitlines()
    assert lines[0] == "S9 caught: Delegating debits nobody."
    assert re.fullmatch(r"  fuzz        ACC-1 +\d+ steps +\d+\.\d\d s  length 1", lines[1])
    assert re.fullmatch(r"  explore     STK-7 +1 state +\d+\.\d\d s  length 1", lines[2])
    assert lines[3:5] == [
        "EQ4 held: The proposer is found by walking through the active set.",
        "  held in fuzz, explore",
    ]
    assert re.fullmatch(r"fuzz +1 +0 +\d+ +\d+\.\d\d +1 *", lines[7])
    assert re.fullmatch(r"1 of 1 mutants caught in \d+ s", lines[-2])
    assert lines[-1] == "1 equivalent forks held"
    assert widest(outcome.stdout) <= 80


def test_a_survivor_exits_with_1() -> None:
    outcome = stakespec("mutants", "--only", "S9", "--engine", "branches", "--seconds", 0.1)
    assert outcome.exit_code == 1
    assert "S9 survived: Delegating debits nobody." in outcome.stdout
    assert "  not caught by branches" in outcome.stdout
    assert outcome.stdout.endswith("SURVIVED: S9\n")


def test_json_tells_the_same() -> None:
    argv = ("--only", "S9", "--only", "CANARY", "--engine", "fuzz", "--engine", "branches")
    outcome = stakespec("mutants", *argv, "--seconds", 5, "--json")
    assert outcome.exit_code == 0
    told = json.loads(outcome.stdout)
    assert told["units"] == {"fuzz": "steps", "branches": "worlds"}
    assert (told["seed"], told["seconds"], told["interrupted"]) == (1, 5.0, False)
    canary, free_stake = told["mutants"]
    assert canary["id"] == "CANARY"
    assert {engine: look["named"] for engine, look in canary["engines"].items()} == {
        "fuzz": True,
        "branches": True,
    }
    assert free_stake["verdict"] == "caught"
    assert free_stake["laws"] == ["ACC-1", "STK-7"]
    assert free_stake["engines"]["branches"]["caught"] is False
    caught = free_stake["engines"]["fuzz"]
    assert (caught["law"], caught["named"], caught["length"]) == ("ACC-1", True, 1)
    assert caught["message"].endswith(" created by Delegate")


def test_the_list_has_every_mutant_with_its_laws() -> None:
    outcome = stakespec("mutants", "--list")
    assert outcome.exit_code == 0
    assert widest(outcome.stdout) <= 80
    for mutant in CATALOGUE:
        assert re.search(rf"^{mutant.id} ", outcome.stdout, re.MULTILINE)
    rows = json.loads(stakespec("mutants", "--list", "--json").stdout)["mutants"]
    assert [row["id"] for row in rows] == [mutant.id for mutant in CATALOGUE]
    assert rows[0]["protocol"] == "properties.mutants:CANARY"


def test_a_mutant_that_there_is_not_is_bad_input() -> None:
    assert refusal(stakespec("mutants", "--only", "S99")) == (
        "--only: there is no mutant 'S99'; stakespec mutants --list has them"
    )


def test_an_engine_that_there_is_not_is_bad_usage() -> None:
    assert "'--engine'" in usage_error(stakespec("mutants", "--engine", "luck"))


def test_interrupted_it_shows_what_was_done_and_exits_with_4() -> None:
    argv = ("mutants", "--only", "S9", "--only", "EQ4", "--engine", "fuzz", "--workers", 1)
    process = subprocess.Popen(
        command(*argv, "--seconds", 600),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    rest, complaints = process.communicate(timeout=60)
    assert first == "S9 caught: Delegating debits nobody.\n"
    assert process.returncode == 4
    assert rest.splitlines()[-3:] == [
        next(line for line in rest.splitlines() if line.startswith("1 of 1 mutants caught in")),
        "undetermined: EQ4",
        "interrupted",
    ]
    assert "Traceback" not in complaints
