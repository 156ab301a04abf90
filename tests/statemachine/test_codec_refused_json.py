"""What is not the JSON of a record is malformed, and says where and why."""

import json
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statemachine import Params, Transfer
from statemachine.codec import (
    Malformed,
    _without_duplicates,
    from_jsonable,
    from_tagged,
    parse_json,
    to_jsonable,
)
from statemachine.state import Lot, State, Stay, Validator
from statemachine.transactions import ProduceBlock
from tests.statemachine.generic import RECORDS, TRANSACTIONS, field_types, plain
from tests.statemachine.worlds import ANNA, DORA

STAY = Stay(ANNA, 1, 2)
GOOD_STAY = to_jsonable(STAY)
GOOD = to_jsonable(Transfer(ANNA, DORA, 7))
HEX_BOUND = "must be 0x and 40 lower-case hex digits, not "


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": 7}, ".amount: must be a decimal number in quotes, not 7"),
        ({"amount": "07"}, ".amount: must be a decimal number of at most 39 digits, not '07'"),
        ({"amount": "-7"}, ".amount: must be a decimal number of at most 39 digits, not '-7'"),
        ({"amount": " 7"}, ".amount: must be a decimal number of at most 39 digits, not ' 7'"),
        ({"amount": "7.0"}, ".amount: must be a decimal number of at most 39 digits, not '7.0'"),
        ({"amount": "1_0"}, ".amount: must be a decimal number of at most 39 digits, not '1_0'"),
        ({"amount": ""}, ".amount: must be a decimal number of at most 39 digits, not ''"),
        ({"amount": "²"}, ".amount: must be a decimal number of at most 39 digits, not '²'"),
        (
            {"amount": "9" * 5_000},
            ".amount: must be a decimal number of at most 39 digits, not '" + "9" * 56 + "...",
        ),
        ({"amount": str(2**128)}, f".amount: {2**128} is not from 0 to {2**128 - 1}"),
        ({"amount": None}, ".amount: must be a decimal number in quotes, not None"),
        ({"amount": True}, ".amount: must be a decimal number in quotes, not True"),
        ({"sender": ANNA.hex()}, f".sender: {HEX_BOUND}'{ANNA.hex()}'"),
        ({"sender": "0x" + "AB" * 20}, f".sender: {HEX_BOUND}'0x{'AB' * 20}'"),
        ({"sender": "0X" + "ab" * 20}, f".sender: {HEX_BOUND}'0X{'ab' * 20}'"),
        ({"sender": "0x" + "ab" * 19}, f".sender: {HEX_BOUND}'0x{'ab' * 19}'"),
        ({"sender": "0x" + "ab" * 19 + "a "}, f".sender: {HEX_BOUND}'0x{'ab' * 19}a '"),
        ({"sender": ["0x"]}, f".sender: {HEX_BOUND}['0x']"),
        ({"sender": 10**5_000}, f".sender: {HEX_BOUND}int too large to show"),
        ({"colour": 1}, "Transfer has no field 'colour'; it has sender, recipient, amount"),
    ],
)
def test_a_field_that_json_gets_wrong_is_named_with_what_it_must_be(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed) as refused:
        from_jsonable({**GOOD, **changes}, Transfer)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("cls", "jsonable", "message"),
    [
        (Transfer, {"sender": GOOD["sender"]}, "Transfer: field 'recipient' is missing"),
        (Transfer, [], "Transfer: must be an object, not []"),
        (Transfer, None, "Transfer: must be an object, not None"),
        (
            ProduceBlock,
            {"slot": "1", "proposer": GOOD["sender"], "reveal": ""},
            ".slot: must be a whole number, not '1'",
        ),
        (
            ProduceBlock,
            {"slot": 2**62, "proposer": GOOD["sender"], "reveal": ""},
            ".slot: 4611686018427387904 is not from 0 to 4611686018427387903",
        ),
        (
            Lot,
            {"amount": "1", "start": 0, "past": [{}]},
            ".past[0]: Stay: field 'validator' is missing",
        ),
        (
            Lot,
            {"amount": "1", "start": 0, "past": [GOOD_STAY, {**GOOD_STAY, "end": -1}]},
            f".past[1].end: -1 is not from 0 to {2**63 - 1}",
        ),
        (Lot, {"amount": "1", "start": 0, "past": {}}, ".past: must be a list, not {}"),
        (Lot, {"amount": "1", "start": True}, ".start: must be a whole number, not True"),
        (
            Validator,
            {"status": "asleep"},
            ".status: must be one of pending, active, jailed, exiting, exited, tombstoned,"
            " not 'asleep'",
        ),
        (
            Validator,
            {"status": []},
            ".status: must be one of pending, active, jailed, exiting, exited, tombstoned, not []",
        ),
        (
            Params,
            {"min_stake": "0"},
            "Params.min_stake = 0: must be at least 1",
        ),
        (
            State,
            {"params": {"min_stake": "0"}, "chain_id": "x"},
            ".params: Params.min_stake = 0: must be at least 1",
        ),
        (State, {"chain_id": ["x"]}, ".chain_id: must be text, not ['x']"),
    ],
)
def test_json_that_is_no_record_is_refused_with_its_place(
    cls: type, jsonable: Any, message: str
) -> None:
    with pytest.raises(Malformed) as refused:
        from_jsonable(jsonable, cls)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("name", "entries", "message"),
    [
        ("accounts", [["0x" + "04" * 20, "1"], ["0x" + "01" * 20, "1"]], ".accounts: acc"),
        ("accounts", [["0x01", "1"]], f".accounts: {HEX_BOUND}'0x01'"),
        ("accounts", [["0x" + "04" * 20, 1]], ".accounts[0]: must be a decimal number in quotes"),
        ("accounts", [["0x" + "04" * 20]], ".accounts[0]: must be a pair of key and entry"),
        ("accounts", {}, ".accounts: must be a list, not {}"),
        ("agenda", [["0x" + "00" * 48, "x"]], ".agenda[0]: must be true or false, not 'x'"),
        ("keys", [["0x" + "00" * 48, 5]], f".keys[0]: {HEX_BOUND}5"),
    ],
)
def test_maps_in_json_are_pairs_in_order_within_their_bounds(
    name: str, entries: Any, message: str
) -> None:
    with pytest.raises(Malformed) as refused:
        from_jsonable({**to_jsonable(plain(State)), name: entries}, State)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("jsonable", "message"),
    [
        ([], "must be an object with a type, not []"),
        ({}, ".type: must be one of Transfer, Stay, not None"),
        ({"type": "Theft"}, ".type: must be one of Transfer, Stay, not 'Theft'"),
        ({"type": ["Stay"]}, ".type: must be one of Transfer, Stay, not ['Stay']"),
        ({"type": "Stay"}, "Stay: field 'validator' is missing"),
    ],
)
def test_a_tagged_record_must_be_of_a_type_that_is_asked_for(jsonable: Any, message: str) -> None:
    with pytest.raises(Malformed) as refused:
        from_tagged(jsonable, (Transfer, Stay))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' is there twice"),
        ('[{"x": {"a": 1, "a": 1}}]', "the key 'a' is there twice"),
        ("NaN", "'NaN' is not a whole number"),
        ("[-Infinity]", "'-Infinity' is not a whole number"),
        ("1.0", "'1.0' is not a whole number"),
        ("1e3", "'1e3' is not a whole number"),
        ("1" * 101, "a number of 101 digits is longer than any field"),
        ("1" * 100_000, "a number of 100000 digits is longer than any field"),
        ("01", "not JSON: Extra data: line 1 column 2 (char 1)"),
        ("", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"a": 1,\n "b": }', "not JSON: Expecting value: line 2 column 7 (char 15)"),
        (
            "\ufeff1",
            "not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)",
        ),
        (
            b"\xff",
            "not UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
    ],
)
def test_json_is_parsed_strictly(text: str | bytes, message: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_json(text)
    assert str(refused.value) == message


def test_json_nested_without_end_is_refused() -> None:
    with pytest.raises(Malformed, match=r"^nested more than 64 levels deep$"):
        parse_json("[" * 100_000)
    assert parse_json("[" * 64 + "]" * 64) is not None
    assert parse_json('["' + "[" * 100_000 + '\\""]') is not None


class Name(str):
    """A name that counts how often it is hashed and compared."""

    asked = 0

    def __hash__(self) -> int:
        Name.asked += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Name.asked += 1
        return super().__eq__(other)


def test_a_name_that_is_there_twice_is_sought_in_one_pass_over_the_names() -> None:
    asked = []
    for count in (1_000, 2_000):
        names = [Name(number) for number in range(count)]
        Name.asked = 0
        with pytest.raises(Malformed, match=rf"^the key '{count - 1}' is there twice$"):
            _without_duplicates([(name, 0) for name in (*names, Name(count - 1))])
        asked.append(Name.asked)
    assert 1_000 <= asked[0] <= 6_000
    assert asked[1] <= 2.1 * asked[0]


def test_json_longer_than_the_bound_is_refused_before_it_is_read() -> None:
    assert parse_json("[1]", longest=3) == [1]
    for text in ("[1] ", b"[1] ", b"\xff\xff\xff\xff"):
        with pytest.raises(Malformed, match=r"^longer than 3 characters, the most that is read$"):
            parse_json(text, longest=3)


LONG = "x" * 5_000_000


@pytest.mark.parametrize(
    "jsonable",
    [
        {LONG: 1},
        {"sender": LONG},
        {"sender": [LONG]},
        {"sender": {LONG: {LONG: LONG}}},
        {"sender": 1 << 20_000_000},
        {"sender": [1 << 20_000_000]},
        LONG,
        [LONG],
    ],
    ids=map(str, range(8)),
)
def test_an_error_about_json_is_short_however_long_what_it_quotes(jsonable: Any) -> None:
    for read in (
        partial(from_jsonable, jsonable, Transfer),
        partial(from_tagged, {"type": LONG}, TRANSACTIONS),
        partial(from_tagged, jsonable, TRANSACTIONS),
    ):
        with pytest.raises(Malformed) as refused:
            read()
        assert len(str(refused.value)) < 500


def test_an_error_about_json_that_cannot_be_parsed_is_short() -> None:
    for text in (f'{{"{LONG}": 1, "{LONG}": 2}}', LONG, f'"{LONG}', "1" * 5_000_000, f"-{LONG}"):
        with pytest.raises(Malformed) as refused:
            parse_json(text)
        assert len(str(refused.value)) < 200


def test_json_in_another_encoding_is_not_guessed_at() -> None:
    for encoding in ("utf-16", "utf-32", "utf-16-be", "utf-8-sig"):
        with pytest.raises(Malformed):
            parse_json('{"a": 1}'.encode(encoding))
    assert parse_json('{"ä": 1}'.encode()) == {"ä": 1}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**300), 2**300)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(("0", "7", "0x", "0x" + "ab" * 20, "Transfer", "active")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@given(JSON, st.sampled_from(RECORDS), st.data())
def test_arbitrary_json_is_malformed_and_nothing_else(
    given: Any, cls: type, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(tuple(field_types(cls))))
    shape = {**to_jsonable(plain(cls)), field: given}
    for candidate in (given, shape):
        for read in (
            partial(from_jsonable, candidate, cls),
            partial(from_tagged, candidate, TRANSACTIONS),
            partial(from_tagged, {"type": cls.__name__, field: given}, RECORDS),
        ):
            # Suppressing one kind of error proves that there is no other.
            with suppress(Malformed):
                read()


@given(st.text(max_size=40) | st.binary(max_size=40) | JSON.map(json.dumps))
def test_arbitrary_text_is_json_or_malformed_and_nothing_else(text: str | bytes) -> None:
    try:
        parse_json(text)
    except Malformed:
        return


def test_lists_nested_deeper_than_can_be_shown_are_malformed() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    for cls, field in ((Transfer, "amount"), (Lot, "past"), (State, "chain_id")):
        with pytest.raises(Malformed):
            from_jsonable({**to_jsonable(plain(cls)), field: nested}, cls)
    with pytest.raises(Malformed):
        from_tagged(nested, TRANSACTIONS)
