"""What becomes of the validators of a beacon chain."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from properties.ethereum.beacon import is_kept
from properties.ethereum.genesis import EthereumImport, read_ethereum
from properties.foreign.fields import Unreadable
from properties.foreign.stream import read_stream
from statemachine import PROTOCOL, Genesis, Status
from statemachine import genesis as first_state
from statemachine.codec import from_jsonable, parse_json
from statemachine.hashing import digest
from tests.properties.cli.commands import stakespec
from tests.properties.ethereum.beacon_documents import (
    EPOCH,
    ETH,
    VALIDATORS,
    Document,
    listing,
    public_key,
    whole_state,
)

BOTH = pytest.mark.parametrize("make", [lambda: (listing(), EPOCH), lambda: (whole_state(), None)])
Make = Callable[[], tuple[Document, int | None]]


def address(number: int) -> bytes:
    return digest("stakespec/ethereum-validator", public_key(number))[:20]


def read(make: Make, **options: Any) -> EthereumImport:
    document, epoch = make()
    return read_ethereum(document, epoch=epoch, **options)


def row(imported: EthereumImport, subject: str) -> tuple[int | None, int | None]:
    findings = imported.findings
    rows = findings.read + findings.changed + findings.missing
    return next((entry.count, entry.amount) for entry in rows if entry.subject == subject)


@BOTH
def test_balances_in_are_balances_out(make: Make) -> None:
    balance = read(make).balance
    assert balance.total_in == balance.total_out == sum(held for _, held in VALIDATORS)


@BOTH
def test_the_effective_balance_is_bonded_and_the_rest_is_liquid(make: Make) -> None:
    description = read(make).genesis
    stakes = {entry.validator: (entry.amount, entry.end) for entry in description.delegations}
    assert stakes == {
        address(1): (32 * ETH, None),
        address(2): (31 * ETH - 7, None),
        address(4): (32 * ETH, 1_000),
        address(5): (31 * ETH, 1_000),
        address(6): (32 * ETH, 900),
    }
    liquid = {entry.address: entry.balance for entry in description.accounts}
    assert liquid == {address(1): 5, address(3): 32 * ETH, address(8): 3}


@BOTH
def test_whoever_is_active_there_serves_here_under_the_same_key(make: Make) -> None:
    description = read(make).genesis
    state = first_state(PROTOCOL, description)
    assert state.epoch == EPOCH
    assert sorted(state.snapshot) == sorted((address(1), address(2)))
    assert state.validators[address(1)].public_key == public_key(1)
    jailed = [entry.address for entry in description.validators if entry.jailed]
    assert jailed == [address(number) for number in (5, 6, 7, 8)]
    assert state.validators[address(3)].status is Status.PENDING


@BOTH
def test_unbonding_stake_is_released_when_it_is_withdrawable_there(make: Make) -> None:
    """The sixth is withdrawable at 1,156: its end and 256 epochs."""
    description = read(make).genesis
    ends = {entry.validator: entry.end or 0 for entry in description.delegations}
    assert ends[address(6)] + description.params.unbonding_epochs == 1_156


def test_what_is_not_said_the_same_way_is_counted() -> None:
    imported = read_ethereum(whole_state())
    assert row(imported, "validators active") == (2, 63 * ETH - 2)
    assert row(imported, "validators waiting for activation") == (1, 32 * ETH)
    assert row(imported, "validators exiting") == (1, 32 * ETH)
    assert row(imported, "validators exited") == (2, 63 * ETH)
    assert row(imported, "validators withdrawable") == (2, 3)
    assert row(imported, "withdrawable later") == (2, None)
    assert row(imported, "data.randao_mixes") == (1, None)


def test_parameters_follow_the_fork_and_the_stake() -> None:
    params = read_ethereum(whole_state()).genesis.params
    assert (params.churn_floor, params.churn_bps) == (128 * ETH, 0)
    assert (params.min_stake, params.unbonding_epochs) == (16 * ETH, 256)
    assert params.double_sign_bps == 2
    assert read_ethereum(listing(), epoch=EPOCH).genesis.params.double_sign_bps == 312
    # 95 ETH are active, with those of whoever exits: 64 times the root of so many Gwei.
    assert params.epoch_reward == 64 * 308_220


def test_the_epoch_of_a_listing_is_the_latest_that_has_been() -> None:
    imported = read_ethereum(listing())
    assert (imported.epoch, imported.epoch_source) == (
        1_004,
        "the latest that has been; give --epoch N if later",
    )
    assert read_ethereum(whole_state()).epoch_source == "the slot of the state"


def test_a_young_chain_begins_late_enough_for_its_exits() -> None:
    document = listing()
    document["data"] = document["data"][:1]
    imported = read_ethereum(document, epoch=3)
    assert imported.genesis.epoch == 256


@pytest.mark.parametrize("make", [listing, whole_state])
def test_what_is_streamed_reads_the_same(make: Callable[[], Document]) -> None:
    content = io.BytesIO(json.dumps(make()).encode())
    streamed = read_ethereum(read_stream(content, "data", is_kept))
    assert streamed.genesis == read_ethereum(make()).genesis


def change(document: Document, **changes: Any) -> Document:
    document["data"][0]["validator"].update(changes)
    return document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document = (a list of 0): must be an object with data in it"),
        ({"app_state": {}}, "the document: 'data' is missing; it has app_state. Is this file"),
        ({"data": []}, "data: must have at least one validator"),
        ({"data": {"slot": "3"}}, "data: validators and balances are not both in it; it has slot."),
        (
            change(listing(), pubkey="0x12"),
            "data[0].validator.pubkey = '0x12': must be 0x and 96 hex digits",
        ),
        (
            change(listing(), exit_epoch="9", withdrawable_epoch="8"),
            "data[0].validator.exit_epoch = '9': must be at most withdrawable_epoch = 8",
        ),
        (
            change(listing(), pubkey="0x" + public_key(2).hex()),
            "the file does not make a valid genesis: Genesis.validators = ",
        ),
        (
            {"data": {**whole_state()["data"], "balances": ["1"]}},
            "data.balances = (a list of 1): must be a list of 8, as there are validators",
        ),
    ],
)
def test_a_bad_document_is_refused_with_the_place(document: Any, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_ethereum(document)
    assert str(refused.value).startswith(message)


def run(folder: Path, document: Any) -> Result:
    (folder / "beacon.json").write_text(json.dumps(document))
    argv = ["from-ethereum", str(folder / "beacon.json"), "-o", str(folder / "ours.json")]
    return stakespec("genesis", *argv)


def test_the_command_writes_a_genesis_and_says_what_became_of_it(tmp_path: Path) -> None:
    outcome = run(tmp_path, whole_state())
    assert outcome.exit_code == 0, outcome.output
    written = from_jsonable(parse_json((tmp_path / "ours.json").read_text()), Genesis)
    assert written == read_ethereum(whole_state()).genesis
    assert "epoch: 1000, the slot of the state" in outcome.stdout
    assert max(len(line) for line in outcome.stdout.split("Written to")[0].splitlines()) <= 80


def test_the_command_refuses_a_bad_file(tmp_path: Path) -> None:
    outcome = run(tmp_path, {"data": None})
    assert outcome.exit_code == 2
    assert "'data' is null; it has data. Is this file complete? stakespec reads" in outcome.stderr
    assert not (tmp_path / "ours.json").exists()
