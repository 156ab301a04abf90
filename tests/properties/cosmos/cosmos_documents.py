"""Small documents in the layouts of the Cosmos SDK, for the tests of the importer.

Three validators. Alice's is bonded and was slashed by a third, so its 900 shares are 600
tokens. Bob's is jailed and unbonding, with 50 tokens for 50 shares. Carol's is not bonded,
with 7 tokens for 7 shares, all hers. Dave delegates and unbonds.
"""

import hashlib
from typing import Any

from properties.cosmos import CosmosImport, Row
from properties.cosmos.bech32 import encode

Document = dict[str, Any]

DAY = 86_400 * 10**9
"""Nanoseconds."""


def payload(name: str) -> bytes:
    """Return the 20 bytes of somebody's address."""
    return hashlib.sha256(f"person {name}".encode()).digest()[:20]


def account(name: str) -> str:
    """Return somebody's account address."""
    return encode("cosmos", payload(name))


def operator(name: str) -> str:
    """Return somebody's operator address."""
    return encode("cosmosvaloper", payload(name))


def module(name: str) -> str:
    """Return the address of a module's account."""
    return encode("cosmos", hashlib.sha256(name.encode()).digest()[:20])


def coins(amount: int, denom: str = "uatom") -> list[Document]:
    """Return a list of one coin."""
    return [{"denom": denom, "amount": str(amount)}]


def validator(name: str, tokens: int, shares: int, **changes: Any) -> Document:
    """Return a validator in the old layout."""
    return {
        "operator_address": operator(name),
        "consensus_pubkey": "cosmosvalconspub1...",
        "jailed": False,
        "status": 2,
        "tokens": str(tokens),
        "delegator_shares": f"{shares}.000000000000000000",
        "description": {"moniker": name},
        "commission": {
            "rate": "0.100000000000000000",
            "max_rate": "0.200000000000000000",
            "max_change_rate": "0.010000000000000000",
        },
        "min_self_delegation": "1",
        **changes,
    }


def delegation(delegator: str, holder: str, shares: str) -> Document:
    """Return a delegation."""
    return {
        "delegator_address": account(delegator),
        "validator_address": operator(holder),
        "shares": shares,
    }


def unbonding(delegator: str, holder: str, *entries: tuple[int, str]) -> Document:
    """Return unbonding entries, each a balance and a completion time."""
    return {
        "delegator_address": account(delegator),
        "validator_address": operator(holder),
        "entries": [
            {"balance": str(balance), "initial_balance": str(balance), "completion_time": moment}
            for balance, moment in entries
        ],
    }


def staking() -> Document:
    """Return the staking section, as old documents have it but for the pool."""
    return {
        "params": {
            "bond_denom": "uatom",
            "max_validators": 100,
            "unbonding_time": str(21 * DAY),
        },
        "validators": [
            validator("alice", 600, 900),
            validator("bob", 50, 50, jailed=True, status=1),
            validator("carol", 7, 7, status=0),
        ],
        "delegations": [
            delegation("alice", "alice", "450.000000000000000000"),
            delegation("dave", "alice", "449.500000000000000000"),
            delegation("erin", "alice", "0.500000000000000000"),
            delegation("bob", "bob", "50.000000000000000000"),
            delegation("carol", "carol", "7.000000000000000000"),
        ],
        "unbonding_delegations": [
            unbonding("dave", "alice", (30, "2019-04-23T17:00:00Z"), (3, "2019-05-13T17:00:00Z")),
            unbonding("dave", "bob", (20, "2019-04-23T17:00:00.000000001Z")),
        ],
        "redelegations": [
            {
                "delegator_address": account("dave"),
                "validator_src_address": operator("bob"),
                "validator_dst_address": operator("alice"),
                "entries": [
                    {
                        "initial_balance": "40",
                        "shares_dst": "60.000000000000000000",
                        "completion_time": "2019-04-26T17:00:00Z",
                    }
                ],
            }
        ],
    }


def old_document() -> Document:
    """Return a document as SDK 0.33 wrote it: balances 1,110, and 1,867 tokens in all."""
    return {
        "genesis_time": "2019-04-22T17:00:00Z",
        "chain_id": "smallhub-1",
        "consensus_params": {"evidence": {"max_age": "1000000"}},
        "app_state": {
            "accounts": [
                {"address": account("alice"), "coins": coins(1_000), "sequence_number": "4"},
                {
                    "address": account("dave"),
                    "coins": coins(100) + coins(77, "photon"),
                    "sequence_number": "0",
                    "original_vesting": coins(90),
                    "delegated_vesting": coins(60),
                },
                {"address": module("govDepositedCoins"), "coins": coins(10)},
                {"address": account("erin"), "coins": None},
            ],
            "auth": {"collected_fees": coins(2), "params": {"tx_sig_limit": "7"}},
            "distr": {
                "fee_pool": {
                    "community_pool": [{"denom": "uatom", "amount": "40.250000000000000000"}]
                },
                "outstanding_rewards": [
                    {
                        "validator_address": operator("alice"),
                        "outstanding_rewards": [
                            {"denom": "uatom", "amount": "4.750000000000000000"}
                        ],
                    }
                ],
                "delegator_withdraw_infos": [{"delegator_address": account("dave")}],
            },
            "gov": {"deposits": [{"amount": coins(10)}], "proposals": [{"proposal_id": "1"}]},
            "mint": {"minter": {"annual_provisions": "3652500.000000000000000000"}},
            "slashing": {
                "params": {
                    "max_evidence_age": str(14 * DAY),
                    "downtime_jail_duration": str(DAY + 1),
                    "slash_fraction_double_sign": "0.050000000000000000",
                    "slash_fraction_downtime": "0.000010000000000000",
                },
                "signing_infos": {"cosmosvalcons1...": {"tombstoned": True}},
            },
            "staking": {
                **staking(),
                "pool": {"bonded_tokens": "600", "not_bonded_tokens": "1267"},
            },
            "crisis": {"constant_fee": {"denom": "uatom", "amount": "1333"}},
            "gentxs": None,
        },
    }


