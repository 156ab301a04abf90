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
    assert f"PROVED: {count} of {count} obligations proved, 0 refuted" in run.output
    for theorem in theorems():
        assert run.output.count(f"{theorem.id} ") >= len(theorem.obligations)
    assert "Accountable safety rests on:" in run.output
    assert widest(run.output) <= 80


def test_json_and_smt_files(tmp_path: Path) -> None:
    folder = tmp_path / "smt"
    run = stakespec("prove", "--theorems", "--json", "--smt", folder)
    outcome = json.loads(run.output)
    assert (run.exit_code, outcome["exit_code"], outcome["verdict"]) == (0, 0, "proved")
    obligations = [one for theorem in outcome["theorems"] for one in theorem["obligations"]]
    files = sorted(folder.iterdir())
    assert len(files) == len(obligations)
    for file in files:
        text = file.read_text()
        assert text.startswith("; ")
        assert "(check-sat)" in text
    assert all(one["axioms_have_a_model"] for one in obligations)


@pytest.mark.parametrize(
    "words",
    [
        ("--smt", "somewhere"),
        ("--theorems", "--rule", "Transfer"),
        ("--theorems", "--law", "ACC-1"),
        ("--theorems", "--list"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: tuple[str, ...]) -> None:
    assert "--theorems" in refusal(stakespec("prove", *words))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "name a folder" in refusal(stakespec("prove", "--theorems", "--smt", file))
