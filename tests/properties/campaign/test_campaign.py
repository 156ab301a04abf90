"""Campaigns: shards are pure, merging is a union, and nothing that was written is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from properties.campaign import tree
from properties.campaign.absorber import absorb
from properties.campaign.folder import BadCampaign, Folder, Round, Subject
from properties.campaign.history import Kept, reduced
from properties.campaign.lock import locked
from properties.campaign.minimise import cells_on_the_way, minimised
from properties.campaign.shard import corpus_name, run_shard
from properties.campaign.version import version_of
from properties.engines.fuzz.corpus import DEFAULT_LIMIT
from properties.laws.accusation import DRAWN_TYPES, with_accusations
from properties.model.design import types_of
from properties.model.protocols import DEFAULT_PATH, load_protocol
from properties.trace.durable import PREFIX
from statemachine import PROTOCOL
from statemachine.codec import Malformed
from tests.properties.cli.commands import command, environment, stakespec

pytestmark = pytest.mark.xdist_group("campaign")

SUBJECT = Subject(DEFAULT_PATH)
SHARDS = 6
ASKED = Round(1, SHARDS, 60, DEFAULT_LIMIT, "some version", corpus_name(()))


@pytest.fixture(scope="module")
def results() -> list[str]:
    """What some short shards came to, all from an empty corpus."""
    return [run_shard(task, PROTOCOL, None, ()) for task in ASKED.tasks(SUBJECT)]


def histories_of(result: str) -> list[Kept]:
    """What a result has, as it would be kept."""
    written = (history.written() for history in tree.histories_of(json.loads(result)))
    return [Kept.from_text(history.to_text()) for history in written]


def folder_of(path: Path, results: list[str], numbers: list[int]) -> Folder:
    """A campaign with the results of some shards."""
    folder = Folder(path)
    path.mkdir()
    folder.begin(SUBJECT)
    folder.add_round(ASKED)
    tasks = ASKED.tasks(SUBJECT)
    for number in numbers:
        folder.add_result(tasks[number], results[number], None, DRAWN_TYPES)
    absorb(folder, DRAWN_TYPES)
    return folder


def contents(folder: Folder) -> dict[str, bytes]:
    """All files, but for the lock and what tells how long it took."""
    others = {folder.path / "lock", *(folder.path / "efforts").glob("*")}
    files = (file for file in folder.path.rglob("*") if file.is_file() and file not in others)
    return {str(file.relative_to(folder.path)): file.read_bytes() for file in files}


def shell(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command in a process and a folder of its own."""
    return subprocess.run(
        command(*words), cwd=folder, env=environment(), capture_output=True, text=True, timeout=120
    )


# --- one pure function and a merge ---------------------------------------------------------


def test_a_shard_is_a_function_of_its_task_and_corpus(results: list[str]) -> None:
    task = ASKED.tasks(SUBJECT)[2]
    assert run_shard(task, PROTOCOL, None, ()) == results[2]
    corpus = histories_of(results[0])
    assert run_shard(task, PROTOCOL, None, corpus) != results[2]


@pytest.mark.parametrize("seed", range(2))
def test_shards_merge_to_the_same_bytes_in_any_order_and_grouping(
    results: list[str], tmp_path: Path, seed: int
) -> None:
    whole = contents(folder_of(tmp_path / "whole", results, list(range(SHARDS))))
    rng = Random(seed)
    numbers = rng.sample(range(SHARDS), SHARDS)
    cut = rng.randrange(1, SHARDS)
    # Some shards are done twice, as schedulers do.
    parts = [
        folder_of(tmp_path / "left", results, numbers[:cut] + numbers[:1]),
        folder_of(tmp_path / "right", results, numbers[cut - 1 :]),
    ]
    rng.shuffle(parts)
    merged = Folder(tmp_path / "merged")
    merged.path.mkdir()
    merged.begin(SUBJECT)
    merged.merge([parts[0]])
    merged.merge([*parts, parts[0]])
    assert contents(merged) == whole


