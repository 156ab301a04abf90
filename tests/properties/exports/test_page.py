"""The page of a counterexample: what it says, and what a browser shows of it."""

import itertools
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from properties.exports.chart import chart
from properties.exports.page import LONGEST_TABLE, LONGEST_UNFOLDED, as_page
from properties.exports.pots import POTS
from properties.exports.retelling import Retelling, retell
from properties.laws import Violation, law_by_id
from properties.model.protocols import load_protocol
from properties.mutants import MUTANTS
from properties.trace.counterexample import Counterexample
from properties.trace.run import Run, Start
from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    GenesisAccount,
    Params,
    ProduceBlock,
    Transfer,
    Undelegate,
    evolve,
)
from tests.properties.cli.commands import stakespec, write_counterexample
from tests.properties.exports.browser import Shown, show
from tests.properties.laws.violations_of_forks import accuse
from tests.statemachine.worlds import ANNA, BEN, CARA, DORA, EMIL, described, elected, votes, world

STORY = (
    Transfer(DORA, EMIL, 1),
    Transfer(DORA, EMIL, 10_000),
    Delegate(DORA, ANNA, 500),
)
"""The second is refused, and the third breaks ACC-1 under mutant S9."""

SIZES = [(360, False), (360, True), (1_200, False), (1_200, True)]


def told(start: Start, transactions: tuple[Any, ...], path: str = "properties.mutants:S9") -> str:
    """Return the page of a counterexample, as the command would make it."""
    return as_page(retold(start, transactions, path))


def retold(
    start: Start, transactions: tuple[Any, ...], path: str = "properties.mutants:S9"
) -> Retelling:
    protocol = load_protocol(path)
    run = Run.start(protocol, start)
    run.submit_all(transactions)
    law = run.violations[0].law if run.violations else "ACC-1"
    example = Counterexample(path, law, "as it was", "by hand", start, transactions)
    return retell(protocol, example, run.violations)


def final_epochs() -> tuple[Any, ...]:
    """Return transactions after which epoch 1 is final."""
    state = world()
    txs: list[Any] = []
    for slot in range(1, 9):
        txs.append(ProduceBlock(slot, elected(state, slot) or ANNA, bytes(32)))
        state = PROTOCOL.apply(state, txs[-1])
    for source, target in ((0, 1), (1, 2)):
        txs.append(votes(state, source, target, ANNA, BEN, CARA))
        state = PROTOCOL.apply(state, txs[-1])
    assert state.finality.finalised.epoch == 1
    return tuple(txs)


