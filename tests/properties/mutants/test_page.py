"""What specs/properties.md says of laws and mutants is so."""

import json
from pathlib import Path

import pytest

from properties.engines.registry import ENGINES
from properties.laws import LAWS
from properties.mutants import CATALOGUE, EQUIVALENTS, MUTANTS
from properties.mutants.canary import CANARY
from properties.mutants.page import (
    MEASURED,
    PAGE,
    PART,
    PARTS,
    UNBROKEN,
    Report,
    main,
    remade,
    trimmed,
)
from properties.mutants.rows import NO_FORK, ROWS, mutants_of

SPECS = Path(__file__).resolve().parents[3] / "specs"


@pytest.fixture(scope="module")
def report() -> Report:
    measured: Report = json.loads((SPECS / MEASURED).read_text())
    return measured


def test_the_page_is_what_is_made_from_the_code_and_the_measurement(report: Report) -> None:
    page = (SPECS / PAGE).read_text()
    assert remade(page, report) == page, "run python -m properties.mutants.page specs"
    assert {match["name"] for match in PART.finditer(page)} == set(PARTS)


def test_the_measurement_is_of_these_mutants_and_these_engines(report: Report) -> None:
    assert [mutant["id"] for mutant in report["mutants"]] == [mutant.id for mutant in CATALOGUE]
    assert list(report["units"]) == [engine.name for engine in ENGINES]


def test_every_mutant_was_caught_by_a_law_that_names_it(report: Report) -> None:
    looks = {mutant["id"]: mutant["engines"].values() for mutant in report["mutants"]}
    for mutant in MUTANTS:
        assert any(look.get("law") in mutant.laws for look in looks[mutant.id]), mutant.id


def test_no_equivalent_fork_was_refuted_and_every_engine_found_the_canary(report: Report) -> None:
    looks = {mutant["id"]: mutant["engines"] for mutant in report["mutants"]}
    for mutant in EQUIVALENTS:
        assert not any(look["caught"] for look in looks[mutant.id].values())
    assert set(looks[CANARY.id]) == {engine.name for engine in ENGINES}
    assert all(look["named"] for look in looks[CANARY.id].values())


def test_every_law_has_its_line_with_its_statement() -> None:
    page = (SPECS / PAGE).read_text()
    for law in LAWS:
        assert f"| {law.id} | {law.check.looks_at} | **{law.name}.** {law.statement} |" in page


def test_every_law_was_broken_by_a_mutant_or_says_why_none_can(report: Report) -> None:
    looks = [mutant["engines"].values() for mutant in report["mutants"]]
    broken = {look.get("law") for of_mutant in looks for look in of_mutant}
    for law in LAWS:
        assert (law.id in broken) != (law.id in UNBROKEN), law.id
    assert list(UNBROKEN) == ["ACC-8"]


def test_every_row_has_mutants_or_a_reason_why_none_can_be() -> None:
    for row in ROWS:
        assert bool(mutants_of(row)) != (row in NO_FORK), row
    assert len(ROWS) == 34
    assert len(NO_FORK) == 3
    assert {row for mutant in MUTANTS for row in mutant.rows if row[0] == "B"} <= set(ROWS)


def test_a_page_is_made_anew_from_a_report(tmp_path: Path, report: Report) -> None:
    (tmp_path / PAGE).write_text("before\n<!-- made: alone -->\nold\n<!-- end -->\nafter\n")
    changed = {**report, "units": {"walk": "steps"}}
    (tmp_path / "report.json").write_text(json.dumps(changed))
    main(str(tmp_path), str(tmp_path / "report.json"))
    page = (tmp_path / PAGE).read_text()
    assert page.startswith("before\n<!-- made: alone -->\n\n| engine | catches |")
    assert "old" not in page
    assert page.endswith("\n<!-- end -->\nafter\n")
    kept = json.loads((tmp_path / MEASURED).read_text())
    assert json.loads(trimmed(kept)) == kept
