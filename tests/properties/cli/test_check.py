"""`stakespec check` as its user sees it: verdicts, exit codes, and the way back to them."""

import functools
import json
import re
import shlex
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from properties.engines import stateful
from properties.engines.check import execute
from properties.engines.engine import Plan
from properties.engines.registry import ENGINES, engine_named
from properties.laws import LAWS, law_by_id
from properties.laws.accusation import DRAWN_TYPES
from properties.laws.law import OnChance, OnTwoRuns
from properties.laws.witnesses import STEP_WITNESSES
from properties.trace.counterexample import Counterexample
from statemachine import PROTOCOL
from statemachine.description import Genesis
from tests.properties.cli.commands import (
    FORK,
    stakespec,
    stakespec_in,
    started,
    widest,
    write_genesis,
)
from tests.statemachine.worlds import described

pytestmark = pytest.mark.xdist_group("check")

NUMBERED = ("walk", "one-step", "branches", "hypothesis")
"""Engines whose runs are numbered, whichever process makes them."""

S9 = ("--protocol", "properties.mutants:S9", "--seed", "1", "--engine", "walk", "--runs", "3")


def refuted(folder: Path, *options: str) -> Result:
    return stakespec("check", *S9, "-o", folder / "found", *options)


@functools.cache
def held() -> Result:
    return stakespec("check", "--seed", "5", "--engine", "walk", "--runs", "80")


@functools.cache
def held_as_json() -> dict[str, Any]:
    argv = ("check", "--seed", "5", "--engine", "walk", "--runs", "80", "--json")
    outcome = stakespec(*argv)
    assert outcome.exit_code == 0
    report: dict[str, Any] = json.loads(outcome.stdout)
    return report


@functools.cache
def all_engines() -> dict[str, Any]:
    argv = ("check", "--seed", "1", "--runs", "2", "--workers", "2", "--json")
    report: dict[str, Any] = json.loads(stakespec(*argv).stdout)
    return report


def test_a_protocol_that_holds_exits_with_0_and_shows_that_it_was_not_empty() -> None:
    outcome = held()
    assert outcome.exit_code == 0
    assert "\nHELD\n" in outcome.stdout
    for law in LAWS:
        assert f"\n{law.id} " in outcome.stdout
    for kind in DRAWN_TYPES:
        assert f"\n{kind.__name__} " in outcome.stdout
    for witness in STEP_WITNESSES:
        assert f"\n{witness.id} " in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == (
        "repeat: stakespec check --seed 5 --engine walk --runs 80"
    )


def test_what_is_printed_fits_80_columns(tmp_path: Path) -> None:
    assert widest(held().stdout) <= 80
    # What is copied whole must not be broken: commands, the names of files, the last word.
    copied = ("repeat", "each is written", "see it again", "find it again", "REFUTED")
    shown = [line for line in refuted(tmp_path).stdout.splitlines() if not line.startswith(copied)]
    assert widest("\n".join(shown)) <= 80


def test_json_says_what_was_done_and_found() -> None:
    report = held_as_json()
    assert (report["verdict"], report["exit_code"], report["seed"]) == ("held", 0, 5)
    assert report["protocol"] == "statemachine:PROTOCOL"
    assert (report["failures"], report["cut_short"], report["set_aside"]) == ([], None, {})
    assert [law["id"] for law in report["laws"]] == [law.id for law in LAWS]
    # A walk has one branch: nothing is said about laws of two.
    unasked = {law.id for law in LAWS if isinstance(law.check, OnTwoRuns | OnChance)}
    assert {law["id"] for law in report["laws"] if law["verdict"] != "held"} == unasked
    assert {law["id"] for law in report["laws"] if not law["checks"]} == unasked
    assert {law["id"] for law in report["laws"] if not law["engines"]} == unasked
    assert set(report["witnesses"]) == {witness.id for witness in STEP_WITNESSES}
    (engine,) = report["engines"]
    assert (engine["name"], engine["runs"], engine["steps"]) == ("walk", 80, report["steps"])
    assert sum(report["fired"].values()) == report["steps"]
    assert report["never_reached"] == report["never_fired"] == report["never_judged"] == []


def test_laws_count_only_what_they_had_to_judge() -> None:
    report = held_as_json()
    checks = {law["id"]: law["checks"] for law in report["laws"]}
    refused = sum(sum(reasons.values()) for reasons in report["rejected"].values())
    assert checks["ACC-1"] == report["steps"]
    assert checks["RUN-3"] == report["steps"] + refused
    assert checks["FIN-2"] == report["fired"]["CastVotes"]
    assert checks["FIN-6"] == checks["FIN-2"] + sum(report["rejected"]["CastVotes"].values())
    named = ("Transfer", "RegisterValidator", "Delegate", "Undelegate", "Redelegate", "Exit")
    assert checks["STK-7"] == sum(report["fired"][name] for name in named)
    assert checks["RUN-1"] == 80


