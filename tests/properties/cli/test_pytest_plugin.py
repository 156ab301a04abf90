"""`pytest --stakespec`: a check as tests."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.properties.cli.commands import environment

WRONG = "from properties.mutants import S9 as FORK\n"

RIGHT = "from statemachine import PROTOCOL as FORK\n"

SHORT = ("--stakespec", "my_fork:FORK", "--stakespec-runs", "1", "--stakespec-seed", "1")


def checked(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """A run of pytest in a folder that has a fork and nothing else."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rfs", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.timeout(500)
def test_a_broken_law_is_a_failing_test_with_its_story_and_then_a_known_one(tmp_path: Path) -> None:
    module = tmp_path / "my_fork.py"
    module.write_text(WRONG)
    first = checked(tmp_path, *SHORT)
    assert first.returncode == 1, first.stdout
    assert "FAILED my_fork:FORK::ACC-1 conservation - " in first.stdout
    assert "found by" in first.stdout and "the law: Accounts + bonded" in first.stdout
    assert "see it again with: stakespec replay counterexamples/ACC-1-" in first.stdout
    assert "repeat: stakespec check --protocol my_fork:FORK --seed 1 --workers" in first.stdout
    assert "no counterexamples of my_fork:FORK in counterexamples" in first.stdout
    assert "Traceback" not in first.stdout + first.stderr

    again = checked(tmp_path, *SHORT, "-k", "counterexamples")
    assert again.returncode == 1, again.stdout
    assert "counterexamples/ACC-1-" in again.stdout and "still breaks" in again.stdout

    module.write_text(RIGHT)
    mended = checked(tmp_path, *SHORT, "-k", "counterexamples or ACC-1")
    assert mended.returncode == 0, mended.stdout
    assert "2 passed" in mended.stdout


def test_what_was_never_reached_fails_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "my_fork.py").write_text(RIGHT)
    short = checked(tmp_path, *SHORT)
    assert short.returncode == 1, short.stdout
    assert "FAILED my_fork:FORK::everything is reached - NOT ALL REACHED" in short.stdout
    assert "more time with --stakespec-seconds" in short.stdout
    assert "undetermined" in short.stdout, "a law that nobody judged passed"
    assert "1 failed" in short.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--stakespec", "nothing:FORK"), "there is no module 'nothing'"),
        (("--stakespec", "my_fork:OTHER"), "my_fork has no protocol 'OTHER'; my_fork has FORK"),
        ((*SHORT, "--stakespec-seconds", "nan"), "--stakespec-seconds nan: must be from 0.1"),
        ((*SHORT, "--stakespec-seed", "-3"), "--stakespec-seed -3: must be at least 0"),
        ((*SHORT, "--stakespec-output", "my_fork.py"), "my_fork.py: is not a folder"),
    ],
)
def test_a_check_that_cannot_be_made_is_an_error_of_usage(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    (tmp_path / "my_fork.py").write_text(RIGHT)
    refused = checked(tmp_path, *options)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR, refused.stdout
    assert message in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr


def test_without_the_option_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n\ndef test_it():\n    assert 'statemachine' not in sys.modules\n"
    )
    plain = checked(tmp_path)
    assert plain.returncode == 0, plain.stdout
