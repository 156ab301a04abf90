"""The example client in JavaScript, written from specs/ alone, agrees with our machine."""

import json
import shutil
import subprocess

import pytest

from tests.properties.cli.commands import FOLDER, stakespec

CLIENT = FOLDER / "clients" / "javascript"

PASSED = 180
"""Cases of the rungs that it has climbed."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that starts it, from a copy that has its one dependency."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("there is no node or no npm here")
    root = tmp_path_factory.mktemp("client")
    folder = root / "clients" / "javascript"
    shutil.copytree(CLIENT, folder, ignore=shutil.ignore_patterns("node_modules"))
    # It reads the tables of records, which stand beside it.
    shutil.copytree(FOLDER / "specs" / "schemas", root / "specs" / "schemas")
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=60)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"its one dependency cannot be had here: {error}")
    return [node, str(folder / "client.mjs")]


def test_it_passes_all_vectors_that_it_can_be_asked(client: list[str]) -> None:
    outcome = stakespec("vectors", "run", FOLDER / "specs" / "vectors", "--json", "--", *client)
    assert outcome.exit_code == 0, outcome.output
    assert json.loads(outcome.stdout)["vectors"]["passed"] >= PASSED


PLAIN = {
    "Transfer", "Delegate", "Undelegate", "Redelegate", "ClaimRewards", "RegisterValidator",
    "ChangeCommission", "Exit", "Unjail",
}  # fmt: skip
"""The types of transaction that it can apply."""


def test_it_does_not_differ_in_plain_transactions(client: list[str]) -> None:
    vectors = FOLDER / "specs" / "vectors" / "01-hashing.json"
    argv = ("--vectors", vectors, "--steps", 300, "--timeout", 60, "--json")
    outcome = stakespec("conform", *argv, "--", *client)
    assert outcome.exit_code == 0, outcome.output
    report = json.loads(outcome.stdout)
    assert {*report["accepted"], *report["rejected"]} <= PLAIN
    assert {"Transfer", "Delegate", "Undelegate"} <= {*report["accepted"]}
    assert sum(report["accepted"].values()) > 100
