"""`stakespec prove --theorems`."""

import json
from pathlib import Path

import pytest

from properties.theorems.registry import theorems
from tests.properties.cli.commands import refusal, stakespec, widest


def test_every_obligation_has_a_line_and_what_it_rests_on_is_printed() -> None:
    run = stakespec("prove", "--theorems")
    assert run.exit_code == 0, run.output
    count = sum(len(theorem.obligations) for theorem in theorems())
    assert f"and {count} of {count} obligations proved" in run.output
    for theorem in theorems():
        assert run.output.count(f"{theorem.id} ") >= len(theorem.obligations)
    assert "Accountable safety rests on:" in run.output
    assert widest(run.output) <= 80


def test_json_and_smt_files(tmp_path: Path) -> None:
    folder = tmp_path / "smt"
    run = stakespec("prove", "--theorems", "--json", "--smt", folder)
    outcome = json.loads(run.output)
    assert (run.exit_code, outcome["exit_code"], outcome["verdict"]) == (0, 0, "proved")
    obligations = [
        obligation for theorem in outcome["theorems"] for obligation in theorem["obligations"]
    ]
    files = sorted(folder.iterdir())
    assert len(files) == len(obligations)
    for file in files:
        text = file.read_text()
        assert text.startswith("; ")
        assert "(check-sat)" in text
    assert all(obligation["axioms_have_a_model"] for obligation in obligations)


@pytest.mark.parametrize(
    "argv",
    [
        ("--smt", "somewhere"),
        ("--theorems", "--rule", "Transfer"),
        ("--theorems", "--law", "ACC-1"),
        ("--theorems", "--list"),
    ],
)
def test_options_that_do_not_go_together_are_refused(argv: tuple[str, ...]) -> None:
    assert "--theorems" in refusal(stakespec("prove", *argv))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "name a folder" in refusal(stakespec("prove", "--theorems", "--smt", file))


HALF = """
from statemachine import PROTOCOL

FORK = PROTOCOL.fork("half", is_quorum=lambda weight, total: 2 * weight > total)
"""


def test_a_fork_is_told_what_it_breaks_and_gets_counterexamples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_quorum.py").write_text(HALF)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    run = stakespec("prove", "--theorems", "--protocol", "half_quorum:FORK", "--json")
    outcome = json.loads(run.output)
    assert (run.exit_code, outcome["verdict"]) == (1, "refuted")
    broken = {tie["name"] for tie in outcome["ties"] if tie["verdict"] != "proved"}
    assert {"is_quorum", "a quorum justifies"} <= broken
    (conflict,) = [package for package in outcome["counterexamples"] if package["law"] == "SAF-1"]
    assert conflict["of"] == "quorums/one set"
    for package in outcome["counterexamples"]:
        replayed = stakespec("replay", "--trust", package["file"])
        assert replayed.exit_code == 1, replayed.output
        assert package["law"] in replayed.output
