"""GitHub's action and the recipes of specs/ci.md: what GitHub takes, and what they do."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.documentation import parse_blocks

REPOSITORY = Path(__file__).resolve().parent.parent
ACTION = REPOSITORY / "action.yml"
GUIDE = REPOSITORY / "specs" / "ci.md"

WRONG = "from properties.mutants import S9 as FORK\n"
RIGHT = "from statemachine import PROTOCOL as FORK\n"


def workflows(folder: Path) -> list[Path]:
    """The workflows of the guide, each written to a file."""
    files = []
    for block in parse_blocks(GUIDE.read_text(encoding="utf-8")):
        if block.language == "yaml" and "runs-on:" in block.source:
            files.append(folder / block.argument)
            files[-1].write_text(block.source, encoding="utf-8")
    return files


def action() -> Any:
    return YAML(typ="safe", pure=True).load(ACTION)


def test_github_takes_the_action_and_the_workflows(tmp_path: Path) -> None:
    files = workflows(tmp_path)
    assert len(files) == 2
    for schema, paths in (("github-actions", [ACTION]), ("github-workflows", files)):
        command = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, paths)]
        held = subprocess.run(
            [sys.executable, "-m", *command], capture_output=True, text=True, timeout=120
        )
        assert held.returncode == 0, held.stdout + held.stderr


def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    found = shutil.which("actionlint")
    if found is None:
        pytest.skip("actionlint is not on PATH")
    linted = subprocess.run(
        [found, *map(str, workflows(tmp_path))], capture_output=True, text=True, timeout=120
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_guide_lists_the_inputs_of_the_action() -> None:
    table = re.findall(r"^\| (`[^|]+) \| [^|]+ \| ([^|]+) \|$", GUIDE.read_text(), re.MULTILINE)
    listed = {
        name: default
        for names, defaults in table
        for name, default in zip(
            re.findall(r"`([\w-]+)`", names),
            re.split(r", ", defaults) if ", " in names else [defaults],
            strict=True,
        )
    }
    plain = {name: default.strip("` ") for name, default in listed.items()}
    words = {"required": None, "none": ""}
    inputs = {name: given.get("default") for name, given in action()["inputs"].items()}
    assert {name: words.get(text, text) for name, text in plain.items()} == inputs


def test_every_input_is_used_and_none_is_pasted_into_a_script() -> None:
    text = ACTION.read_text()
    for name in action()["inputs"]:
        assert f"inputs.{name} }}}}" in text, f"{name} is never used"
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), "an input may hold any text, also commands"


def acted(folder: Path, run: int, **inputs: str) -> "subprocess.CompletedProcess[str]":
    """Run the script of the action's check as GitHub does, from what is kept in the folder."""
    [step] = [step for step in action()["runs"]["steps"] if step.get("id") == "check"]
    given = {
        **{name: str(entry.get("default", "")) for name, entry in action()["inputs"].items()},
        **{name.replace("_", "-"): text for name, text in inputs.items()},
    }
    environment = {
        variable: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for variable, value in step["env"].items()
    }
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={
            **os.environ,
            **environment,
            "PATH": path,
            "PYTHONPATH": str(REPOSITORY),
            "GITHUB_RUN_ID": str(run),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        },
        capture_output=True,
        text=True,
        timeout=240,
    )


@pytest.mark.timeout(500)
def test_a_second_run_begins_from_what_the_first_one_found(tmp_path: Path) -> None:
    short = {"protocol": "my_fork:FORK", "runs": "1", "shards": "1", "steps": "200"}
    (tmp_path / "my_fork.py").write_text(WRONG)
    first = acted(tmp_path, 1, **short)
    assert first.returncode == 1, first.stdout + first.stderr
    assert (tmp_path / "output").read_text() == "exit-code=1\n"
    assert "::error " in first.stderr
    summary = (tmp_path / "summary").read_text()
    assert "REFUTED ACC-1 conservation" in summary and "### Campaign" in summary
    assert list((tmp_path / ".stakespec" / "counterexamples").glob("ACC-1-*.json"))
    assert "0 histories" in first.stderr

    (tmp_path / "my_fork.py").write_text(RIGHT)
    second = acted(tmp_path, 2, **short, fail_on_undetermined="false")
    assert second.returncode == 0, second.stdout + second.stderr
    assert (tmp_path / "output").read_text() == "exit-code=1\nexit-code=3\n"
    assert "known counterexample" in second.stderr and "0 still broken" in second.stderr
    assert "mended: ACC-1-" in second.stderr, "the failures of the campaign were not replayed"
    assert "::warning title=stakespec::undetermined, exit code 3" in second.stdout
    status = json.loads(_status(tmp_path))
    assert (status["rounds"], status["failures"]) == (2, [])
    assert status["mended"] >= 1


def test_what_is_wrong_with_an_input_ends_the_action_with_2(tmp_path: Path) -> None:
    refused = acted(tmp_path, 1, protocol="nothing:FORK", runs="1")
    assert refused.returncode == 2
    assert "there is no module 'nothing'" in refused.stderr
    assert (tmp_path / "output").read_text() == "exit-code=2\n"


STATUS = ("campaign", "status", "--json", ".stakespec/campaign")


def _status(folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-m", "properties", *STATUS],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
