"""The line that says where long work stands, on a terminal."""

import os
import pty
import re
import subprocess
import threading
from pathlib import Path

import pytest

from properties.cli.progress import Bar, Line
from tests.properties.cli.commands import command, environment, stakespec_in

DEVNET = ("devnet", "--validators", 2, "--epochs", 1, "--epoch-length", 2, "--seed", 1)
PROVE = ("prove", "--rule", "lemma", "--workers", 1)

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def on_terminal(folder: Path, *argv: object) -> list[str]:
    """Run a command on a terminal; return what each line held before each time it was cleared."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*argv),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=environment() | {"TERM": "xterm"},
    )
    os.close(theirs)
    drawn = b""
    while True:
        try:
            piece = os.read(ours, 4_096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        drawn += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0
    lines = re.split(r"\x1b\[2K|\n", drawn.decode())
    return [ESCAPE.sub("", line).replace("\r", "") for line in lines]


def test_rows_never_stand_behind_the_bar(tmp_path: Path) -> None:
    printed = stakespec_in(tmp_path, *DEVNET).stdout.splitlines()
    drawn = on_terminal(tmp_path, *DEVNET)
    assert set(printed) <= set(drawn)
    assert any("1 of " in line for line in drawn if line not in printed)


def test_a_search_says_where_it_stands(tmp_path: Path) -> None:
    drawn = on_terminal(tmp_path, *PROVE)
    assert any("proved or not" in line for line in drawn)
    assert drawn[-1] == ""


def test_nothing_is_drawn_where_there_is_no_terminal(tmp_path: Path) -> None:
    assert stakespec_in(tmp_path, *PROVE).stderr == ""


@pytest.mark.parametrize("kind", [Line, Bar])
def test_no_thread_draws_it(kind: type[Line], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # has rich take standard error for a terminal
    before = threading.active_count()
    with kind() as line:
        assert not line._progress.disable
        line.show("at work")
        assert threading.active_count() == before
