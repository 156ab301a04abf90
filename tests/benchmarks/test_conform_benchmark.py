"""How fast clients are held to our machine: pytest tests/benchmarks --benchmark-enable."""

import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from properties.conformance.client import Client
from properties.conformance.comparison import Pair
from properties.conformance.framing import framing_named
from properties.conformance.fuzzing import Fuzzer
from properties.conformance.machine import Machine
from statemachine import PROTOCOL
from tests.properties.conformance.clients import serving

ECHO = """
import os
count = 0
while chunk := os.read(0, 1 << 20):
    ready = chunk.count(b"\\n")
    for number in range(count, count + ready):
        os.write(1, b'{"id":%d,"ok":{"version":1,"root":"0x%064d"}}\\n' % (number, 0))
    count += ready
"""
"""A client that answers at once, whatever it is asked."""

ASKS = 10_000
"""Asks in what is timed as one round: read seconds times 100 as microseconds each."""

STEPS = 5_000

TRANSACTION = {
    "type": "Delegate",
    "delegator": "0x" + "02" * 20,
    "validator": "0x" + "01" * 20,
    "amount": "12345678901234567890",
}


def test_ten_thousand_asks_of_a_client_that_answers_at_once(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    echo = tmp_path / "echo.py"
    echo.write_text(ECHO)
    client = Client.start([sys.executable, str(echo)])
    asks = [{"do": "apply", "transaction": TRANSACTION}] * (ASKS if benchmark.enabled else 100)
    replies = benchmark(client.ask_all, asks)
    client.close()
    assert len(replies) == len(asks)


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