def test_the_same_seed_and_runs_give_the_same_however_many_processes_share_them() -> None:
    engines = [word for name in NUMBERED for word in ("--engine", name)]
    argv = ("check", "--seed", "9", "--runs", "3", *engines, "--json", "--workers")
    alone, shared = (json.loads(stakespec(*argv, count).stdout) for count in (1, 2))
    for report in (alone, shared):
        for engine in report["engines"]:
            del engine["seconds"]
    assert alone == shared


def test_all_engines_are_asked_and_say_law_by_law_what_they_know() -> None:
    report = all_engines()
    assert [engine["name"] for engine in report["engines"]] == [engine.name for engine in ENGINES]
    laws = {law["id"]: law["engines"] for law in report["laws"]}
    stepping = {"walk", "one-step", "hypothesis", "fuzz"}
    assert set(laws["ACC-1"]) == {*stepping, "explore", "prove"}
    assert set(laws["FIN-5"]) == {*stepping, "explore"}
    assert set(laws["SAF-1"]) == {"branches", "explore"}
    assert set(laws["RUN-2"]) == {"walk"}
    # Two worlds of two branches have no conflict of declared churn.
    assert {law["id"] for law in report["laws"] if law["verdict"] != "held"} <= {"SAF-3"}
    assert report["never_judged"] == ["SAF-3"]
    proved = laws["ACC-1"]["prove"]
    # Two contracts were proved, of many more about this law.
    assert (proved["verdict"], proved["contracts"]) == ("undetermined", proved["contracts"])
    assert 0 < proved["proved"] <= 2 < proved["contracts"]
    assert {cell["verdict"] for engine, cell in laws["ACC-1"].items() if engine != "prove"} == {
        "held"
    }


def test_a_law_is_proved_when_every_contract_about_it_is(tmp_path: Path) -> None:
    # The contracts of what a fork changes come first; of finality there are two.
    (tmp_path / "same.py").write_text(
        "from statemachine import PROTOCOL\n"
        "FORK = PROTOCOL.fork('same', is_quorum=lambda part, total: 3 * part > 2 * total)\n"
    )
    argv = ("--protocol", "same:FORK", "--engine", "prove", "--runs", "9", "--seed", "1")
    finished = stakespec_in(tmp_path, "check", *argv, "--json")
    report = json.loads(finished.stdout)
    assert (finished.returncode, report["verdict"]) == (0, "held")
    verdicts = {law["id"]: law["verdict"] for law in report["laws"]}
    assert verdicts["FIN-1"] == "proved"
    assert verdicts["ACC-1"] == verdicts["SAF-1"] == "undetermined"


def test_too_few_runs_exit_with_3_and_name_what_was_never_reached() -> None:
    argv = ("check", "--seed", "1", "--runs", "1", "--engine", "walk")
    outcome = stakespec(*argv)
    assert outcome.exit_code == 3
    report = json.loads(stakespec(*argv, "--json").stdout)
    assert (report["verdict"], report["exit_code"]) == ("not all reached", 3)
    assert report["never_reached"]
    words_shown = " ".join(outcome.stdout.split())
    missing = [*report["never_reached"], *report["never_fired"]]
    assert words_shown.count("NOT ALL REACHED: witnesses ") == 1
    assert all(name in words_shown.split("NOT ALL REACHED: ")[1] for name in missing)
    assert "never" in outcome.stdout


def test_a_mutant_exits_with_1_and_tells_the_story_and_the_law(tmp_path: Path) -> None:
    outcome = refuted(tmp_path)
    assert outcome.exit_code == 1
    assert "\nREFUTED ACC-1 conservation" in outcome.stdout
    assert "\nACC-1 conservation: pots " in outcome.stdout
    assert f"the law: {law_by_id('ACC-1').statement}" in " ".join(outcome.stdout.split())
    assert re.search(r"shrunk from \d+ transactions? to 1 ", " ".join(outcome.stdout.split()))
    file = tmp_path / "found" / "ACC-1-Delegate.json"
    assert f"\nsee it again with: stakespec replay {file}\n" in outcome.stdout
    assert f"\neach is written to {tmp_path / 'found' / 'LAW-BY.json'}\n" in outcome.stdout


def test_the_counterexample_that_is_written_replays_to_the_same_law(tmp_path: Path) -> None:
    refuted(tmp_path)
    file = tmp_path / "found" / "ACC-1-Delegate.json"
    package = Counterexample.from_text(file.read_text())
    assert package.law == "ACC-1"
    assert package.protocol == "properties.mutants:S9"
    assert package.found_by.startswith("walk, run ")
    assert ": stakespec check --protocol properties.mutants:S9 --seed 1 " in package.found_by
    outcome = stakespec("replay", file)
    assert outcome.exit_code == 1
    assert package.message in " ".join(outcome.stdout.split())


