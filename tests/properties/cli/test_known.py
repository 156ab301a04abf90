"""Known failures first: what earlier runs have found is replayed before a search begins."""

import json
from pathlib import Path

import pytest

from tests.properties.cli.commands import refusal, stakespec

WRONG = "properties.mutants:S9"


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """The folder of counterexamples of a walk over a wrong protocol."""
    folder = tmp_path / "found"
    argv = ("--protocol", WRONG, "--seed", 1, "--runs", 2, "--engine", "walk", "--workers", 1)
    assert stakespec("check", *argv, "-o", folder).exit_code == 1
    return folder


def mended(folder: Path) -> None:
    """Have the files name the protocol itself, as if its mistake had been mended."""
    for path in folder.iterdir():
        path.write_text(path.read_text().replace(WRONG, "statemachine:PROTOCOL"))


@pytest.mark.parametrize(
    "search", [("check", "--engine", "branches", "--runs", 1), ("fuzz", "--steps", 1)]
)
def test_what_still_breaks_refutes_though_the_search_finds_nothing(
    found: Path, search: tuple[object, ...]
) -> None:
    argv = (*search, "--protocol", WRONG, "--seed", 7, "--workers", 1, "-o", found)
    before = {path.name: path.read_bytes() for path in found.iterdir()}
    outcome = stakespec(*argv, "--json")
    report = json.loads(outcome.stdout)
    assert outcome.exit_code == report["exit_code"] == 1
    assert report["failures"] == []
    assert {Path(known["file"]).name for known in report["known"]} == set(before)
    assert all(known["breaks"].startswith(known["law"]) for known in report["known"])
    assert {path.name: path.read_bytes() for path in found.iterdir()} == before
    told = stakespec(*argv)
    assert "still broken, 0 mended" in told.stderr
    assert "REFUTED again by" in told.stdout


def test_what_is_mended_is_said_to_be_and_refutes_nothing(found: Path) -> None:
    mended(found)
    argv = ("fuzz", "--seed", 7, "--steps", 50, "-o", found)
    report = json.loads(stakespec(*argv, "--json").stdout)
    assert report["exit_code"] != 1
    assert all(known["breaks"] is None for known in report["known"])
    assert "0 still broken" in stakespec(*argv).stderr


def test_files_of_other_protocols_are_left_alone_and_what_cannot_be_read_is_named(
    found: Path,
) -> None:
    (found / "torn.json").write_text("{")
    report = json.loads(stakespec("fuzz", "--steps", 1, "-o", found, "--json").stdout)
    (torn,) = report["known"]
    assert torn["file"].endswith("torn.json")
    assert "cannot be read" in torn["note"]


def test_a_folder_is_replayed_whole(found: Path) -> None:
    outcome = stakespec("replay", found)
    assert outcome.exit_code == 1
    assert "0 mended" in outcome.stdout
    instead = ("--protocol", "statemachine:PROTOCOL")
    well = stakespec("replay", found, *instead, "--json")
    assert well.exit_code == 0
    assert {known["breaks"] for known in json.loads(well.stdout)["known"]} == {None}


def test_a_folder_that_cannot_be_replayed_is_bad_input(found: Path, tmp_path: Path) -> None:
    assert "take one file" in refusal(stakespec("replay", found, "--html", tmp_path / "x.html"))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has no counterexamples" in refusal(stakespec("replay", empty))
    (found / "torn.json").write_text("{")
    assert "torn.json" in refusal(stakespec("replay", found))
