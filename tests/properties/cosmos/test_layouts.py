"""Layouts of other versions and of chains' own: what is read, and what a refusal says."""

from copy import deepcopy
from typing import Any

import pytest

from properties.cosmos import CosmosError, CosmosImport, read_cosmos
from tests.properties.cosmos.cosmos_documents import (
    Document,
    account,
    coins,
    figures,
    gentx,
    gentx_document,
    new_document,
    old_document,
    operator,
    payload,
    rows,
)


def refusal(document: Any) -> str:
    with pytest.raises(CosmosError) as refused:
        read_cosmos(document)
    return str(refused.value)


def balances(imported: CosmosImport) -> dict[bytes, int]:
    return {entry.address: entry.balance for entry in imported.genesis.accounts}


@pytest.mark.parametrize("wrapper", ["CommissionRates", "commission_rates", "of_a_fork"])
def test_commission_rates_are_read_in_whatever_object_they_lie(wrapper: str) -> None:
    document = old_document()
    for entry in document["app_state"]["staking"]["validators"]:
        entry["commission"] = {wrapper: entry["commission"], "update_time": "2019-04-22T17:00:00Z"}
    assert read_cosmos(document).genesis == read_cosmos(old_document()).genesis


def test_a_commission_without_rates_is_refused_with_its_keys() -> None:
    document = old_document()
    document["app_state"]["staking"]["validators"][0]["commission"] = {"Rates": {"now": "0.1"}}
    assert refusal(document) == (
        "app_state.staking.validators[0].commission: no 'rate' in it or in the objects nested in"
        " it; it has Rates; app_state.staking.validators[0].commission.Rates has now. It is read"
        " wherever one of these objects has it. stakespec reads genesis files and exports of Cosmos"
        " SDK 0.33 to 0.53."
    )


WRAPPED: list[Document] = [
    {"type": "x/PeriodicAccount", "value": {"Periodic": {"Base": {"BaseAccount": {}}}}},
    {"type": "fork/Account", "value": {"Account": {"type": "sdk/Account", "value": {}}}},
    {"@type": "/chain.v1.EthAccount", "base_account": {}},
    {},
]


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_accounts_are_read_through_wrappers_of_any_name(wrapping: Document) -> None:
    document = old_document()
    innermost = wrapped = deepcopy(wrapping)
    while any(isinstance(held, dict) for held in innermost.values()):
        innermost = next(held for held in innermost.values() if isinstance(held, dict))
    innermost.update(document["app_state"]["accounts"][0])
    document["app_state"]["accounts"][0] = wrapped
    assert read_cosmos(document).genesis == read_cosmos(old_document()).genesis


def test_an_account_that_cannot_be_read_is_refused_with_its_type_and_keys() -> None:
    document = old_document()
    document["app_state"]["accounts"].append(
        {"type": "fork/Account", "value": {"owner": "x", "Base": {"number": "1"}}}
    )
    message = refusal(document)
    assert message.startswith(
        "app_state.accounts[4] of type 'fork/Account': no 'address' in it or in the objects nested"
        " in it; it has type, value; app_state.accounts[4].value has owner, Base. "
    )


def test_an_account_of_two_addresses_is_refused_with_both_places() -> None:
    document = old_document()
    document["app_state"]["accounts"].append(
        {"a": {"address": account("zoe")}, "b": {"address": account("yan")}}
    )
    assert refusal(document).endswith(
        "must be an object with one 'address'; it has app_state.accounts[4].a.address and"
        " app_state.accounts[4].b.address"
    )


