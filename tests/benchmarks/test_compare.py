"""What is made of alternating rounds."""

import subprocess

import pytest
from click.testing import CliRunner

from tests.benchmarks.compare import Row, checked_out, main, only_one_has, rows_of


def test_the_ratio_is_that_of_the_least_times() -> None:
    # The machine became twice as slow in the midst of the second round, and the ratio stayed.
    rounds = [({"a": 1.0}, {"a": 0.5}), ({"a": 1.0}, {"a": 1.0}), ({"a": 2.0}, {"a": 1.0})]
    assert rows_of(rounds) == [Row("a", 1.0, 0.5, 0.5, 0.5, 1.0)]


def test_what_only_one_has_is_named() -> None:
    rounds = [({"a": 1.0, "old": 1.0}, {"a": 1.0, "new": 1.0})]
    assert [row.name for row in rows_of(rounds)] == ["a"]
    assert only_one_has(rounds) == ["new", "old"]
    assert rows_of([]) == []


def test_a_commit_that_is_not_there_is_refused() -> None:
    refused = CliRunner().invoke(main, ["no-such-commit", "--rounds", "1"])
    assert refused.exit_code == 2 and "no-such-commit" in refused.output


def test_a_commit_is_checked_out_and_its_folder_goes_again() -> None:
    if subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, check=False).returncode:
        pytest.skip("this is no git checkout")
    with checked_out("HEAD") as tree:
        assert (tree / "pyproject.toml").is_file()
    assert not tree.exists()
