"""`stakespec examples`, and what a wheel holds."""

import tomllib
from pathlib import Path

import pytest

from tests.properties.cli.commands import FOLDER, refusal, stakespec

EXAMPLES = ("genesis.json", "transactions.jsonl")


def test_the_examples_of_the_documents_are_copied_to_where_these_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copied = stakespec("examples")
    assert copied.exit_code == 0, copied.output
    assert copied.stdout == "".join(f"written to specs/examples/{name}\n" for name in EXAMPLES)
    ended = stakespec("run", *(f"specs/examples/{name}" for name in EXAMPLES))
    assert ended.exit_code == 0, ended.output
    assert "10 of 11 accepted" in ended.stdout


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "genesis.json"
    mine.write_text("mine")
    copied = stakespec("examples", tmp_path)
    assert copied.exit_code == 0
    assert f"kept {mine}, which is already there\n" in copied.stdout
    assert mine.read_text() == "mine"
    assert (tmp_path / "transactions.jsonl").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(stakespec("examples", tmp_path / "file" / "deep")).startswith(
        f"{tmp_path / 'file' / 'deep'}: cannot be made: "
    )


def test_a_wheel_holds_the_examples() -> None:
    settings = tomllib.loads((FOLDER / "pyproject.toml").read_text())
    assert "examples/*" in settings["tool"]["setuptools"]["package-data"]["properties"]