def new_document() -> Document:
    """Return a document as SDK 0.50 exports it, of the same people: 1,867 tokens in all."""
    section = staking()
    section["params"]["unbonding_time"] = "1814400s"
    statuses = ("BOND_STATUS_BONDED", "BOND_STATUS_UNBONDING", "BOND_STATUS_UNBONDED")
    for entry, status in zip(section["validators"], statuses, strict=True):
        entry["status"] = status
        entry["commission"] = {"commission_rates": entry["commission"]}
        entry["consensus_pubkey"] = {"@type": "/cosmos.crypto.ed25519.PubKey", "key": "AA=="}
    old = old_document()["app_state"]
    base = {"address": account("dave"), "sequence": "3"}
    return {
        "genesis_time": "2019-04-22T17:00:00Z",
        "chain_id": "smallhub-1",
        "initial_height": 1,
        "consensus": {"params": {"evidence": {"max_age_duration": str(21 * DAY)}}},
        "app_state": {
            "auth": {
                "accounts": [
                    {
                        "@type": "/cosmos.vesting.v1beta1.DelayedVestingAccount",
                        "base_vesting_account": {
                            "base_account": base,
                            "original_vesting": coins(90),
                            "delegated_vesting": coins(60),
                        },
                    },
                    {
                        "@type": "/cosmos.auth.v1beta1.ModuleAccount",
                        "base_account": {"address": module("gov")},
                        "name": "gov",
                    },
                ],
            },
            "bank": {
                "balances": [
                    {"address": account("alice"), "coins": coins(1_000)},
                    {"address": account("dave"), "coins": coins(100) + coins(77, "ibc/27394FB0")},
                    {"address": module("bonded_tokens_pool"), "coins": coins(600)},
                    {"address": module("not_bonded_tokens_pool"), "coins": coins(110)},
                    {"address": module("distribution"), "coins": coins(45)},
                    {"address": module("fee_collector"), "coins": coins(2)},
                    {"address": module("gov"), "coins": coins(10)},
                ],
                "supply": coins(1_867) + coins(77, "ibc/27394FB0"),
            },
            "distribution": old["distr"],
            "gov": old["gov"],
            "mint": old["mint"],
            "slashing": {
                "params": {
                    "downtime_jail_duration": "600s",
                    "slash_fraction_double_sign": "0.050000000000000000",
                    "slash_fraction_downtime": "0.010000000000000000",
                },
                "signing_infos": [
                    {"address": "cosmosvalcons1...", "validator_signing_info": {"tombstoned": True}}
                ],
            },
            "staking": section,
            "ibc": {"client_genesis": {"clients": [1, 2, 3]}},
        },
    }


def rows(imported: CosmosImport) -> dict[str, Row]:
    """Return the rows of an import by their subjects."""
    findings = imported.findings
    return {row.subject: row for row in findings.read + findings.changed + findings.missing}


def figures(imported: CosmosImport, subject: str) -> tuple[int | None, int | None]:
    """Return the count and the amount in a row."""
    row = rows(imported)[subject]
    return row.count, row.amount


def gentx(layout: str, name: str, amount: int) -> Document:
    """Return somebody's transaction that creates a validator, in a layout."""
    message = {
        "commission": validator(name, 0, 0)["commission"],
        "description": {"moniker": name},
        "min_self_delegation": "1",
        "delegator_address": "" if layout == "0.50" else account(name),
        "validator_address": operator(name),
        "pubkey": "cosmosvalconspub1...",
        "value": coins(amount)[0],
    }
    if layout in ("0.33", "0.38"):
        held = {"type": "cosmos-sdk/MsgCreateValidator", "value": message}
        return {"type": "cosmos-sdk/StdTx", "value": {"msg": [held], "signatures": []}}
    held = {"@type": "/cosmos.staking.v1beta1.MsgCreateValidator", **message}
    return {"body": {"messages": [held]}, "auth_info": {}, "signatures": []}


def gentx_document(layout: str) -> Document:
    """Return a genesis whose validators come from gentxs, with 1,150 tokens in all."""
    old = layout in ("0.33", "0.38")
    document = old_document() if old else new_document()
    app_state = document["app_state"]
    for name in ("validators", "delegations", "unbonding_delegations", "redelegations", "pool"):
        app_state["staking"][name] = None
    for name in ("distr", "distribution", "slashing", "gov"):
        app_state.pop(name, None)
    held = [
        {"address": account(name), "coins": coins(amount)}
        for name, amount in (("alice", 1_000), ("bob", 50), ("dave", 100))
    ]
    transactions = [gentx(layout, "alice", 600), gentx(layout, "bob", 50)]
    if old:
        del app_state["auth"]
        app_state["accounts"] = held
    else:
        app_state["bank"] = {"balances": held, "supply": []}
    if layout == "0.33":
        app_state["gentxs"] = transactions
    else:
        app_state["genutil"] = {"gentxs" if old else "gen_txs": transactions}
    return document