def test_a_refutation_as_json_has_the_counterexamples_in_it(tmp_path: Path) -> None:
    report = json.loads(refuted(tmp_path, "--json").stdout)
    assert (report["verdict"], report["exit_code"]) == ("refuted", 1)
    first = next(failure for failure in report["failures"] if failure["law"] == "ACC-1")
    assert list(first) == [
        "law", "last", "message", "engine", "where", "repeat", "original_length", "start",
        "transactions", "other", "file",
    ]  # fmt: skip
    assert (first["last"], first["engine"]) == ("Delegate", "walk")
    assert first["file"] == str(tmp_path / "found" / "ACC-1-Delegate.json")
    written = json.loads(Path(first["file"]).read_text())
    for name in ("message", "start", "transactions"):
        assert first[name] == written[name]
    verdicts = {law["id"]: law["verdict"] for law in report["laws"]}
    assert verdicts["ACC-1"] == "refuted"


def test_it_goes_on_after_a_refutation_and_collects_distinct_ones(tmp_path: Path) -> None:
    report = json.loads(refuted(tmp_path, "--json").stdout)
    (walk,) = report["engines"]
    assert walk["runs"] == 3
    keys = [(failure["law"], failure["last"]) for failure in report["failures"]]
    assert len(set(keys)) == len(keys) > 1
    assert len({law for law, _ in keys}) > 1
    written = {path.name for path in (tmp_path / "found").iterdir()}
    assert written == {f"{law}-{last}.json" for law, last in keys}


def test_it_stops_at_the_first_refutation_where_that_is_asked(tmp_path: Path) -> None:
    argv = ("--protocol", "properties.mutants:S9", "--seed", "1", "--runs", "50", "--fail-fast")
    outcome = stakespec("check", *argv, "--workers", "1", "--json", "-o", tmp_path / "found")
    report = json.loads(outcome.stdout)
    assert [engine["name"] for engine in report["engines"]] == ["walk"]
    assert report["engines"][0]["runs"] == 1
    assert len({failure["last"] for failure in report["failures"]}) == 1


@pytest.mark.parametrize("mutant", ["S9", "S10", "S12"])
def test_the_repeat_commands_find_the_same_refutations_again(tmp_path: Path, mutant: str) -> None:
    output = ("-o", tmp_path / "found", "--json", "--workers", "2")
    engines = ("--engine", "walk", "--engine", "one-step")
    argv = ("--protocol", f"properties.mutants:{mutant}", "--seed", "5", "--runs", "20", *engines)
    first = json.loads(stakespec("check", *argv, *output).stdout)

    def again(repeat: str) -> set[tuple[str, str]]:
        argv = shlex.split(repeat)
        assert argv[:2] == ["stakespec", "check"]
        report = json.loads(stakespec(*argv[1:], *output).stdout)
        return {(failure["law"], failure["last"]) for failure in report["failures"]}

    kinds = [(failure["law"], failure["last"]) for failure in first["failures"]]
    assert again(first["repeat"]) == set(kinds)
    assert kinds[0] in again(first["failures"][0]["repeat"])


def test_a_counterexample_of_each_engine_can_be_found_again_by_its_command(tmp_path: Path) -> None:
    argv = ("--protocol", "properties.mutants:CANARY", "--seed", "3")
    for engine in (engine.name for engine in ENGINES):
        runs = 8 if engine == "prove" else 60
        options = ("--engine", engine, "--runs", str(runs), "--fail-fast", "--json")
        outcome = stakespec("check", *argv, *options, "-o", tmp_path / engine)
        report = json.loads(outcome.stdout)
        assert report["failures"], engine
        for failure in report["failures"]:
            assert failure["engine"] == engine
        for again in (report["repeat"], report["failures"][0]["repeat"]):
            command = shlex.split(again)[1:]
            finished = stakespec(*command, "-o", tmp_path / f"{engine}-again")
            assert finished.exit_code == 1, (again, finished.stdout)


