"""What becomes of the small documents, in each layout.

The parameters have a file of their own, and so do refusals.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from properties.cosmos import CosmosImport, read_cosmos
from properties.cosmos.bech32 import encode
from statemachine import PROTOCOL, Status
from statemachine import genesis as first_state
from statemachine.codec import from_jsonable, to_jsonable
from statemachine.description import Genesis
from tests.properties.cosmos.cosmos_documents import (
    Document,
    account,
    coins,
    delegation,
    figures,
    module,
    new_document,
    old_document,
    operator,
    payload,
    rows,
    unbonding,
    validator,
)

LAYOUTS = pytest.mark.parametrize("make", [old_document, new_document])


def bonded(imported: CosmosImport) -> dict[tuple[bytes, bytes], int]:
    stakes: dict[tuple[bytes, bytes], int] = {}
    for entry in imported.genesis.delegations:
        if entry.end is None:
            pair = (entry.delegator, entry.validator)
            stakes[pair] = stakes.get(pair, 0) + entry.amount
    return stakes


@LAYOUTS
def test_tokens_in_are_tokens_out_and_the_supply_that_is_stated(
    make: Callable[[], Document],
) -> None:
    balance = read_cosmos(make()).balance
    assert balance.total_in == balance.total_out == balance.stated == 1_867


@LAYOUTS
def test_a_slashed_validators_shares_are_worth_its_tokens(make: Callable[[], Document]) -> None:
    imported = read_cosmos(make())
    alice, bob, carol, dave = (payload(name) for name in ("alice", "bob", "carol", "dave"))
    assert bonded(imported) == {
        (alice, alice): 300,
        (dave, alice): 299,
        (bob, bob): 50,
        (carol, carol): 7,
    }


@LAYOUTS
def test_what_rounding_leaves_goes_to_the_treasury_and_is_shown(
    make: Callable[[], Document],
) -> None:
    imported = read_cosmos(make())
    assert figures(imported, "rounding of shares") == (None, 1)
    assert figures(imported, "delegations below one token") == (1, None)
    # The community pool and unpaid rewards are 45, fees 2, deposits 10, rounding 1.
    assert imported.genesis.treasury == 58


@LAYOUTS
def test_balances_are_those_of_owners_alone(make: Callable[[], Document]) -> None:
    accounts = {entry.address: entry.balance for entry in read_cosmos(make()).genesis.accounts}
    assert accounts == {payload("alice"): 1_000, payload("dave"): 100}


@LAYOUTS
def test_jailed_validators_come_along_jailed_and_the_rest_serve(
    make: Callable[[], Document],
) -> None:
    imported = read_cosmos(make())
    state = first_state(PROTOCOL, imported.genesis)
    statuses = {name: state.validators[payload(name)].status for name in ("alice", "bob", "carol")}
    assert statuses == {
        "alice": Status.ACTIVE,
        "bob": Status.JAILED,
        "carol": Status.ACTIVE,
    }
    assert figures(imported, "  of them jailed") == (1, 50)
    assert figures(imported, "  of them unbonding") == (1, 50)
    assert figures(imported, "  of them unbonded") == (1, 7)
    assert figures(imported, "tombstoned validators") == (1, None)
    assert figures(imported, "max_validators = 100") == (1, 7)


@LAYOUTS
def test_unbonding_stake_is_released_after_its_remaining_time_rounded_up(
    make: Callable[[], Document],
) -> None:
    imported = read_cosmos(make())
    description = imported.genesis
    assert description.epoch == description.params.unbonding_epochs == 21
    left = {
        entry.amount: entry.end + description.params.unbonding_epochs - description.epoch
        for entry in description.delegations
        if entry.end is not None
    }
    # One day, one day and a nanosecond, and all 21 days.
    assert left == {30: 1, 20: 2, 3: 21}
    assert figures(imported, "unbonding entries") == (3, 53)


def test_an_overdue_entry_is_released_after_one_epoch() -> None:
    imported = read_cosmos(old_document(), at="2019-04-25T00:00:00Z")
    ends = {entry.amount: entry.end for entry in imported.genesis.delegations if entry.end}
    assert ends == {30: 1, 20: 1, 3: 19}
    assert figures(imported, "unbonding entries overdue") == (2, None)


def test_unbonding_from_a_validator_that_is_gone_is_liquid() -> None:
    document = old_document()
    section = document["app_state"]["staking"]
    section["unbonding_delegations"].append(
        unbonding("dave", "zoe", (5, "2019-04-23T17:00:00Z"), (0, "2019-04-23T17:00:00Z"))
    )
    section["pool"]["not_bonded_tokens"] = "1272"
    imported = read_cosmos(document)
    balances = {entry.address: entry.balance for entry in imported.genesis.accounts}
    assert balances[payload("dave")] == 105
    assert figures(imported, "unbonding, validator gone") == (1, 5)
    assert figures(imported, "unbonding entries of 0") == (1, None)
    assert imported.balance.total_in == imported.balance.stated == 1_872


@LAYOUTS
def test_what_has_no_counterpart_is_counted(make: Callable[[], Document]) -> None:
    imported = read_cosmos(make())
    assert figures(imported, "redelegations under way") == (1, 40)
    assert figures(imported, "vesting accounts") == (1, 90)
    assert figures(imported, "delegated vesting tokens") == (1, 60)
    assert figures(imported, "sequence numbers") == (1, None)
    assert figures(imported, "gov.proposals") == (1, None)
    assert figures(imported, "signing infos") == (1, None)


def test_other_denominations_are_left_out_and_named() -> None:
    row = rows(read_cosmos(old_document()))["coin photon"]
    assert (row.count, row.note) == (1, "left out: 77 of it, in so many accounts")
    document = new_document()
    document["app_state"]["bank"]["balances"][0]["coins"] += [
        {"denom": f"ibc/{place}", "amount": "1"} for place in range(7)
    ]
    assert figures(read_cosmos(document), "other coins") == (3, None)


def test_every_section_that_is_not_read_is_named_with_its_size() -> None:
    old, new = rows(read_cosmos(old_document())), rows(read_cosmos(new_document()))
    assert old["section crisis"].count == 2
    assert old["empty sections"].note == "gentxs"
    assert old["distr.delegator_withdraw_infos"].count == 1
    assert new["section ibc"].count == 3


def test_every_validator_gets_a_key_of_its_own_that_depends_on_its_address_alone() -> None:
    keys = {
        entry.address: entry.public_key for entry in read_cosmos(old_document()).genesis.validators
    }
    assert len(set(keys.values())) == 3
    newer = read_cosmos(new_document(), unbonding_epochs=3).genesis.validators
    assert {entry.address: entry.public_key for entry in newer} == keys


def test_an_account_of_32_bytes_gets_a_digest_for_an_address() -> None:
    document = new_document()
    long = encode("cosmos", bytes(range(32)))
    bank = document["app_state"]["bank"]
    bank["balances"].append({"address": long, "coins": coins(9)})
    bank["supply"][0]["amount"] = "1876"
    imported = read_cosmos(document)
    assert 9 in [entry.balance for entry in imported.genesis.accounts]
    assert figures(imported, "long addresses") == (1, None)
    assert imported.balance.total_out == imported.balance.stated == 1_876


def test_a_supply_that_the_parts_do_not_add_up_to_is_shown() -> None:
    document = new_document()
    document["app_state"]["bank"]["supply"] = coins(1_900)
    imported = read_cosmos(document)
    row = rows(imported)["supply as stated"]
    assert (row.amount, row.note) == (
        33,
        "the parts of the file hold so much less than bank.supply says; the parts count",
    )
    assert imported.balance.total_in == imported.balance.total_out == 1_867


@pytest.mark.parametrize(
    ("pool", "subject", "amount", "treasury"),
    [(604, "more in the staking pools", 4, 62), (590, "stake beyond its pools", 10, 58)],
)
def test_pools_that_do_not_hold_what_is_staked_are_shown(
    pool: int, subject: str, amount: int, treasury: int
) -> None:
    document = new_document()
    for entry in document["app_state"]["bank"]["balances"]:
        if entry["address"] == module("bonded_tokens_pool"):
            entry["coins"] = coins(pool)
    imported = read_cosmos(document)
    assert figures(imported, subject) == (None, amount)
    assert imported.genesis.treasury == treasury
    assert imported.balance.total_in == imported.balance.total_out


def test_tokens_of_a_validator_that_no_delegation_claims_go_to_the_treasury() -> None:
    document = old_document()
    section = document["app_state"]["staking"]
    section["delegations"] = [delegation("alice", "alice", "450.0"), *section["delegations"][3:]]
    imported = read_cosmos(document)
    assert figures(imported, "stake without delegation") == (None, 300)
    assert imported.genesis.treasury == 357


def test_a_fraction_of_a_token_is_left_out_and_shown() -> None:
    document = old_document()
    document["app_state"]["distr"]["outstanding_rewards"] = None
    imported = read_cosmos(document)
    assert rows(imported)["fraction of a token"].note == "left out: 0.250000000000000000"


def test_accounts_with_their_coins_in_the_auth_section_are_read() -> None:
    document: Any = old_document()
    app_state = document["app_state"]
    app_state["auth"]["accounts"] = [
        {"type": "cosmos-sdk/Account", "value": entry} for entry in app_state.pop("accounts")
    ]
    app_state["supply"] = {"supply": coins(1_867)}
    del app_state["staking"]["pool"]
    imported = read_cosmos(document)
    assert imported.balance.stated_by == "supply.supply"
    assert imported.balance.total_in == imported.balance.stated
    assert figures(imported, "vesting accounts") == (1, 90)


def test_other_chains_have_other_prefixes() -> None:
    text = json.dumps(old_document())
    for name in ("alice", "bob", "carol", "dave", "erin"):
        text = text.replace(account(name), encode("osmo", payload(name)))
        text = text.replace(operator(name), encode("osmovaloper", payload(name)))
    document = json.loads(text)
    document["app_state"]["accounts"].pop(2)
    assert bonded(read_cosmos(document)) == bonded(read_cosmos(old_document()))


def test_the_same_document_makes_the_same_genesis_and_it_reads_back_from_json() -> None:
    description = read_cosmos(old_document()).genesis
    assert description == read_cosmos(old_document()).genesis
    assert from_jsonable(to_jsonable(description), Genesis) == description


def test_a_validator_without_stake_comes_along() -> None:
    document = old_document()
    document["app_state"]["staking"]["validators"].append(validator("zoe", 0, 0, status=1))
    assert payload("zoe") in [entry.address for entry in read_cosmos(document).genesis.validators]
