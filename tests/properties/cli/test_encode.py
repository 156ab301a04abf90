"""`stakespec root`, `encode` and `decode` as their users see them."""

import json
from pathlib import Path

from statemachine import state_root
from statemachine.canonical import rooted_bytes
from statemachine.codec import tagged
from tests.properties.cli.commands import refusal, stakespec, write_genesis
from tests.statemachine.worlds import DORA, world


def test_the_root_of_a_genesis_and_of_a_state_is_printed(tmp_path: Path) -> None:
    expected = f"root 0x{state_root(world()).hex()}\n"
    assert stakespec("root", write_genesis(tmp_path)).stdout == expected
    path = tmp_path / "state.json"
    path.write_text(json.dumps(tagged(world())))
    assert stakespec("root", path).stdout == expected


def test_the_bytes_that_are_explained_are_those_that_are_hashed(tmp_path: Path) -> None:
    told = json.loads(stakespec("root", write_genesis(tmp_path), "--explain", "--json").stdout)
    *fields, _, _ = told["steps"]
    assert "".join(step["bytes"] for step in fields) == rooted_bytes(world()).hex()


def test_a_map_is_explained_down_to_a_key(tmp_path: Path) -> None:
    argv = ("--map", "accounts", "--key", "0x" + DORA.hex(), "--json")
    told = json.loads(stakespec("root", write_genesis(tmp_path), *argv).stdout)
    steps = {step["what"]: step["bytes"] for step in told["steps"]}
    assert steps["leaf: key"] == DORA.hex()
    assert steps["  weight"] == "10000"
    assert told["steps"][-1]["bytes"] == "0x" + world().accounts.root().hex()


def test_records_are_encoded_and_decoded() -> None:
    stay = {"validator": "0x" + "01" * 20, "start": 1, "end": 4}
    encoded = stakespec("encode", "Stay", input=json.dumps(stay)).stdout
    assert encoded == "0x8354" + "01" * 20 + "0104\n"
    assert json.loads(stakespec("decode", "Stay", input=encoded).stdout) == stay


def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    wrong = json.dumps({"validator": "0x01", "start": 1, "end": 4})
    assert ".validator: must be 0x and 40" in refusal(stakespec("encode", "Stay", input=wrong))
    assert "digit 4: must be" in refusal(stakespec("decode", "Stay", input="0x8354zz"))
    assert "there is no type 'Stray'; there are" in refusal(
        stakespec("encode", "Stray", input="{}")
    )
    genesis = write_genesis(tmp_path)
    assert "there are accounts" in refusal(stakespec("root", genesis, "--map", "account"))
