"""`stakespec replay` as its user sees it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from properties.laws import law_by_id
from properties.laws.describe import describe
from statemachine import Delegate, ProduceBlock, Transfer, evolve
from statemachine.merkle_map import MerkleMap
from statemachine.state import VALIDATORS
from tests.properties.cli.commands import (
    BROKEN_JSON,
    FORK,
    environment,
    refusal,
    stakespec,
    stakespec_in,
    usage_error,
    widest,
    write_counterexample,
    write_genesis,
    write_transactions,
)
from tests.properties.laws.violations_of_forks import accuse
from tests.properties.laws.violations_of_states import good_state
from tests.statemachine.worlds import ANNA, DORA, EMIL, world

STORY = (
    Transfer(DORA, EMIL, 1),
    Transfer(DORA, EMIL, 10_000),
    Delegate(DORA, ANNA, 500),
)
"""The second is refused, and the third breaks ACC-1 under mutant S9."""


def test_the_story_has_each_step_what_it_changed_and_the_law(tmp_path: Path) -> None:
    outcome = stakespec("replay", write_counterexample(tmp_path, transactions=STORY))
    assert outcome.exit_code == 1
    text = " ".join(outcome.stdout.split())
    for number, tx in enumerate(STORY, start=1):
        assert f"{number}. {describe(tx)}" in text
    assert "accounts[0x04040404]: 10,000 -> 9,999" in text
    assert "rejected: insufficient_balance: needed 10000, available 9999" in text
    assert "pots.bonded: 3,000 -> 3,500" in text
    assert "ACC-1 conservation: pots 48,500, expected 48,000: 500 created by Delegate" in text
    assert f"the law: {law_by_id('ACC-1').statement}" in text


def test_the_story_begins_with_the_start_and_fits_80_columns(tmp_path: Path) -> None:
    shown = stakespec("replay", write_counterexample(tmp_path, transactions=STORY)).stdout
    assert shown.startswith("start: epoch 0, 6 accounts with 45,000, 3 validators, 3 delegations")
    assert widest(shown) <= 80


def test_a_story_from_a_state_begins_there(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, start=good_state(), transactions=STORY)
    outcome = stakespec("replay", path)
    assert outcome.exit_code == 1
    assert outcome.stdout.startswith("start: epoch 3, ")
    assert widest(outcome.stdout) <= 80


def test_nothing_is_told_of_what_comes_after_the_law_is_broken(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=(*STORY, Transfer(EMIL, DORA, 3)))
    outcome = stakespec("replay", path)
    assert outcome.exit_code == 1
    assert "4." not in outcome.stdout


def test_it_holds_once_the_bug_is_fixed(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    outcome = stakespec("replay", path, "--protocol", "statemachine:PROTOCOL")
    assert outcome.exit_code == 0
    assert outcome.stdout.endswith("\nheld: these transactions do not break ACC-1 any longer\n")
    assert "accounts[0x04040404]: 9,999 -> 9,499" in outcome.stdout


def test_json_says_what_was_expected_and_what_was_found(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    outcome = stakespec("replay", path, "--json")
    assert outcome.exit_code == 1
    report = json.loads(outcome.stdout)
    assert report["protocol"] == "properties.mutants:S9"
    assert report["expected"] == {"law": "ACC-1", "message": "tokens from nothing"}
    assert report["violations"][0] == {
        "law": "ACC-1",
        "message": "pots 48,500, expected 48,000: 500 created by Delegate",
    }


def test_json_of_what_holds_has_no_violations(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    outcome = stakespec("replay", path, "--json", "--protocol", "statemachine:PROTOCOL")
    assert outcome.exit_code == 0
    report = json.loads(outcome.stdout)
    assert (report["protocol"], report["violations"]) == ("statemachine:PROTOCOL", [])


def test_another_law_than_the_file_says_is_told(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, law="TIM-1", transactions=STORY)
    outcome = stakespec("replay", path)
    assert outcome.exit_code == 1
    assert outcome.stdout.endswith("\nthe file says TIM-1; another law was broken\n")


def test_a_root_that_depends_on_the_hash_seed_is_seen_again(tmp_path: Path) -> None:
    operators = [bytes([number]) * 20 for number in range(1, 9)]
    path = write_counterexample(
        tmp_path,
        protocol="properties.mutants:S1",
        law="RUN-2",
        start=world(stakes=dict.fromkeys(operators, 1_000)),
        transactions=tuple(ProduceBlock(1, each, each + bytes(12)) for each in operators),
    )
    outcome = stakespec("replay", path)
    assert outcome.exit_code == 1
    assert "\nRUN-2 determinism: after transaction " in outcome.stdout
    outcome = stakespec("replay", path, "--protocol", "statemachine:PROTOCOL")
    assert outcome.exit_code == 0


def test_a_protocol_in_the_current_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "forgiving.py").write_text(FORK)
    path = write_counterexample(
        tmp_path,
        protocol="forgiving:FORK",
        law="SLA-1",
        start=good_state(),
        transactions=(accuse(ANNA, 1),),
    )
    finished = stakespec_in(tmp_path, "replay", path.name, "--trust")
    assert finished.returncode == 1, finished.stderr
    assert "SLA-1 slash equivalence: 0x01010101 at 0x01010101 lost only 0 of 500.000 due" in (
        finished.stdout
    )
    finished = stakespec_in(tmp_path, "replay", path.name, "--protocol", "statemachine:PROTOCOL")
    assert finished.returncode == 0, finished.stderr


STRANGER = """
from pathlib import Path
Path("ran").touch()
from statemachine import PROTOCOL
"""


@pytest.mark.parametrize("named", ["stranger:PROTOCOL", "stranger", "stranger.deep:PROTOCOL"])
def test_a_file_from_a_stranger_runs_no_code(tmp_path: Path, named: str) -> None:
    (tmp_path / "stranger.py").write_text(STRANGER)
    path = write_counterexample(tmp_path, protocol=named)
    outcome = stakespec_in(tmp_path, "replay", path.name)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        f"error: counterexample.json: .protocol: to replay {named} is to run that module's code;"
        " add --trust if you trust it, or name a protocol with --protocol\n"
    )
    stakespec_in(tmp_path, "replay", path.name, "--protocol", "statemachine:PROTOCOL")
    assert not (tmp_path / "ran").exists()


def test_a_file_whose_module_is_trusted_runs_it(tmp_path: Path) -> None:
    (tmp_path / "stranger.py").write_text(STRANGER)
    path = write_counterexample(tmp_path, protocol="stranger:PROTOCOL")
    assert stakespec_in(tmp_path, "replay", path.name, "--trust").returncode == 0
    assert (tmp_path / "ran").exists()


def test_modules_in_the_current_folder_stand_in_for_none_of_the_installed(tmp_path: Path) -> None:
    for name in ("hypothesis", "rich", "cattrs"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(99)\n")
    path = write_counterexample(tmp_path, protocol="properties.mutants:S9")
    program = "from properties.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", program, "replay", path.name],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_text_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    text, message = BROKEN_JSON[name]
    path = tmp_path / "broken.json"
    path.write_text(text)
    assert refusal(stakespec("replay", path)).startswith(f"{path}: {message}")


def test_files_that_are_no_counterexamples_are_refused(tmp_path: Path) -> None:
    expected = '.format: a counterexample says "format": "stakespec/counterexample/1"'
    genesis_file = write_genesis(tmp_path)
    assert refusal(stakespec("replay", genesis_file)) == f"{genesis_file}: {expected}"
    txs = write_transactions(tmp_path, STORY[:1])
    assert refusal(stakespec("replay", txs)) == f"{txs}: {expected}"


@pytest.mark.parametrize("length", [1, 40, 400, 2_000])
def test_a_truncated_file_is_refused(tmp_path: Path, length: int) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    path.write_text(path.read_text()[:length])
    assert refusal(stakespec("replay", path)).startswith(f"{path}: not JSON: ")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"law"', '"rule"', "a counterexample has no field 'rule'"),
        ('"law": "ACC-1"', '"law": 1', ".law: must be text"),
        ('"amount": "500"', '"amount": 500', ".transactions[2].amount: must be a decimal number"),
        ('"amount": "500"', '"amount": "x"', ".transactions[2].amount: must be a decimal number"),
        ('"epoch_length": 4', '"epoch_length": 0', ".start.params.epoch_length: 0 is not from 1"),
        (
            '"epoch_length": 4',
            '"epoch_length": true',
            ".start.params.epoch_length: must be a whole",
        ),
    ],
)
def test_a_field_that_is_no_good_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert refusal(stakespec("replay", path)).startswith(f"{path}: {message}")


def test_a_law_that_there_is_not_is_named(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, law="ACC-99")
    assert refusal(stakespec("replay", path)) == (
        f"{path}: .law: there is no law 'ACC-99'; stakespec laws lists them"
    )


def test_a_state_whose_parts_do_not_fit_together_is_refused(tmp_path: Path) -> None:
    state = evolve(good_state(), reward_index=0)
    path = write_counterexample(tmp_path, start=state)
    assert refusal(stakespec("replay", path)).startswith(
        f"{path}: .start: its parts do not fit together: OutOfRange: Validator."
    )


def test_a_state_that_breaks_a_law_to_begin_with_says_so(tmp_path: Path) -> None:
    state = evolve(good_state(), validators=MerkleMap.empty(VALIDATORS))
    outcome = stakespec("replay", write_counterexample(tmp_path, start=state))
    assert outcome.exit_code == 1
    assert "ACC-4 bonded pot: the state keeps 5,200, its parts add up to 0" in outcome.stdout


def test_a_protocol_that_the_file_names_and_that_is_nowhere_is_put_down_to_the_file(
    tmp_path: Path,
) -> None:
    path = write_counterexample(tmp_path, protocol="nowhere_at_all:FORK")
    assert refusal(stakespec("replay", path, "--trust")) == (
        f"{path}: .protocol: there is no module 'nowhere_at_all' here or among what is installed"
    )
    instead = ("--protocol", "elsewhere_at_all:FORK")
    assert refusal(stakespec("replay", path, *instead)) == (
        "--protocol: there is no module 'elsewhere_at_all' here or among what is installed"
    )


def test_an_empty_protocol_is_not_taken_for_none(tmp_path: Path) -> None:
    complaint = refusal(stakespec("replay", write_counterexample(tmp_path), "--protocol", ""))
    assert complaint == "--protocol: '' names no protocol; write MODULE:NAME, as in" + (
        " statemachine:PROTOCOL"
    )


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert refusal(stakespec("replay", nowhere)) == (
        f"{nowhere}: there is no such file; check the path"
    )
    assert refusal(stakespec("replay", tmp_path)) == (
        f"{tmp_path}: has no counterexamples, which are files named *.json"
    )
    assert usage_error(stakespec("replay")) == "Missing argument 'FILE'."


def test_a_counterexample_is_read_from_standard_input(tmp_path: Path) -> None:
    text = write_counterexample(tmp_path, transactions=STORY).read_text()
    assert stakespec("replay", "-", input=text).exit_code == 1
    assert refusal(stakespec("replay", "-", input="{")).startswith("standard input: not JSON: ")


def test_replaying_writes_nothing(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    before = path.read_bytes()
    stakespec_in(tmp_path, "replay", path.name)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


EXPORTS = ("--pytest", "--itf", "--html")


def test_all_exports_are_written_together_and_the_verdict_stays(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    argv = [word for option in EXPORTS for word in (option, tmp_path / option.strip("-"))]
    outcome = stakespec("replay", path, *argv)
    assert outcome.exit_code == 1
    assert "ACC-1 conservation: pots 48,500" in outcome.stdout
    for option in EXPORTS:
        out = tmp_path / option.strip("-")
        assert f"\nwritten to {out}" in outcome.stdout
        assert out.stat().st_size > 1_000
    fixed = stakespec("replay", path, *argv, "--protocol", "statemachine:PROTOCOL")
    assert fixed.exit_code == 0
    assert "ACC-1 conservation holds" in (tmp_path / "html").read_text()


def test_json_stays_json_when_files_are_written(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    outcome = stakespec("replay", path, "--json", "--html", tmp_path / "page.html")
    assert outcome.exit_code == 1
    assert json.loads(outcome.stdout)["expected"]["law"] == "ACC-1"
    assert (tmp_path / "page.html").exists()


@pytest.mark.parametrize("option", EXPORTS)
def test_exports_that_cannot_be_written_are_refused_before_the_story(
    tmp_path: Path, option: str
) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    before = path.read_bytes()
    assert refusal(stakespec("replay", path, option, "-")) == (
        f"{option} -: standard output is for what is shown; name a file"
    )
    assert refusal(stakespec("replay", path, option, tmp_path)) == (
        f"{option} {tmp_path}: is a directory; name a file in it"
    )
    nowhere = tmp_path / "nowhere" / "out"
    assert refusal(stakespec("replay", path, option, nowhere)) == (
        f"{option} {nowhere}: there is no such folder"
    )
    assert refusal(stakespec("replay", path, option, "")) == (
        f"{option} '': is a directory; name a file in it"
    )
    assert refusal(stakespec("replay", path, option, path)) == (
        f"{option} {path}: is the counterexample itself; name another file"
    )
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_two_exports_do_not_go_to_one_file(tmp_path: Path) -> None:
    path = write_counterexample(tmp_path, transactions=STORY)
    out = tmp_path / "out"
    again = tmp_path / "." / "out"
    for argv in (("--html", out, "--pytest", again), ("--pytest", again, "--html", out)):
        assert refusal(stakespec("replay", path, *argv)) == (
            f"--html {out}: is named by --pytest too; name another file"
        )
    assert not out.exists()


def test_a_counterexample_that_is_refused_leaves_an_export_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    out.write_text("the one before")
    path = write_counterexample(tmp_path, law="ACC-99")
    refusal(stakespec("replay", path, "--html", out))
    assert out.read_text() == "the one before"


ASIDE = """
from properties.model.design import Design
from statemachine import PROTOCOL

DESIGN = Design.of(PROTOCOL, set_aside={"ACC-1": "tokens are made at will"})
"""


def test_a_law_that_is_set_aside_is_not_said_to_hold(tmp_path: Path) -> None:
    (tmp_path / "willful.py").write_text(ASIDE)
    write_counterexample(tmp_path)
    words = ("replay", "counterexample.json", "--protocol", "willful:DESIGN")
    outcome = stakespec_in(tmp_path, *words)
    assert outcome.returncode == 4, outcome.stderr
    assert "not judged: this protocol sets ACC-1 aside: tokens are made at will" in outcome.stdout
    told = json.loads(stakespec_in(tmp_path, *words, "--json").stdout)
    assert told["set_aside"] == "tokens are made at will"
