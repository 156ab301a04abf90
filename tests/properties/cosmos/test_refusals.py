"""Documents that cannot be read: each is refused with the place, the value and the bound."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.cosmos import BadSetting, CosmosError, read_cosmos
from properties.cosmos.bech32 import encode
from tests.properties.cosmos.cosmos_documents import (
    Document,
    account,
    coins,
    delegation,
    new_document,
    old_document,
    operator,
    payload,
    unbonding,
    validator,
)

Change = Callable[[Any], object]


def refusal(change: Change, **options: Any) -> str:
    document = old_document()
    change(document)
    with pytest.raises(CosmosError) as refused:
        read_cosmos(document, **options)
    return str(refused.value)


def staking(change: Change) -> str:
    return refusal(lambda document: change(document["app_state"]["staking"]))


def updating(changes: Document) -> Change:
    return lambda section: section.update(changes)


def first_validator(**changes: Any) -> str:
    return staking(lambda section: section["validators"][0].update(changes))


@pytest.mark.parametrize("document", [None, [], "text", 7, 0.5, True])
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(CosmosError, match=r"the document = .*must be an object with app_state"):
        read_cosmos(document)


@pytest.mark.parametrize("name", ["app_state", "chain_id", "genesis_time"])
def test_a_missing_part_is_named_with_what_is_there(name: str) -> None:
    message = refusal(lambda document: document.pop(name))
    assert message.startswith(f"the document: '{name}' is missing; it has ")
    assert message.endswith(
        " Is this file complete? stakespec reads genesis files and exports of Cosmos SDK 0.33 to"
        " 0.53."
    )


def test_a_missing_section_is_named() -> None:
    message = refusal(lambda document: document["app_state"].pop("staking"))
    assert message.startswith("app_state: 'staking' is missing; it has accounts, auth, distr, ")
    message = refusal(lambda document: document["app_state"].pop("accounts"))
    assert message == (
        "app_state: there are no accounts, so nobody owns anything; it has auth, distr, gov, mint,"
        " slashing, staking, crisis, gentxs. Accounts are read from app_state.accounts, or from"
        " app_state.auth.accounts and app_state.bank.balances. Export the whole app_state"
    )


@pytest.mark.parametrize("name", ["validators", "delegations", "unbonding_delegations"])
def test_a_missing_list_of_the_staking_section_is_named(name: str) -> None:
    message = staking(lambda section: section.pop(name))
    assert message.startswith(f"app_state.staking: '{name}' is missing; it has params, ")


def test_a_genesis_without_validators_is_refused_with_what_to_do() -> None:
    changes: tuple[Document, ...] = ({"validators": []}, {"validators": None})
    for change in changes:
        message = staking(updating(change))
        assert message.startswith("app_state.staking.validators: must have at least one validator")
        assert message.endswith(
            "Give the genesis with the gentxs collected, or an export of the chain once started"
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"tokens": "-1"},
            "app_state.staking.validators[0].tokens = '-1': must be a whole number from 0 to"
            " 340282366920938463463374607431768211455",
        ),
        ({"tokens": 0.5}, "validators[0].tokens = 0.5: must be a whole number"),
        ({"tokens": True}, "validators[0].tokens = True: must be a whole number"),
        ({"tokens": "1" * 61}, "must be a whole number from 0"),
        ({"tokens": "٣"}, "validators[0].tokens = '\\u0663': must be a whole number"),
        ({"tokens": {}}, "validators[0].tokens = (an object of 0): must be a whole number"),
        ({"tokens": None}, "app_state.staking.validators[0]: 'tokens' is null; it has operator"),
        ({"delegator_shares": "1.2.3"}, "delegator_shares = '1.2.3': must be a decimal"),
        ({"delegator_shares": 900}, "delegator_shares = 900: must be a decimal in quotes"),
        ({"jailed": "yes"}, "validators[0].jailed = 'yes': must be true or false"),
        ({"status": 3}, "validators[0].status = 3: must be 0, 1, 2 or one of BOND_STATUS_"),
        ({"commission": []}, "validators[0].commission = (a list of 0): must be an object"),
        (
            {"commission": {"rate": "1.01", "max_rate": "1", "max_change_rate": "1"}},
            "validators[0].commission.rate = '1.01': must be a decimal from 0 to 1",
        ),
        (
            {"operator_address": account("alice")},
            "must be an address whose prefix ends in valoper",
        ),
        (
            {"operator_address": encode("cosmosvaloper", bytes(21))},
            "must be an address of 20 or 32 bytes; it has 21",
        ),
        ({"tokens": str(2**128)}, f"must be a whole number from 0 to {2**128 - 1}"),
        ({"tokens": str(2**128 - 1)}, "the file does not make a valid genesis: the sum of a"),
    ],
)
def test_a_bad_field_of_a_validator_is_refused(changes: Document, message: str) -> None:
    assert message in first_validator(**changes)


def test_a_mistyped_address_is_refused() -> None:
    wrong = account("alice")[:-1] + ("q" if account("alice")[-1] != "q" else "p")
    message = refusal(lambda document: document["app_state"]["accounts"][0].update(address=wrong))
    assert message == (
        f"app_state.accounts[0].address = '{wrong}': must be a bech32 address; it does not match"
        " its checksum"
    )


def test_an_address_of_another_chain_is_refused() -> None:
    foreign = encode("osmo", payload("alice"))
    message = refusal(lambda document: document["app_state"]["accounts"][0].update(address=foreign))
    assert message.endswith("must be an address that begins with cosmos1")
    message = staking(
        lambda section: section["delegations"][0].update(delegator_address=operator("alice"))
    )
    assert message.endswith("must be an address that begins with cosmos1")


def test_what_must_be_there_only_once_is_refused_twice() -> None:
    message = refusal(
        lambda document: document["app_state"]["accounts"].append({"address": account("alice")})
    )
    assert message.endswith(f"[4].address = '{account('alice')}': must be there only once")
    message = staking(lambda section: section["validators"].append(validator("alice", 0, 0)))
    assert message == ("app_state.staking.validators[3].operator_address must be there only once")
    message = staking(
        lambda section: section["delegations"].append(delegation("carol", "carol", "0"))
    )
    assert message == (
        "app_state.staking.delegations[5]: the same delegator and validator are there twice"
    )
    message = refusal(
        lambda document: document["app_state"]["accounts"][0].update(coins=coins(1) + coins(2))
    )
    assert message.endswith("denom = 'uatom': must be there only once")


def test_delegations_cannot_own_more_than_their_validator() -> None:
    message = staking(lambda section: section["delegations"][1].update(shares="451.0"))
    assert message == (
        "app_state.staking.delegations[1].shares = '451.0': must be at most 450, which the"
        " validator's delegator_shares = 900 have left after the delegations before it"
    )


def test_a_delegation_to_nobody_is_refused() -> None:
    message = staking(lambda section: section["delegations"].append(delegation("dave", "zoe", "1")))
    assert message.endswith("must be one of app_state.staking.validators")


def test_an_entry_that_ends_too_late_for_the_time_that_is_given_says_when_it_began() -> None:
    def later(section: Any) -> None:
        entry = unbonding("dave", "bob", (1, "2024-03-22T00:00:00.5Z"))
        section["unbonding_delegations"].insert(0, entry)

    began = "2024-03-01T00:00:00.500000000Z"
    document = old_document()
    later(document["app_state"]["staking"])
    with pytest.raises(CosmosError) as refused:
        read_cosmos(document, at="2024-02-28T00:00:00Z")
    assert str(refused.value) == (
        "app_state.staking.unbonding_delegations[0].entries[0].completion_time ="
        " '2024-03-22T00:00:00.5Z': must be at most unbonding_time = 1,814,400 s after"
        f" 2024-02-28T00:00:00Z; it began at {began}, so the file was written then or later;"
        " leave --at out, and that is worked out from the file"
    )
    imported = read_cosmos(document)
    assert imported.now == began
    assert imported.now_source == (
        "when the latest unbonding began: give --at TIME if it was later"
    )
    assert {entry.end for entry in imported.genesis.delegations} == {None, 1, 21}
    assert imported.genesis == read_cosmos(document, at=began).genesis


@pytest.mark.parametrize(
    "moment",
    ["", "yesterday", "2019-13-01T00:00:00Z", "2019-04-22T17:00:00", "2019-04-22 17:00:00Z", 7],
)
def test_a_time_that_is_none_is_refused(moment: Any) -> None:
    message = refusal(lambda document: document.update(genesis_time=moment))
    assert message == f'genesis_time = {moment!r}: must be a time such as "2019-04-22T17:00:00Z"'


def test_a_time_zone_is_understood() -> None:
    document = old_document()
    document["genesis_time"] = "2019-04-22T19:30:00+02:30"
    assert read_cosmos(document).genesis.delegations == (
        read_cosmos(old_document()).genesis.delegations
    )
    with pytest.raises(CosmosError, match="--at = 'noon': must be a time"):
        read_cosmos(document, at="noon")


@pytest.mark.parametrize("length", ["0", "0s", "21d", "-1", "1.5", 1.5, None, "1814400S"])
def test_an_unbonding_time_that_is_none_is_refused(length: Any) -> None:
    message = staking(lambda section: section["params"].update(unbonding_time=length))
    assert message.startswith("app_state.staking.params")
    assert "unbonding_time" in message


@pytest.mark.parametrize("chain_id", ["x" * 65, "é", "\ud800", ["smallhub-1"], ""])
def test_a_chain_id_that_does_not_fit_is_refused(chain_id: Any) -> None:
    message = refusal(lambda document: document.update(chain_id=chain_id))
    assert "chain_id = " in message


def test_a_setting_is_checked_against_the_document() -> None:
    message = refusal(lambda document: None, settings=("max_commission_bps=999",))
    assert message == (
        "the file does not make a valid genesis: Genesis.validators[0].commission_bps = 1000:"
        " must be at most max_commission_bps = 999"
    )
    with pytest.raises(BadSetting, match="give --unbonding-epochs N instead of --set"):
        read_cosmos(old_document(), settings=("unbonding_epochs=7",))


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every part of a document, itself among them."""
    members: list[tuple[Any, Any]] = []
    if isinstance(content, dict):
        members = list(content.items())
    elif isinstance(content, list):
        members = list(enumerate(content))
    return [path, *(below for key, held in members for below in places(held, (*path, key)))]


