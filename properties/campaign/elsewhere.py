"""A shard in a process of its own, from a text to a text: how other machines run one.

A worker of a cluster has threads, and a search wants a main thread, and its memory back
afterwards. So it starts a process, which ends with the worker however that ends.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

import attrs

from properties.campaign.history import Kept
from properties.campaign.shard import Task, run_shard
from properties.campaign.version import version_of
from properties.model.design import types_of, with_settings
from properties.model.protocols import load_protocol
from properties.trace.worker import end_with_parent
from statemachine.codec import from_jsonable
from statemachine.rules.genesis import Genesis

PROGRAM = "from properties.campaign.elsewhere import answer; answer()"
"""What such a process runs; its argument is the id of the parent process."""


class ShardFailed(Exception):
    """A process that was to run a shard and did not; says what it complained of."""


def run_elsewhere(task: dict[str, Any], subject: str, corpus: Sequence[str]) -> str:
    """Run a shard in a process of its own; return the text of its result. Raises ShardFailed.

    A task as JSON's own types, the text of a campaign.json, and the texts of a corpus.
    """
    asked = json.dumps({"task": task, "subject": subject, "corpus": list(corpus)})
    search_path = os.pathsep.join(dict.fromkeys([os.getcwd(), *filter(None, sys.path)]))
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(os.getpid())],
        input=asked,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search_path},
    )
    if process.returncode:
        raise ShardFailed(process.stderr.strip()[-500:] or f"exit code {process.returncode}")
    return process.stdout


def version_here(path: str) -> str:
    """Return the version of what searches on this machine; empty where the protocol is missing."""
    try:
        load_protocol(path)
    except ValueError:
        return ""
    return version_of(path)


def answer() -> None:
    """Read what is asked from standard input, run the shard, and print its result."""
    end_with_parent(int(sys.argv[1]))
    # Whatever a fork prints itself must not stand in the result.
    with redirect_stdout(sys.stderr):
        text = _answered(json.loads(sys.stdin.read()))
    sys.stdout.write(text)


def _answered(asked: dict[str, Any]) -> str:
    fields = {**asked["task"], "settings": tuple(asked["task"]["settings"])}
    task = Task(**{field.name: fields[field.name] for field in attrs.fields(Task)})
    genesis = json.loads(asked["subject"])["genesis"]
    start = None if genesis is None else from_jsonable(genesis, Genesis)
    protocol = load_protocol(task.protocol)
    if version_of(task.protocol) != task.version:
        raise ShardFailed(f"this machine has another version of stakespec or of {task.protocol}")
    if start is None:
        protocol = with_settings(protocol, task.settings)
    corpus = [Kept.from_text(text, types_of(protocol)) for text in asked["corpus"]]
    return run_shard(task, protocol, start, corpus)
