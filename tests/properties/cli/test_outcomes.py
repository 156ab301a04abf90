"""Every outcome that a command prints as JSON names a format that has a published schema."""

import json
import re
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from properties.devnet.chain_file import FORMAT as CHAIN
from tests.properties.cli.commands import (
    FOLDER,
    documents,
    stakespec,
    validator,
    write_counterexample,
    write_genesis,
    write_transactions,
)

SCHEMAS = FOLDER / "specs" / "schemas" / "outcomes"

KINDS = sorted(file.name.removesuffix(".schema.json") for file in SCHEMAS.glob("*.schema.json"))

VECTORS = FOLDER / "specs" / "vectors" / "01-hashing.json"

BRIEF = ("--workers", 1, "--seed", 1)


def argv_of(kind: str, folder: Path) -> tuple[object, ...]:
    """Return a command that prints an outcome of a kind, and no more than half a second of it."""
    found = ("-o", folder / "found")
    campaign = ("campaign", "run", folder / "campaign", "--shards", 1, "--steps", 60, *BRIEF)
    chain = folder / "chain.jsonl"
    match kind:
        case "campaign-status":
            return campaign
        case "campaign-replay" | "campaign-minimise":
            assert stakespec(*campaign).exit_code == 0
            return "campaign", kind.removeprefix("campaign-"), folder / "campaign"
        case "check":
            return "check", "--engine", "walk", "--runs", 1, *BRIEF, *found
        case "fuzz":
            return "fuzz", "--steps", 50, *BRIEF, *found
        case "diff":
            return "diff", "statemachine:PROTOCOL", "properties.mutants:S9", "--steps", 300
        case "drawn-mutants":
            return "mutants", "--random", 1, "--runs", 1, "--steps", 1, "--engine", "walk", *BRIEF
        case "mutants":
            return "mutants", "--only", "S9", "--engine", "walk", "--seconds", 2, *BRIEF
        case "mutants-list" | "explore-list":
            return kind.removesuffix("-list"), "--list"
        case "explore":
            return "explore", "staking", "--states", 50, *found
        case "prove":
            return "prove", "--rule", "Transfer", "--seconds", 1, "--deadline", 2, *found
        case "theorems":
            return "prove", "--theorems", *found
        case "laws":
            return ("laws",)
        case "replay":
            return "replay", write_counterexample(folder)
        case "replay-folder":
            write_counterexample(folder)
            return "replay", folder
        case "root":
            return "root", write_genesis(folder), "--explain"
        case "run":
            return "run", write_genesis(folder), write_transactions(folder), "--trace", "--roots"
        case "devnet":
            return "devnet", "--validators", 1, "--epochs", 1, "--epoch-length", 2, "-o", chain
        case "run-chain":
            assert stakespec(*argv_of("devnet", folder)).exit_code == 0
            assert CHAIN in chain.read_text()
            return "run", chain
        case "compare":
            return "compare", "statemachine:PROTOCOL", "properties.mutants:S9", "--steps", 50
        case "sweep":
            return "sweep", "--set", "min_stake=3", "--runs", 1, "--seed", 1
        case "selftest":
            return "selftest", "--inputs", 50, "--seed", 1
        case "vectors-run":
            return "vectors", "run", VECTORS
        case "conform":
            client = (sys.executable, "-m", "properties", "serve")
            return "conform", "--vectors", VECTORS, "--steps", 20, "--", *client
    return ()


ELSEWHERE = {
    "duties-import": "test_interchange.py",
    "genesis-import": "test_genesis_command.py",
    "genesis-export": "test_export.py",
}
"""Kinds that are printed, and held to their schemas, where there are files for them."""


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ELSEWHERE])
def test_an_outcome_names_its_format_and_keeps_to_its_schema(kind: str, tmp_path: Path) -> None:
    argv = argv_of(kind, tmp_path)
    # What comes after -- is the client's.
    place = argv.index("--") if "--" in argv else len(argv)
    printed = stakespec(*argv[:place], "--json", *argv[place:])
    assert printed.exit_code != 2, printed.stderr
    told = documents(printed.stdout)
    assert told
    for document in told:
        assert document["format"] == f"stakespec/{kind}/1"
        validator(kind).validate(document)


def test_every_kind_that_is_printed_has_a_schema_and_every_schema_is_used() -> None:
    source = "".join(file.read_text() for file in (FOLDER / "properties" / "cli").glob("*.py"))
    assert sorted(set(re.findall(r'print_json(?:_line)?\(\s*"([a-z-]+)"', source))) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_and_says_what_prints_it(kind: str) -> None:
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == kind
    assert "stakespec" in schema["description"] or "--json" in schema["description"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_refuses_what_is_unknown_or_missing(kind: str) -> None:
    assert not validator(kind).is_valid({"format": f"stakespec/{kind}/1"})
    assert not validator(kind).is_valid({"format": "stakespec/other/1"})


@pytest.mark.parametrize(("kind", "file"), ELSEWHERE.items())
def test_what_is_printed_elsewhere_is(kind: str, file: str) -> None:
    del kind
    (test,) = (FOLDER / "tests").rglob(file)
    assert "--json" in test.read_text()