def lists(held: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return where the lists of a document lie, those within lists apart."""
    if isinstance(held, list):
        return [path]
    if not isinstance(held, dict):
        return []
    return [place for name, inner in held.items() for place in lists(inner, (*path, name))]


@pytest.mark.parametrize("make", [old_document, new_document])
@pytest.mark.parametrize("number", range(14))
def test_a_list_that_is_null_is_read_as_an_empty_one(make: Any, number: int) -> None:
    places = lists(make())
    place = places[number % len(places)]
    outcomes = []
    nothings: tuple[Any, ...] = ([], None)
    for nothing in nothings:
        document = make()
        holder = document
        for name in place[:-1]:
            holder = holder[name]
        holder[place[-1]] = nothing
        try:
            outcomes.append(str(read_cosmos(document).genesis))
        except CosmosError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_the_section_of_sdk_0_32_is_named_as_older() -> None:
    document = old_document()
    document["app_state"]["stake"] = document["app_state"].pop("staking")
    message = refusal(document)
    assert message.startswith(
        "app_state.stake is the staking section of SDK 0.32 and before; it has params, validators,"
    )
    assert "stakespec reads genesis files and exports of Cosmos SDK 0.33 to 0.53." in message


def test_the_staking_of_another_module_is_named() -> None:
    document = old_document()
    document["app_state"]["mstaking"] = document["app_state"].pop("staking")
    message = refusal(document)
    assert message.startswith("app_state.mstaking looks like the staking of another module; it has")
    assert message.endswith("stakespec reads genesis files and exports of Cosmos SDK 0.33 to 0.53.")


@pytest.mark.parametrize("names", [("result", "genesis"), ("genesis",)])
def test_the_answer_of_a_node_is_unwrapped(names: tuple[str, ...]) -> None:
    document = old_document()
    for name in reversed(names):
        document = {name: document, "jsonrpc": "2.0"}
    assert read_cosmos(document).genesis == read_cosmos(old_document()).genesis


@pytest.mark.parametrize("layout", ["0.33", "0.38", "0.40", "0.50"])
def test_collected_gentxs_make_validators(layout: str) -> None:
    imported = read_cosmos(gentx_document(layout))
    alice, bob = payload("alice"), payload("bob")
    stakes = {entry.validator: entry.amount for entry in imported.genesis.delegations}
    assert stakes == {alice: 600, bob: 50}
    assert balances(imported) == {alice: 400, payload("dave"): 100}
    assert figures(imported, "gentxs") == (2, 650)
    assert imported.balance.total_in == imported.balance.total_out == 1_150
    assert [entry.commission_bps for entry in imported.genesis.validators] == [1_000, 1_000]


def test_a_gentx_that_its_account_cannot_pay_is_refused() -> None:
    document = gentx_document("0.40")
    document["app_state"]["genutil"]["gen_txs"].append(gentx("0.40", "erin", 7))
    assert refusal(document) == (
        "app_state.genutil.gen_txs[2].body.messages[0]: stakes 7, but its account has 0; is the"
        " account in the file?"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"@type": "/cosmos.bank.v1beta1.MsgSend"}, "must be a type that ends in MsgCreateValid"),
        ({"value": {"denom": "photon", "amount": "1"}}, "must be the bond denomination, uatom"),
        ({"validator_address": operator("alice")}, "validator_address must be there only once"),
        ({"commission": None}, "'commission' is null; it has @type, commission, "),
    ],
)
def test_a_bad_gentx_is_refused(change: Document, message: str) -> None:
    document = gentx_document("0.40")
    second = document["app_state"]["genutil"]["gen_txs"][1]
    second["body"]["messages"][0].update(change)
    assert message in refusal(document)


def vesting(kind: str, start: int, end: int, **more: Any) -> Document:
    document = new_document()
    owner = document["app_state"]["auth"]["accounts"][0]
    owner["@type"] = f"/cosmos.vesting.v1beta1.{kind}"
    owner["base_vesting_account"]["end_time"] = str(end)
    owner.update(start_time=str(start), **more)
    return document


START = 1_555_952_400
"""The genesis_time of the documents, in seconds since 1970."""


@pytest.mark.parametrize(
    ("document", "locked"),
    [
        (vesting("DelayedVestingAccount", 0, START + 1), 90),
        (vesting("DelayedVestingAccount", 0, START), 0),
        (vesting("ContinuousVestingAccount", START - 10, START + 20), 60),
        (vesting("ContinuousVestingAccount", START + 10, START + 20), 90),
        (vesting("PermanentLockedAccount", 0, 0), 90),
        (
            vesting(
                "PeriodicVestingAccount",
                START - 10,
                START + 20,
                vesting_periods=[
                    {"length": "10", "amount": coins(25)},
                    {"length": "20", "amount": coins(65)},
                ],
            ),
            65,
        ),
    ],
)
def test_vesting_schedules_are_said_as_locked_amounts(document: Document, locked: int) -> None:
    imported = read_cosmos(document)
    assert figures(imported, "vesting accounts") == (1, 90)
    row = rows(imported).get("tokens still vesting")
    assert (row and row.amount) == (locked or None)


def test_denominations_are_named_with_where_they_come_from() -> None:
    document = new_document()
    bank = document["app_state"]["bank"]
    bank["denom_metadata"] = [{"base": "ibc/27394FB0", "display": "atom"}]
    imported = read_cosmos(document)
    assert imported.denom == "uatom"
    assert rows(imported)["coin ibc/27394FB0 (atom)"].note == (
        "of another chain, by IBC; left out: 77 of it, in so many accounts"
    )
