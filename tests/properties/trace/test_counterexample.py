"""Counterexamples as files: what is written reads back, and what cannot be read says why."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import attrs
import pytest

from properties.generate.states import draw_state
from properties.laws.accusation import DRAWN_TYPES, Accuse
from properties.model.worlds import draw_genesis
from properties.trace.counterexample import FORMAT, Counterexample
from properties.trace.run import Run
from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    OffenceKind,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    Transfer,
    Undelegate,
    Unjail,
    evolve,
    state_root,
)
from statemachine.codec import Malformed
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.state import State
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)
from tests.statemachine.worlds import ANNA, BEN, DORA, EMIL, described, key_of

_VOTES = CastVotes(Vote(Checkpoint(1, bytes(32)), Checkpoint(2, b"r" * 32)), (ANNA, BEN))

_HEADER = Header(9, bytes(32), b"c" * 32, ANNA, bytes(32), bytes(32), b"s" * 32)

ONE_OF_EACH = (
    Transfer(DORA, EMIL, 1),
    RegisterValidator(DORA, key_of(DORA), 100, 2**128 - 1),
    ChangeCommission(ANNA, 10_000),
    Delegate(DORA, ANNA, 0),
    Undelegate(DORA, ANNA, 3),
    Redelegate(DORA, ANNA, BEN, 4),
    ClaimRewards(DORA, ANNA),
    Exit(ANNA),
    Unjail(ANNA),
    ProduceBlock(2**62 - 1, ANNA, bytes(range(32))),
    _VOTES,
    ReportBlocks(DORA, _HEADER, evolve(_HEADER, body=b"b" * 32)),
    ReportVotes(DORA, _VOTES, evolve(_VOTES, signers=())),
    ReportProposer(DORA, _HEADER),
    ReportInvalidBlock(DORA, _HEADER, (ANNA, BEN)),
    Accuse(DORA, ANNA, OffenceKind.INVALID_BLOCK, 5, 6),
)

EXAMPLE = Counterexample(
    "properties.mutants:S9",
    "ACC-1",
    "pots 1, expected 0: 1 created",
    "walk, seed 1, run 2",
    described(),
    ONE_OF_EACH,
)


def test_a_counterexample_reads_back_as_it_was() -> None:
    assert Counterexample.from_text(EXAMPLE.to_text()) == EXAMPLE
    assert {type(tx) for tx in ONE_OF_EACH} == set(DRAWN_TYPES)


def test_writing_reading_and_writing_again_gives_the_same_text() -> None:
    text = EXAMPLE.to_text()
    assert Counterexample.from_text(text).to_text() == text


@pytest.mark.parametrize("number", range(20))
def test_a_counterexample_from_a_drawn_world_reads_back(number: int) -> None:
    example = attrs.evolve(EXAMPLE, start=draw_genesis(Random(number)))
    assert Counterexample.from_text(example.to_text()) == example


@pytest.mark.parametrize("number", range(20))
def test_a_counterexample_from_any_lawful_state_reads_back(number: int) -> None:
    start = draw_state(Random(number))
    again = Counterexample.from_text(attrs.evolve(EXAMPLE, start=start).to_text()).start
    assert isinstance(again, State)
    assert again == start
    assert state_root(again) == state_root(start)
    assert Run.start(PROTOCOL, again).violations == []


def test_the_text_is_json_with_these_fields_in_this_order() -> None:
    document = json.loads(EXAMPLE.to_text())
    assert list(document) == [
        "format", "protocol", "law", "message", "found_by", "start", "transactions",
    ]  # fmt: skip
    assert document["format"] == FORMAT == "stakespec/counterexample/1"
    assert document["start"]["type"] == "Genesis"
    assert document["transactions"][0] == {
        "type": "Transfer",
        "sender": "0x" + DORA.hex(),
        "recipient": "0x" + EMIL.hex(),
        "amount": "1",
    }
    assert EXAMPLE.to_text().endswith("}\n")


def test_text_that_is_not_ascii_survives() -> None:
    example = attrs.evolve(EXAMPLE, message='“5” > 4\n\t"quoted"', found_by="")
    assert Counterexample.from_text(example.to_text()) == example


def refused(text: str) -> str:
    with pytest.raises(Malformed) as caught:
        Counterexample.from_text(text)
    return str(caught.value)


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(EXAMPLE.to_text())
    change(document)
    return json.dumps(document)


def put(*path: Any, content: Any) -> str:
    """Put something in a place of the example."""

    def change(document: Any) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = content

    return changed(change)


@pytest.mark.parametrize("text", ["", " ", "{", "nonsense", '{"format": ', EXAMPLE.to_text()[:-3]])
def test_text_that_is_not_json_is_refused(text: str) -> None:
    assert refused(text).startswith("not JSON: ")


@pytest.mark.parametrize("text", ["[]", "null", "3", '"text"', "{}", '{"format": 1}'])
def test_json_that_is_no_counterexample_is_refused(text: str) -> None:
    assert refused(text) == (
        '.format: a counterexample says "format": "stakespec/counterexample/1"'
    )


def test_another_version_is_refused() -> None:
    assert refused(put("format", content="stakespec/counterexample/2")) == (
        '.format: a counterexample says "format": "stakespec/counterexample/1"'
    )


@pytest.mark.parametrize(
    "name", ["protocol", "law", "message", "found_by", "start", "transactions"]
)
def test_a_missing_field_is_named(name: str) -> None:
    assert refused(changed(lambda document: document.pop(name))) == f"field {name!r} is missing"


def test_an_unknown_field_is_named() -> None:
    assert refused(put("colour", content=1)) == "a counterexample has no field 'colour'"


@pytest.mark.parametrize("name", ["protocol", "law", "message", "found_by"])
@pytest.mark.parametrize("content", [None, 5, [], {}, True])
def test_a_field_that_must_be_text_says_so(name: str, content: object) -> None:
    assert refused(put(name, content=content)) == f".{name}: must be text"


def test_transactions_that_are_no_list_are_refused() -> None:
    assert refused(put("transactions", content={})) == ".transactions: must be a list"


def test_a_key_that_is_there_twice_is_refused() -> None:
    text = EXAMPLE.to_text().replace('"law"', '"protocol": "x", "law"', 1)
    assert refused(text) == "the key 'protocol' is there twice"


SENDER = ("transactions", 0, "sender")
AMOUNT = ("transactions", 0, "amount")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            put(*SENDER, content="0x12"),
            ".transactions[0].sender: must be 0x and 40 lower-case hex digits, not '0x12'",
        ),
        (
            put(*SENDER, content=None),
            ".transactions[0].sender: must be 0x and 40 lower-case hex digits, not None",
        ),
        (
            put(*AMOUNT, content=1),
            ".transactions[0].amount: must be a decimal number in quotes, not 1",
        ),
        (
            put(*AMOUNT, content="-1"),
            ".transactions[0].amount: must be a decimal number of at most 39 digits, not '-1'",
        ),
        (
            put(*AMOUNT, content=str(2**128)),
            f".transactions[0].amount: {2**128} is not from 0 to {2**128 - 1}",
        ),
        (
            put("transactions", 9, "slot", content=2**62),
            f".transactions[9].slot: {2**62} is not from 0 to {2**62 - 1}",
        ),
        (
            put("transactions", 9, "slot", content=True),
            ".transactions[9].slot: must be a whole number, not True",
        ),
        (
            put("transactions", 2, "commission_bps", content=10_001),
            ".transactions[2].commission_bps: 10001 is not from 0 to 10000",
        ),
        (
            put("transactions", 15, "kind", content="laziness"),
            ".transactions[15].kind: must be one of double_block, double_vote, surround_vote,"
            " invalid_block, downtime, not 'laziness'",
        ),
        (
            put("start", "type", content="World"),
            ".start.type: must be one of Genesis, State, not 'World'",
        ),
        (
            put("start", "params", "epoch_length", content=0),
            ".start.params.epoch_length: 0 is not from 1 to 1048576",
        ),
        (
            put("start", "params", "min_stake", content="0"),
            ".start.params: Params.min_stake = 0: must be at least 1",
        ),
        (
            put("start", "accounts", 2, "balance", content="x"),
            ".start.accounts[2].balance: must be a decimal number of at most 39 digits, not 'x'",
        ),
    ],
)
def test_what_is_wrong_inside_is_said_with_its_place(text: str, message: str) -> None:
    assert refused(text) == message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (put("transactions", 1, content=7), ".transactions[1]: "),
        (put("start", content=None), ".start: "),
        (put("start", "colour", content=1), ".start: "),
        (put("transactions", 3, "colour", content=1), ".transactions[3]: "),
        (
            changed(lambda document: document["transactions"][3].pop("amount")),
            ".transactions[3]: ",
        ),
    ],
)
def test_a_place_and_a_reason_are_set_apart(text: str, place: str) -> None:
    assert refused(text).startswith(place)


def test_a_number_that_no_field_could_hold_is_refused_at_once() -> None:
    text = EXAMPLE.to_text().replace('"amount": "1"', f'"amount": {"9" * 5_000}', 1)
    assert refused(text) == "a number of 5000 digits is longer than any field"


def test_floats_are_refused() -> None:
    text = EXAMPLE.to_text().replace('"epoch": 0', '"epoch": 0.5', 1)
    assert refused(text) == "'0.5' is not a whole number"


def test_deep_nesting_is_refused() -> None:
    assert refused("[" * 100_000) == "nested more than 64 levels deep"
