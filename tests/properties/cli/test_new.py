"""`stakespec new` writes a design that checks HELD at once, and overwrites nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.properties.cli.commands import stakespec


def test_a_new_design_is_checked_and_tested_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = stakespec("new", "tip", "-o", tmp_path)
    assert written.exit_code == 0
    assert written.stdout.endswith("stakespec check --protocol tip:DESIGN\n")
    names = sorted(
        file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()
    )
    assert names == [".github/workflows/tip.yml", "test_tip.py", "tip.py"]
    assert "my_design" not in "".join((tmp_path / name).read_text() for name in names)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    monkeypatch.chdir(tmp_path)
    brief = ("--seed", 1, "--runs", 60, "--engine", "walk", "--engine", "one-step")
    checked = stakespec("check", "--protocol", "tip:DESIGN", *brief)
    assert checked.exit_code == 0, checked.stdout
    assert "MY-1" in checked.stdout and "HELD" in checked.stdout


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "test_tip.py").write_text("mine")
    refused = stakespec("new", "tip", "-o", tmp_path)
    assert refused.exit_code == 2
    assert "test_tip.py: is there already; name another" in refused.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["test_tip.py"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("a b", "'a b' is no name of a module; use letters, digits and _"),
        ("1st", "'1st' is no name of a module"),
        ("class", "'class' is no name of a module"),
        ("../up", "'../up' is no name of a module"),
        ("json", "'json' is the name of another module; choose another"),
        ("statemachine", "'statemachine' is the name of another module"),
    ],
)
def test_names_that_no_module_can_have_are_refused(
    name: str, complaint: str, tmp_path: Path
) -> None:
    refused = stakespec("new", name, "-o", tmp_path / "here")
    assert refused.exit_code == 2
    assert complaint in refused.stderr
    assert not (tmp_path / "here").exists()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = stakespec("new", "tip", "-o", tmp_path / "file")
    assert refused.exit_code == 2
    assert "file" in refused.stderr and "Traceback" not in refused.stderr
