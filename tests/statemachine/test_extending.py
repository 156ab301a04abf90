"""Records that extend ours: bounds, bytes, JSON, roots, and the states that rules make of them."""

import pickle
from typing import Annotated, Any

import pytest

from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    MapLayout,
    MerkleMap,
    OutOfRange,
    Params,
    ProduceBlock,
    RegisterValidator,
    State,
    Status,
    Validator,
    evolve,
    genesis,
    state_root,
)
from statemachine.canonical import canonical_bytes, from_canonical_bytes
from statemachine.codec import from_jsonable, to_jsonable
from statemachine.primitives import Amount, Count, Epoch
from statemachine.records import extend, fields_of, held_by, own_fields, record
from statemachine.state import DELEGATIONS, VALIDATORS, Delegation


def _nothing(_entry: int) -> int:
    return 0


NOTES: MapLayout[int] = MapLayout("notes", 28, weigh=_nothing, encode=canonical_bytes)


@record
class OwnParams(Params):
    """A parameter more."""

    patience: Count = 4


@record
class OwnValidator(Validator):
    """A field more."""

    score: Count = 7


@record
class OwnDelegation(Delegation):
    """A field more."""

    since: Epoch = 0


@record
class OwnState(State):
    """A map and a field more."""

    params: OwnParams
    validators: Annotated[MerkleMap[OwnValidator], VALIDATORS]  # type: ignore[assignment]
    delegations: Annotated[MerkleMap[OwnDelegation], DELEGATIONS]  # type: ignore[assignment]
    fines: Amount = 0
    notes: Annotated[MerkleMap[Count], NOTES] = MerkleMap.empty(NOTES)


@record
class OwnGenesis(Genesis):
    """What such a chain begins with."""

    params: OwnParams


PROTOCOL_OF_OWN = PROTOCOL.fork("own", state=OwnState, description=OwnGenesis)

ANNA, BEN = b"a" * 20, b"b" * 20

START = Genesis(
    "own",
    Params(epoch_length=2, min_stake=1, max_slot_gap=8),
    (GenesisAccount(ANNA, 100), GenesisAccount(BEN, 100)),
    (GenesisValidator(ANNA, b"A" * 48, 0),),
    (GenesisDelegation(ANNA, ANNA, 50),),
)


def own_state() -> Any:
    return genesis(PROTOCOL_OF_OWN, START)


def test_a_genesis_makes_the_protocols_own_records() -> None:
    state = own_state()
    assert type(state) is OwnState and type(state.params) is OwnParams
    assert type(state.validators[ANNA]) is OwnValidator
    assert [type(one) for one in state.delegations.entries()] == [OwnDelegation]
    assert (state.params.patience, state.validators[ANNA].score, state.fines) == (4, 7, 0)


def test_rules_make_and_keep_them() -> None:
    state = own_state()
    state = evolve(state, fines=3, notes=state.notes.set(bytes(28), 5))
    noted = evolve(state.validators[ANNA], score=9)
    state = evolve(state, validators=state.validators.set(ANNA, noted))
    for tx in (
        RegisterValidator(BEN, b"B" * 48, 0, 10),
        Delegate(BEN, ANNA, 20),
        ProduceBlock(2, ANNA, bytes(32)),
    ):
        state = PROTOCOL_OF_OWN.apply(state, tx)
        assert type(state) is OwnState
    assert (state.fines, state.notes[bytes(28)], state.validators[ANNA].score) == (3, 5, 9)
    assert type(state.validators[BEN]) is OwnValidator
    assert {type(one) for one in state.delegations.entries()} == {OwnDelegation}
    assert state.validators[BEN].status is Status.ACTIVE


def test_bytes_json_and_pickles_have_all_of_it() -> None:
    state = evolve(own_state(), fines=12)
    assert from_canonical_bytes(canonical_bytes(state), OwnState) == state
    assert from_jsonable(to_jsonable(state), OwnState) == state
    assert pickle.loads(pickle.dumps(state)) == state
    assert to_jsonable(state)["params"]["patience"] == 4
    assert state_root(state) != state_root(evolve(state, fines=13))
    watched = evolve(state.validators[ANNA], score=8)
    assert state_root(state) != state_root(
        evolve(state, validators=state.validators.set(ANNA, watched))
    )


def test_fields_keep_the_places_that_they_had() -> None:
    ours, theirs = fields_of(State), fields_of(OwnState)
    assert [one.name for one in theirs[: len(ours)]] == [one.name for one in ours]
    assert own_fields(own_state(), State) == ("fines", "notes")
    assert held_by(OwnState, "validators") is OwnValidator
    assert held_by(OwnState, "slot") is None


def test_bounds_hold_on_every_way_in_and_name_the_record() -> None:
    with pytest.raises(OutOfRange, match=r"OwnParams\.patience = -1: must be a whole number from"):
        OwnParams(patience=-1)
    with pytest.raises(OutOfRange, match=r"OwnState\.fines = -1"):
        evolve(own_state(), fines=-1)
    # What ties parameters together still does.
    with pytest.raises(OutOfRange, match="at least evidence_window"):
        OwnParams(unbonding_epochs=3)


def test_to_extend_is_to_add_defaults_and_nothing_else() -> None:
    ours = genesis(PROTOCOL, START)
    theirs = extend(ours, OwnState)
    assert extend(theirs, OwnState) is theirs
    for field in fields_of(State):
        if field.name not in ("params", "validators", "delegations"):
            assert getattr(theirs, field.name) == getattr(ours, field.name)
    assert theirs.validators.total_weight == ours.validators.total_weight
    assert list(theirs.validators) == list(ours.validators)


def test_chains_with_other_parameters_of_their_own_share_no_checkpoint() -> None:
    described = extend(START, OwnGenesis)
    other = evolve(described, params=evolve(described.params, patience=5))
    heads = {genesis(PROTOCOL_OF_OWN, one).head for one in (described, other)}
    assert len(heads) == 2
    assert genesis(PROTOCOL_OF_OWN, START) == genesis(PROTOCOL_OF_OWN, described)


def test_a_field_without_a_bound_is_refused_in_a_sentence() -> None:
    for annotation in (int, bytes, str, float, list[int], dict):
        with pytest.raises(TypeError, match=r"Loose\.fines: .* has no bound; annotate it with"):
            record(type("Loose", (Params,), {"__annotations__": {"fines": annotation}, "fines": 0}))


def test_a_field_that_is_there_already_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"Taken\.min_stake: Params has a field of this name"):
        record(type("Taken", (Params,), {"__annotations__": {"min_stake": Count}, "min_stake": 2}))


def test_a_field_without_a_default_is_refused_in_a_sentence() -> None:
    with pytest.raises(TypeError, match=r"Bare\.fines: a field that extends a record has a"):
        record(type("Bare", (Params,), {"__annotations__": {"fines": Count}}))
