"""`stakespec check` as its user sees it: verdicts, exit codes, and the way back to them."""

import functools
import json
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from properties import campaign
from properties.accusation import TRANSACTION_TYPES
from properties.counterexample import Counterexample
from properties.coverage import WITNESSES
from properties.invariants import LAWS, law_by_id
from tests.properties.commands import (
    FORK,
    command,
    environment,
    stakespec,
    stakespec_in,
    widest,
    write_genesis,
)

S9 = ("--protocol", "properties.mutants:S9", "--seed", "1", "--engine", "walk", "--runs", "3")


def refuted(folder: Path, *options: str) -> Result:
    return stakespec("check", *S9, "-o", folder / "found.json", *options)


@functools.cache
def held() -> Result:
    return stakespec("check", "--seed", "5", "--engine", "walk", "--runs", "80")


@functools.cache
def held_as_json() -> dict[str, Any]:
    words = ("check", "--seed", "5", "--engine", "walk", "--runs", "80", "--json")
    outcome = stakespec(*words)
    assert outcome.exit_code == 0
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


def test_a_protocol_that_holds_exits_with_0_and_shows_that_it_was_not_empty() -> None:
    outcome = held()
    assert outcome.exit_code == 0
    assert "\nHELD\n" in outcome.stdout
    for law in LAWS:
        assert f"\n{law.id} " in outcome.stdout
    for kind in TRANSACTION_TYPES:
        assert f"\n{kind.__name__} " in outcome.stdout
    for witness in WITNESSES:
        assert f"\n{witness.id} " in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == (
        "repeat: stakespec check --seed 5 --engine walk --runs 80"
    )


def test_what_is_printed_fits_80_columns(tmp_path: Path) -> None:
    assert widest(held().stdout) <= 80
    shown = refuted(tmp_path).stdout.splitlines()
    # What is copied whole must not be broken: commands and the names of files.
    assert (
        widest("\n".join(line for line in shown if not line.startswith(("repeat", "writt")))) <= 80
    )


def test_json_has_these_fields() -> None:
    found = held_as_json()
    assert list(found) == [
        "protocol", "verdict", "exit_code", "seed", "repeat", "runs", "steps", "epochs",
        "engines", "laws", "fired", "rejected", "witnesses", "never_reached", "never_fired",
        "refutation",
    ]  # fmt: skip
    assert (found["verdict"], found["exit_code"], found["seed"]) == ("held", 0, 5)
    assert found["protocol"] == "statemachine:PROTOCOL"
    assert found["refutation"] is None
    assert [law["id"] for law in found["laws"]] == [law.id for law in LAWS]
    # A walk has one branch: nothing is said about laws of two.
    unasked = {law.id for law in LAWS if law.by_engine == "branches"}
    assert {law["id"] for law in found["laws"] if law["verdict"] != "held"} == unasked
    assert {law["id"] for law in found["laws"] if not law["checks"]} == unasked
    assert set(found["witnesses"]) == {witness.id for witness in WITNESSES}
    (engine,) = found["engines"]
    assert (engine["name"], engine["runs"], engine["steps"]) == ("walk", 80, found["steps"])
    assert sum(found["fired"].values()) == found["steps"]
    assert (found["never_reached"], found["never_fired"]) == ([], [])


def test_the_same_seed_and_runs_give_the_same_counts() -> None:
    words = ("check", "--seed", "9", "--engine", "walk", "--runs", "3", "--json")
    one, again = (json.loads(stakespec(*words).stdout) for _ in range(2))
    for found in (one, again):
        for engine in found["engines"]:
            del engine["seconds"]
    assert one == again


def test_too_few_runs_exit_with_3_and_name_what_was_never_reached() -> None:
    words = ("check", "--seed", "1", "--runs", "1", "--engine", "walk")
    outcome = stakespec(*words)
    assert outcome.exit_code == 3
    found = json.loads(stakespec(*words, "--json").stdout)
    assert (found["verdict"], found["exit_code"]) == ("not all reached", 3)
    assert found["never_reached"]
    words_shown = " ".join(outcome.stdout.split())
    missing = [*found["never_reached"], *found["never_fired"]]
    assert words_shown.count("NOT ALL REACHED: witnesses ") == 1
    assert all(name in words_shown.split("NOT ALL REACHED: ")[1] for name in missing)
    assert "never" in outcome.stdout


def test_a_mutant_exits_with_1_and_tells_the_story_and_the_law(tmp_path: Path) -> None:
    outcome = refuted(tmp_path)
    assert outcome.exit_code == 1
    assert "\nREFUTED ACC-1 conservation\n" in outcome.stdout
    assert "\nACC-1 conservation: pots " in outcome.stdout
    assert f"the law: {law_by_id('ACC-1').statement}" in " ".join(outcome.stdout.split())
    assert "shortest found: 1 transactions, of 21 at first" in outcome.stdout
    file = tmp_path / "found.json"
    assert f"\nwritten to {file}; see it again with: stakespec replay {file}\n" in outcome.stdout


def test_the_counterexample_that_is_written_replays_to_the_same_law(tmp_path: Path) -> None:
    refuted(tmp_path)
    package = Counterexample.from_text((tmp_path / "found.json").read_text())
    assert package.law == "ACC-1"
    assert package.protocol == "properties.mutants:S9"
    assert package.found_by == "walk, seed 1, run 1"
    outcome = stakespec("replay", tmp_path / "found.json")
    assert outcome.exit_code == 1
    assert package.message in " ".join(outcome.stdout.split())


