"""What specs/theorems.md says is what the theorems, the laws and the proofs say."""

import importlib
import os
import re
from pathlib import Path

import pytest

from properties.mutants.theorems_page import (
    MUTANTS_HEAD,
    PAGE,
    UNSEEN,
    mutant_row,
    mutants_of_finality,
    proofs,
)

TEXT = (Path(__file__).resolve().parents[3] / "specs" / PAGE).read_text(encoding="utf-8")

OF_FINALITY = {mutant.id: mutant for mutant in mutants_of_finality()}

QUICK = ("S18", "F2b", "F3", "E2", "B25")
"""Planted bugs whose rows are made anew by every test run."""

CHECKED = QUICK if "STAKESPEC_ALL_PROOFS" not in os.environ else tuple(OF_FINALITY)

AGAIN = "run python -m properties.mutants.theorems_page specs"


def test_the_page_tells_of_the_theorems_as_they_are() -> None:
    written, _, _ = TEXT.partition(f"\n{MUTANTS_HEAD}")
    assert written == proofs(), AGAIN
    assert "refuted" not in written
    assert "undetermined" not in written


def test_every_planted_bug_of_finality_has_a_row_that_says_what_it_breaks() -> None:
    rows = [line.split(" | ") for line in TEXT.partition(MUTANTS_HEAD)[2].splitlines()[2:]]
    assert [row[0].removeprefix("| ") for row in rows] == list(OF_FINALITY), AGAIN
    for row in rows:
        broken = row[3]
        assert broken.startswith(("`", "none: ")), row
        assert broken.startswith("none: ") is (row[0].removeprefix("| ") in UNSEEN)


@pytest.mark.parametrize("mutant", CHECKED)
def test_a_row_is_what_the_planted_bug_breaks(mutant: str) -> None:
    assert f"| {' | '.join(mutant_row(OF_FINALITY[mutant]))} |\n" in TEXT, AGAIN


def test_what_computes_a_tie_can_be_imported() -> None:
    places = set(re.findall(r"`(statemachine[.\w]+)`", TEXT))
    assert len(places) >= 10
    for place in places:
        module, _, name = place.rpartition(".")
        assert hasattr(importlib.import_module(module), name), place