def test_of_each_cell_the_shortest_history_stays(results: list[str]) -> None:
    histories = [kept for result in results for kept in histories_of(result)]
    stays = reduced(histories)
    assert reduced(stays) == reduced([*stays, *histories]) == stays
    assert len(stays) < len(histories)
    shortest = {
        cell: min(kept.cost for kept in histories if cell in kept.cells)
        for kept in histories
        for cell in kept.cells
    }
    assert shortest == {cell: kept.cost for kept in stays for cell in kept.cells}


def test_a_search_goes_on_from_the_corpus_it_is_given(results: list[str]) -> None:
    corpus = reduced(kept for result in results for kept in histories_of(result))
    task = Round(2, 1, 1, DEFAULT_LIMIT, "some version", corpus_name(corpus)).tasks(SUBJECT)[0]
    outcome = json.loads(run_shard(task, PROTOCOL, None, corpus))
    reached = {cell for kept in corpus for cell in kept.cells}
    assert reached <= set(outcome["cells"])
    assert outcome["stale"] == []


def test_the_least_corpus_reaches_the_same_cells_in_fewer_transactions(
    results: list[str],
) -> None:
    corpus = reduced(kept for result in results[:2] for kept in histories_of(result))
    least = minimised(PROTOCOL, corpus)
    machine = with_accusations(PROTOCOL)
    before, after = (
        {cell for kept in held for cell in cells_on_the_way(machine, kept.trial)}
        for held in (corpus, least)
    )
    assert before <= after
    lengths = [sum(len(kept.trial.transactions) for kept in held) for held in (corpus, least)]
    assert lengths[1] < lengths[0] and len(least) < len(corpus)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "stakespec/history/1"}', '{"format": "x", "cells": []}']
)
def test_a_history_that_is_none_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        Kept.from_text(text)


def test_failures_are_there_before_the_result_that_has_them(tmp_path: Path) -> None:
    subject = Subject("properties.mutants:S9")
    protocol = load_protocol(subject.protocol)
    asked = Round(1, 1, 400, DEFAULT_LIMIT, version_of(subject.protocol), corpus_name(()))
    (task,) = asked.tasks(subject)
    text = run_shard(task, protocol, None, ())
    folder = Folder(tmp_path)
    folder.begin(subject)
    folder.add_round(asked)
    folder.add_result(task, text, None, types_of(protocol))
    # Nothing is absorbed yet, as when a campaign is stopped before its end.
    assert len(folder.failures()) == len(json.loads(text)["failures"]) > 0
    assert stakespec("campaign", "status", tmp_path).exit_code == 1
    before = [file.read_bytes() for file in folder.failures()]
    absorb(folder, types_of(protocol), version_of(subject.protocol))
    assert [file.read_bytes() for file in folder.failures()] == before


# --- the command -------------------------------------------------------------------------


def test_a_campaign_is_run_resumed_replayed_and_made_smaller(tmp_path: Path) -> None:
    name = str(tmp_path / "c")
    short = ("--shards", "2", "--steps", "60", "--workers", "1")
    first = stakespec("campaign", "run", name, "--seed", "1", *short, "--json")
    assert first.exit_code == 0, first.output
    document = json.loads(first.stdout)
    assert (document["shards"], document["drawn"], document["complete"]) == (2, 120, True)
    removed = sorted((tmp_path / "c" / "shards").iterdir())[0]
    kept = removed.read_bytes()
    removed.unlink()
    assert stakespec("campaign", "replay", name).exit_code == 0
    least = stakespec("campaign", "minimise", name)
    assert least.exit_code == 0 and "histories of" in least.stdout
    # The missing shard was for another corpus: it is said, not done, and nobody waits for it.
    again = stakespec("campaign", "resume", name)
    assert "are left out" in again.stderr
    assert not removed.exists() and kept
    status = stakespec("campaign", "status", name, "--json")
    document = json.loads(status.stdout)
    assert (document["missing"], document["left_out"], document["complete"]) == (0, 1, True)
    assert (again.exit_code, status.exit_code) == (0, 0)


