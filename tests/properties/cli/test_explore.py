"""`stakespec explore` as its user sees it."""

import itertools
import json
import re
import signal
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from properties.engines.explore import WORLDS
from properties.trace.counterexample import Counterexample
from tests.properties.cli.commands import (
    command,
    environment,
    refusal,
    stakespec,
    started,
    usage_error,
    widest,
)


def test_a_world_that_holds_exits_with_0_and_says_how_much_was_seen() -> None:
    outcome = stakespec("explore", "finality-4", "--workers", 1)
    assert outcome.exit_code == 0
    first, second = outcome.stdout.splitlines()
    assert first == "finality-4: held (exhausted: 320 states, depth 16)"
    assert re.fullmatch(
        r"   1,276 transitions, 3,506 rejected; [0-9.]+ s, [0-9,]+ states a second", second
    )


def test_unfolded_there_are_more_states() -> None:
    outcome = stakespec("explore", "finality-4", "--workers", 1, "--unfolded", "--law", "SAF-1")
    assert outcome.exit_code == 0
    assert "held (exhausted: 8,281 states, depth 16)" in outcome.stdout
    assert "unfolded" in outcome.stdout


@pytest.mark.parametrize(
    ("argv", "verdict"),
    [
        (["--states", "100"], "undetermined (100 states are seen: 100 states, depth 3)"),
        (["--seconds", "0.1"], "undetermined (0.1 seconds are over: "),
    ],
)
def test_a_budget_that_ends_first_exits_with_4(argv: list[str], verdict: str) -> None:
    outcome = stakespec("explore", "finality-4", "finality-skip", "--workers", 1, *argv)
    assert outcome.exit_code == 4
    assert f"finality-skip: {verdict}" in outcome.stdout


def test_a_depth_bounds_the_search() -> None:
    outcome = stakespec("explore", "staking", "--depth", 2, "--workers", 1)
    assert outcome.exit_code == 0
    assert "staking: held (exhausted: 20 states, depth 2)" in outcome.stdout


def test_a_mistake_is_refuted_told_and_written_down(tmp_path: Path) -> None:
    file = tmp_path / "ORA-2-Accuse.json"
    argv = ("--protocol", "properties.mutants:S5", "--workers", 1, "-o", tmp_path)
    outcome = stakespec("explore", "staking", *argv)
    assert outcome.exit_code == 1
    assert outcome.stdout.startswith("staking: refuted ORA-2 (")
    assert "\n4. Accuse(" in outcome.stdout
    assert outcome.stdout.endswith(f"see it again with: stakespec replay {file}\n")
    assert widest(outcome.stdout[: outcome.stdout.index("written to")]) <= 80
    package = Counterexample.from_text(file.read_text())
    assert (package.law, package.found_by) == ("ORA-2", "explore staking, depth 4")
    replayed = stakespec("replay", file)
    assert replayed.exit_code == 1
    assert "ORA-2" in replayed.stdout


def test_two_chains_that_break_safety_can_be_replayed(tmp_path: Path) -> None:
    file = tmp_path / "SAF-1-CastVotes.json"
    options = ("--law", "SAF-1", "--workers", 1, "-o", tmp_path)
    argv = ("--protocol", "properties.mutants:F1", *options)
    outcome = stakespec("explore", "finality-pool", *argv)
    assert outcome.exit_code == 1
    assert outcome.stdout.startswith("finality-pool: refuted SAF-1 (3,437 states, depth 6)\n")
    package = Counterexample.from_text(file.read_text())
    assert package.other is not None
    votes = [tx for tx in (*package.transactions, *package.other) if hasattr(tx, "vote")]
    assert len(votes) == 6
    replayed = stakespec("replay", file)
    assert replayed.exit_code == 1
    assert "SAF-1 accountable safety" in replayed.stdout
    assert stakespec("replay", file, "--protocol", "statemachine:PROTOCOL").exit_code == 0


def test_a_law_of_one_chain_is_replayed_on_that_chain(tmp_path: Path) -> None:
    argv = ("--protocol", "properties.mutants:F3", "--workers", 1, "-o", tmp_path)
    assert stakespec("explore", "finality-pool", *argv).exit_code == 1
    (file,) = tmp_path.iterdir()
    package = Counterexample.from_text(file.read_text())
    assert package.other is None
    assert stakespec("replay", file).exit_code == 1


def test_json_has_these_fields(tmp_path: Path) -> None:
    argv = ("--protocol", "properties.mutants:S9", "--workers", 1, "-o", tmp_path, "--json")
    outcome = stakespec("explore", "finality-4", "staking", "together", *argv)
    assert outcome.exit_code == 1
    document = json.loads(outcome.stdout)
    assert document["protocol"] == "properties.mutants:S9"
    held, refuted = document["worlds"]
    assert list(held) == [
        "world", "verdict", "exit_code", "exhausted", "ended", "states", "transitions",
        "refused", "depth", "depth_bound", "states_by_depth", "folded", "workers", "seconds",
        "states_a_second", "refutation",
    ]  # fmt: skip
    assert (held["world"], held["verdict"], held["exhausted"]) == ("finality-4", "held", True)
    assert sum(held["states_by_depth"]) == held["states"] == 320
    assert refuted["verdict"] == "refuted"
    assert refuted["refutation"]["law"] == "STK-7"
    assert refuted["refutation"]["file"] == str(tmp_path / "STK-7-Delegate.json")


