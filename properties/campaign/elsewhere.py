"""A shard in a process of its own, from a text to a text: how other machines run one.

A worker of a cluster has threads, and a search wants a main thread, and its memory back
afterwards. So it starts a process, which ends with the worker however that ends.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import Any

from properties.campaign.effort import Effort, measured
from properties.campaign.history import Kept
from properties.campaign.shard import Task, run_shard
from properties.campaign.version import version_of
from properties.model.design import types_in_files_of, with_settings
from properties.model.protocols import load_protocol
from properties.trace.worker import start_program
from statemachine.codec import from_jsonable

PROGRAM = "from properties.campaign.elsewhere import answer; answer()"
"""The program of such a process."""


class ShardFailed(Exception):
    """A process that was to run a shard and did not; says what it complained of."""


def run_elsewhere(task: dict[str, Any], genesis: Any, corpus: Sequence[str]) -> tuple[str, str]:
    """Run a shard in a process of its own; return its text, and what it cost. Raises ShardFailed.

    A task and a genesis (or None) as JSON's own types, and the texts of a corpus.
    """
    asked = json.dumps({"task": task, "genesis": genesis, "corpus": list(corpus)})
    with start_program(PROGRAM) as process:
        answered, complaints = process.communicate(asked)
    if process.returncode:
        raise ShardFailed(complaints.strip()[-500:] or f"exit code {process.returncode}")
    text, effort = json.loads(answered)
    return text, effort


def version_here(path: str) -> str:
    """Return the version of what searches on this machine; empty where the protocol is missing."""
    try:
        load_protocol(path)
    except ValueError:
        return ""
    return version_of(path)


def answer() -> None:
    """Read what is asked from standard input, run the shard, and print its result."""
    # Whatever a fork prints itself must not stand in the result.
    with redirect_stdout(sys.stderr):
        text, effort = _answered(json.loads(sys.stdin.read()))
    json.dump([text, effort.to_text()], sys.stdout)


def _answered(asked: dict[str, Any]) -> tuple[str, Effort]:
    task = Task(**{**asked["task"], "settings": tuple(asked["task"]["settings"])})
    protocol = load_protocol(task.protocol)
    begins = asked["genesis"]
    start = None if begins is None else from_jsonable(begins, protocol.description)
    if version_of(task.protocol) != task.version:
        raise ShardFailed(f"this machine has another version of stakespec or of {task.protocol}")
    if start is None:
        protocol = with_settings(protocol, task.settings)
    corpus = [Kept.from_text(text, types_in_files_of(protocol)) for text in asked["corpus"]]
    return measured(partial(run_shard, task, protocol, start, corpus))
