"""`stakespec check --junit --sarif --github`: verdicts where teams look for them."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.properties.cli.commands import FORK, refusal, stakespec, stakespec_in

pytestmark = pytest.mark.xdist_group("ci-reports")

WORDS = ("check", "--seed", 1, "--engine", "walk", "--workers", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Check a fork that breaks laws, and write everything."""
    folder = tmp_path_factory.mktemp("fork")
    (folder / "forgiving.py").write_text(FORK)
    files = ("--junit", "out.xml", "--sarif", "out.sarif", "--github", "--json")
    ended = stakespec_in(
        folder, *WORDS, "--protocol", "forgiving:FORK", "--runs", 10, "--fail-fast", *files
    )
    assert ended.returncode == 1, ended.stderr
    (folder / "out.json").write_text(ended.stdout)
    (folder / "annotations").write_text(ended.stderr)
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> Any:
    """Return the same as JSON."""
    return json.loads((folder / "out.json").read_text())


def test_junit_has_a_suite_for_each_engine_and_a_case_for_each_law(
    folder: Path, report: Any
) -> None:
    [suite] = ElementTree.parse(folder / "out.xml").getroot()
    assert suite.get("name") == "walk"
    cases = {(case.get("name") or "").split()[0]: case for case in suite}
    judged = [law for law in report["laws"] if "walk" in law["engines"]]
    assert list(cases) == [law["id"] for law in judged]
    for law in judged:
        case, verdict = cases[law["id"]], law["engines"]["walk"]["verdict"]
        assert (case.find("failure") is not None) == (verdict == "refuted")
        assert (case.find("skipped") is not None) == (verdict == "undetermined")
    assert suite.get("tests") == str(len(judged))
    assert suite.get("failures") == str(sum(law["verdict"] == "refuted" for law in judged))


def test_a_failure_of_junit_has_the_steps_and_what_to_type(folder: Path, report: Any) -> None:
    broken = next(ElementTree.parse(folder / "out.xml").iter("failure"))
    first = next(failure for failure in report["failures"] if failure["law"] == broken.get("type"))
    assert broken.get("message") == first["message"]
    lines = (broken.text or "").splitlines()
    assert lines[-2] == f"replay: stakespec replay {first['file']} --protocol forgiving:FORK"
    assert lines[-1] == f"repeat: {first['repeat']}"
    assert len(lines) == len(first["transactions"]) + 2


def test_sarif_points_at_the_code_of_the_fork(folder: Path, report: Any) -> None:
    # No package here ships the schema of SARIF, so this is a check of what must be there.
    log = json.loads((folder / "out.sarif").read_text())
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert rules == {law["id"] for law in report["laws"]}
    assert len(run["results"]) == len(report["failures"]) > 0
    line = FORK.splitlines().index("def forgive(protocol, state, offence):") + 1
    for result in run["results"]:
        assert result["ruleId"] in rules
        assert result["level"] == "error"
        assert result["message"]["text"]
        [location] = result["locations"]
        assert location["physicalLocation"] == {
            "artifactLocation": {"uri": "forgiving.py"},
            "region": {"startLine": line},
        }


def test_annotations_are_one_line_each_beside_the_code(folder: Path, report: Any) -> None:
    lines = (folder / "annotations").read_text().splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == len(report["failures"])
    assert all(line.startswith("::error file=forgiving.py,line=") for line in errors)
    assert all("%0Areplay: stakespec replay " in line for line in errors)


def test_where_all_holds_there_are_files_and_no_annotations(tmp_path: Path) -> None:
    xml, sarif = tmp_path / "out.xml", tmp_path / "out.sarif"
    files = ("--junit", xml, "--sarif", sarif, "--github", "-o", tmp_path / "found")
    ended = stakespec(*WORDS, "--runs", 1, *files)
    assert ended.exit_code in (0, 3), ended.output
    assert "::error" not in ended.stderr
    assert json.loads(sarif.read_text())["runs"][0]["results"] == []
    assert ElementTree.parse(xml).getroot()[0].get("failures") == "0"


@pytest.mark.parametrize("option", ["--junit", "--sarif"])
def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    option: str, tmp_path: Path
) -> None:
    place = tmp_path / "nowhere" / "out"
    assert (
        refusal(stakespec("check", option, place)) == f"{option} {place}: there is no such folder"
    )
