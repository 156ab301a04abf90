"""How fast worlds are explored: pytest tests/benchmarks --benchmark-enable.

Divide the states named in a row by its time. What is left out of a world tells what it costs:
`rules` has no laws, `laws` has no oracle, `all` is what the command does. Memory is measured
in a process of its own: pytest tests/benchmarks/test_explore_benchmark.py -s.
"""

import multiprocessing
import re
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.engines.explore import WORLDS, Budget, Exploration, World, explore
from properties.laws import LAWS, Law, law_by_id
from properties.laws.law import CHECKS_OF_STEPS
from statemachine import PROTOCOL

BY_NAME = {world.name: world for world in WORLDS}

DEPTHS = {"staking": 4, "together": 4, "finality-pool": None, "finality-skip": None}

CHECKED: dict[str, tuple[Law, ...]] = {
    "rules": (),
    "safety": (law_by_id("SAF-1"),),
    "laws": tuple(law for law in LAWS if type(law.check) in CHECKS_OF_STEPS),
    "all": LAWS,
}


def explored(world: World, checked: str, workers: int = 1) -> Exploration:
    """Visit all of a world."""
    outcome = explore(
        world,
        PROTOCOL,
        Budget(workers=workers),
        depth=DEPTHS[world.name],
        laws=CHECKED[checked],
    )
    assert outcome.exhausted
    return outcome


@pytest.mark.parametrize("checked", CHECKED)
@pytest.mark.parametrize("name", ["staking", "together", "finality-pool"])
def test_a_small_world(name: str, checked: str, benchmark: BenchmarkFixture) -> None:
    benchmark.extra_info["states"] = explored(BY_NAME[name], checked).states
    benchmark(explored, BY_NAME[name], checked)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("checked", ["safety", "all"])
def test_a_hundred_thousand_states(checked: str, workers: int, benchmark: BenchmarkFixture) -> None:
    if benchmark.disabled:
        pytest.skip("takes seconds; made with --benchmark-enable")
    world = BY_NAME["finality-skip"]
    outcome = benchmark(explored, world, checked, workers)
    benchmark.extra_info["states"] = outcome.states
    assert outcome.states == 100_024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells")
def test_a_state_takes_few_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    small, large = memory_of(states=20_000), memory_of(states=80_000)
    per_state = (large - small) / 60_000
    with capsys.disabled():
        print(f"\n{per_state:,.0f} bytes a state")
    assert per_state < 2_000


def memory_of(states: int) -> int:
    """Return the most memory that a process needs to see so many states."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(states, theirs))
    process.start()
    taken: int = ours.recv()
    process.join()
    return taken


def _measure(states: int, connection: Connection) -> None:
    outcome = explore(BY_NAME["finality-skip"], PROTOCOL, Budget(states=states), laws=())
    assert outcome.states == states
    # Not what getrusage says: that begins with the process that started this one.
    status = Path("/proc/self/status").read_text()
    connection.send(int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024)