def test_a_fork_in_the_current_folder_is_checked(tmp_path: Path) -> None:
    (tmp_path / "forgiving.py").write_text(FORK)
    argv = ("check", "--protocol", "forgiving:FORK", "--seed", "2", "--fail-fast")
    finished = stakespec_in(tmp_path, *argv)
    assert finished.returncode == 1, finished.stderr
    assert finished.stderr == "checking forgiving (forgiving:FORK), seed 2\n"
    assert "\nREFUTED SLA-1 slash equivalence" in finished.stdout
    whole = "stakespec check --protocol forgiving:FORK --seed 2 --fail-fast --seconds 30"
    assert finished.stdout.splitlines()[-1] == f"repeat: {whole}"
    said = "find it again with: "
    repeat = next(line for line in finished.stdout.splitlines() if line.startswith(said))
    repeat = repeat.removeprefix(said)
    assert repeat.startswith(
        "stakespec check --protocol forgiving:FORK --seed 2 --engine walk --runs"
    )
    assert (tmp_path / "counterexamples" / "SLA-1-Accuse.json").is_file()
    again = stakespec_in(tmp_path, *shlex.split(repeat)[1:])
    assert again.returncode == 1
    assert again.stdout.splitlines()[-1] == f"repeat: {repeat}"


def test_an_engine_that_raises_is_undetermined_and_the_others_go_on(tmp_path: Path) -> None:
    # Nobody can be elected, and the adversary of two branches must know who is.
    (tmp_path / "raising.py").write_text(
        "from statemachine import PROTOCOL\n"
        "FORK = PROTOCOL.fork('raising', elect=lambda state, slot: 1 // 0)\n"
    )
    argv = ("--protocol", "raising:FORK", "--seed", "1", "--runs", "3", "--json")
    engines = ("--engine", "branches", "--engine", "one-step")
    report = json.loads(stakespec_in(tmp_path, "check", *argv, *engines).stdout)
    one_step, branches = report["engines"]
    assert (one_step["name"], branches["name"]) == ("one-step", "branches")
    assert branches["cut_short"] and not one_step["cut_short"]
    assert report["cut_short"] == f"branches: {branches['cut_short']}"
    assert report["exit_code"] in (1, 4)


@pytest.mark.parametrize(
    ("engines", "genesis"),
    [(("walk", "one-step", "branches", "hypothesis"), None), (("walk",), described())],
)
def test_an_engine_that_had_no_time_is_undetermined(
    engines: tuple[str, ...], genesis: Genesis | None
) -> None:
    chosen = tuple(engine_named(name) for name in engines)
    plan = Plan(PROTOCOL, "statemachine:PROTOCOL", 1, 1e-9, genesis, engines=chosen)
    outcome = execute(plan)
    assert [(engine.name, result.runs) for engine, result in outcome.results.items()] == [
        (name, 0) for name in engines
    ]
    assert outcome.exit_code() == 4
    said = "its time was too short to do anything"
    assert outcome.cut_short == "; ".join(f"{name}: {said}" for name in engines)


def test_a_walk_from_a_genesis_is_repeated_with_its_settings(tmp_path: Path) -> None:
    path = write_genesis(tmp_path)
    argv = ("--genesis", path, "--set", "min_stake=600", "--set", "jail_epochs=1", "--runs", "2")
    options = ("--seed", "4", "--workers", "1", "--json")
    report = json.loads(stakespec("check", *argv, *options).stdout)
    assert report["repeat"] == (
        f"stakespec check --genesis {path} --set min_stake=600 --set jail_epochs=1 --seed 4"
        " --workers 1 --runs 2"
    )
    assert not {"dust", "downtime", "open-slot"} & set(report["witnesses"])
    assert [(engine["name"], engine["runs"]) for engine in report["engines"]] == [
        ("fuzz", 2),
        ("walk", 2),
    ]


def test_parameters_are_tried_without_code() -> None:
    argv = ("check", "--set", "unbonding_epochs=3", "--seed", "1", "--runs", "2", "--json")
    engines = ("--engine", "walk", "--engine", "one-step", "--engine", "branches")
    report = json.loads(stakespec(*argv, *engines, "--engine", "fuzz").stdout)
    assert report["failures"] == []
    assert report["repeat"].startswith("stakespec check --set unbonding_epochs=3 --seed 1 ")


def interrupted(folder: Path, seconds: float, *options: str) -> tuple[int, str, str]:
    """Start a check, interrupt it as Ctrl-C does, and return how it ended."""
    process = started(folder, "check", "--seconds", "300", *options)
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
    # What was counted by then is not a verdict.
    row = next(line for line in output.splitlines() if line.startswith("ACC-1 "))
    assert row.split()[-1] == "?"
    counted = next(line for line in output.splitlines() if line.startswith(f"{engine}: "))
    assert not counted.startswith(f"{engine}: 0 ")


def _interrupted_within_hypothesis(*_given: object) -> None:
    """Do what Hypothesis 6.170 does with an interrupt that comes before its engine runs."""
    try:
        raise KeyboardInterrupt
    finally:
        raise AssertionError


def test_an_interrupt_that_hypothesis_disguises_is_still_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stateful, "hypothesis_finds", _interrupted_within_hypothesis)
    argv = ("--engine", "hypothesis", "--seed", "1", "--runs", "1", "--workers", "1")
    assert stakespec("check", *argv).exit_code == 4
