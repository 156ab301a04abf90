"""A genesis is held to the bounds of transactions, and starts the chain it describes."""

from functools import partial
from random import Random
from typing import Any

import pytest

from properties.model.worlds import draw_genesis
from statemachine import (
    PROTOCOL,
    Delegate,
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    OutOfRange,
    Params,
    Status,
    Unjail,
    evolve,
    genesis,
)
from statemachine.canonical import canonical_bytes
from statemachine.hashing import digest
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.messages import Checkpoint
from statemachine.primitives import MAX_AMOUNT, MAX_SLOT
from statemachine.rules.accounts import balance_of
from statemachine.rules.epochs import note_departure
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.lots import oldest_admissible
from statemachine.state import Booking, Departure, EpochRecord, Lot, Pots, State, Stay, Supply
from tests.statemachine.generic import evolved_by_attrs, field_types
from tests.statemachine.worlds import (
    ACCOUNTS,
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    NOBODY,
    PARAMS,
    accuse,
    active_set,
    advance,
    check_tokens,
    described,
    key_of,
    lots_of,
    punish,
    run,
    stake_of,
    status_of,
    validator_of,
    world,
)

ANNAS = GenesisValidator(ANNA, key_of(ANNA), 0)

LAST_EPOCH = MAX_SLOT // PARAMS.epoch_length
"""The last that has slots."""

BAD: list[tuple[str, dict[str, Any], str]] = [
    (
        "an account twice",
        {"accounts": (GenesisAccount(DORA, 1), GenesisAccount(ANNA, 1), GenesisAccount(DORA, 2))},
        f"Genesis.accounts = '0x{DORA.hex()}': must be there only once",
    ),
    (
        "a validator twice",
        {"validators": (ANNAS, GenesisValidator(ANNA, key_of(BEN), 0))},
        f"Genesis.validators = '0x{ANNA.hex()}': must be there only once",
    ),
    (
        "a key twice",
        {"validators": (ANNAS, GenesisValidator(BEN, key_of(ANNA), 0))},
        f"Genesis.validators.public_key = '0x{key_of(ANNA).hex()[:74]}...: must be there only once",
    ),
    (
        "an empty account",
        {"accounts": (GenesisAccount(DORA, 1), GenesisAccount(ANNA, 0))},
        "Genesis.accounts[1].balance = 0: must be at least 1",
    ),
    (
        "an empty delegation",
        {"delegations": (GenesisDelegation(DORA, ANNA, 0),)},
        "Genesis.delegations[0].amount = 0: must be at least 1",
    ),
    (
        "a delegation to nobody",
        {"delegations": (GenesisDelegation(DORA, ANNA, 1), GenesisDelegation(DORA, NOBODY, 1))},
        f"Genesis.delegations[1].validator = '0x{NOBODY.hex()}': must be one of the validators",
    ),
    (
        "a commission above the highest",
        {
            "params": evolve(PARAMS, max_commission_bps=100),
            "validators": (ANNAS, GenesisValidator(BEN, key_of(BEN), 101)),
            "delegations": (),
        },
        "Genesis.validators[1].commission_bps = 101: must be at most max_commission_bps = 100",
    ),
    (
        "an epoch whose slots are out of range",
        {"epoch": LAST_EPOCH + 1},
        f"Genesis.epoch = {LAST_EPOCH + 1}: must be at most {LAST_EPOCH}, "
        "so that its slots are in range",
    ),
    (
        "an end that lies ahead",
        {"epoch": 7, "delegations": (GenesisDelegation(DORA, ANNA, 1, end=8),)},
        "Genesis.delegations[0].end = 8: must be at most epoch = 7, with its release after it",
    ),
    (
        "an end whose release has passed",
        {"epoch": 7, "delegations": (GenesisDelegation(DORA, ANNA, 1, end=4),)},
        "Genesis.delegations[0].end = 4: must be at most epoch = 7, with its release after it",
    ),
    (
        "a start that lies ahead",
        {"epoch": 7, "delegations": (GenesisDelegation(DORA, ANNA, 1, start=8),)},
        "Genesis.delegations[0].start = 8: must be at most 7, its end or the first epoch",
    ),
    (
        "a stay behind nobody",
        {"delegations": (GenesisDelegation(DORA, ANNA, 1, past=(Stay(NOBODY, 0, 0),)),)},
        f"Genesis.delegations[0].past[0].validator = '0x{NOBODY.hex()}': must be one of the"
        " validators",
    ),
    (
        "stays at two places at once",
        {
            "epoch": 7,
            "delegations": (
                GenesisDelegation(DORA, ANNA, 1, start=5, past=(Stay(BEN, 0, 4), Stay(CARA, 3, 5))),
            ),
        },
        "Genesis.delegations[0].past[0].end = 4: must be after its start = 0, and at most 3, when"
        " the next began",
    ),
    (
        "more than there can be",
        {"accounts": (GenesisAccount(DORA, MAX_AMOUNT),), "delegations": (), "treasury": 1},
        f"the sum of a genesis = {MAX_AMOUNT + 1}: must be at most {MAX_AMOUNT}",
    ),
]


