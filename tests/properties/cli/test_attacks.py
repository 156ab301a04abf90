"""Attacks on the commands: what they survive, and that a fault is seen."""

from random import Random

import pytest

from properties.cli.attacks import of_commands, of_full_disks, of_kills
from properties.selftest.kinds import Fault


def test_full_disks_and_kills_are_survived() -> None:
    assert of_full_disks(Random(1)) == "exit 4"
    assert of_kills(Random(1)) in ("whole", "absent")


def test_a_command_that_raises_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: str) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr("properties.cli.run.read_text", broken)
    faults = []
    for number in range(30):
        try:
            of_commands(Random(f"planted/{number}"))
        except Fault as fault:
            faults.append(str(fault))
    assert any("RuntimeError: broken" in fault for fault in faults)
