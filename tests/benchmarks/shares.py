"""Where an engine's time goes: `make profile ENGINE=fuzz`.

A sampling profiler looks a thousand times a second at what runs. Each look counts for the part of
the outermost function that belongs to one, so that what a law has the rules do is the law's; the
last column says how much of each part was spent in the rules, maps and records themselves.
"""

from collections import defaultdict
from pathlib import Path

import click
from pyinstrument import Profiler
from pyinstrument.frame import Frame
from rich.console import Console
from rich.table import Table

from properties.cli.engine_option import EngineType
from properties.engines.check import execute
from properties.engines.engine import Engine, Plan
from statemachine import PROTOCOL

INTERVAL = 0.001

LONG = 1e6
"""Seconds that a plan may take: runs are counted instead."""

PARTS = (
    ("properties/laws/application.py", "applying a transaction"),
    ("properties/laws/coverage.py", "counting what was covered"),
    ("properties/laws/leaving.py", "what can follow the end"),
    ("properties/laws/liveness.py", "what can follow the end"),
    ("properties/laws/", "laws"),
    ("properties/oracle/", "the oracle"),
    ("properties/generate/", "drawing"),
    ("properties/model/worlds.py", "drawing"),
    ("properties/trace/shrink", "making failures small"),
    ("properties/engines/explore/identity.py", "telling states apart"),
)
"""The parts of an engine's work, by what its files begin with."""

OWN = "the engine itself"

WAITING = "waiting for other processes"

ROOT = Path(__file__).resolve().parents[2]


def _file(frame: Frame) -> str:
    path = frame.file_path or ""
    return path.removeprefix(f"{ROOT}/")


def shares(root: Frame) -> tuple[dict[str, float], dict[str, float]]:
    """Return the seconds of each part, and of these the ones within `statemachine`."""
    parts: dict[str, float] = defaultdict(float)
    within: dict[str, float] = defaultdict(float)
    pending = [(root, OWN, False)]
    while pending:
        frame, part, inside = pending.pop()
        file = _file(frame)
        if part == OWN:
            part = next((name for begin, name in PARTS if file.startswith(begin)), OWN)
            part = WAITING if file.endswith("/subprocess.py") else part
        # What a function did by itself is a child without a file; a library's is its caller's.
        if file and "/site-packages/" not in file:
            inside = file.startswith("statemachine/")
        spent = frame.absorbed_time if frame.children else frame.time
        parts[part] += spent
        within[part] += spent if inside else 0.0
        pending += [(child, part, inside) for child in frame.children]
    return parts, within


@click.command()
@click.argument("engine", type=EngineType())
@click.option("--runs", default=40, show_default=True, help="Runs of the engine.")
@click.option("--seed", default=1, show_default=True)
def main(engine: Engine, runs: int, seed: int) -> None:
    """Print the shares of an engine's time by what it was spent on."""
    plan = Plan(
        PROTOCOL,
        "statemachine:PROTOCOL",
        seed,
        LONG,
        runs=runs,
        engines=(engine,),
    )
    profiler = Profiler(interval=INTERVAL, async_mode="disabled")
    with profiler:
        execute(plan)
    session = profiler.last_session
    assert session is not None
    root = session.root_frame()
    assert root is not None
    parts, within = shares(root)
    total = sum(parts.values())
    table = Table("part", "share", "in rules, maps and records", box=None)
    for part, spent in sorted(parts.items(), key=lambda pair: -pair[1]):
        table.add_row(part, f"{spent / total:.0%}", f"{within[part] / total:.0%}")
    Console().print(table)
    click.echo(f"{total:.1f} s of {engine.name}, {runs} runs, seed {seed}")


if __name__ == "__main__":
    main()
