"""No node may disagree with another because Python hashes strings and bytes by a seed."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent

PROGRAM = """
from statemachine import state_root
from statemachine.codec import canonical_bytes, tagged
from statemachine.hashing import digest
from tests.statemachine.histories import history

for seed in (1, 2):
    for state, tx in history(seed, 250)[::10]:
        print(state_root(state).hex(), digest("test", canonical_bytes(state)).hex(), tx)
"""


def printed(hash_seed: str, *options: str) -> str:
    """Run the program in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(REPOSITORY)}
    finished = subprocess.run(
        [sys.executable, *options, "-c", PROGRAM],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_state_roots_and_bytes_are_the_same_whatever_the_hash_seed_and_with_optimisation() -> None:
    expected = printed("0")
    assert len(expected.splitlines()) > 15
    for hash_seed in ("1", "random", "random"):
        assert printed(hash_seed) == expected
    assert printed("2", "-O") == expected
