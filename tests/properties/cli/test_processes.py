"""Workers end with the command that started them, however that ends."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.properties.cli.commands import started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PATIENCE_SECONDS = 60.0
"""After this much a test fails; what it waits for takes a moment on a quiet machine."""

LONG = {
    "fuzz": ("fuzz", "--steps", 10_000_000, "--workers", 2, "--seed", 1),
    "check": ("check", "--engine", "walk", "--runs", 1_000_000, "--workers", 2, "--seed", 1),
    "explore": ("explore", "staking", "--depth", 50, "--seconds", 600, "--workers", 2),
    "prove": ("prove", "--rule", "Redelegate", "--workers", 2, "--seconds", 600),
    "mutants": ("mutants", "--only", "EQ1", "--seconds", 600, "--workers", 2),
}
"""Commands that run for minutes, each with two workers."""


def children_of(parent: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    children = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            children.append(int(folder.name))
    return children


def is_running(process: int) -> bool:
    """Say whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(processes: list[int]) -> list[int]:
    """Wait for processes to end; return those that did not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(map(is_running, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [process_id for process_id in processes if is_running(process_id)]


@contextmanager
def at_work(
    folder: Path, argv: tuple[object, ...]
) -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    """Run a command until it has two workers."""
    process = started(folder, *argv)
    try:
        workers: list[int] = []
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(workers) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
            workers = children_of(process.pid)
        assert len(workers) == 2, f"{workers}, exit code {process.poll()}"
        # Workers take a moment to say how they are to end.
        time.sleep(0.5)
        yield process, workers
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", LONG)
def test_a_killed_command_leaves_no_process_behind(name: str, tmp_path: Path) -> None:
    with at_work(tmp_path, LONG[name]) as (process, workers):
        process.send_signal(signal.SIGKILL)
        assert wait_until_gone(workers) == []


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_stopped_command_says_what_it_knows(
    number: signal.Signals, name: str, tmp_path: Path
) -> None:
    with at_work(tmp_path, (*LONG[name], "--json")) as (process, workers):
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 4, errors
        assert "Traceback" not in errors
        assert json.loads(output)
        assert wait_until_gone(workers) == []


def test_a_stopped_search_writes_what_it_has_found(tmp_path: Path) -> None:
    argv = ("fuzz", "--protocol", "properties.mutants:S9", *LONG["fuzz"][1:])
    with at_work(tmp_path, argv) as (process, workers):
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 1, errors
        assert "\nREFUTED " in output
        assert list((tmp_path / "counterexamples").glob("*.json"))
        assert wait_until_gone(workers) == []
