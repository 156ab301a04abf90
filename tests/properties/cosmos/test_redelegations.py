"""Redelegations under way: stake that still answers for the validator that it came from."""

from typing import Any

import pytest

from properties.cosmos import read_cosmos
from statemachine import PROTOCOL, GenesisDelegation
from statemachine import genesis as first_state
from statemachine.state import Departure, Stay
from tests.properties.cosmos.cosmos_documents import (
    Document,
    figures,
    new_document,
    old_document,
    operator,
    payload,
    rows,
)


def moving(document: Document) -> Any:
    return document["app_state"]["staking"]["redelegations"][0]


@pytest.mark.parametrize("make", [old_document, new_document])
def test_a_redelegation_is_stake_with_a_stay_behind_its_source(make: Any) -> None:
    """Dave's 449.5 shares are 299 tokens; 60 of them, 40 tokens, came from Bob 17 days ago."""
    imported = read_cosmos(make())
    alice, bob, dave = payload("alice"), payload("bob"), payload("dave")
    stakes = [
        entry
        for entry in imported.genesis.delegations
        if entry.delegator == dave and entry.end is None
    ]
    assert stakes == [
        GenesisDelegation(dave, alice, 259),
        GenesisDelegation(dave, alice, 40, start=4, past=(Stay(bob, 0, 4),)),
    ]
    assert figures(imported, "redelegations under way") == (1, 40)


def test_the_source_knows_where_the_stake_went_while_evidence_can_reach_it() -> None:
    document = old_document()
    moving(document)["entries"][0]["completion_time"] = "2019-05-12T17:00:00Z"
    state = first_state(PROTOCOL, read_cosmos(document).genesis)
    assert state.validators[payload("bob")].departures == (Departure(payload("alice"), 20),)


def test_what_is_over_or_came_from_nobody_is_ordinary_stake() -> None:
    document = old_document()
    plain = read_cosmos(document | {"genesis_time": "2019-04-26T17:00:00Z"})
    assert figures(plain, "redelegations overdue") == (1, None)
    moving(document)["validator_src_address"] = operator("zoe")
    orphan = read_cosmos(document)
    assert figures(orphan, "redelegations, validator gone") == (1, None)
    for imported in (plain, orphan):
        assert all(not entry.past for entry in imported.genesis.delegations)
        assert "redelegations under way" in rows(imported)


def test_what_left_since_is_counted_and_moves_no_token() -> None:
    document = old_document()
    moving(document)["entries"][0]["shares_dst"] = "600.000000000000000000"
    imported = read_cosmos(document)
    assert figures(imported, "redelegations under way") == (1, 299)
    assert figures(imported, "redelegated, and left since") == (None, 101)
    assert imported.balance.total_in == imported.balance.total_out == 1_867
