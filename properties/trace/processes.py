"""Runs the same transactions in other processes, with other hash seeds."""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

from properties.laws.accusation import with_accusations
from properties.laws.patience import patient
from properties.model.protocols import load_protocol, types_at
from properties.trace.counterexample import Counterexample
from properties.trace.run import state_at
from properties.trace.shrink import Trial
from properties.trace.worker import start_program
from statemachine.errors import Rejected
from statemachine.protocol import Protocol
from statemachine.state import State, state_root

HASH_SEEDS = ("1", "4711")

ELSEWHERE = "from properties.trace.processes import print_roots; print_roots()"
"""The program of such a process."""


def differing_message(place: int) -> str:
    """Say after which transaction, counted from 0, the roots differed."""
    return f"after transaction {place + 1} the state root depends on the hash seed"


def differing_root(
    protocol: Protocol, protocol_path: str, trials: Sequence[Trial]
) -> tuple[int, int] | None:
    """Return the first trial, and transaction, after which a process has another root."""
    here = [
        [
            root.hex()
            for root in roots_of(protocol, state_at(protocol, trial.start), trial.transactions)
        ]
        for trial in trials
    ]
    packages = [
        Counterexample(protocol_path, "RUN-2", "", "", trial.start, trial.transactions).to_text()
        for trial in trials
    ]
    for there in _roots_elsewhere(packages):
        for number, (ours, theirs) in enumerate(zip(here, there, strict=True)):
            for place, (our_root, their_root) in enumerate(zip(ours, theirs, strict=True)):
                if our_root != their_root:
                    return number, place
    return None


def roots_of(protocol: Protocol, state: State, transactions: Sequence[object]) -> list[bytes]:
    """Return the state root after each transaction; a rejected one leaves the root unchanged."""
    protocol = with_accusations(protocol)
    roots = []
    root = state_root(state)
    for transaction in transactions:
        try:
            state = patient(protocol, state, transaction).state
            root = state_root(state)
        except Rejected:
            pass
        roots.append(root)
    return roots


def _roots_elsewhere(packages: list[str]) -> list[list[list[str]]]:
    """Return the roots that a process with each hash seed comes to; they start side by side."""
    processes = [start_program(ELSEWHERE, PYTHONHASHSEED=hash_seed) for hash_seed in HASH_SEEDS]
    try:
        return [_roots_of_process(process, packages) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _roots_of_process(process: "subprocess.Popen[str]", packages: list[str]) -> list[list[str]]:
    printed, complaints = process.communicate(json.dumps(packages))
    if process.returncode:
        raise RuntimeError(f"a second process failed: {complaints.strip()[-500:]}")
    roots: list[list[str]] = json.loads(printed)
    return roots


def print_roots() -> None:
    """Read counterexamples from standard input; print the root after each transaction."""
    roots = []
    # Whatever a fork prints itself must not stand among the roots.
    with redirect_stdout(sys.stderr):
        for text in json.loads(sys.stdin.read()):
            package = Counterexample.from_text(text, types_at)
            protocol = load_protocol(package.protocol)
            state = state_at(protocol, package.start)
            roots.append([root.hex() for root in roots_of(protocol, state, package.transactions)])
    print(json.dumps(roots))
