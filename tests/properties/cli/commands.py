"""Running `stakespec` in tests, within the process or as one of its own."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from properties.cli.commands import commands
from properties.trace.counterexample import Counterexample
from statemachine import Genesis, ProduceBlock, Transfer
from statemachine.codec import tagged, to_jsonable
from tests.statemachine.worlds import DORA, EMIL, FAY, described, elected, world

FOLDER = Path(__file__).resolve().parents[3]

FORK = """
from statemachine import PROTOCOL, Transition

def forgive(protocol, state, offence):
    return Transition(state)

FORK = PROTOCOL.fork("forgiving", slash=forgive)
NUMBER = 7
"""
"""A designer's module."""


def stakespec(*argv: object, input: str | bytes | None = None) -> Result:
    """Run a command here; what it prints as JSON is held to its schema."""
    outcome = CliRunner().invoke(commands, [str(word) for word in argv], input=input)
    _hold_to_schema(argv, outcome.stdout)
    return outcome


def _hold_to_schema(argv: tuple[object, ...], printed: str) -> None:
    if "--json" in argv and "-h" not in argv:
        for document in documents(printed):
            validator(document["format"].split("/")[1]).validate(document)


def documents(printed: str) -> list[Any]:
    """Return what was printed as JSON: one document over many lines, or one a line."""
    if printed.startswith("{\n"):
        return [json.loads(printed)]
    return [json.loads(line) for line in printed.splitlines()]


@cache
def validator(kind: str) -> Draft202012Validator:
    """Return what holds an outcome to its published schema."""
    text = (FOLDER / "specs" / "schemas" / "outcomes" / f"{kind}.schema.json").read_text()
    return Draft202012Validator(json.loads(text))


def command(*argv: object) -> list[str]:
    """Return what starts a command as a process of its own."""
    return [sys.executable, "-m", "properties", *(str(word) for word in argv)]


def environment() -> dict[str, str]:
    """Return the environment in which such a process finds the packages."""
    return {**os.environ, "PYTHONPATH": str(FOLDER), "COLUMNS": "80"}


def stakespec_in(folder: Path, *argv: object) -> "subprocess.CompletedProcess[str]":
    """Run a command as a process of its own, in a folder."""
    outcome = subprocess.run(
        command(*argv), capture_output=True, text=True, cwd=folder, env=environment(), check=False
    )
    _hold_to_schema(argv, outcome.stdout)
    return outcome


def started(folder: Path, *argv: object) -> "subprocess.Popen[str]":
    """Start a command as a process of its own, in a folder and a group of its own."""
    return subprocess.Popen(
        command(*argv),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment(),
        start_new_session=True,
    )


def refusal(outcome: Result) -> str:
    """Return what was wrong with the input, which must be all that was said."""
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("error: ")
    assert "Traceback" not in outcome.stderr
    return outcome.stderr.removeprefix("error: ").rstrip("\n")


def usage_error(outcome: Result) -> str:
    """Return what was wrong with the usage, of which click speaks."""
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    assert "Traceback" not in outcome.stderr
    return outcome.stderr.splitlines()[-1].removeprefix("Error: ")


def write_genesis(folder: Path, description: Genesis | None = None, **changes: Any) -> Path:
    """Write a genesis file, with fields replaced by what may be no good."""
    document = {**to_jsonable(described() if description is None else description), **changes}
    path = folder / "genesis.json"
    path.write_text(json.dumps(document))
    return path


def some_transactions() -> tuple[Any, ...]:
    """Return transactions for the small chain; the second is rejected."""
    return (
        Transfer(DORA, EMIL, 700),
        Transfer(FAY, EMIL, 10_001),
        ProduceBlock(1, elected(world(), 1) or DORA, bytes(32)),
    )


def write_transactions(folder: Path, txs: tuple[Any, ...] | None = None) -> Path:
    """Write a file of transactions."""
    path = folder / "transactions.jsonl"
    written = some_transactions() if txs is None else txs
    path.write_text("".join(json.dumps(tagged(tx)) + "\n" for tx in written))
    return path


def write_counterexample(folder: Path, **changes: Any) -> Path:
    """Write a counterexample to a mutant, with parts replaced."""
    parts: dict[str, Any] = {
        "protocol": "properties.mutants:S9",
        "law": "ACC-1",
        "message": "tokens from nothing",
        "found_by": "walk, seed 1, run 1",
        "start": described(),
        "transactions": (),
    }
    path = folder / "counterexample.json"
    path.write_text(Counterexample(**{**parts, **changes}).to_text())
    return path


def widest(text: str) -> int:
    """Return the length of the longest line."""
    return max((len(line) for line in text.splitlines()), default=0)


BROKEN_JSON = {
    "empty": ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
    "truncated": ('{"chain_id": "x"', "not JSON: Expecting ',' delimiter: line 1 column 17"),
    "twice": ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
    "float": ('{"epoch": 1.5}', "'1.5' is not a whole number"),
    "nan": ('{"epoch": NaN}', "'NaN' is not a whole number"),
    "huge": ('{"epoch": ' + "9" * 5_000 + "}", "a number of 5000 digits is longer than any"),
    "deep": ("[" * 100_000, "nested more than 64 levels deep"),
}
"""Text that no file of ours may hold, and what is said to it."""
