"""`stakespec prove`."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from properties.engines.prove.registry import CONTRACTS
from tests.properties.cli.commands import (
    environment,
    refusal,
    stakespec,
    stakespec_in,
    started,
    widest,
)

FORK = """
import attrs
from statemachine import PROTOCOL, Transfer
from statemachine.records import evolve

def minting(protocol, state, tx):
    transition = PROTOCOL.rules[Transfer](protocol, state, tx)
    pots = transition.state.pots
    return attrs.evolve(
        transition, state=evolve(transition.state, pots=evolve(pots, treasury=pots.treasury + 7))
    )

FORK = PROTOCOL.fork("minting", {Transfer: minting})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "minting.py").write_text(FORK)
    return tmp_path


def test_a_proved_rule_has_a_row_of_the_matrix_and_code_0(folder: Path) -> None:
    proved = stakespec_in(folder, "prove", "--rule", "Transfer", "--rule", "lemma")
    assert proved.returncode == 0, proved.stderr
    assert "Transfer  proved" in proved.stdout
    assert "quorums_intersect" in proved.stdout
    assert "PROVED: 12 laws of 8 contracts proved, 0 refuted, 0 undetermined" in proved.stdout
    assert widest(proved.stdout) <= 80
    assert not (folder / "counterexamples").exists()


def test_a_refuted_fork_gives_code_1_and_a_file_that_replay_refutes_too(folder: Path) -> None:
    refuted = stakespec_in(folder, "prove", "--protocol", "minting:FORK", "--rule", "Transfer")
    assert refuted.returncode == 1, refuted.stderr
    assert "REFUTED" in refuted.stdout
    assert "7 created" in refuted.stdout
    assert widest(refuted.stdout) <= 80
    file = Path("counterexamples") / "ACC-1-transfer.json"
    assert f"stakespec replay {file} --protocol minting:FORK" in refuted.stdout
    again = stakespec_in(folder, "replay", file, "--trust")
    assert again.returncode == 1
    assert "ACC-1" in again.stdout
    elsewhere = stakespec_in(folder, "replay", file, "--protocol", "statemachine:PROTOCOL")
    assert elsewhere.returncode == 0


def test_a_law_may_be_named_by_its_id_or_its_column(folder: Path) -> None:
    for law in ("ACC-1", "conservation"):
        proved = stakespec_in(folder, "prove", "--rule", "Transfer", "--law", law, "--json")
        assert proved.returncode == 0, proved.stderr
        (cell,) = json.loads(proved.stdout)["cells"]
        assert cell["laws"] == ["ACC-1"]
        assert cell["verdict"] == "proved"
        assert cell["accepted"] > 0


def test_a_budget_that_is_too_small_is_undetermined_and_gives_code_4(folder: Path) -> None:
    ended = stakespec_in(
        folder, "prove", "--rule", "Redelegate", "--law", "stake", "--seconds", "0.1"
    )
    assert ended.returncode == 4
    assert "UNDETERMINED" in ended.stdout
    assert widest(ended.stdout) <= 80


def test_ctrl_c_leaves_a_partial_verdict_and_code_4(folder: Path) -> None:
    process = started(folder, "prove", "--workers", "1")
    time.sleep(6)
    os.killpg(process.pid, signal.SIGINT)
    printed, complaints = process.communicate(timeout=30)
    assert process.returncode == 4, complaints
    assert "interrupted" in printed
    assert "UNDETERMINED" in printed
    assert "Traceback" not in complaints


def test_the_list_has_every_contract() -> None:
    listed = stakespec("prove", "--list")
    assert listed.exit_code == 0
    assert widest(listed.stdout) <= 80
    for contract in CONTRACTS:
        assert contract.name in listed.stdout


def test_an_unknown_rule_is_refused_with_those_that_there_are() -> None:
    assert "there is no rule 'Mint'; there are Transfer," in refusal(
        stakespec("prove", "--rule", "Mint")
    )


def test_an_unknown_law_is_refused_with_those_that_there_are() -> None:
    text = refusal(stakespec("prove", "--law", "RUN-2"))
    assert "nothing is proved of 'RUN-2'" in text
    assert "conservation" in text
    assert "ACC-1" in text


def test_a_rule_and_a_law_that_do_not_meet_are_refused() -> None:
    assert "leave nothing to prove" in refusal(
        stakespec("prove", "--rule", "Transfer", "--law", "FIN-1")
    )


def test_an_output_that_is_a_file_is_refused_before_anything_is_proved(tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.write_text("")
    text = refusal(stakespec("prove", "--rule", "Transfer", "--output", file))
    assert "is not a folder" in text


def test_a_protocol_that_is_not_there_is_refused() -> None:
    assert "no module" in refusal(stakespec("prove", "--protocol", "nowhere:FORK"))


def test_other_commands_do_not_wait_for_crosshair() -> None:
    code = "import sys, properties.cli.explore; sys.exit('crosshair' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0
    )
