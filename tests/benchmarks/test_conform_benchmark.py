"""How fast clients are held to our machine: pytest tests/benchmarks --benchmark-enable."""

import sys
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.conformance.asks import Message
from properties.conformance.client import Client
from properties.conformance.comparison import Pair
from properties.conformance.framing import Framing, framing_named
from properties.conformance.fuzzing import Fuzzer
from properties.conformance.inside import Inside
from properties.conformance.machine import Machine
from statemachine import PROTOCOL
from tests.properties.conformance.clients import serving

PLAYER = """
import os, sys
recorded = open(sys.argv[1], "rb").read()
replies, asks = [], b""

def messages(content):
    if sys.argv[2] == "json":
        *whole, rest = content.split(b"\\n")
        return [line + b"\\n" for line in whole], rest
    whole = []
    while len(content) >= 4 and len(content) >= (end := 4 + int.from_bytes(content[:4], "big")):
        whole.append(content[:end])
        content = content[end:]
    return whole, content

replies, _ = messages(recorded)
place = 0
while chunk := os.read(0, 1 << 20):
    whole, asks = messages(asks + chunk)
    ready = b"".join(replies[place : place + len(whole)])
    place += len(whole)
    while ready:
        ready = ready[os.write(1, ready) :]
"""
"""A client that answers at once: with what was recorded, whatever it is asked."""

ASKS = 10_000
"""Asks in what is timed as one round: read seconds times 100 as microseconds each."""

STEPS = 5_000

TRANSACTION = {
    "type": "Delegate",
    "delegator": "0x" + "02" * 20,
    "validator": "0x" + "01" * 20,
    "amount": "12345678901234567890",
}

TELLS = frozenset({"events", "details"})


@attrs.frozen(eq=False)
class Recorder(Inside):
    """Our machine in the place of a client, whose replies are kept as they go over the wire."""

    framing: Framing = attrs.field(kw_only=True)
    recorded: list[bytes] = attrs.field(factory=list, kw_only=True)

    def ask_all(self, asks: Sequence[Message]) -> list[Message]:
        """Answer some asks."""
        replies = super().ask_all(asks)
        for reply in replies:
            self.recorded.append(self.framing.pack({"id": len(self.recorded), **reply}))
        return replies


def player(folder: Path, framing: Framing, recorded: bytes) -> Client:
    """Start a client that plays what was recorded."""
    program, replies = folder / "player.py", folder / "replies"
    program.write_text(PLAYER)
    replies.write_bytes(recorded)
    return Client.start([sys.executable, str(program), str(replies), framing.name], framing=framing)


HELLO: Message = {"do": "hello", "versions": [1]}


@pytest.mark.parametrize("cbor", [False, True], ids=["json", "cbor"])
def test_ten_thousand_asks_of_a_client_that_answers_at_once(
    benchmark: BenchmarkFixture, tmp_path: Path, cbor: bool
) -> None:
    framing = framing_named(cbor)
    count = ASKS if benchmark.enabled else 100
    hello = {"id": 0, "ok": {"version": 1}}
    replies = (
        framing.pack({"id": number, "ok": {"root": f"0x{0:064}"}}) for number in range(1, count + 1)
    )
    client = player(tmp_path, framing, framing.pack(hello) + b"".join(replies))
    asks = [{"do": "apply", "transaction": TRANSACTION}] * count
    answered = benchmark.pedantic(  # type: ignore[no-untyped-call]
        client.ask_all, args=(asks,), rounds=1
    )
    client.close()
    assert len(answered) == len(asks)


@pytest.mark.parametrize("cbor", [False, True], ids=["json", "cbor"])
def test_five_thousand_steps_against_a_client_that_answers_at_once(
    benchmark: BenchmarkFixture, tmp_path: Path, cbor: bool
) -> None:
    framing, steps = framing_named(cbor), STEPS if benchmark.enabled else 100
    recorder = Recorder(Machine(PROTOCOL), TELLS, framing=framing)
    recorder.ask_all([HELLO])
    assert Fuzzer(Pair(Machine(PROTOCOL), recorder), 1).run(steps) is None
    client = player(tmp_path, framing, b"".join(recorder.recorded))
    fuzzer = Fuzzer(Pair(Machine(PROTOCOL), client), 1)
    parted = benchmark.pedantic(  # type: ignore[no-untyped-call]
        fuzzer.run, args=(steps,), rounds=1
    )
    client.close()
    assert parted is None


@pytest.mark.parametrize("cbor", [False, True], ids=["json", "cbor"])
def test_five_thousand_steps_against_our_own_machine(
    benchmark: BenchmarkFixture, cbor: bool
) -> None:
    options = ("--cbor",) if cbor else ()
    client = Client.start(serving(*options), framing=framing_named(cbor))
    fuzzer = Fuzzer(Pair(Machine(PROTOCOL), client), 1)
    steps = STEPS if benchmark.enabled else 100
    parted = benchmark.pedantic(  # type: ignore[no-untyped-call]
        fuzzer.run, args=(steps,), rounds=1
    )
    client.close()
    assert parted is None
    assert fuzzer.covered.steps == steps