def test_a_campaign_is_watched_until_its_last_shard_is_done(tmp_path: Path) -> None:
    argv = ("campaign", "run", tmp_path / "c", "--seed", 1, "--shards", 3, "--steps", 200, "-q")
    running = subprocess.Popen(command(*argv, "--workers", 1), env=environment())
    while not (tmp_path / "c" / "rounds").is_dir() or not any((tmp_path / "c/rounds").iterdir()):
        assert running.poll() is None
        time.sleep(0.02)
    watched = stakespec("campaign", "status", tmp_path / "c", "--watch", "--json")
    assert running.wait() == 0
    document = json.loads(watched.stdout)
    assert (document["shards"], document["missing"], document["drawn"]) == (3, 0, 600)


def test_a_campaign_without_a_result_has_judged_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "c", [], [])
    status = stakespec("campaign", "status", folder.path)
    assert status.exit_code == 4, status.output
    assert "no shard has a result yet" in status.stdout


def test_what_is_mended_stays_so_until_it_fails_again(tmp_path: Path) -> None:
    module = tmp_path / "some_fork.py"
    wrong = "from properties.mutants import S9 as FORK\n"
    module.write_text(wrong)
    options = ("--seed", "1", "--shards", "1", "--steps", "400", "--workers", "1")
    argv = ("campaign", "run", "c", "--protocol", "some_fork:FORK", *options)
    ran = shell(tmp_path, *argv, "--json")
    assert ran.returncode == 1, ran.stderr
    broken = len(json.loads(ran.stdout)["failures"])
    module.write_text("from statemachine import PROTOCOL as FORK\n")
    ran = shell(tmp_path, *argv)
    assert ran.stderr.count("mended: ") == broken
    document = json.loads(shell(tmp_path, "campaign", "status", "c", "--json").stdout)
    assert (ran.returncode, document["failures"], document["mended"]) == (0, [], broken)
    module.write_text(wrong)
    replayed = shell(tmp_path, "campaign", "replay", "c", "--json")
    standings = json.loads(replayed.stdout)["standings"]
    assert replayed.returncode == 1
    assert sum(row["verdict"] == "still fails" for row in standings) >= broken
    assert len(list((tmp_path / "c" / "failures").iterdir())) == broken


def test_failures_are_kept_and_replayed_first(tmp_path: Path) -> None:
    name = str(tmp_path / "c")
    options = ("--protocol", "properties.mutants:S9", "--seed", "1", "--workers", "1")
    ran = stakespec("campaign", "run", name, *options, "--shards", "1", "--steps", "400")
    assert ran.exit_code == 1
    failures = sorted((tmp_path / "c" / "failures").iterdir())
    assert any(file.name.startswith("ACC-1-") for file in failures)
    replayed = stakespec("campaign", "replay", name)
    assert replayed.exit_code == 1
    assert replayed.stdout.startswith("still fails: ")
    shown = stakespec("replay", failures[0])
    assert shown.exit_code == 1


