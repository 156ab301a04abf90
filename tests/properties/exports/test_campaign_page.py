"""The page of a campaign: the numbers that its files have, and what a browser shows of it."""

import json
from pathlib import Path

import attrs
import pytest

from properties.campaign.account import Account
from properties.campaign.effort import Effort
from properties.campaign.folder import Folder
from properties.exports.line_chart import line_chart
from tests.properties.cli.commands import stakespec
from tests.properties.exports.browser import Shown, show

pytestmark = pytest.mark.xdist_group("campaign page")


def campaign_of(path: Path, protocol: str) -> Path:
    """Run a short campaign."""
    short = ("--shards", 3, "--steps", 250, "--workers", 1, "--seed", 1)
    stakespec("campaign", "run", path, "--protocol", protocol, *short)
    return path


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return campaign_of(tmp_path_factory.mktemp("broken") / "c", "properties.mutants:S9")


def page_of(campaign: Path, code: int) -> str:
    """Write the page beside a campaign, and read it."""
    file = campaign.parent / "report.html"
    outcome = stakespec("campaign", "report", campaign, "-o", file)
    assert outcome.exit_code == code, outcome.output
    return file.read_text()


def rows_under(page: Shown, first: str) -> list[list[str]]:
    """Return the rows of the table whose first heading is this one."""
    place = next(place for place, row in enumerate(page.cells) if row[:1] == [first])
    width = len(page.cells[place])
    rows = []
    for row in page.cells[place + 1 :]:
        if len(row) != width or row[0] in ("law", "transaction", "witness", "result"):
            break
        rows.append(row)
    return rows


def test_a_page_has_the_numbers_of_the_results(broken: Path) -> None:
    page = Shown(page_of(broken, 1))
    account = Account()
    account.read(Folder(broken))
    laws = {row[0]: row for row in rows_under(page, "law")}
    assert {law: int(row[2].replace(",", "")) for law, row in laws.items()} == {
        law: account.judged[law] for law in laws
    }
    assert laws["ACC-1"][4] == "refuted"
    assert laws["ACC-2"][4] == "held"
    rules = {row[0]: row for row in rows_under(page, "transaction")}
    assert int(rules["Delegate"][1].replace(",", "")) == account.accepted["Delegate"]
    assert int(rules["Delegate"][2].replace(",", "")) == account.rejected["Delegate"].total()
    assert f"{account.drawn:,}" in page.words
    assert len(rows_under(page, "result")) == 3
    assert "churn" in {row[0] for row in rows_under(page, "witness")}


def test_the_shortest_of_each_kind_is_told_and_the_others_are_named(broken: Path) -> None:
    page = page_of(broken, 1)
    shown = Shown(page)
    failures = sorted((broken / "failures").iterdir())
    kinds = {
        (law["law"], law["transactions"][-1]["type"])
        for law in (json.loads(file.read_text()) for file in failures)
    }
    assert len(shown.having("details", "failure")) == len(kinds)
    assert all(f"{file}" in page for file in failures)
    assert "breaks ACC-1" in page


def test_a_page_needs_nothing_else(broken: Path) -> None:
    page = page_of(broken, 1)
    for loaded in ("<script", "<link", "<img", "url(", "http:", "https:", "@import"):
        assert loaded not in page


def test_times_that_are_not_known_are_not_made_up(broken: Path, tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    assert stakespec("campaign", "merge", broken, "-o", merged).exit_code == 0
    assert "seconds of processor time" in page_of(merged, 1)
    for file in (merged / "efforts").iterdir():
        file.unlink()
    page = page_of(merged, 1)
    assert "It is not known how long any shard took." in page
    assert "seconds of processor time" not in page


@pytest.mark.parametrize("text", ["", "{}", '{"format": "stakespec/effort/1"}', "[]"])
def test_an_effort_that_is_none_is_named(broken: Path, tmp_path: Path, text: str) -> None:
    merged = tmp_path / "merged"
    stakespec("campaign", "merge", broken, "-o", merged)
    file = sorted((merged / "efforts").iterdir())[0]
    file.write_text(text)
    outcome = stakespec("campaign", "report", merged, "-o", tmp_path / "report.html")
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(f"error: {file}: ")
    assert not (tmp_path / "report.html").exists()


def test_of_two_efforts_of_a_shard_one_stays_in_whatever_order(
    broken: Path, tmp_path: Path
) -> None:
    slower = tmp_path / "slower"
    stakespec("campaign", "merge", broken, "-o", slower)
    for file in (slower / "efforts").iterdir():
        document = {name: held for name, held in json.loads(file.read_text()).items()}
        del document["format"]
        effort = Effort.of(document)
        file.write_text(attrs.evolve(effort, milliseconds=effort.milliseconds + 7).to_text())
    merged: list[Path] = []
    for order in ((broken, slower), (slower, broken), (slower, broken, slower)):
        merged.append(tmp_path / str(len(merged)))
        stakespec("campaign", "merge", *order, "-o", merged[-1])
    texts = [
        {file.name: file.read_text() for file in (path / "efforts").iterdir()} for path in merged
    ]
    assert texts[0] == texts[1] == texts[2]


def test_an_empty_campaign_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    campaign = campaign_of(tmp_path / "c", "statemachine:PROTOCOL")
    for file in (campaign / "shards").iterdir():
        file.unlink()
    page = page_of(campaign, 4)
    assert "No shard has a result yet." in page
    assert "UNDETERMINED" in page


def test_a_line_rises_from_nothing_to_its_last_point() -> None:
    drawn = str(line_chart("Cells", [(1_000, 5), (4_000, 9)], "cells", "seconds", 1_000))
    assert 'd="M0 1000 H 250.00 V 500 H 1000.00 V 100"' in drawn
    assert [label in drawn for label in (">0<", ">4<", ">10<", ">6<")] == [True] * 4


@pytest.mark.parametrize(("width", "dark"), [(360, False), (360, True), (1_200, False)])
def test_a_browser_shows_it_whole_and_legible(broken: Path, width: int, dark: bool) -> None:
    seen = show(page_of(broken, 1), width, dark).measured
    assert seen["across"] <= width, "the page can be scrolled sideways"
    assert seen["beyond"] == []
    assert seen["smallest"] >= 11
    assert seen["contrast"] >= 4.5