def test_the_list_names_every_world() -> None:
    outcome = stakespec("explore", "--list")
    assert outcome.exit_code == 0
    assert widest(outcome.stdout) <= 80
    assert [line.split()[0] for line in outcome.stdout.splitlines() if line[0] != " "] == [
        "world",
        *(world.name for world in WORLDS),
    ]
    rows = json.loads(stakespec("explore", "--list", "--json").stdout)["worlds"]
    assert [row["name"] for row in rows] == [world.name for world in WORLDS]


class Links(HTMLParser):
    """Everything on a page that leads elsewhere, and how many parts of each kind it has."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere: list[str] = []
        self.parts: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts[tag] = self.parts.get(tag, 0) + 1
        self.elsewhere += [
            f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href", "srcset")
        ]


def test_the_page_draws_states_and_the_way_to_a_broken_law(tmp_path: Path) -> None:
    page = tmp_path / "graph.html"
    argv = ("--protocol", "properties.mutants:E1", "--law", "SAF-1", "--workers", 1)
    outcome = stakespec("explore", "finality-4", *argv, "--html", page, "-o", tmp_path / "found")
    assert outcome.exit_code == 1
    text = page.read_text()
    links = Links()
    links.feed(text)
    assert links.elsewhere == []
    assert "http" not in text
    assert links.parts["svg"] == 1
    assert 80 <= links.parts["circle"] < 100
    # A tree: a line to each state but the first, and a row of the table for each.
    assert links.parts["path"] == links.parts["circle"] - 1
    assert text.count('class="state broken"') == 13
    assert text.count('class="way broken"') == 12
    assert "Red is the way to the broken law" in text
    assert "SAF-1 accountable safety: the checkpoints of epoch 1" in text


def test_a_world_that_fits_is_drawn_whole(tmp_path: Path) -> None:
    page = tmp_path / "graph.html"
    stakespec("explore", "staking", "--depth", 2, "--workers", 1, "--html", page)
    text = page.read_text()
    assert "All states stand here" in text and "staking: held (exhausted: 20 states" in text
    assert text.count('class="state"') == 20
    assert "not drawn" not in text


def test_lines_of_the_tree_do_not_cross(tmp_path: Path) -> None:
    page = tmp_path / "graph.html"
    stakespec("explore", "staking", "--depth", 4, "--workers", 1, "--html", page)
    text = page.read_text()
    assert "80 of" in text and "not drawn" in text
    turns = [
        tuple(map(int, line)) for line in re.findall(r"M (\d+) (\d+) H (\d+) V (\d+) H (\d+)", text)
    ]
    assert len(turns) == 79
    ends = {(x2, y2) for _, _, _, y2, x2 in turns}
    assert len(ends) == 79
    down: dict[int, dict[int, list[int]]] = {}
    for _, y1, turn, y2, _ in turns:
        down.setdefault(turn, {}).setdefault(y1, []).append(y2)
    for column in down.values():
        # Each upright line ends above where the next one begins.
        spans = sorted((top, max(rows)) for top, rows in column.items())
        assert all(low < top for (_, low), (top, _) in itertools.pairwise(spans))


def test_what_cannot_be_used_is_refused() -> None:
    assert refusal(stakespec("explore", "nowhere")).startswith(
        "there is no world 'nowhere'; there are staking, finality-4"
    )
    assert refusal(stakespec("explore", "--html", "x.html")) == (
        "--html draws one world; name a single world"
    )
    assert "names no protocol" in refusal(stakespec("explore", "--protocol", "nothing"))
    assert "there is no law 'X'" in refusal(stakespec("explore", "--law", "X"))
    assert "there is no folder" in refusal(stakespec("explore", "-o", "/nowhere/x"))
    for argv in (("--depth", "-1"), ("--states", "0"), ("--workers", "0"), ("--seconds", "0")):
        assert argv[0] in usage_error(stakespec("explore", *argv))


def test_a_protocol_under_which_a_world_cannot_begin_is_told(tmp_path: Path) -> None:
    (tmp_path / "silent_fork.py").write_text(
        "from statemachine import PROTOCOL\n"
        "FORK = PROTOCOL.fork('silent', elect=lambda state, slot: bytes(20))\n"
    )
    program = command("explore", "finality-4", "--protocol", "silent_fork:FORK", "--workers", "1")
    finished = subprocess.run(
        program, capture_output=True, text=True, cwd=tmp_path, env=environment(), check=False
    )
    assert finished.returncode == 4, finished.stderr
    assert "undetermined (the world cannot begin: " in finished.stdout


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_leaves_a_partial_verdict(tmp_path: Path, workers: int) -> None:
    argv = ("staking", "finality-4", "--depth", 20, "--workers", workers)
    with started(tmp_path, "explore", *argv) as process:
        time.sleep(5)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert output.startswith("staking: undetermined (interrupted: ")
    assert "finality-4" not in output
    assert errors == ""
    assert list(tmp_path.iterdir()) == []