def test_a_shard_that_is_killed_costs_itself_and_nothing_else(tmp_path: Path) -> None:
    name = tmp_path / "c"
    argv = command("campaign", "run", name, "--seed", "1", "--shards", "8", "--steps", "60")
    process = subprocess.Popen(
        [*argv, "--workers", "1"],
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while len(list((name / "shards").glob("*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    before = contents(Folder(name))
    assert stakespec("campaign", "status", str(name)).exit_code == 4
    resumed = stakespec("campaign", "resume", str(name), "--workers", "2")
    assert resumed.exit_code == 0, resumed.output
    after = contents(Folder(name))
    # What was being written when the kill came is no result yet.
    shards = {
        file: held for file, held in before.items() if re.fullmatch(r"shards/\w+\.json", file)
    }
    assert shards.items() <= after.items()
    assert len([file for file in after if file.startswith("shards")]) == 8


KILLS = int(os.environ.get("STAKESPEC_KILLS", "6"))
"""How often a campaign is killed at a random moment; 200 take some minutes."""


@pytest.mark.timeout(1_200)
def test_kills_at_random_moments_lose_no_finished_shard_and_change_no_byte(
    tmp_path: Path,
) -> None:
    begin = ("campaign", "run", "c", "--seed", "1", "--shards", "8", "--steps", "60")
    calm = tmp_path / "calm"
    calm.mkdir()
    assert shell(calm, *begin).returncode == 0
    wanted = contents(Folder(calm / "c"))
    rng, killed, campaigns = Random(1), 0, 0
    while killed < KILLS:
        campaigns += 1
        folder = tmp_path / str(campaigns)
        folder.mkdir()
        code, finished = None, set[str]()
        while code is None:
            begun = any(folder.glob("c/rounds/*.json"))
            words = ("campaign", "resume", "c") if begun else begin
            seconds = rng.uniform(0.05, 1.2) if killed < KILLS else 120
            code = killed_after(seconds, folder, *words, "--workers", "2")
            killed += code is None
            there = contents(Folder(folder / "c"))
            for file, held in there.items():
                if not Path(file).name.startswith(PREFIX):
                    json.loads(held)
            shards = {file for file in there if re.fullmatch(r"shards/\w+\.json", file)}
            assert finished <= shards, "a finished shard was lost"
            finished = shards
            if "campaign.json" in there:
                assert stakespec("campaign", "status", folder / "c").exit_code in (0, 4)
        assert code == 0
        assert contents(Folder(folder / "c")) == wanted


def killed_after(seconds: float, folder: Path, *words: str) -> int | None:
    """Run a command; kill it, and all that it started, if it takes longer. Returns its code."""
    process = subprocess.Popen(
        command(*words),
        cwd=folder,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def test_two_campaigns_in_one_folder_are_refused_with_who_holds_it(tmp_path: Path) -> None:
    refused = pytest.raises(BadCampaign, match=f"process {os.getpid()} on ")
    with locked(tmp_path), refused, locked(tmp_path):
        pass


def test_a_holder_that_was_killed_is_waited_for_until_its_workers_have_ended(
    tmp_path: Path,
) -> None:
    program = """
import os, sys, time
from pathlib import Path
from properties.campaign.lock import locked
with locked(Path(sys.argv[1])):
    if os.fork() == 0:
        time.sleep(1.0)
        os._exit(0)
    os._exit(0)
"""
    argv = [sys.executable, "-c", program, str(tmp_path)]
    subprocess.run(argv, env=environment(), check=True)
    began = time.monotonic()
    with locked(tmp_path):
        assert time.monotonic() > began + 0.3


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("status", "{}/none"), "is no campaign; begin one with stakespec campaign run"),
        (("resume", "{}/none"), "is no campaign"),
        (("run", "{}/no/where"), "there is no such file"),
        (("run", "{}"), "is no campaign and not empty; name another folder"),
        (("merge", "{}", "-o", "{}/new"), "is no campaign"),
    ],
)
def test_a_folder_that_is_no_campaign_is_refused(
    tmp_path: Path, argv: tuple[str, ...], message: str
) -> None:
    (tmp_path / "something").write_text("else")
    outcome = stakespec("campaign", *(word.replace("{}", str(tmp_path)) for word in argv))
    assert outcome.exit_code == 2
    assert message in outcome.stderr and "Traceback" not in outcome.stderr


def test_a_campaign_is_not_mixed_with_another_subject(tmp_path: Path) -> None:
    name = str(tmp_path / "c")
    short = ("--shards", "1", "--steps", "1", "--workers", "1", "--seed", "1")
    assert stakespec("campaign", "run", name, *short).exit_code == 0
    other = stakespec("campaign", "run", name, *short, "--set", "unbonding_epochs=3")
    assert other.exit_code == 2
    assert "searches statemachine:PROTOCOL with other settings" in other.stderr
