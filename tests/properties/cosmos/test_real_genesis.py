"""The Cosmos Hub as it was in April 2019. Skipped where ../shared is absent."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from statemachine.codec import from_jsonable, parse_json
from statemachine.description import Genesis
from tests.properties.cli.commands import stakespec

pytestmark = pytest.mark.xdist_group("real-genesis")


@pytest.fixture(scope="module")
def hub(shared: Path) -> Path:
    return shared / "data" / "cosmoshub-2-genesis.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def printed(hub: Path, folder: Path) -> Result:
    arguments = ["from-cosmos", str(hub), "-o", str(folder / "hub.json"), "--json"]
    return stakespec("genesis", *arguments)


@pytest.fixture(scope="module")
def report(printed: Result) -> Any:
    assert printed.exit_code == 0, printed.output
    return json.loads(printed.stdout)


def row(rows: Any, subject: str) -> tuple[int | None, str | None]:
    row = next(entry for entry in rows if entry["subject"] == subject)
    return row["count"], row["amount"]


def test_tokens_in_are_tokens_out_and_what_the_file_states(report: Any) -> None:
    tokens = report["tokens"]
    assert tokens["total_in"] == tokens["total_out"] == tokens["stated"] == "237551247912895"
    assert tokens["difference"] == "0"
    assert tokens["stated_by"] == "staking.pool"
    assert report["state"]["supply"] == report["state"]["held"] == "237551247912895"


def test_everybody_is_read(report: Any) -> None:
    assert row(report["read"], "accounts") == (1_025, "112413973259536")
    assert row(report["read"], "validators") == (105, "121093306520836")
    assert row(report["read"], "of them jailed") == (4, "175999650")
    assert row(report["read"], "delegations") == (1_109, "121093306520826")
    assert row(report["read"], "unbonding entries") == (60, "4014760650077")


def test_what_is_lost_is_counted(report: Any) -> None:
    missing = report["no_counterpart"]
    assert row(report["read"], "redelegations under way") == (62, "12554089499581")
    assert row(report["changed"], "redelegated, and left since") == (None, "320000000")
    assert row(missing, "vesting accounts") == (45, "23619895810000")
    assert row(report["changed"], "rounding of shares") == (None, "10")


def test_the_chain_that_comes_out_has_all_but_the_jailed_at_work(report: Any) -> None:
    state = report["state"]
    assert (state["active_validators"], state["validators"]) == (101, 105)
    assert state["active_stake"] == "121093130521176"
    numbers = {entry["name"]: entry["number"] for entry in report["parameters"]}
    assert numbers["double_sign_bps"] == "500"
    assert numbers["downtime_bps"] == "1"
    assert numbers["epoch_reward"] == "47767754085"
    assert numbers["downtime_threshold"] == "95"
    assert numbers["churn_floor"] == "576633945483"


def test_what_is_written_reads_back(report: Any, folder: Path) -> None:
    description = from_jsonable(parse_json((folder / "hub.json").read_bytes()), Genesis)
    assert description.chain_id == report["chain_id"] == "cosmoshub-2"
    assert description.epoch == 21
    assert {entry.end for entry in description.delegations} <= {None, *range(1, 22)}
