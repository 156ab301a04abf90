"""Standard output when whoever reads it goes away."""

from pathlib import Path

import pytest

from tests.properties.cli.commands import started

S9 = ("--protocol", "properties.mutants:S9", "--seed", "1")


def unread(folder: Path, *argv: object) -> tuple[int, str]:
    """Run a command whose output nobody reads; return its exit code and its errors."""
    process = started(folder, *argv)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process.stderr:
        errors = process.stderr.read()
    return process.wait(timeout=60), errors


@pytest.mark.parametrize(
    ("code", "argv"),
    [
        (0, ("laws",)),
        (0, ("explore", "finality-4")),
        (0, ("prove", "--rule", "lemma")),
        (1, ("check", *S9, "--engine", "walk", "--runs", 3)),
        (1, ("fuzz", *S9, "--steps", 100)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_verdict_is_the_same_if_nobody_reads_it(
    tmp_path: Path, code: int, argv: tuple[object, ...]
) -> None:
    exit_code, errors = unread(tmp_path, *argv)
    assert exit_code == code, errors
    assert "Traceback" not in errors
    assert "BrokenPipe" not in errors


def test_json_that_nobody_reads_is_undetermined(tmp_path: Path) -> None:
    assert unread(tmp_path, "laws", "--json") == (4, "")
