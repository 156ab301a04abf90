"""`stakespec devnet`, and `stakespec run` on the chain that it writes."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from properties.cli.backends import VARIABLE
from properties.devnet import Network, Plan
from properties.devnet.chain_file import chain_from_text
from statemachine.codec import to_jsonable
from statemachine.crypto.backends import BACKEND_NAMES
from statemachine.crypto.native_backend import LIBRARY
from statemachine.crypto.py_ecc_backend import PY_ECC
from statemachine.signed.block import Block
from tests.properties.cli.commands import refusal, stakespec, usage_error, widest
from tests.statemachine.crypto.signers import FASTEST, backend_or_skip

pytestmark = pytest.mark.xdist_group("devnet")

PLAN = ("--validators", 4, "--epochs", 4, "--epoch-length", 2, "--equivocate", 1)
"""The smallest network that makes something final and slashes its equivocator."""


@pytest.fixture(scope="module", autouse=True)
def _with_the_fastest_backend() -> Iterator[None]:
    """All backends agree, which one test shows; for the others it is a matter of time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, FASTEST)
        yield


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The file of a small network's chain, and the lines that were printed."""
    path = tmp_path_factory.mktemp("devnet") / "chain.jsonl"
    outcome = stakespec("devnet", *PLAN, "-o", path)
    assert outcome.exit_code == 0, outcome.output
    assert widest(outcome.stdout.replace(str(path), "chain.jsonl")) <= 120
    return path, outcome.stdout.splitlines()


@pytest.fixture(scope="module")
def rows(shown: tuple[Path, list[str]]) -> list[dict[str, Any]]:
    """What `run --json` says of the same chain."""
    outcome = stakespec("run", shown[0], "--json")
    assert outcome.exit_code == 0, outcome.output
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def test_the_network_makes_checkpoints_final_and_slashes_who_signs_twice(
    shown: tuple[Path, list[str]], rows: list[dict[str, Any]]
) -> None:
    _, lines = shown
    summary = rows[-1]["summary"]
    assert summary["finalised"] >= 1
    assert summary["justified"] > summary["finalised"]
    assert {slash["validator"] for slash in summary["slashed"]} == {"v1"}
    assert f"justified {summary['justified']}, final {summary['finalised']}" in "\n".join(lines)


def test_its_file_is_applied_again_to_the_same_roots(
    shown: tuple[Path, list[str]], rows: list[dict[str, Any]]
) -> None:
    path, lines = shown
    chain = chain_from_text(path.read_text())
    roots = ["0x" + block.header.state_root.hex() for block in chain.blocks]
    assert [row["root"] for row in rows[:-1]] == roots
    assert rows[-1]["summary"]["root"] == roots[-1]
    assert f"root {roots[-1]}" in lines


def test_every_backend_grows_the_same_chain(shown: tuple[Path, list[str]], tmp_path: Path) -> None:
    for name in set(BACKEND_NAMES) - {FASTEST}:
        backend_or_skip(name)
        out = tmp_path / f"{name}.jsonl"
        assert stakespec("devnet", *PLAN, "-o", out, "--backend", name).exit_code == 0
        assert out.read_bytes() == shown[0].read_bytes()


def changed(path: Path, tmp_path: Path, line: int, change: Any) -> Path:
    """The chain with the JSON of one line, from 1, changed."""
    lines = path.read_text().splitlines()
    document = json.loads(lines[line - 1])
    change(document)
    lines[line - 1] = json.dumps(document)
    target = tmp_path / "changed.jsonl"
    target.write_text("\n".join(lines) + "\n")
    return target


def test_a_block_with_another_parent_is_refused_with_its_line(
    shown: tuple[Path, list[str]], tmp_path: Path
) -> None:
    def orphan(block: Any) -> None:
        block["header"]["parent"] = "0x" + "00" * 32

    path = changed(shown[0], tmp_path, 2, orphan)
    outcome = stakespec("run", path)
    assert outcome.exit_code == 1
    assert "line 2: rejected: wrong_parent: expected" in " ".join(outcome.stdout.split())
    outcome = stakespec("run", path, "--json")
    assert outcome.exit_code == 1
    assert json.loads(outcome.stdout.splitlines()[-1])["rejected"] == "wrong_parent"


