"""Exports of the SDK's newer versions, 0.45 to 0.53: the same chain, laid out as each has it.

What moved: consensus parameters (to `consensus.params` with 0.50), parameters of gov (into one
object with 0.47), ids of what unbonds (0.47), and the community's pool (into an account of its
own module with 0.53).
"""

from collections.abc import Callable
from typing import Any

import pytest

from properties.cosmos import read_cosmos
from tests.properties.cosmos.cosmos_documents import DAY, Document, coins, module, new_document

AGE = {"evidence": {"max_age_num_blocks": "100000", "max_age_duration": str(14 * DAY)}}
"""Evidence of two thirds of the unbonding time."""


def sdk_0_45() -> Document:
    document = new_document()
    del document["consensus"]
    return {**document, "initial_height": "1", "consensus_params": AGE, "app_hash": ""}


def sdk_0_46() -> Document:
    document = sdk_0_45()
    state = document["app_state"]
    state["staking"]["params"]["min_commission_rate"] = "0.000000000000000000"
    state["group"] = {"group_seq": "0", "groups": [], "proposals": []}
    return document


def sdk_0_47() -> Document:
    document = sdk_0_46()
    state = document["app_state"]
    state["consensus"] = None
    state["gov"] = {
        "starting_proposal_id": "1",
        "deposits": [],
        "deposit_params": None,
        "tally_params": None,
        "params": {"min_deposit": coins(10)},
    }
    state["bank"]["send_enabled"] = []
    for entry in state["staking"]["validators"]:
        entry |= {"unbonding_on_hold_ref_count": "0", "unbonding_ids": []}
    for unbonding in state["staking"]["unbonding_delegations"]:
        for number, entry in enumerate(unbonding["entries"]):
            entry |= {"unbonding_id": str(number), "unbonding_on_hold_ref_count": "0"}
    return document


def sdk_0_50() -> Document:
    document = sdk_0_47()
    del document["consensus_params"]
    return {
        **document,
        "app_name": "hubd",
        "app_version": "1.0.0",
        "initial_height": 1,
        "consensus": {"validators": [], "params": {**AGE, "abci": {}}},
    }


def sdk_0_53() -> Document:
    document = sdk_0_50()
    state = document["app_state"]
    pool = state["distribution"]["fee_pool"]["community_pool"]
    whole = sum(int(coin["amount"].partition(".")[0]) for coin in pool)
    state["distribution"]["fee_pool"]["community_pool"] = []
    for entry in state["bank"]["balances"]:
        if entry["address"] == module("distribution"):
            entry["coins"] = coins(int(entry["coins"][0]["amount"]) - whole)
    state["bank"]["balances"].append({"address": module("protocolpool"), "coins": coins(whole)})
    account = {"base_account": {"address": module("protocolpool")}, "name": "protocolpool"}
    state["auth"]["accounts"].append({"@type": "/cosmos.auth.v1beta1.ModuleAccount", **account})
    state["protocolpool"] = {"continuous_funds": [], "params": {}}
    state["epochs"] = {"epochs": []}
    return document


@pytest.mark.parametrize("make", [sdk_0_45, sdk_0_46, sdk_0_47, sdk_0_50, sdk_0_53])
def test_the_same_chain_is_read_from_every_version(make: Callable[[], Any]) -> None:
    imported, reference = read_cosmos(make()), read_cosmos(new_document())
    assert imported.balance.total_in == imported.balance.total_out == 1_867
    assert imported.genesis.treasury == reference.genesis.treasury == 58
    assert imported.genesis.params.evidence_window == 14
    for name in ("validators", "delegations"):
        assert getattr(imported.genesis, name) == getattr(reference.genesis, name)