SUBSTITUTES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        ["", "0", "1", "9" * 59, "0.1", "9" * 59 + ".9", "1s", "1" * 15 + "s", "\ud800"]
    ),
    st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59"]),
    st.text(max_size=8),
    st.lists(st.none() | st.text(max_size=3) | st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@given(choice=st.data(), make=st.sampled_from([old_document, new_document]))
def test_whatever_stands_in_the_place_of_a_part_is_read_or_refused(
    choice: st.DataObject, make: Callable[[], Document]
) -> None:
    document: Any = make()
    path = choice.draw(st.sampled_from(places(document)[1:]))
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = choice.draw(SUBSTITUTES)
    try:
        imported = read_cosmos(document)
    except CosmosError as error:
        assert str(error).isprintable()
    else:
        assert imported.balance.total_in == imported.balance.total_out


def places_in(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every part of a document, by its path; of a list the first entry alone."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        inner = list(document.items())
    elif isinstance(document, list):
        inner = list(enumerate(document[:1]))
    deeper = [place for key, held in inner for place in places_in(held, (*path, key))]
    return ([path] if path else []) + deeper


@pytest.mark.parametrize("stranger", [5, 0, "text", "", [], [5], {}, {"a": 1}, None, True, 0.5])
@pytest.mark.parametrize("make", [old_document, new_document])
def test_whatever_stands_in_any_place_is_read_or_refused(
    make: Callable[[], Document], stranger: Any
) -> None:
    for path in places_in(make()):
        document = make()
        holder: Any = document
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = stranger
        try:
            read_cosmos(document)
        except CosmosError as refused:
            assert str(refused)
