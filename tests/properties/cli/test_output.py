"""Standard output: when whoever reads it goes away, and when little of it is wanted."""

from pathlib import Path

import pytest

from tests.properties.cli.commands import FOLDER, stakespec, started

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


EXAMPLES = FOLDER / "specs" / "examples"

GENESIS, TRANSACTIONS = EXAMPLES / "genesis.json", EXAMPLES / "transactions.jsonl"

QUIET = {
    "check": ("check", "--engine", "walk", "--runs", 2, "--seed", 1),
    "fuzz": ("fuzz", "--steps", 30, "--seed", 1),
    "explore": ("explore", "staking", "--states", 50),
    "diff": ("diff", "statemachine:PROTOCOL", "statemachine:PROTOCOL", "--steps", 20),
    "selftest": ("selftest", "--inputs", 20, "--seed", 1),
    "vectors": ("vectors", "run", FOLDER / "specs" / "vectors" / "01-hashing.json"),
    "prove": ("prove", "--rule", "Exit", "--seconds", 1, "--deadline", 1),
    "theorems": ("prove", "--theorems"),
    "mutants": ("mutants", "--only", "S9", "--engine", "walk", "--seconds", 2),
    "drawn": ("mutants", "--random", 1, "--runs", 1, "--steps", 1, "--engine", "walk"),
    "sweep": ("sweep", "--set", "min_stake=3", "--runs", 1, "--seed", 1),
    "compare": ("compare", "statemachine:PROTOCOL", "statemachine:PROTOCOL", "--steps", 20),
    "run": ("run", GENESIS, TRANSACTIONS),
    "campaign": ("campaign", "run", "work", "--shards", 1, "--steps", 30, "--workers", 1),
}


@pytest.mark.parametrize("argv", QUIET.values(), ids=QUIET)
def test_quiet_leaves_the_last_word_alone(
    argv: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = stakespec(*argv, "--quiet")
    assert outcome.stderr == ""
    assert outcome.stdout.count("\n") == 1
    words = ["HELD", "NOT", "UNDETERMINED", "PROVED", "NO", "no", "staking:", "1", "the", "root"]
    assert outcome.stdout.split()[0].rstrip(":") in [word.rstrip(":") for word in words]


def test_the_last_word_is_one_line_where_nobody_looks(tmp_path: Path) -> None:
    argv = ("check", "--engine", "walk", "--runs", 1, "--seed", 1, "-o", tmp_path / "found")
    loud, quiet = stakespec(*argv), stakespec(*argv, "-q")
    assert quiet.exit_code == 3
    assert len(quiet.stdout) > 80
    assert quiet.stdout in loud.stdout
