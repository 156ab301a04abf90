"""The same transactions in other processes, with other hash seeds."""

import json
import os
import subprocess
import sys

from properties.counterexample import Counterexample
from properties.protocols import load_protocol
from properties.runs import roots_of
from properties.shrink import Trial
from statemachine.genesis import genesis
from statemachine.protocol import Protocol

HASH_SEEDS = ("1", "4711")


def differing_root(protocol: Protocol, protocol_path: str, trial: Trial) -> int | None:
    """Return the first transaction after which a process has another state root; or None."""
    state = genesis(protocol, trial.genesis)
    here = [root.hex() for root in roots_of(protocol, state, trial.transactions)]
    package = Counterexample(
        protocol_path, "RUN-2", "", "", trial.genesis, trial.transactions
    ).to_text()
    for hash_seed in HASH_SEEDS:
        there = _roots_elsewhere(package, hash_seed)
        for place, (one, other) in enumerate(zip(here, there, strict=True)):
            if one != other:
                return place
    return None


def _roots_elsewhere(package: str, hash_seed: str) -> list[str]:
    search_path = os.pathsep.join(path for path in sys.path if path)
    finished = subprocess.run(
        [sys.executable, "-c", "from properties.processes import print_roots; print_roots()"],
        input=package,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": search_path},
    )
    if finished.returncode:
        raise RuntimeError(f"a second process failed: {finished.stderr.strip()[-500:]}")
    roots: list[str] = json.loads(finished.stdout)
    return roots


def print_roots() -> None:
    """Read a counterexample from standard input; print the root after each transaction."""
    package = Counterexample.from_text(sys.stdin.read())
    protocol = load_protocol(package.protocol)
    state = genesis(protocol, package.genesis)
    roots = roots_of(protocol, state, package.transactions)
    print(json.dumps([root.hex() for root in roots]))
