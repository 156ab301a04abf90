"""Every design gives the answer that its page says, and leans on nothing private."""

import ast
import json
from pathlib import Path

import pytest

from properties.designs import page
from properties.designs.catalogue import ENTRIES, Entry
from tests.properties.cli.commands import stakespec

FOLDER = Path(page.__file__).parent
SPECS = FOLDER.parents[1] / "specs"


FINDINGS = (SPECS / "findings.md").read_text(encoding="utf-8")

TOLD = [entry for entry in ENTRIES if f"--protocol {entry.protocol} --seed" in FINDINGS]
"""Designs whose check is an example of findings.md: the test of examples runs it."""

OTHERS = [entry for entry in ENTRIES if entry not in TOLD]


@pytest.mark.parametrize("entry", TOLD, ids=[entry.path for entry in TOLD])
def test_an_example_of_the_findings_has_the_known_verdict(entry: Entry) -> None:
    after = FINDINGS.partition(f"$ stakespec check --protocol {entry.protocol} --seed")[2]
    printed = after.partition("```")[0]
    assert all(law in printed for law in entry.refuted)
    assert entry.refuted or "\nHELD\n" in printed


@pytest.mark.parametrize("entry", OTHERS, ids=[entry.path for entry in OTHERS])
def test_a_brief_check_gives_the_known_verdict(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = stakespec(*entry.command().split()[1:], "--workers", "1", "--json")
    report = json.loads(ran.stdout)
    broken = {failure["law"] for failure in report["failures"]}
    assert set(entry.refuted) <= broken
    if not entry.refuted:
        # So brief a check need not reach every witness.
        assert not broken and ran.exit_code in (0, 3), ran.stdout


def test_the_page_is_as_the_designs_are() -> None:
    assert (SPECS / page.PAGE).read_text(encoding="utf-8") == page.page()


def test_every_file_with_a_design_is_on_the_page() -> None:
    modules = {entry.module.rpartition(".")[2] for entry in ENTRIES}
    others = {"__init__", "catalogue", "page", "penalty", "splitting"}
    assert modules == {path.stem for path in FOLDER.glob("*.py")} - others


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_designs_import_no_private_names(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not [alias.name for alias in node.names if alias.name.startswith("_")]
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            assert node.attr.startswith("__")


@pytest.mark.parametrize("path", ["inactivity_leak", "compounding", "correlation", "vrf"])
def test_a_design_with_a_state_of_its_own_is_short(path: str) -> None:
    source = (FOLDER / f"{path}.py").read_text(encoding="utf-8")
    designs = sum(entry.module.endswith(path) for entry in ENTRIES)
    assert page.code_lines(source) <= 60 * designs


def test_lines_of_code_are_counted_without_what_is_no_code() -> None:
    source = (
        '"""Text."""\n\nimport ast\n\n\n'
        'def one(\n    a,\n):\n    """Say."""\n    # why\n    return a\n'
    )
    assert page.code_lines(source) == 2
