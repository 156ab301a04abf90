"""The state root tells states apart, and depends on nothing but their contents."""

from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine import MerkleMap, OutOfRange, Params, State, evolve, state_root
from statemachine.codec import rooted_bytes
from statemachine.hashing import digest
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.state import ACCOUNTS, AGENDA, Bucket, Departure, Finality, Pots, Slash, Supply
from tests.statemachine.generic import field_types, fields_of, fitting, misfits
from tests.statemachine.histories import history
from tests.statemachine.worlds import ANNA, BEN, DORA, world


@cache
def busy_state() -> State:
    """Return a state in which nothing is empty."""
    return next(
        state
        for seed in range(20, 60)
        for state, _ in history(seed, 400)
        if state.joining
        and state.leaving
        and len(state.punished)
        and any(validator.departures for validator in state.validators.entries())
        and len(state.finality.votes)
        and state.finality.finalised.epoch
    )


@given(st.data())
@pytest.mark.parametrize("field", fields_of(State), ids=lambda field: field.name)
def test_a_state_that_differs_in_one_field_differs_in_root(
    field: "attrs.Attribute[Any]", data: st.DataObject
) -> None:
    state = busy_state()
    content = data.draw(fitting(field.type))
    changed = evolve(state, **{field.name: content})
    assert (state_root(changed) == state_root(state)) == (changed == state)


def test_no_part_of_the_busy_state_is_empty() -> None:
    for field in fields_of(State):
        content = getattr(busy_state(), field.name)
        assert len(content) if isinstance(content, MerkleMap) else content, field.name
    for field in fields_of(Finality):
        content = getattr(busy_state().finality, field.name)
        assert len(content) if isinstance(content, MerkleMap) else content.epoch, field.name


@pytest.mark.parametrize("cls", [Params, Pots, Supply])
def test_every_field_of_a_part_of_the_state_counts(cls: type) -> None:
    name = cls.__name__.lower()
    content = getattr(busy_state(), name)
    roots = {state_root(busy_state())}
    for field in fields_of(cls):
        before = getattr(content, field.name)
        less = before > 1 and field.name not in ("unbonding_epochs", "max_slot_gap")
        changed = evolve(content, **{field.name: before - 1 if less else before + 1})
        roots.add(state_root(evolve(busy_state(), **{name: changed})))
    assert len(roots) == 1 + len(fields_of(cls))


def test_every_field_of_an_entry_counts() -> None:
    operator, validator = next(iter(busy_state().validators.items()))
    roots = {state_root(busy_state())}
    others: dict[str, Any] = {
        "status": next(
            status for status in type(validator.status) if status is not validator.status
        ),
        "public_key": bytes(48),
        "buckets": (Bucket(9, None, (), 1, 1), *validator.buckets),
        "slashes": (Slash(ANNA, 1, 1, 1), *validator.slashes),
        "departures": (Departure(BEN, 1), *validator.departures),
    }
    for field in fields_of(type(validator)):
        before = getattr(validator, field.name)
        content = others[field.name] if field.name in others else before ^ 1
        entry = evolve(validator, **{field.name: content})
        changed = busy_state().validators.set(operator, entry)
        roots.add(state_root(evolve(busy_state(), validators=changed)))
    assert len(roots) == 1 + len(fields_of(type(validator)))


def test_every_part_of_finality_counts() -> None:
    finality = busy_state().finality
    (link, _), (epoch, record) = next(finality.votes.items()), next(finality.history.items())
    others: tuple[dict[str, Any], ...] = (
        {"votes": finality.votes.set(link, 7)},
        {"votes": finality.votes.remove(link)},
        {"justified": evolve(finality.justified, root=bytes(32))},
        {"justified": evolve(finality.justified, epoch=finality.justified.epoch + 1)},
        {"finalised": evolve(finality.finalised, root=bytes(32))},
        *(
            {"history": finality.history.set(epoch, evolve(record, **{name: changes}))}
            for name, changes in (
                ("root", bytes(32)),
                ("seed", bytes(32)),
                ("snapshot", record.snapshot.set(DORA, 1)),
                ("justified", not record.justified),
            )
        ),
    )
    roots = {
        state_root(evolve(busy_state(), finality=evolve(finality, **changes))) for changes in others
    }
    assert len(roots | {state_root(busy_state())}) == 1 + len(others)


def test_two_maps_that_trade_their_entries_change_the_root() -> None:
    state = evolve(world(), punished=MerkleMap.empty(world().punished.layout))
    traded = evolve(
        state,
        snapshot=MerkleMap.from_items(state.snapshot.layout, state.accounts.items()),
        accounts=MerkleMap.from_items(state.accounts.layout, state.snapshot.items()),
    )
    assert state_root(traded) != state_root(state)


def test_the_order_in_which_a_map_came_about_does_not_matter() -> None:
    state = busy_state()
    rebuilt = MerkleMap.empty(ACCOUNTS)
    for address, balance in reversed(list(state.accounts.items())):
        rebuilt = rebuilt.set(address, balance + 1).set(address, balance)
    assert state_root(evolve(state, accounts=rebuilt)) == state_root(state)


def test_the_root_is_the_digest_of_the_rooted_bytes() -> None:
    assert state_root(busy_state()) == digest("stakespec/state", rooted_bytes(busy_state()))


def test_the_epoch_is_the_slot_divided_by_the_epochs_length() -> None:
    state = world()
    assert [evolve(state, slot=slot).epoch for slot in (0, 3, 4, 7, 8, 4_003)] == [
        0,
        0,
        1,
        1,
        2,
        1_000,
    ]


def test_keys_put_a_validators_delegations_and_an_epochs_agenda_together_in_order() -> None:
    assert delegation_key(ANNA, DORA) == ANNA + DORA
    assert sorted(
        [delegation_key(BEN, ANNA), delegation_key(ANNA, DORA), delegation_key(ANNA, BEN)]
    ) == [ANNA + BEN, ANNA + DORA, BEN + ANNA]
    assert [epoch_key(epoch) for epoch in (0, 255, 256)] == [
        bytes(8),
        bytes(7) + b"\xff",
        bytes(6) + b"\x01\x00",
    ]
    assert epoch_key(2**63 - 1) < epoch_key(2**63)


def test_a_map_of_another_kind_is_refused_even_with_keys_of_the_same_length() -> None:
    state = world()
    with pytest.raises(OutOfRange) as refused:
        evolve(state, accounts=state.snapshot)
    assert str(refused.value).endswith(": must be a map of accounts")
    assert len(list(misfits(field_types(State)["accounts"]))) >= 5


def test_a_mark_that_is_false_differs_from_one_that_is_true() -> None:
    roots = {MerkleMap.from_items(AGENDA, [(bytes(48), mark)]).root() for mark in (True, False)}
    assert len(roots) == 2