def most() -> tuple[Genesis, tuple[Any, ...]]:
    """Return a story with the largest amounts that there can be."""
    all_of_it = 2**128 - 1
    start = evolve(
        described(), accounts=(GenesisAccount(DORA, all_of_it - 3_000),), params=Params()
    )
    return start, (Transfer(DORA, EMIL, all_of_it // 3), Transfer(EMIL, DORA, all_of_it // 7))


def plain(page: str) -> Shown:
    """Read a page without a browser."""
    return Shown(page)


def columns(path: str) -> int:
    """Return over how many columns an edge of a drawn shape goes."""
    return len(re.findall(r"H", path))


def table_of(page: Shown) -> dict[str, list[str]]:
    """Return the rows of the table of pots by their headings."""
    first = next(place for place, row in enumerate(page.cells) if row[:1] == ["after"])
    rows = {page.cells[first][0]: page.cells[first][1:]}
    for row in page.cells[first + 1 :]:
        if row[0] != "start" and not re.match(r"\d+\. ", row[0]):
            break
        rows[row[0]] = row[1:]
    return rows


@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_a_browser_shows_it_whole_and_legible(width: int, dark: bool) -> None:
    page = show(told(described(), STORY), width, dark)
    seen = page.measured
    assert seen["window"] == width
    assert seen["across"] <= width, "the page can be scrolled sideways"
    assert seen["beyond"] == []
    assert seen["smallest"] >= 11
    assert seen["contrast"] >= 4.5
    assert seen["paper"] == ("rgb(15, 20, 25)" if dark else "rgb(255, 255, 255)")


@pytest.mark.parametrize("width", [360, 1_200])
def test_a_browser_draws_what_is_in_each_pot(width: int) -> None:
    page = show(told(described(), STORY), width)
    seen = page.measured
    plot = seen["plot"][0]
    height = plot["bottom"] - plot["top"]
    areas = {area["name"]: area for area in seen["areas"]}
    assert list(areas) == [*POTS, "expected"]
    # The highest mark on the scale is 50,000: the last column holds 48,500 of them.
    for name, most_at, least_at in (("bonded", 3_500, 0), ("accounts", 48_500, 3_000)):
        area = areas[name]
        assert area["left"] == pytest.approx(plot["left"], abs=1)
        assert area["right"] == pytest.approx(plot["right"], abs=1)
        assert plot["bottom"] - area["top"] == pytest.approx(height * most_at / 50_000, abs=1)
        assert plot["bottom"] - area["bottom"] == pytest.approx(height * least_at / 50_000, abs=1)
    line = areas["expected"]
    assert plot["bottom"] - line["top"] == pytest.approx(height * 48_000 / 50_000, abs=1)
    assert len({area["fill"] for area in seen["areas"][:-1]}) == len(POTS)
    assert all(mark["bottom"] - mark["top"] >= 0 for mark in seen["singles"])
    assert len(seen["singles"]) == len(POTS)


@pytest.mark.parametrize("width", [360, 1_200])
@pytest.mark.parametrize("count", [1, 7, 60])
def test_a_browser_shows_labels_that_do_not_overlap(width: int, count: int) -> None:
    txs = tuple(Transfer(DORA, EMIL, 1) for _ in range(count))
    page = show(told(described(), txs), width)
    along = page.measured["along"]
    assert len(along) >= min(count + 1, 5)
    for label, following in itertools.pairwise(along):
        assert label["right"] <= following["left"]
    up = page.measured["up"]
    assert len(up) >= 3
    for label, following in itertools.pairwise(up):
        assert following["bottom"] <= label["top"] + 1
    assert min(label["left"] for label in up) >= 0


@pytest.mark.parametrize("width", [360, 1_200])
def test_a_browser_shows_the_largest_amounts(width: int) -> None:
    page = show(told(*most(), "statemachine:PROTOCOL"), width)
    assert page.measured["across"] <= width
    assert page.measured["beyond"] == []
    rows = table_of(page)
    assert rows["start"][list(POTS).index("accounts")] == f"{2**128 - 1 - 3_000:,}"


@pytest.mark.parametrize("width", [360, 1_200])
def test_a_browser_breaks_words_that_are_too_long(width: int) -> None:
    retelling = retold(described(), STORY)
    told_at_length = Violation("ACC-1", "0x" + "ab" * 300)
    page = show(as_page(attrs.evolve(retelling, violations=(told_at_length,))), width)
    assert page.measured["across"] <= width
    assert page.measured["beyond"] == []


def test_a_browser_shows_the_same_numbers_as_the_states_have() -> None:
    retelling = retold(described(), STORY)
    page = show(as_page(retelling), 1_200)
    paths = page.having("path", "bonded")
    states = retelling.branches[0].states
    assert columns(paths[0]["d"] or "") == 2 * len(states)
    rows = table_of(page)
    assert list(rows) == ["after", "start", "1. Transfer", "2. Transfer", "3. Delegate"]
    assert rows["after"] == [*POTS, "together", "should be"]
    for row, state in zip(list(rows.values())[1:], states, strict=True):
        assert row[:-2] == [f"{pot(state):,}" for pot in POTS.values()]
    assert rows["3. Delegate"][-2:] == ["48,500", "48,000"]


def test_the_law_and_how_it_was_broken_are_on_top() -> None:
    page = plain(told(described(), STORY))
    top = page.words[: page.words.index("Start")]
    assert "ACC-1 conservation is broken by Delegate" in top
    assert "pots 48,500, expected 48,000: 500 created" in top
    assert law_by_id("ACC-1").statement in top
    assert "properties.mutants:S9" in top
    assert "3, of them 1 rejected" in top


def test_every_step_is_there_with_its_events_and_differences() -> None:
    page = plain(told(described(), STORY))
    assert "1. Transfer" in page.words and "3. Delegate" in page.words
    assert "Rejected: insufficient_balance: needed 10000, available 9999" in page.words
    assert "Transferred(sender 0x04040404, recipient 0x05050505, amount 1)" in page.words
    assert ["accounts[0x04040404]", "10,000", "9,999 (-1)"] in page.cells
    assert ["pots.bonded", "3,000", "3,500 (+500)"] in page.cells
    assert len(page.having("article", "step")) == 3
    assert len(page.having("article", "broken")) == 1


def test_the_start_is_there() -> None:
    page = plain(told(described(), STORY))
    assert ["0x01010101", "active", "1,000", "0", "1,000", "0 bps"] in page.cells
    assert ["0x04040404", "10,000"] in page.cells
    assert ["epoch_length", "4"] in page.cells


def test_what_holds_now_is_said_to_hold() -> None:
    page = plain(told(described(), STORY, "statemachine:PROTOCOL"))
    assert "ACC-1 conservation holds" in page.words
    assert "once broken: as it was" in page.words
    assert page.having("header", "broken") == page.having("article", "broken") == []


def test_another_law_than_the_file_says_is_told() -> None:
    retelling = retold(described(), STORY)
    package = attrs.evolve(retelling.package, law="TIM-1")
    page = plain(as_page(attrs.evolve(retelling, package=package)))
    assert "ACC-1 conservation is broken by Delegate" in page.words
    assert "TIM-1: as it was" in page.words


def test_justified_and_final_epochs_are_there_when_finality_moves() -> None:
    page = plain(told(described(), final_epochs(), "statemachine:PROTOCOL"))
    rows = table_of(page)
    assert rows["after"][:2] == ["justified epoch", "final epoch"]
    assert [row[:2] for row in rows.values()][-3:] == [["0", "0"], ["1", "0"], ["2", "1"]]
    assert {row[-2] == row[-1] for row in list(rows.values())[1:]} == {True}
    assert rows["start"][-1] != [*rows.values()][-1][-1], "rewards are issued"
    badges = ["justified 0 → 1", "justified 1 → 2", "final 0 → 1"]
    assert all(badge in page.words for badge in badges)
    assert "finality.votes[0 to 1, 0x01010101]" in page.words
    still = plain(told(described(), STORY, "statemachine:PROTOCOL"))
    assert "final epoch" not in still.words


def two_chains(**changes: Any) -> Counterexample:
    """Return a counterexample of two chains that share their first transaction."""
    example = Counterexample(
        "statemachine:PROTOCOL", "ACC-1", "as it was", "by hand", described(), STORY[:2]
    )
    branch = (STORY[0], Delegate(EMIL, BEN, 7))
    return attrs.evolve(example, other=branch, honest=(ANNA,), **changes)


def test_both_chains_are_there_where_there_are_two() -> None:
    page = plain(as_page(retell(PROTOCOL, two_chains(), [Violation("ACC-1", "they differ")])))
    assert "ACC-1 conservation is broken on two chains" in page.words
    for title in ("Steps on both chains", "Stake by pot on chain 1", "Steps on chain 2"):
        assert title in page.words
    assert page.cells.count(["accounts[0x04040404]", "10,000", "9,999 (-1)"]) == 1
    assert ["accounts[0x05050505]", "10,001", "9,994 (-7)"] in page.cells
    assert len(page.having("figure", "chart")) == 2
    assert len(page.having("article", "step")) == 3
    assert page.words.count("2. Transfer") == page.words.count("2. Delegate") > 1


def test_a_law_broken_on_one_of_two_chains_does_not_end_its_story() -> None:
    protocol = load_protocol("properties.mutants:S9")
    chain = (*STORY, Transfer(EMIL, DORA, 1))
    page = plain(as_page(retell(protocol, two_chains(transactions=chain), [])))
    assert "4. Transfer" in page.words


def test_no_text_is_taken_for_markup() -> None:
    awkward = "<script>alert('1')</script>&amp;\"<!--"
    start = evolve(described(), chain_id="</style><b>&lt;")
    example = Counterexample("statemachine:PROTOCOL", "ACC-1", awkward, awkward, start, STORY[:1])
    text = as_page(retell(PROTOCOL, example, [Violation("ACC-1", awkward)]))
    page = plain(text)
    assert {"script", "b", "style"} & {tag for tag, _ in page.elements} == {"style"}
    assert page.words.count(awkward) == 3
    assert "</style><b>&lt;" in page.words


def test_it_needs_nothing_from_elsewhere() -> None:
    text = told(described(), STORY)
    page = plain(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base"}
    named = {key for _, attributes in page.elements for key in attributes}
    assert not named & {"src", "href", "srcset", "action", "onload", "onclick"}
    assert "url(" not in text and "@import" not in text and "http" not in text


def test_those_who_hear_it_get_names_and_tables() -> None:
    page = plain(told(described(), STORY))
    drawings = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert len(drawings) == 1 + len(POTS)
    assert all(drawing["role"] == "img" for drawing in drawings)
    assert page.words.count("Stake by pot after each transaction") == 1
    assert ("html", {"lang": "en"}) in page.elements
    scrolled = page.having("div", "scroll")
    assert all(box["tabindex"] == "0" and box["aria-label"] for box in scrolled)
    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    assert all(head["scope"] in ("col", "row") for head in heads)


def test_all_that_is_opened_is_closed_in_order() -> None:
    open_elements: list[str] = []
    text = re.sub(r"<style>.*?</style>", "", told(described(), STORY), flags=re.DOTALL)
    for end, name, lone in re.findall(r"<(/?)([a-z0-9]+)[^>]*?(/?)>", text):
        if end:
            assert open_elements.pop() == name
        elif not lone and name != "wbr":
            open_elements.append(name)
    assert open_elements == []


def test_long_tables_are_cut_and_long_stories_folded() -> None:
    accounts = tuple(
        GenesisAccount(number.to_bytes(20, "big"), 5) for number in range(1, LONGEST_TABLE + 20)
    )
    first = accounts[0].address
    txs = tuple(Transfer(first, first, 1) for _ in range(LONGEST_UNFOLDED + 1))
    start = Genesis("crowd", Params(), accounts, (), ())
    page = plain(told(start, txs, "statemachine:PROTOCOL"))
    assert f"the first {LONGEST_TABLE} of {len(accounts)}" in page.words
    assert sum(row[1:] == ["5"] for row in page.cells) == LONGEST_TABLE
    assert not any("open" in attributes for tag, attributes in page.elements if tag == "details")


def test_a_story_without_transactions_has_a_chart_of_one_column() -> None:
    page = plain(told(described(), (), "statemachine:PROTOCOL"))
    assert columns(page.having("path", "accounts")[0]["d"] or "") == 2
    assert "There are none." in page.words


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_no_mutant_leads_to_a_story_that_cannot_be_shown(mutant: Any) -> None:
    path = f"properties.mutants:{mutant.id}"
    txs = (*STORY, Undelegate(ANNA, ANNA, 1), accuse(ANNA, 0), *final_epochs())
    assert "</html>" in told(described(), txs, path)


def test_the_command_writes_it_whole(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    outcome = stakespec("replay", write_counterexample(tmp_path, transactions=STORY), "--html", out)
    assert outcome.exit_code == 1
    assert outcome.stdout.endswith(f"written to {out}\n")
    text = out.read_text(encoding="utf-8")
    assert text.startswith('<!doctype html>\n<html lang="en">') and text.endswith("</html>\n")
    assert "500 created by Delegate" in text


def test_a_chart_is_the_same_every_time() -> None:
    branch = retold(described(), STORY).branches[0]
    assert chart(branch, "title", True) == chart(branch, "title", True)
