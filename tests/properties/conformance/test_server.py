"""Our own machine behind the protocol: what it answers to asks, good and bad."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from properties.conformance.framing import Frames, Framing, Lines
from properties.conformance.machine import Machine
from properties.conformance.server import serve
from properties.conformance.vectors import Vectors
from statemachine import PROTOCOL, state_root
from statemachine.codec import to_jsonable
from tests.properties.cli.commands import environment, stakespec
from tests.properties.conformance.clients import serving
from tests.statemachine.worlds import DORA, EMIL, described, world


def answers(*content: bytes, framing: Framing | None = None) -> list[Any]:
    """Return what is answered to bytes that come in as they are split here."""
    chunks = iter((*content, b""))
    written = bytearray()
    spoken = framing or Lines()
    serve(Machine(PROTOCOL), spoken, lambda: next(chunks), written.extend)
    replies = []
    while (message := spoken.take(written)) is not None:
        replies.append(message)
    return replies


def line(**ask: Any) -> bytes:
    return json.dumps(ask).encode() + b"\n"


BEGIN = {"id": 0, "do": "genesis", "genesis": to_jsonable(described())}


def transfer(amount: str) -> dict[str, str]:
    return {
        "type": "Transfer",
        "sender": "0x" + DORA.hex(),
        "recipient": "0x" + EMIL.hex(),
        "amount": amount,
    }


def test_a_genesis_has_the_root_that_it_has() -> None:
    (reply,) = answers(line(**BEGIN))
    assert reply == {"id": 0, "ok": {"root": "0x" + state_root(world()).hex()}}


def test_messages_may_come_in_pieces_and_several_at_once() -> None:
    whole = line(**BEGIN) + line(id=1, do="keep", name="a") + line(id=2, do="go", name="a")
    pieces = [whole[place : place + 7] for place in range(0, len(whole), 7)]
    assert answers(*pieces) == answers(whole)
    assert [reply["id"] for reply in answers(whole)] == [0, 1, 2]


def test_a_rejection_changes_nothing() -> None:
    apply = line(id=1, do="apply", transaction=transfer("10001"))
    _, rejected, parts = answers(line(**BEGIN), apply, line(id=2, do="parts"))
    assert rejected["rejected"] == {
        "reason": "insufficient_balance",
        "details": {"needed": "10001", "available": "10000"},
    }
    assert parts["ok"]["maps"]["accounts"] == "0x" + world().accounts.root().hex()


def test_a_root_is_left_out_where_none_is_asked_for() -> None:
    quiet = line(id=1, do="apply", transaction=transfer("7"), root=False)
    loud = line(id=2, do="apply", transaction=transfer("7"))
    _, without, with_root = answers(line(**BEGIN), quiet, loud)
    assert set(without["ok"]) == {"events"}
    _, _, twice = answers(line(**BEGIN), line(id=1, do="apply", transaction=transfer("7")), loud)
    assert with_root["ok"]["root"] == twice["ok"]["root"]
    (refused,) = answers(line(id=0, do="apply", transaction=transfer("7"), root="no"))
    assert "'root' must be of type bool" in refused["malformed"]["message"]


BAD_ASKS = (
    ({"do": "apply"}, "apply: the field 'transaction' is missing"),
    ({"do": "entry", "map": 1}, "there is no state yet; ask for a genesis or a state first"),
    ({"do": "keep", "name": 1}, "keep: the field 'name' must be of type str"),
    ({"do": "parts"}, "there is no state yet; ask for a genesis or a state first"),
    ({"do": "hello", "versions": [9]}, "no version in common: [9] were offered, [1] are spoken"),
)


@pytest.mark.parametrize(("ask", "said"), BAD_ASKS)
def test_an_ask_that_cannot_be_answered_is_told_so(ask: dict[str, Any], said: str) -> None:
    (reply,) = answers(line(id=7, **ask))
    assert reply == {"id": 7, "malformed": {"fault": "bad_ask", "message": said}}


def test_an_ask_that_nobody_knows_is_unsupported() -> None:
    assert answers(line(id=7, do="dance")) == [{"id": 7, "unsupported": "no ask 'dance'"}]


def test_the_transaction_of_engines_alone_is_malformed() -> None:
    accuse = {"type": "Accuse", "reporter": "0x" + DORA.hex()}
    _, reply = answers(line(**BEGIN), line(id=1, do="apply", transaction=accuse))
    assert reply["malformed"]["fault"] == "malformed"
    assert "must be one of Transfer" in reply["malformed"]["message"]


def test_rubbish_gets_an_answer_and_the_next_ask_as_well() -> None:
    rubbish, not_an_ask, good = answers(b"no json\n", b"[1]\n", line(**BEGIN))
    assert rubbish["id"] is None and "not a message" in rubbish["malformed"]["message"]
    assert "a message is an object" in not_an_ask["malformed"]["message"]
    assert good["id"] == 0


def test_nothing_is_answered_after_bye() -> None:
    assert answers(line(id=0, do="bye") + line(id=1, do="bye")) == [{"id": 0, "ok": {}}]


def test_frames_hold_the_same_messages() -> None:
    frames = Frames()
    assert answers(frames.pack(BEGIN), framing=frames) == answers(line(**BEGIN))
    (reply,) = answers(b"\xff\xff\xff\xff", framing=frames)
    assert "are read at most" in reply["malformed"]["message"]


def test_what_is_planted_and_raises_is_a_failure_and_not_the_end() -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("nothing to divide by")

    kind = next(kind for kind in PROTOCOL.rules if kind.__name__ == "Transfer")
    machine = Machine(PROTOCOL.fork("broken", {kind: broken}))
    machine.reply(BEGIN)
    reply = machine.reply({"do": "apply", "transaction": transfer("1")})
    assert reply == {"failed": "ZeroDivisionError: nothing to divide by"}


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "socket"
    process = subprocess.Popen(serving("--socket", str(path)), env=environment())
    try:
        deadline = time.monotonic() + 120
        while not path.exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        yield path
    finally:
        process.terminate()
        process.wait()


def test_a_client_may_listen_on_a_socket(tmp_path: Path, listening: Path) -> None:
    none = tmp_path / "none.json"
    none.write_text(Vectors("none", "no case", "statemachine:PROTOCOL", ()).to_text())
    for _ in range(2):
        outcome = stakespec(
            "conform", "--vectors", none, "--steps", 40, "--timeout", 60, "--json",
            "--socket", listening,
        )  # fmt: skip
        assert outcome.exit_code == 0, outcome.output
        assert json.loads(outcome.stdout)["steps"] == 40
