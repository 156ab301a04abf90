"""Clients for tests: our own machine as a process, and some that do everything wrong."""

import sys
from pathlib import Path

from tests.properties.cli.commands import FOLDER, command

HEAD = """
import json, sys, time
sys.path.insert(0, {folder!r})
from properties.conformance.machine import Machine
from properties.conformance.server import answered
from statemachine import PROTOCOL

machine = Machine(PROTOCOL)
for number, line in enumerate(sys.stdin):
    ask = json.loads(line)
    reply, over = answered(machine, ask)
    if ask["do"] == "apply":
"""

TAIL = """
    print(json.dumps(reply), flush=True)
    if over:
        break
"""


def serving(*options: str) -> list[str]:
    """Return the command of our own machine."""
    return command("serve", *options)


def misbehaving(folder: Path, deed: str) -> list[str]:
    """Write a client that does something else when it is asked to apply a transaction."""
    path = folder / "client.py"
    body = "\n".join(f"        {line}" for line in deed.splitlines())
    path.write_text(HEAD.format(folder=str(FOLDER)) + body + TAIL)
    return [sys.executable, str(path)]