@pytest.mark.parametrize(
    ("changes", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_a_genesis_is_refused_for(changes: dict[str, Any], message: str) -> None:
    whole = described()
    everything = {name: getattr(whole, name) for name in field_types(Genesis)} | changes
    for make in (
        partial(Genesis, **everything),
        partial(evolve, whole, **changes),
        partial(evolved_by_attrs, whole, **changes),
    ):
        with pytest.raises(OutOfRange) as refused:
            make()
        assert str(refused.value) == message


def test_all_the_tokens_there_can_be_may_stand_in_a_genesis() -> None:
    state = world(accounts=(), stakes={ANNA: MAX_AMOUNT - 5}, treasury=5)
    assert state.supply == Supply(genesis=MAX_AMOUNT)
    assert state.pots == Pots(bonded=MAX_AMOUNT - 5, treasury=5)
    assert active_set(advance(state)) == {ANNA: MAX_AMOUNT - 5}


def test_the_supply_is_what_accounts_stakes_and_treasury_add_up_to() -> None:
    unbonding = GenesisDelegation(DORA, ANNA, 70, end=0)
    state = world(delegations=(GenesisDelegation(DORA, ANNA, 600), unbonding), treasury=9)
    assert state.supply == Supply(genesis=45_000 + 3_000 + 670 + 9)
    assert state.pots == Pots(bonded=3_600, unbonding=70, treasury=9)
    assert balance_of(state, DORA) == 10_000
    check_tokens(state)


def test_validators_with_enough_stake_of_their_own_serve_from_the_first_slot() -> None:
    state = world(
        stakes={ANNA: 500, BEN: 499, CARA: 0},
        delegations=(GenesisDelegation(DORA, BEN, 9_000), GenesisDelegation(DORA, ANNA, 1)),
    )
    assert active_set(state) == {ANNA: 501}
    assert [status_of(state, operator) for operator in (ANNA, BEN, CARA)] == [
        Status.ACTIVE,
        Status.PENDING,
        Status.PENDING,
    ]
    assert validator_of(state, ANNA).earning == 501
    assert validator_of(state, BEN).earning == 0
    assert (state.joining, state.leaving, len(state.agenda)) == ((), (), 0)


def test_who_is_jailed_from_the_start_may_return_at_once() -> None:
    state = world(
        validators=(ANNAS, GenesisValidator(BEN, key_of(BEN), 0, jailed=True)),
        stakes={ANNA: 1_000, BEN: 1_000},
    )
    assert active_set(state) == {ANNA: 1_000}
    assert status_of(state, BEN) is Status.JAILED
    assert active_set(advance(run(state, Unjail(BEN)))) == {ANNA: 1_000, BEN: 1_000}


def test_unbonding_stake_is_released_on_time_and_slashed_for_what_it_answers_for() -> None:
    ends = {DORA: 5, EMIL: 7}
    state = world(
        epoch=7,
        delegations=tuple(
            GenesisDelegation(owner, ANNA, 600, end=end) for owner, end in ends.items()
        ),
    )
    assert (state.epoch, state.slot) == (7, 28)
    assert lots_of(state, ANNA, EMIL) == (Lot(600, 0, end=7),)
    assert dict(state.agenda.items()) == {
        epoch_key(end + PARAMS.unbonding_epochs) + ANNA + owner: True for owner, end in ends.items()
    }
    assert active_set(state)[ANNA] == 1_000
    for owner, end in ends.items():
        waiting = end + PARAMS.unbonding_epochs - state.epoch
        assert balance_of(advance(state, waiting - 1) if waiting > 1 else state, owner) == 10_000
        assert balance_of(advance(state, waiting), owner) == 10_600
    slashed = punish(state, accuse(ANNA, 6)).state
    assert (stake_of(slashed, ANNA, DORA), stake_of(slashed, ANNA, EMIL)) == (600, 300)


def test_several_allocations_to_one_delegation_add_up() -> None:
    allocation = GenesisDelegation(DORA, ANNA, 300)
    state = world(delegations=(allocation, evolve(allocation, end=0), allocation))
    assert lots_of(state, ANNA, DORA) == (Lot(600, 0), Lot(300, 0, end=0))


def test_the_order_of_a_genesis_does_not_matter() -> None:
    whole = described(
        delegations=(GenesisDelegation(DORA, ANNA, 5), GenesisDelegation(EMIL, BEN, 6, end=0))
    )
    turned = evolve(
        whole,
        accounts=whole.accounts[::-1],
        validators=whole.validators[::-1],
        delegations=whole.delegations[::-1],
    )
    assert genesis(PROTOCOL, turned) == genesis(PROTOCOL, whole)


def test_the_first_checkpoint_is_justified_and_final_from_the_start() -> None:
    state = world(epoch=7)
    finality = state.finality
    assert state.head == digest("stakespec/genesis-block", canonical_bytes(described(epoch=7)))
    assert finality.justified == finality.finalised == Checkpoint(7, state.head)
    assert dict(finality.history.items()) == {
        epoch_key(7): EpochRecord(
            state.head, state.seed, state.snapshot, state.snapshot, justified=True
        )
    }
    assert (len(finality.votes), len(state.nonces)) == (0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": "another"},
        {"params": evolve(PARAMS, epoch_reward=1)},
        {"accounts": ACCOUNTS[1:]},
        {"commission_bps": 1},
        {"delegations": (GenesisDelegation(DORA, ANNA, 1),)},
        {"treasury": 1},
        {"epoch": 1},
        {"randomness": bytes([3]) * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_first_checkpoint_names_everything_that_a_chain_starts_with(
    changes: dict[str, Any],
) -> None:
    assert world(**changes).head != world().head


def test_the_first_seed_comes_from_the_randomness_alone() -> None:
    state = world(randomness=bytes([3]) * 32)
    assert state.seed == state.mix == digest("stakespec/genesis", bytes([3]) * 32)
    assert world(randomness=bytes([4]) * 32).seed != state.seed
    assert world(accounts=ACCOUNTS[1:]).seed == world().seed


def test_a_chain_may_start_with_nothing() -> None:
    state = genesis(PROTOCOL, Genesis("empty", Params(), (), (), ()))
    assert state.supply == Supply(genesis=0)
    assert (state.reward_index, state.undistributed) == (0, 0)
    assert advance(state, 2).epoch == 2


def test_the_first_bookings_lie_in_the_epoch_after_the_first() -> None:
    state = run(world(epoch=7), Delegate(DORA, ANNA, 5))
    assert state.joining == (Booking(8, 5),)


def test_a_chain_may_start_in_the_last_epoch_that_has_slots() -> None:
    assert world(epoch=LAST_EPOCH).epoch == LAST_EPOCH


def test_a_commission_may_be_the_highest_from_the_start() -> None:
    state = world(params=evolve(PARAMS, max_commission_bps=100), commission_bps=100)
    assert validator_of(state, ANNA).commission_bps == 100


def test_stake_from_elsewhere_answers_for_where_it_was() -> None:
    """As if Dora's 600 had been redelegated from Ben to Anna at epoch 6."""
    moved = GenesisDelegation(DORA, ANNA, 600, start=6, past=(Stay(BEN, 0, 6),))
    state = world(epoch=7, delegations=(moved,))
    assert validator_of(state, BEN).departures == (Departure(ANNA, 6),)
    assert lots_of(state, ANNA, DORA) == (Lot(600, 6, past=(Stay(BEN, 0, 6),)),)
    state = advance(state)
    assert stake_of(punish(state, accuse(BEN, 7)).state, ANNA, DORA) == 600
    record = state.finality.history[epoch_key(7)]
    earlier = state.finality.history.set(epoch_key(5), record)
    state = evolve(state, finality=evolve(state.finality, history=earlier))
    assert stake_of(punish(state, accuse(BEN, 5)).state, ANNA, DORA) == 300


# --- all at once, as one after another ---------------------------------------------------


def one_by_one(description: Genesis) -> State:
    """Load and save a delegation for each entry, as transactions do."""
    state = genesis(PROTOCOL.fork("bare", opening_steps=()), evolve(description, delegations=()))
    for entry in description.delegations:
        loaded = load_delegation(state, entry.validator, entry.delegator)
        lot = Lot(entry.amount, entry.start, entry.end, past=entry.past)
        state, _ = save_delegation(state, loaded, (*loaded.delegation.lots, lot))
        for stay in entry.past:
            if stay.end > oldest_admissible(state):
                state = note_departure(state, stay, entry.validator)
        if entry.end is not None:
            release = epoch_key(entry.end + state.params.unbonding_epochs)
            key = release + delegation_key(entry.validator, entry.delegator)
            state = evolve(state, agenda=state.agenda.set(key, True))
    for step in PROTOCOL.opening_steps:
        state = step(PROTOCOL, state).state
    return state


@pytest.mark.parametrize("seed", range(40))
def test_all_stake_is_put_in_place_at_once_as_one_entry_after_another(seed: int) -> None:
    rng = Random(f"bulk/{seed}")
    description = draw_genesis(rng)
    validators = [entry.address for entry in description.validators]
    entries = []
    for entry in description.delegations:
        part = rng.randint(0, entry.amount - 1)
        entries.append(evolve(entry, amount=entry.amount - part))
        if part:
            entries.append(evolve(entry, amount=part, validator=rng.choice(validators)))
    description = evolve(description, delegations=tuple(entries))
    whole, slowly = genesis(PROTOCOL, description), one_by_one(description)
    for name in ("validators", "delegations", "agenda", "snapshot"):
        assert getattr(whole, name) == getattr(slowly, name), name
    staked = sum(entry.amount for entry in description.delegations)
    assert whole.pots.bonded + whole.pots.unbonding == staked
    assert (whole.pots.bonded, whole.pots.unbonding) == (
        slowly.pots.bonded,
        slowly.pots.unbonding,
    )
