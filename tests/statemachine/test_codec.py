"""Canonical bytes and JSON: exact there and back, for every record and whole states."""

import json
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from statemachine import Params, Status, Transfer, evolve, state_root
from statemachine.codec import (
    Malformed,
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    from_tagged,
    parse_json,
    rooted_bytes,
    tagged,
    to_jsonable,
)
from statemachine.merkle_map import MerkleMap
from statemachine.primitives import MAX_AMOUNT
from statemachine.state import ACCOUNTS, Lot, State, Stay, Validator
from tests.statemachine.generic import (
    RECORDS,
    TRANSACTIONS,
    fields_of,
    fitting,
    names,
    plain,
    records,
)
from tests.statemachine.histories import history
from tests.statemachine.worlds import ANNA, DORA, world

UNSHRUNK = tuple(phase for phase in Phase if phase not in (Phase.shrink, Phase.explain))
"""What goes wrong shows in any example; making a whole state smaller takes minutes."""


# --- there and back ----------------------------------------------------------------------


@settings(max_examples=30, phases=UNSHRUNK)
@given(st.data())
@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_bytes_and_json_give_back_exactly_what_went_in(cls: type, data: st.DataObject) -> None:
    original = data.draw(records(cls))
    encoded = canonical_bytes(original)
    assert from_canonical_bytes(encoded, cls) == original
    assert canonical_bytes(from_canonical_bytes(encoded, cls)) == encoded
    written = json.dumps(to_jsonable(original))
    assert from_jsonable(parse_json(written), cls) == original
    assert from_jsonable(parse_json(written.encode()), cls) == original
    assert from_tagged(parse_json(json.dumps(tagged(original))), RECORDS) == original


@settings(max_examples=30, phases=UNSHRUNK)
@given(st.data())
@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_equal_bytes_mean_equal_records(cls: type, data: st.DataObject) -> None:
    first, second = data.draw(records(cls)), data.draw(records(cls))
    assert (canonical_bytes(first) == canonical_bytes(second)) == (first == second)
    assert (to_jsonable(first) == to_jsonable(second)) == (first == second)


@settings(max_examples=20, phases=UNSHRUNK)
@given(st.data())
@pytest.mark.parametrize("cls", RECORDS, ids=names)
def test_changing_one_field_changes_the_bytes(cls: type, data: st.DataObject) -> None:
    original = data.draw(records(cls))
    field = data.draw(st.sampled_from(fields_of(cls)))
    changed_content = data.draw(fitting(field.type))
    if changed_content == getattr(original, field.name):
        return
    try:
        changed = evolve(original, **{field.name: changed_content})
    except ValueError:
        return
    assert canonical_bytes(changed) != canonical_bytes(original)
    assert rooted_bytes(changed) != rooted_bytes(original)


@pytest.mark.parametrize("seed", range(4))
def test_states_of_long_histories_come_back_with_the_same_root(seed: int) -> None:
    states = [state for state, _ in history(seed, 400)]
    assert len(states) > 100
    for state in (*states[:: len(states) // 4], states[-1]):
        root = state_root(state)
        for back in (
            from_canonical_bytes(canonical_bytes(state), State),
            from_jsonable(parse_json(json.dumps(to_jsonable(state))), State),
        ):
            assert back == state
            assert state_root(back) == root
    for before, after in pairwise(states):
        assert (state_root(before) == state_root(after)) == (before == after)


def test_transactions_of_long_histories_come_back_by_their_names() -> None:
    txs = [tx for _, tx in history(1, 400) if isinstance(tx, TRANSACTIONS)]
    assert len({type(tx) for tx in txs}) >= 8
    for tx in txs:
        assert from_tagged(parse_json(json.dumps(tagged(tx))), TRANSACTIONS) == tx


# --- what they look like -----------------------------------------------------------------


def test_json_has_fields_by_name_bytes_as_hex_and_amounts_as_text() -> None:
    assert tagged(Transfer(ANNA, DORA, 7)) == {
        "type": "Transfer",
        "sender": "0x" + "01" * 20,
        "recipient": "0x" + "04" * 20,
        "amount": "7",
    }
    assert to_jsonable(Lot(2**70, 3, past=(Stay(ANNA, 1, 2),))) == {
        "amount": "1180591620717411303424",
        "start": 3,
        "end": None,
        "destination": None,
        "past": [{"validator": "0x" + "01" * 20, "start": 1, "end": 2}],
    }
    assert to_jsonable(world())["accounts"][0] == ["0x" + "01" * 20, "5000"]
    assert to_jsonable(evolve(plain(Validator), status=Status.JAILED))["status"] == "jailed"


def test_bytes_are_an_array_of_the_fields_in_order() -> None:
    assert canonical_bytes(Transfer(ANNA, DORA, 7)) == (
        b"\x83" + b"\x54" + ANNA + b"\x54" + DORA + b"\x07"
    )
    stay = Stay(DORA, 24, 256)
    assert canonical_bytes(stay) == b"\x83\x54" + DORA + b"\x18\x18" + b"\x19\x01\x00"
    assert canonical_bytes(Lot(2**64, 0, None, DORA, (stay,))) == (
        b"\x85\xc2\x49\x01" + bytes(8) + b"\x00\xf6\x54" + DORA + b"\x81" + canonical_bytes(stay)
    )


def test_a_map_is_its_entries_in_bytes_and_its_root_in_rooted_bytes() -> None:
    entries = MerkleMap.from_items(ACCOUNTS, [(DORA, 2), (ANNA, 1)])
    state = evolve(plain(State), accounts=entries)
    assert b"\x82\x82\x54" + ANNA + b"\x01\x82\x54" + DORA + b"\x02" in canonical_bytes(state)
    assert b"\x58\x20" + entries.root() in rooted_bytes(state)
    assert ANNA not in rooted_bytes(state)


def test_amounts_and_byte_strings_have_canonical_bytes_of_their_own() -> None:
    assert canonical_bytes(23) == b"\x17"
    assert canonical_bytes(MAX_AMOUNT) == b"\xc2\x50" + b"\xff" * 16
    assert canonical_bytes(b"ab") == b"\x42ab"


def test_fields_with_a_default_may_be_left_out_of_json_but_not_of_bytes() -> None:
    assert from_jsonable({}, Params) == Params()
    assert from_jsonable({"epoch_length": 8}, Params) == Params(epoch_length=8)
    with pytest.raises(Malformed) as refused:
        from_canonical_bytes(b"\x80", Params)
    assert str(refused.value) == f"Params: not an array of {len(fields_of(Params))} fields"
