"""What `stakespec check` refuses: files, protocols, settings, options and folders."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from statemachine.codec import to_jsonable
from tests.properties.cli.commands import (
    BROKEN_JSON,
    FORK,
    refusal,
    stakespec,
    stakespec_in,
    usage_error,
    write_genesis,
)
from tests.properties.cosmos.cosmos_documents import new_document
from tests.statemachine.worlds import described


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run in a folder of its own, in which no counterexample may appear."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield
    assert list(folder.iterdir()) == []


def refused(*options: object) -> str:
    return refusal(stakespec("check", "--runs", "1", "--seed", "1", *options))


def test_a_genesis_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert refused("--genesis", nowhere) == f"{nowhere}: there is no such file; check the path"
    assert refused("--genesis", tmp_path) == f"{tmp_path}: is a directory; name a file in it"


@pytest.mark.parametrize("name", BROKEN_JSON)
def test_a_genesis_that_is_no_json_is_refused(tmp_path: Path, name: str) -> None:
    text, message = BROKEN_JSON[name]
    path = tmp_path / "genesis.json"
    path.write_text(text)
    assert refused("--genesis", path).startswith(f"{path}: {message}")


def test_a_truncated_genesis_is_refused(tmp_path: Path) -> None:
    path = write_genesis(tmp_path)
    path.write_text(path.read_text()[:-20])
    assert refused("--genesis", path).startswith(f"{path}: not JSON: ")


ACCOUNT = to_jsonable(described().accounts[0])
VALIDATOR = to_jsonable(described().validators[0])
DELEGATION = to_jsonable(described().delegations[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": 1}, "Genesis has no field 'colour'; it has chain_id, params, accounts, "),
        ({"chain_id": ""}, "Genesis.chain_id = '': must be 1 to 64 characters of printable"),
        ({"chain_id": 5}, ".chain_id: must be text, not 5"),
        ({"params": []}, ".params: Params: must be an object, not []"),
        ({"params": {"speed": 1}}, ".params: Params has no field 'speed'; it has epoch_length"),
        ({"params": {"min_stake": "0"}}, ".params: Params.min_stake = 0: must be at least 1"),
        ({"params": {"churn_bps": 10_001}}, ".params.churn_bps: 10001 is not from 0 to 10000"),
        ({"params": {"epoch_length": "4"}}, ".params.epoch_length: must be a whole number, not"),
        (
            {"params": {"unbonding_epochs": 1, "evidence_window": 2}},
            ".params: Params.unbonding_epochs = 1: must be at least evidence_window = 2",
        ),
        ({"accounts": {}}, ".accounts: must be a list, not {}"),
        ({"accounts": [ACCOUNT, ACCOUNT]}, "Genesis.accounts = '0x0101"),
        (
            {"accounts": [{**ACCOUNT, "balance": str(2**128)}]},
            f".accounts[0].balance: {2**128} is not from 0 to {2**128 - 1}",
        ),
        (
            {"accounts": [{**ACCOUNT, "balance": "9" * 40}]},
            ".accounts[0].balance: must be a decimal number of at most 39 digits, not ",
        ),
        ({"accounts": [{**ACCOUNT, "balance": "0"}]}, "Genesis.accounts[0].balance = 0: must be"),
        ({"validators": [VALIDATOR] * 2}, "Genesis.validators = '0x0101"),
        ({"validators": []}, "Genesis.delegations[0].validator = '0x0101"),
        (
            {"validators": [{**VALIDATOR, "jailed": 1}]},
            ".validators[0].jailed: must be true or false, not 1",
        ),
        (
            {"delegations": [{**DELEGATION, "end": 7}]},
            "Genesis.delegations[0].end = 7: must be at most epoch = 0",
        ),
        ({"treasury": -1}, ".treasury: must be a decimal number in quotes, not -1"),
        ({"epoch": 2**63}, f".epoch: {2**63} is not from 0 to {2**63 - 1}"),
        ({"epoch": 2**62}, f"Genesis.epoch = {2**62}: must be at most "),
        ({"randomness": "0x00"}, ".randomness: must be 0x and 64 lower-case hex digits, not"),
    ],
)
def test_a_field_that_is_no_good_is_named_with_its_bound(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = write_genesis(tmp_path, None, **changes)
    assert refused("--genesis", path).startswith(f"{path}: {message}")


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    path = write_genesis(tmp_path)
    document = json.loads(path.read_text())
    del document["accounts"]
    path.write_text(json.dumps(document))
    assert refused("--genesis", path) == f"{path}: Genesis: field 'accounts' is missing"


def test_a_cosmos_genesis_comes_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "cosmos.json"
    # One without fractions, which our own files do not have.
    path.write_text(json.dumps({"chain_id": new_document()["chain_id"], "app_state": {}}))
    first, hint = refused("--genesis", path).splitlines()
    assert first.startswith(f"{path}: Genesis has no field 'app_state'")
    assert hint == (
        f"This is a Cosmos SDK genesis; read it with stakespec genesis from-cosmos {path} -o OUT"
    )


MODULES = {
    "fine": FORK,
    "raises": "raise ValueError('boom')",
    "unfinished": "FORK = (",
    "needs_more": "import nowhere_at_all",
}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("fine", "'fine' names no protocol; write MODULE:NAME, as in statemachine:PROTOCOL"),
        (":FORK", "':FORK' names no protocol; write MODULE:NAME, as in statemachine:PROTOCOL"),
        ("fine:", "'fine:' names no protocol; write MODULE:NAME, as in statemachine:PROTOCOL"),
        ("", "'' names no protocol; write MODULE:NAME, as in statemachine:PROTOCOL"),
        ("nowhere:FORK", "there is no module 'nowhere' here or among what is installed"),
        ("fine:OTHER", "fine has no protocol 'OTHER'; fine has FORK, PROTOCOL"),
        ("fine:NUMBER", "fine has no protocol 'NUMBER'; fine has FORK, PROTOCOL"),
        ("json:dumps", "json has no protocol 'dumps'"),
        ("raises:FORK", "raises cannot be imported: ValueError: boom"),
        ("needs_more:FORK", "needs_more cannot be imported: No module named 'nowhere_at_all'"),
        (
            "unfinished:FORK",
            "unfinished cannot be imported: SyntaxError: '(' was never closed (unfinished.py,"
            " line 1)",
        ),
    ],
)
def test_a_protocol_that_is_none_is_refused(tmp_path: Path, path: str, message: str) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text)
    finished = stakespec_in(folder, "check", "--protocol", path)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == f"error: --protocol: {message}\n"
    assert not (folder / "counterexamples").exists()


def test_a_module_that_exits_does_not_decide_the_exit_code(tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "leaves.py").write_text("import sys; sys.exit(3)")
    finished = stakespec_in(folder, "check", "--protocol", "leaves:FORK")
    assert finished.returncode == 2


def test_a_fork_whose_rules_print_something_is_checked_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "noisy.py").write_text(
        "from statemachine import PROTOCOL\n"
        "def elect(state, slot):\n"
        "    print('electing')\n"
        "    return PROTOCOL.elect(state, slot)\n"
        "FORK = PROTOCOL.fork('noisy', elect=elect)\n"
    )
    options = ("--runs", "1", "--seed", "1", "--engine", "walk")
    finished = stakespec_in(folder, "check", "--protocol", "noisy:FORK", *options)
    assert "Traceback" not in finished.stderr


def test_a_chain_at_the_end_of_time_is_checked_all_the_same(tmp_path: Path) -> None:
    params = {**to_jsonable(described().params), "epoch_length": 1}
    path = write_genesis(tmp_path, None, params=params, epoch=2**62 - 1)
    elsewhere = str(tmp_path / "found.json")
    outcome = stakespec("check", "--runs", "1", "--seed", "1", "--genesis", path, "-o", elsewhere)
    assert not isinstance(outcome.exception, ValueError)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("speed=1", "there is no parameter 'speed'; there are epoch_length, epoch_reward, "),
        ("min_stake", "'min_stake' sets nothing; write NAME=VALUE, as in min_stake=1_000"),
        ("min_stake=", "min_stake = '': must be a whole number in decimal digits, as in 1_000"),
        ("min_stake=1.5", "min_stake = '1.5': must be a whole number in decimal digits"),
        ("min_stake=0", "Params.min_stake = 0: must be at least 1; the settings were min_stake=0"),
        ("churn_bps=10001", "Params.churn_bps = 10001: must be a whole number from 0 to 10000"),
        ("min_stake=" + "9" * 101, "min_stake = '99999"),
        ("max_slot_gap=4", "Params.max_slot_gap = 4: must be more than epoch_length = 4"),
    ],
)
def test_a_setting_that_is_no_good_is_refused(tmp_path: Path, setting: str, message: str) -> None:
    complaint = refused("--genesis", write_genesis(tmp_path), "--set", setting)
    assert complaint.startswith(f"--set: {message}")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("speed=1",), "there is no parameter 'speed'; there are epoch_length, epoch_reward, "),
        (("unbonding_epochs=0",), "Params.unbonding_epochs = 0: must be a whole number from 1 "),
        (
            ("unbonding_epochs=2", "evidence_window=3"),
            "Params.unbonding_epochs = 2: must be at least evidence_window = 3",
        ),
        (("min_stake=1", "min_stake=2"), "min_stake is set twice; leave one"),
        ((f"min_stake={2**128 - 1}",), "GenesisDelegation.amount = 3402823669"),
    ],
)
def test_a_setting_that_no_small_world_can_begin_with_is_refused(
    settings: tuple[str, ...], message: str
) -> None:
    options = [word for setting in settings for word in ("--set", setting)]
    assert refused(*options).startswith(f"--set: {message}")


@pytest.mark.parametrize("engine", ["one-step", "branches", "hypothesis", "explore", "prove"])
def test_a_genesis_leaves_no_choice_of_engine(tmp_path: Path, engine: str) -> None:
    assert refused("--genesis", write_genesis(tmp_path), "--engine", engine) == (
        "--engine: only walk and fuzz start from a genesis; others make their own worlds"
    )


def test_an_output_that_cannot_be_written_is_refused_before_the_search(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    file = tmp_path / "file"
    file.touch()
    assert refused("-o", nowhere / "found") == (
        f"--output {nowhere / 'found'}: there is no folder {nowhere}; make it first"
    )
    assert refused("-o", file) == f"--output {file}: is not a folder; name another"
    assert refused("-o", "a\0b").startswith("--output 'a\\x00b': cannot be used: ")


def test_seconds_that_are_no_number_are_refused() -> None:
    assert refused("--seconds", "nan") == "--seconds nan: must be a number of seconds"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seconds", "0"), "Invalid value for '--seconds': 0.0 is not in the range "),
        (("--seconds", "inf"), "Invalid value for '--seconds': inf is not in the range "),
        (("--seconds", "soon"), "Invalid value for '--seconds': 'soon' is not a valid "),
        (("--seed", "-1"), "Invalid value for '--seed': -1 is not in the range "),
        (("--seed", str(2**64)), f"Invalid value for '--seed': {2**64} is not in the range "),
        (("--seed", "x"), "Invalid value for '--seed': 'x' is not a valid integer "),
        (("--runs", "0"), "Invalid value for '--runs': 0 is not in the range "),
        (("--runs", "1.5"), "Invalid value for '--runs': '1.5' is not a valid integer "),
        (("--engine", "fly"), "Invalid value for '--engine': 'fly' is not one of 'walk', "),
        (("--speed", "1"), "No such option '--speed'"),
        (("extra",), "Got unexpected extra argument (extra)"),
    ],
)
def test_an_option_out_of_range_is_a_usage_error(options: tuple[str, ...], message: str) -> None:
    assert usage_error(stakespec("check", *options)).startswith(message)
