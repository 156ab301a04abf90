"""Campaigns on Dask: a real scheduler and real workers, which are lost, differ or go away."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from properties.campaign.folder import Folder
from tests.properties.campaign.test_campaign import contents
from tests.properties.cli.commands import command, environment

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.timeout(300)]

RIGHT = "from statemachine import PROTOCOL as FORK\n"

SHARDS = int(os.environ.get("STAKESPEC_CLUSTER_SHARDS", "10"))

ROUND = ("--protocol", "my_fork:FORK", "--seed", "1", "--shards", str(SHARDS), "--steps", "60")

Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start commands, each in a group of its own; all are killed in the end."""
    pytest.importorskip("distributed", reason="Dask Distributed is not installed")
    processes: list[Process] = []

    def started(folder: Path, *words: object) -> Process:
        process = subprocess.Popen(
            [*map(str, words)],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        kill(process)


def kill(process: Process) -> None:
    """Kill a command and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def folder_with_fork(path: Path, text: str = RIGHT) -> Path:
    path.mkdir()
    (path / "my_fork.py").write_text(text)
    return path


def scheduler(start: Start, folder: Path) -> tuple[Process, str]:
    """A scheduler on loopback, and its address."""
    file = folder / "address"
    dask = (sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0")
    process = start(folder, *dask, "--no-dashboard", "--scheduler-file", file)
    wait_for(file.exists, process)
    return process, f"tcp://{_port_of(file)}"


def _port_of(file: Path) -> str:
    while True:
        try:
            return str(json.loads(file.read_text())["address"]).removeprefix("tcp://")
        except ValueError:
            time.sleep(0.05)


def worker(start: Start, folder: Path, address: str) -> Process:
    dask = (sys.executable, "-m", "dask", "worker", address, "--nthreads", "1")
    return start(folder, *dask, "--no-dashboard", "--host", "127.0.0.1")


def wait_for(happened: Callable[[], object], *alive: Process) -> None:
    until = time.monotonic() + 60
    while not happened():
        for process in alive:
            assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)


def run(start: Start, folder: Path, *words: str) -> Process:
    return start(folder, *command("campaign", "run", "c", *ROUND, *words))


def results(folder: Path) -> int:
    return len(list((folder / "c" / "shards").glob("*.json")))


def ended(process: Process, code: int) -> str:
    out, err = process.communicate(timeout=200)
    assert process.returncode == code, out + err
    assert "Traceback" not in out, out
    return err


def test_a_worker_lost_in_the_middle_changes_no_byte(tmp_path: Path, start: Start) -> None:
    alone = folder_with_fork(tmp_path / "alone")
    ended(run(start, alone, "--workers", "1"), 0)
    together = folder_with_fork(tmp_path / "together")
    _, address = scheduler(start, tmp_path)
    hands = [worker(start, together, address) for _ in range(2)]
    campaign = run(start, together, "--scheduler", address)
    wait_for(lambda: results(together) >= 2, campaign)
    kill(hands[0])
    ended(campaign, 0)
    assert results(together) == SHARDS
    assert contents(Folder(together / "c")) == contents(Folder(alone / "c"))


def test_workers_of_another_version_are_refused(tmp_path: Path, start: Start) -> None:
    ours = folder_with_fork(tmp_path / "ours")
    theirs = folder_with_fork(tmp_path / "theirs", RIGHT + "# newer\n")
    _, address = scheduler(start, tmp_path)
    complaint = ended(run(start, ours, "--scheduler", address), 2)
    assert "it has no workers; start some with dask worker" in complaint
    worker(start, theirs, address)
    complaint = ended(run(start, ours, "--scheduler", address), 2)
    assert "has another version of stakespec or of my_fork:FORK; install the same" in complaint
    assert results(ours) == 0


def test_a_scheduler_that_goes_away_leaves_the_rest_for_later(tmp_path: Path, start: Start) -> None:
    folder = folder_with_fork(tmp_path / "folder")
    process, address = scheduler(start, tmp_path)
    worker(start, folder, address)
    campaign = run(start, folder, "--scheduler", address)
    wait_for(lambda: results(folder) >= 1, campaign)
    kill(process)
    ended(campaign, 4)
    assert 1 <= results(folder) < SHARDS
    ended(start(folder, *command("campaign", "resume", "c", "--workers", "2")), 0)
    assert results(folder) == SHARDS


def test_a_campaign_that_is_cancelled_goes_on_later(tmp_path: Path, start: Start) -> None:
    folder = folder_with_fork(tmp_path / "folder")
    campaign = run(start, folder, "--scheduler", "local", "--workers", "1")
    wait_for(lambda: results(folder) >= 1, campaign)
    os.kill(campaign.pid, signal.SIGINT)
    ended(campaign, 4)
    assert 1 <= results(folder) < SHARDS
    ended(start(folder, *command("campaign", "resume", "c", "--scheduler", "local")), 0)


def test_an_address_without_a_scheduler_is_refused(tmp_path: Path, start: Start) -> None:
    folder = folder_with_fork(tmp_path / "folder")
    for address in ("tcp://127.0.0.1:9", "tcp://127.0.0.1:notaport"):
        complaint = ended(run(start, folder, "--scheduler", address), 2)
        assert f"--scheduler {address}: no scheduler answers there" in complaint
        assert "Traceback" not in complaint