def test_a_key_without_proof_is_refused_before_any_block(
    shown: tuple[Path, list[str]], tmp_path: Path
) -> None:
    def swap(genesis: Any) -> None:
        proofs = genesis["proofs_of_possession"]
        proofs[0], proofs[1] = proofs[1], proofs[0]

    outcome = stakespec("run", changed(shown[0], tmp_path, 1, swap))
    assert outcome.exit_code == 1
    complaint = "line 1: rejected: bad_proof_of_possession: position 0"
    assert complaint in " ".join(outcome.stdout.split())


def test_another_protocol_comes_to_other_roots_and_the_exit_code_says_so(
    shown: tuple[Path, list[str]],
) -> None:
    # Its slashed tokens vanish, so that its states differ from the first slash on.
    outcome = stakespec("run", shown[0], "--protocol", "properties.mutants:S6")
    assert outcome.exit_code == 5
    assert "rejected: wrong_state_root: expected" in " ".join(outcome.stdout.split())


@pytest.mark.parametrize(
    ("line", "change", "complaint"),
    [
        (1, lambda it: it.update(format="stakespec/chain/2"), "line 1: .format: must be"),
        (1, lambda it: it.pop("proofs_of_possession"), "field 'proofs_of_possession' is missing"),
        (1, lambda it: it["proofs_of_possession"].pop(), "must be that of the validators, 4"),
        (2, lambda it: it.update(more=1), "line 2: Block has no field 'more'"),
        (2, lambda it: it["header"].update(slot=-1), "line 2: .header.slot: -1 is not from 0"),
        (2, lambda it: it.update(transactions=[{}]), "line 2: .transactions[0].type: must be one"),
    ],
)
def test_a_file_that_is_no_chain_is_bad_input(
    shown: tuple[Path, list[str]], tmp_path: Path, line: int, change: Any, complaint: str
) -> None:
    assert complaint in refusal(stakespec("run", changed(shown[0], tmp_path, line, change)))


def test_a_truncated_chain_is_bad_input(shown: tuple[Path, list[str]], tmp_path: Path) -> None:
    text = shown[0].read_text()
    path = tmp_path / "short.jsonl"
    path.write_text(text[: len(text) - 100])
    assert "not JSON" in refusal(stakespec("run", path))


def test_what_goes_with_a_chain_and_what_does_not(
    shown: tuple[Path, list[str]], tmp_path: Path
) -> None:
    path, _ = shown
    assert "--trace" in refusal(stakespec("run", path, "--trace"))
    assert "a chain takes no transactions" in refusal(stakespec("run", path, path))
    genesis = tmp_path / "genesis.json"
    genesis.write_text(json.dumps(to_jsonable(chain_from_text(path.read_text()).genesis.genesis)))
    assert "not a chain; a genesis takes" in refusal(stakespec("run", genesis))


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (("--equivocate", 7), "--equivocate 7: must be the number of a validator, from 0 to 6"),
        (("--offline", -1), "--offline -1: must be the number of a validator, from 0 to 6"),
        (("--offline", 2, "--equivocate", 2), "an offline validator cannot equivocate"),
        (("-o", "-"), "--output -: standard output is for what is shown"),
        (("-o", "/no/such/folder/x"), "there is no such folder"),
        (("-o", "/"), "is a directory"),
    ],
)
def test_what_a_network_cannot_do_is_refused_before_it_starts(
    argv: tuple[Any, ...], complaint: str
) -> None:
    assert complaint in refusal(stakespec("devnet", *argv))


@pytest.mark.parametrize("argv", [("--validators", 0), ("--epochs", "x"), ("--backend", "blst")])
def test_wrong_usage_is_refused(argv: tuple[Any, ...]) -> None:
    assert "Invalid value" in usage_error(stakespec("devnet", *argv))


def test_a_backend_whose_library_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # What is None here cannot be imported.
    monkeypatch.setitem(sys.modules, LIBRARY, None)
    complaint = refusal(stakespec("devnet", "--backend", "native"))
    assert "pip install 'stakespec[native]'" in complaint


def test_the_backend_can_be_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAKESPEC_BACKEND", "blst")
    assert "'blst' is not one of 'py_ecc', 'native'" in usage_error(stakespec("devnet"))


def test_slots_of_those_who_are_offline_stay_empty_and_say_why() -> None:
    plan = Plan(validators=3, epochs=2, epoch_length=2, seed=3, offline=(0, 1, 2))
    network = Network.start(plan, PY_ECC)
    reports = list(network.run())
    assert [report.missing for report in reports] == ["offline"] * 3
    assert network.blocks == []
    assert all(report.block is None and not isinstance(report.block, Block) for report in reports)
