"""Genesis and election: the first state, and who may propose."""

from collections.abc import Iterator
from random import Random

from properties.conformance.asks import Message
from properties.conformance.drafts import Draft, Family
from properties.model.names import address, public_key
from properties.model.worlds import draw_genesis
from statemachine.codec import tagged, to_jsonable
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.params import Params
from statemachine.records import evolve
from statemachine.rules import PROTOCOL
from statemachine.rules.blocks import pass_slots
from statemachine.rules.genesis import genesis as genesis_of
from statemachine.transactions import Exit, ProduceBlock, RegisterValidator

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
    yield from _electors()
    yield Draft(
        "Where no stake is active nobody is elected",
        "time must not stop",
        (
            {"do": "genesis", "genesis": to_jsonable(Genesis("example", Params(), (), (), ()))},
            {"do": "elect", "slot": 1},
        ),
    )


def _electors() -> Iterator[Draft]:
    """Ask who is elected when the set has changed since it was fixed."""
    genesis = evolve(
        SMALL,
        params=evolve(SMALL.params, churn_floor=1_000),
        accounts=(GenesisAccount(CARL, 5_000),),
        delegations=tuple(GenesisDelegation(one, one, 40) for one in (ANNA, BEN)),
    )
    joining = RegisterValidator(CARL, public_key(CARL), 0, 900)
    for about, changes in {
        "Whoever joins is not elected in its first epoch": (joining,),
        "Whoever leaves is replaced by another draw": (Exit(ANNA),),
        "Whoever leaves may be replaced by somebody who joined": (joining, Exit(ANNA)),
    }.items():
        for lookahead in (1, 2):
            params = evolve(genesis.params, election_lookahead=lookahead)
            world = evolve(genesis, params=params)
            yield Draft(
                f"{about}, {lookahead} epochs after the set was fixed",
                "the set is older than its seed",
                tuple(_epochs_after(world, changes)),
            )


def _epochs_after(world: Genesis, changes: tuple[object, ...]) -> Iterator[Message]:
    """Change the set, and ask for the proposers of three epochs, each begun by a block."""
    yield {"do": "genesis", "genesis": to_jsonable(world)}
    state = genesis_of(PROTOCOL, world)
    for change in changes:
        state = PROTOCOL.apply(state, change)
        yield {"do": "apply", "transaction": tagged(change)}
    length = world.params.epoch_length
    for epoch in range(1, 4):
        slot = epoch * length
        proposer = PROTOCOL.elect(pass_slots(PROTOCOL, state, slot).state, slot)
        block = ProduceBlock(slot, proposer or CARL, bytes(32))
        state = PROTOCOL.apply(state, block)
        yield {"do": "apply", "transaction": tagged(block)}
        for place in range(length):
            yield {"do": "elect", "slot": slot + place}


FAMILIES = (
    Family("07-genesis", "The first state of a chain, and what is refused", _genesis),
    Family("08-election", "Proposers", _election),
)