def test_a_refutation_as_json_has_the_counterexample_in_it(tmp_path: Path) -> None:
    found = json.loads(refuted(tmp_path, "--json").stdout)
    refutation = found["refutation"]
    assert (found["verdict"], found["exit_code"]) == ("refuted", 1)
    assert list(refutation) == [
        "law", "message", "engine", "runs", "original_length", "start", "transactions",
        "other", "file",
    ]  # fmt: skip
    written = json.loads((tmp_path / "found.json").read_text())
    assert refutation["law"] == "ACC-1"
    assert refutation["file"] == str(tmp_path / "found.json")
    for name in ("message", "start", "transactions"):
        assert refutation[name] == written[name]
    verdicts = {law["id"]: law["verdict"] for law in found["laws"]}
    assert verdicts["ACC-1"] == "refuted"


@pytest.mark.parametrize("mutant", ["S9", "S10", "S12"])
def test_the_repeat_command_finds_the_same_refutation_again(tmp_path: Path, mutant: str) -> None:
    output = ("-o", tmp_path / "found.json", "--json")
    protocol = ("--protocol", f"properties.mutants:{mutant}")
    first = json.loads(stakespec("check", *protocol, "--seed", "5", "--runs", "30", *output).stdout)
    words = shlex.split(first["repeat"])
    assert words[0] == "stakespec"
    again = json.loads(stakespec(*words[1:], *output).stdout)
    for name in ("law", "message", "engine", "runs", "original_length", "start", "transactions"):
        assert again["refutation"][name] == first["refutation"][name]
    assert again["repeat"] == first["repeat"]


def test_a_fork_in_the_current_folder_is_checked(tmp_path: Path) -> None:
    (tmp_path / "forgiving.py").write_text(FORK)
    done = stakespec_in(tmp_path, "check", "--protocol", "forgiving:FORK", "--seed", "1")
    assert done.returncode == 1, done.stderr
    assert done.stderr == "checking forgiving (forgiving:FORK), seed 1\n"
    assert "\nREFUTED SLA-1 slash equivalence\n" in done.stdout
    repeat = done.stdout.splitlines()[-1].removeprefix("repeat: ")
    assert repeat == "stakespec check --protocol forgiving:FORK --seed 1 --engine walk --runs 1"
    assert (tmp_path / "counterexample.json").is_file()
    again = stakespec_in(tmp_path, *shlex.split(repeat)[1:])
    assert again.stdout.splitlines()[-1] == f"repeat: {repeat}"


def test_every_engine_can_be_asked_for(tmp_path: Path) -> None:
    options = ("--seed", "1", "--runs", "1", "--json", "-o", tmp_path / "found.json")
    for name in campaign.ENGINES:
        found = json.loads(stakespec("check", "--engine", name, *options).stdout)
        assert [engine["name"] for engine in found["engines"]] == [name]
        assert found["exit_code"] == 3
    found = json.loads(stakespec("check", *options).stdout)
    assert [engine["name"] for engine in found["engines"]] == list(campaign.ENGINES)


def test_a_walk_from_a_genesis_is_repeated_with_its_settings(tmp_path: Path) -> None:
    path = write_genesis(tmp_path)
    words = ("--genesis", path, "--set", "min_stake=600", "--set", "jail_epochs=1", "--runs", "2")
    found = json.loads(stakespec("check", *words, "--seed", "4", "--json").stdout)
    assert found["repeat"] == (
        f"stakespec check --genesis {path} --set min_stake=600 --set jail_epochs=1 --seed 4"
        " --runs 2"
    )
    assert not {"dust", "downtime", "open-slot"} & set(found["witnesses"])
    assert found["engines"][0]["runs"] == 1


def interrupted(folder: Path, seconds: float, *options: str) -> tuple[int, str, str]:
    """Start a check, interrupt it as Ctrl-C does, and return how it ended."""
    process = subprocess.Popen(
        command("check", "--seconds", "300", *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(),
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("checking stakespec")
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


@pytest.mark.parametrize("engine", ["walk", "one-step"])
def test_an_interrupted_check_exits_with_4_and_shows_what_it_has(
    tmp_path: Path, engine: str
) -> None:
    code, output, errors = interrupted(tmp_path, 1.5, "--engine", engine, "--seed", "3")
    assert code == 4, errors
    assert "\nUNDETERMINED: " in output
    assert errors == ""
    assert output.splitlines()[-1].startswith("repeat: stakespec check --seed 3 ")
    assert list(tmp_path.iterdir()) == []
    checks = next(line for line in output.splitlines() if line.startswith("ACC-1 "))
    assert int(checks.split()[-1].replace(",", "")) > 0


def _interrupted_within_hypothesis(*_given: object) -> None:
    """Do what Hypothesis 6.170 does with an interrupt that comes before its engine runs."""
    try:
        raise KeyboardInterrupt
    finally:
        raise AssertionError


def test_an_interrupt_that_hypothesis_disguises_is_still_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(campaign, "hypothesis_finds", _interrupted_within_hypothesis)
    outcome = stakespec("check", "--engine", "hypothesis", "--seed", "1", "--runs", "1")
    assert outcome.exit_code == 4
