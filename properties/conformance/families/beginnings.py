"""Genesis and election: the first state, and who may propose."""

from collections.abc import Iterator
from random import Random

from properties.conformance.asks import Message
from properties.conformance.drafts import Draft, Family
from properties.model.worlds import address, draw_genesis, public_key
from statemachine.codec import to_jsonable
from statemachine.params import Params
from statemachine.rules.genesis import Genesis, GenesisAccount, GenesisDelegation, GenesisValidator

ANNA, BEN, CARL = address(1), address(2), address(3)

WORLDS = 12
"""Drawn worlds, of every size and scale."""

SLOTS = 12
"""Slots whose proposers are asked for."""

SMALL = Genesis(
    "example",
    Params(epoch_length=4, min_stake=10, unbonding_epochs=2, evidence_window=2),
    (GenesisAccount(ANNA, 100), GenesisAccount(CARL, 50)),
    (GenesisValidator(ANNA, public_key(ANNA), 500), GenesisValidator(BEN, public_key(BEN), 0)),
    (
        GenesisDelegation(ANNA, ANNA, 30),
        GenesisDelegation(BEN, BEN, 9),
        GenesisDelegation(CARL, ANNA, 1),
    ),
    treasury=7,
)


def _begin(description: object) -> tuple[Message, ...]:
    return ({"do": "genesis", "genesis": description}, {"do": "parts"})


def _genesis() -> Iterator[Draft]:
    about = "the first state, and the root of each of its maps"
    yield Draft(
        "An empty world has a first state",
        about,
        _begin(to_jsonable(Genesis("example", Params(), (), (), ()))),
    )
    yield Draft(
        "A validator with too little of its own is pending", about, _begin(to_jsonable(SMALL))
    )
    for number in range(WORLDS):
        world = draw_genesis(Random(f"vectors/genesis/{number}"))
        yield Draft(f"World {number} has a first state", about, _begin(to_jsonable(world)))
    small = to_jsonable(SMALL)
    accounts, validators, delegations = (
        small["accounts"],
        small["validators"],
        small["delegations"],
    )
    params = small["params"]
    for sentence, changes in (
        ("An account that is there twice is refused", {"accounts": [accounts[0], accounts[0]]}),
        ("A balance of nothing is refused", {"accounts": [{**accounts[0], "balance": "0"}]}),
        (
            "A validator that is there twice is refused",
            {"validators": [validators[0], validators[0]]},
        ),
        (
            "A key that is there twice is refused",
            {
                "validators": [
                    validators[0],
                    {**validators[1], "public_key": validators[0]["public_key"]},
                ],
            },
        ),
        ("A delegation to nobody is refused", {"validators": validators[1:]}),
        (
            "A delegation of nothing is refused",
            {"delegations": [{**delegations[0], "amount": "0"}]},
        ),
        ("A supply beyond 2^128 - 1 is refused", {"treasury": str(2**128 - 1)}),
        (
            "A commission above the highest is refused",
            {
                "params": {**params, "max_commission_bps": 499},
            },
        ),
        (
            "An evidence window beyond the unbonding time is refused",
            {
                "params": {**params, "evidence_window": 3},
            },
        ),
        ("A gap of slots within an epoch is refused", {"params": {**params, "max_slot_gap": 4}}),
        ("A name that is no printable ASCII is refused", {"chain_id": "é"}),
    ):
        yield Draft(sentence, "a genesis is held to its bounds", _begin({**small, **changes})[:1])


def _election() -> Iterator[Draft]:
    for number in range(WORLDS // 2):
        world = draw_genesis(Random(f"vectors/election/{number}"))
        length = world.params.epoch_length
        first = world.epoch * length
        asks = [{"do": "elect", "slot": first + place} for place in range(min(SLOTS, length))]
        yield Draft(
            f"The proposers of world {number} are drawn by stake",
            "by the seed, the epoch, the slot and the attempt",
            ({"do": "genesis", "genesis": to_jsonable(world)}, *asks),
        )
    yield Draft(
        "Where no stake is active nobody is elected",
        "time must not stop",
        (
            {"do": "genesis", "genesis": to_jsonable(Genesis("example", Params(), (), (), ()))},
            {"do": "elect", "slot": 1},
        ),
    )


FAMILIES = (
    Family("07-genesis", "The first state of a chain, and what is refused", _genesis),
    Family("08-election", "Proposers", _election),
)
