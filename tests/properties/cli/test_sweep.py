"""`stakespec sweep`: every choice of parameters has a verdict and a price."""

import csv
import json
from pathlib import Path

import pytest

from properties.weighing.grid import Axis, Question
from properties.weighing.prices import PRICES
from tests.properties.cli.commands import stakespec

BRIEF = ("--runs", 1, "--seed", 1)

TWO = ("--set", "evidence_window=2,9", "--set", "unbonding_epochs=3,5")
"""Four cells; with a window of nine epochs, three and five are too few."""


def test_cells_are_in_order_and_refused_ones_say_why(tmp_path: Path) -> None:
    table, page = tmp_path / "cells.csv", tmp_path / "cells.html"
    swept = stakespec("sweep", *TWO, *BRIEF, "--json", "--csv", table, "--page", page)
    assert swept.exit_code == 0, swept.stderr
    document = json.loads(swept.stdout)
    told = [(*cell["settings"].values(), cell["verdict"]) for cell in document["cells"]]
    assert told == [
        ("2", "3", "held"),
        ("2", "5", "held"),
        ("9", "3", "refused"),
        ("9", "5", "refused"),
    ]
    assert "must be at least evidence_window = 9" in document["cells"][3]["refused"]
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["verdict"] for row in rows] == ["held", "held", "refused", "refused"]
    assert rows[3]["refused"] == document["cells"][3]["refused"]
    assert page.read_text().count("<td") >= 4 and "must be at least" in page.read_text()


MOVES = {
    # Longer unbonding keeps people in; a longer span lets votes be later, and finality lag more.
    "leaving": ("unbonding_epochs=2,40", "evidence_window=2"),
    "lag": ("finality_span=1,4", "evidence_window=20"),
    # What is slashed whole leaves nothing to round.
    "dust": ("double_sign_bps=10000,3333", "evidence_window=20"),
    "dilution": ("epoch_reward=10,1000", "evidence_window=20"),
}


@pytest.mark.parametrize("price", sorted(set(PRICES) - {"slashed"}))
def test_prices_move_as_they_should(price: str) -> None:
    axis, window = MOVES[price]
    argv = ("--set", axis, "--set", window, "--price", price, *BRIEF, "--json")
    few, many = (cell["price"] for cell in json.loads(stakespec("sweep", *argv).stdout)["cells"])
    assert few < many


def test_a_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    whole = json.loads(stakespec("sweep", *TWO, *BRIEF, "-o", file, "--json").stdout)
    kept = json.loads(file.read_text())
    assert kept == {key: held for key, held in whole.items() if key != "exit_code"}
    # As if it had been stopped after a cell, and that had come out otherwise.
    kept["cells"] = [{**kept["cells"][0], "price": 3333}]
    file.write_text(json.dumps(kept))
    again = json.loads(stakespec("sweep", *TWO, "--runs", 1, "-o", file, "--json").stdout)
    assert again["cells"][0]["price"] == 3333
    assert again["cells"][1:] == whole["cells"][1:]
    assert again["seed"] == 1


def test_a_file_of_another_sweep_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    stakespec("sweep", "--set", "min_stake=3", *BRIEF, "-o", file)
    before = file.read_text()
    for other, complaint in (
        (("--set", "min_stake=4", "--runs", 1), "has a sweep with another axes"),
        (("--set", "min_stake=3", "--runs", 3), "has a sweep with another runs"),
    ):
        refused = stakespec("sweep", *other, "-o", file)
        assert refused.exit_code == 2 and complaint in refused.stderr
    assert file.read_text() == before
    file.write_text("{}")
    refused = stakespec("sweep", "--set", "min_stake=3", "-o", file)
    assert refused.exit_code == 2 and "is there, and no sweep" in refused.stderr


@pytest.mark.parametrize("stranger", [5, "text", [], [5], {}, {"a": 1}, None, True])
def test_whatever_stands_in_a_file_of_a_sweep_is_read_or_refused(
    stranger: object, tmp_path: Path
) -> None:
    file = tmp_path / "sweep.json"
    question = ("sweep", "--set", "min_stake=3", *BRIEF[:2])
    stakespec(*question, "--seed", 1, "-o", file)
    whole = json.loads(file.read_text())
    changed = [{**whole, name: stranger} for name in whole]
    changed += [{name: held for name, held in whole.items() if name != gone} for gone in whole]
    changed += [
        {**whole, "cells": [{**whole["cells"][0], name: stranger}]} for name in whole["cells"][0]
    ]
    for document in changed:
        file.write_text(json.dumps(document))
        again = stakespec(*question, "-o", file)
        assert again.exit_code in (0, 2), again.stderr
        assert again.exit_code == 0 or "--output" in again.stderr


@pytest.mark.parametrize(
    ("axes", "complaint"),
    [
        (("min_stake",), "'min_stake' is no axis; write NAME=1,3,7"),
        (("min_stake=1,,2",), "is no axis"),
        (("min_stake=1,1",), "has a number twice"),
        (("min_stake=1", "min_stake=2"), "min_stake is an axis twice"),
        (("min_stake=" + ",".join(map(str, range(1, 10_002))),), "10,001 cells; at most 10,000"),
    ],
)
def test_axes_that_are_none_are_refused(axes: tuple[str, ...], complaint: str) -> None:
    options = [word for axis in axes for word in ("--set", axis)]
    refused = stakespec("sweep", *options, *BRIEF)
    assert refused.exit_code == 2
    assert complaint in refused.stderr


def test_a_parameter_that_there_is_none_of_is_refused_in_its_cells() -> None:
    swept = stakespec("sweep", "--set", "nothing=1", *BRIEF)
    assert swept.exit_code == 4
    assert "there is no parameter 'nothing'" in " ".join(swept.stdout.split())


def test_the_last_axis_moves_first() -> None:
    question = Question("x:Y", (Axis.of("a=1,2"), Axis.of("b=3,4")), "lag", 1, 1)
    assert list(question.cells()) == [
        ("a=1", "b=3"),
        ("a=1", "b=4"),
        ("a=2", "b=3"),
        ("a=2", "b=4"),
    ]
