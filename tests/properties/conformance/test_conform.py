"""`stakespec conform`: what it says of clients, good and bad."""

import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from properties.conformance.vectors import Vectors
from tests.properties.cli.commands import refusal, stakespec, widest
from tests.properties.conformance.clients import misbehaving, serving


def conform(*argv: object, steps: int = 60, code: int = 0) -> dict[str, Any]:
    outcome = stakespec("conform", "--steps", steps, "--vectors", NO_VECTORS, "--json", *argv)
    assert outcome.exit_code == code, outcome.output
    report: dict[str, Any] = json.loads(outcome.stdout)
    return report


@pytest.fixture(autouse=True)
def _no_vectors(tmp_path: Path) -> None:
    global NO_VECTORS
    NO_VECTORS = tmp_path / "none.json"
    NO_VECTORS.write_text(Vectors("none", "no case", "statemachine:PROTOCOL", ()).to_text())


NO_VECTORS = Path()


@pytest.mark.parametrize("options", [(), ("--cbor",)])
def test_our_own_machine_does_not_differ_from_itself(options: tuple[str, ...]) -> None:
    report = conform(*options, "--", *serving(*options))
    assert report["verdict"] == "no difference"
    assert report["steps"] == 60
    assert sum(report["accepted"].values()) > 20
    first, last = report["memory"]
    assert (first["steps"], last["steps"]) == (0, 60)
    assert 0 < first["theirs"] <= last["theirs"] < 500


def test_the_same_seed_asks_the_same(tmp_path: Path) -> None:
    first, second = (conform("--", *serving()) for _ in range(2))
    assert first["accepted"] == second["accepted"]
    assert first["rejected"] == second["rejected"]


def test_a_planted_bug_is_met_and_shrunk_to_a_vector(tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    client = serving("--protocol", "properties.mutants:S9")
    report = conform("-o", out, "--", *client, steps=2_000, code=5)
    divergence = report["divergence"]
    assert divergence["kind"] == "another root"
    assert [tx["type"] for tx in divergence["transactions"]] == ["Delegate"]
    # Nobody has paid: the account still has what we took.
    places = [difference["place"] for difference in divergence["differences"]]
    assert places[0].startswith("accounts[0x")
    (case,) = Vectors.from_text(out.read_text()).cases
    assert [step.ask["do"] for step in case.steps] == ["genesis", "apply"]
    again = stakespec("conform", "--vectors", out, "--steps", 0, "--json", "--", *client)
    assert again.exit_code == 5
    assert json.loads(again.stdout)["vectors"]["failed"][0]["kind"] == "another root"
    well = stakespec("conform", "--vectors", out, "--steps", 0, "--", *serving())
    assert well.exit_code == 0, well.output


DEEDS = {
    "died": "sys.exit('cannot go on')",
    "rubbish": "print('no json')\ncontinue",
    "out_of_order": "reply['id'] += 1",
    "timeout": "time.sleep(60)",
}


@pytest.mark.parametrize("kind", DEEDS)
def test_what_a_client_does_wrong_is_called_what_it_is(tmp_path: Path, kind: str) -> None:
    client = misbehaving(tmp_path, DEEDS[kind])
    patience = 2 if kind == "timeout" else 20
    argv = ("--timeout", patience, "--shrinking", 0, "--", *client)
    report = conform(*argv, code=5)
    divergence = report["divergence"]
    assert divergence["kind"] == f"the client's fault: {kind}"
    assert divergence["ask"]["do"] == "apply"
    if kind == "died":
        assert "ended with status 1" in divergence["theirs"]["died"]
        assert "cannot go on" in divergence["theirs"]["died"]


def test_a_client_that_takes_too_much_memory_is_told_so(tmp_path: Path) -> None:
    client = misbehaving(tmp_path, "sys.kept = [*getattr(sys, 'kept', []), b'x' * 300_000]")
    argv = ("--memory", 150, "--shrinking", 0, "--", *client)
    report = conform(*argv, steps=5_000, code=5)
    assert report["divergence"]["kind"] == "the client's fault: memory"


@pytest.mark.parametrize(
    "greeting",
    ["None", "5", "{'version': True}", "{'version': [1]}", "{'version': 2, 'asks': 5}"],
)
def test_a_greeting_that_is_none_is_bad_input(tmp_path: Path, greeting: str) -> None:
    path = tmp_path / "client.py"
    path.write_text(
        f"import json\nprint(json.dumps({{'id': 0, 'ok': {greeting}}}), flush=True)\ninput()"
    )
    complaint = refusal(stakespec("conform", "--", sys.executable, path))
    assert complaint.startswith("the client: no version in common")


def test_a_client_of_another_framing_is_bad_input_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("properties.conformance.client.START_SECONDS", 2.0)
    argv = ("conform", "--timeout", 1, "--cbor", "--", *serving())
    complaint = refusal(stakespec(*argv))
    assert "no greeting: timeout: no answer within 2 s" in complaint
    assert "Give --cbor to both sides, or to neither" in complaint


def test_a_greeting_may_name_its_asks_wrongly(tmp_path: Path) -> None:
    path = tmp_path / "client.py"
    name = "x" + chr(27) + "[31m"
    hello = {"id": 0, "ok": {"version": 1, "asks": 5, "tells": "events", "name": name}}
    path.write_text(f"print({json.dumps(hello)!r}, flush=True)\ninput()\ninput()")
    report = conform("--steps", 0, "--", sys.executable, path)
    assert report["client"] == "x?[31m"


def test_what_a_client_has_started_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "started"
    script = f"sleep 1000 & echo $! > {path}; echo no json; wait"
    refusal(stakespec("conform", "--", "sh", "-c", script))
    process = int(path.read_text())
    deadline = time.monotonic() + 20
    while Path(f"/proc/{process}").exists() and _is_alive(process):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_alive(process: int) -> bool:
    """Say whether a process does anything still; who has ended may wait to be buried."""
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    return False


def test_a_client_that_cannot_be_started_is_bad_input() -> None:
    complaint = refusal(stakespec("conform", "--", "/no/such/client"))
    assert complaint.startswith("the client: /no/such/client cannot be started")
    assert "one of the two" in refusal(stakespec("conform"))


def test_a_client_of_another_version_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "old.py"
    path.write_text('print(\'{"id": 0, "ok": {"version": 0}}\', flush=True)\ninput()\n')
    complaint = refusal(stakespec("conform", "--", sys.executable, path))
    assert "no version in common" in complaint


def test_what_is_printed_fits_80_columns() -> None:
    outcome = stakespec(
        "conform", "--vectors", NO_VECTORS, "--steps", 200, "--",
        *serving("--protocol", "properties.mutants:S9"),
    )  # fmt: skip
    assert outcome.exit_code == 5
    # The repeat line names files, which are not broken.
    assert widest(outcome.stdout.split("repeat:")[0]) <= 80
