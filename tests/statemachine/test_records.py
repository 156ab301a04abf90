"""Every field of every record refuses what it cannot hold, on every way in."""

from enum import StrEnum
from functools import partial
from typing import Any

import attrs
import pytest

from statemachine import Genesis, OutOfRange, Params, Status, Transfer, evolve
from statemachine.primitives import Amount
from statemachine.records import record
from statemachine.state import Bucket, Lot, State, Stay, Validator
from statemachine.transactions import ProduceBlock
from tests.statemachine.generic import (
    FIELDS,
    RECORDS,
    evolved_by_attrs,
    fields_of,
    misfits,
    names,
    plain,
    plainest,
)

ADDRESS = bytes(20)


def filled(cls: type) -> dict[str, Any]:
    whole = plain(cls)
    return {field.name: getattr(whole, field.name) for field in fields_of(cls)}


@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_the_plainest_record_is_accepted_on_every_way_in(cls: type) -> None:
    fields = filled(cls)
    whole = cls(**fields)
    assert evolve(whole, **fields) == whole
    assert evolved_by_attrs(whole, **fields) == whole
    assert evolve(whole) == whole
    assert evolve(whole) is not whole


@pytest.mark.parametrize(("cls", "field"), FIELDS, ids=names)
def test_no_field_takes_what_does_not_fit(cls: type, field: "attrs.Attribute[Any]") -> None:
    fields = filled(cls)
    whole = cls(**fields)
    tried = 0
    for content in misfits(field.type):
        changes = {field.name: content}
        for make in (
            partial(cls, **{**fields, **changes}),
            partial(evolve, whole, **changes),
            partial(evolved_by_attrs, whole, **changes),
        ):
            with pytest.raises(OutOfRange) as refused:
                make()
            assert refused.value.field == f"{cls.__name__}.{field.name}"
            assert refused.value.content is content
            assert str(refused.value).startswith(f"{cls.__name__}.{field.name} = ")
            assert str(refused.value).endswith(f": must be {refused.value.bound}")
        tried += 1
    assert tried >= 5
    assert cls(**fields) == whole


@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_a_record_cannot_be_changed_nor_given_new_attributes(cls: type) -> None:
    whole = plain(cls)
    for name in (fields_of(cls)[0].name, "colour"):
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(whole, name, plainest(fields_of(cls)[0].type))
    assert not hasattr(whole, "__dict__")


@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_evolving_a_field_that_does_not_exist_names_it(cls: type) -> None:
    with pytest.raises(TypeError) as refused:
        evolve(plain(cls), colour=1, **filled(cls), age=2)
    assert str(refused.value) == f"{cls.__name__} has no field age, colour"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Transfer(ADDRESS, ADDRESS, -1),
            "Transfer.amount = -1: must be a whole number from 0 to"
            " 340282366920938463463374607431768211455",
        ),
        (
            lambda: Transfer(ADDRESS, ADDRESS, True),
            "Transfer.amount = True: must be a whole number from 0 to"
            " 340282366920938463463374607431768211455",
        ),
        (
            lambda: Transfer(ADDRESS, b"short", 1),
            "Transfer.recipient = b'short': must be 20 bytes",
        ),
        (
            lambda: ProduceBlock(2**62, ADDRESS, bytes(32)),
            "ProduceBlock.slot = 4611686018427387904: must be a whole number from 0 to"
            " 4611686018427387903",
        ),
        (
            lambda: Genesis("", Params(), (), (), ()),
            "Genesis.chain_id = '': must be 1 to 64 characters of printable ASCII",
        ),
        (
            lambda: Lot(1, 0, "soon"),  # type: ignore[arg-type]
            "Lot.end = 'soon': must be a whole number from 0 to 9223372036854775807, or None",
        ),
        (
            lambda: Lot(1, 0, past=[]),  # type: ignore[arg-type]
            "Lot.past = []: must be a tuple",
        ),
        (
            lambda: Bucket(0, None, (3,), 1, 1),  # type: ignore[arg-type]
            "Bucket.past = (3,): must be a tuple in which each is a Stay",
        ),
        (
            lambda: Validator("active", bytes(48), 0, 0),  # type: ignore[arg-type]
            "Validator.status = 'active': must be one of pending, active, jailed, exiting,"
            " exited, tombstoned",
        ),
        (
            lambda: evolve(plain(State), accounts={}),
            "State.accounts = {}: must be a map of accounts",
        ),
        (
            lambda: evolve(plain(State), params=None),
            "State.params = None: must be a Params",
        ),
        (
            lambda: Transfer(ADDRESS, ADDRESS, 10**200),
            "Transfer.amount = 1" + "0" * 76 + "...: must be a whole number from 0 to"
            " 340282366920938463463374607431768211455",
        ),
    ],
)
def test_a_refusal_names_the_field_what_it_was_given_and_the_bound(make: Any, message: str) -> None:
    with pytest.raises(OutOfRange) as refused:
        make()
    assert str(refused.value) == message


def test_a_number_too_long_to_print_is_out_of_range_like_any_other() -> None:
    with pytest.raises(OutOfRange):
        Transfer(ADDRESS, ADDRESS, 10**5_000)


def test_one_wrong_field_refuses_the_whole_change() -> None:
    before = Stay(ADDRESS, 1, 2)
    with pytest.raises(OutOfRange):
        evolve(before, start=5, end=-1)
    assert before == Stay(ADDRESS, 1, 2)


def test_members_of_another_enumeration_are_refused() -> None:
    class Mood(StrEnum):
        ACTIVE = "active"

    with pytest.raises(OutOfRange):
        evolve(plain(Validator), status=Mood.ACTIVE)
    assert evolve(plain(Validator), status=Status.ACTIVE).status is Status.ACTIVE


def test_a_record_of_ones_own_is_checked_the_same_way() -> None:
    @record
    class Purse:
        owner: Amount | None
        coins: tuple[Amount, ...] = ()

    assert Purse(None, (1, 2)) == Purse(owner=None, coins=(1, 2))
    with pytest.raises(OutOfRange) as refused:
        Purse(1, (1, -2))
    assert str(refused.value) == (
        "Purse.coins = (1, -2): must be a tuple in which each is a whole number from 0 to"
        " 340282366920938463463374607431768211455"
    )
