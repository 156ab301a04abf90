"""Steps that break one law each: what a rule did, changed afterwards."""

from collections.abc import Callable
from typing import Any

import attrs

from properties.laws.views import Step
from statemachine import (
    PROTOCOL,
    Delegate,
    ProduceBlock,
    Redelegate,
    RegisterValidator,
    State,
    Status,
    Transfer,
    Undelegate,
    evolve,
)
from statemachine.map_keys import delegation_key, epoch_key, link_key
from statemachine.messages import Checkpoint
from statemachine.state import Booking
from tests.properties.laws.violations_of_states import (
    good_state,
    with_delegation,
    with_pots,
    with_validator,
)
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    NOBODY,
    advance,
    checkpoint,
    elected,
    key_of,
    votes,
)

TRANSFER = Transfer(FAY, EMIL, 50)
DELEGATE = Delegate(FAY, BEN, 700)


def step_of(transaction: Any, before: State | None = None) -> Step:
    """Apply a transaction to the good state, or to another."""
    start = good_state() if before is None else before
    outcome = PROTOCOL.transition(start, transaction)
    return Step(start, transaction, outcome.state, outcome.events)


def block(slots: int) -> ProduceBlock:
    """Return a block of the good state that comes so many slots later."""
    slot = good_state().slot + slots
    return ProduceBlock(slot, elected(good_state(), slot) or NOBODY, bytes(32))


def _balance(state: State, account: bytes, by: int) -> State:
    accounts = state.accounts
    return evolve(state, accounts=accounts.set(account, accounts.get(account, 0) + by))


def _without(state: State, validator: bytes) -> State:
    return evolve(state, validators=state.validators.remove(validator))


def _stake(state: State, validator: bytes, delegator: bytes, by: int) -> State:
    newest = state.delegations[delegation_key(validator, delegator)].lots[-1]
    lots = (
        *state.delegations[delegation_key(validator, delegator)].lots[:-1],
        evolve(newest, amount=newest.amount + by),
    )
    return with_delegation(state, validator, delegator, lots=lots)


def _with_an_old_start(stake: tuple[Any, ...]) -> tuple[Any, ...]:
    return (evolve(stake[0], start=1), *stake[1:])


def _released(state: State) -> State:
    kept = tuple(lot for lot in state.delegations[ANNA + DORA].lots if lot.end is None)
    return with_delegation(state, ANNA, DORA, lots=kept)


def _finality(state: State, **changes: Any) -> State:
    return evolve(state, finality=evolve(state.finality, **changes))


def _voted(state: State) -> State:
    """Have epochs 1 and 2 justified, and so epoch 1 final; one vote for epoch 3 is cast."""
    for source, target in ((0, 1), (1, 2)):
        state = PROTOCOL.apply(state, votes(state, source, target, ANNA, BEN, CARA))
    return PROTOCOL.apply(state, votes(state, 2, 3, CARA))


def _vote(state: State, weight: int, *, voter: bytes) -> State:
    key = link_key(2, 3) + voter
    return _finality(state, votes=state.finality.votes.set(key, weight))


def _record(state: State, epoch: int, **changes: Any) -> State:
    key, history = epoch_key(epoch), state.finality.history
    return _finality(state, history=history.set(key, evolve(history[key], **changes)))


def _forgotten(state: State, epoch: int) -> State:
    return _finality(state, history=state.finality.history.remove(epoch_key(epoch)))


def _named(epoch: int) -> str:
    return f"0x{checkpoint(good_state(), epoch).root.hex()[:8]} of epoch {epoch}"


def _put(status: Status, **changes: Any) -> Callable[[State], State]:
    return lambda state: with_validator(state, CARA, status=status, **changes)


@attrs.frozen
class PlantedStep:
    """A way to break a law of steps, and what the law says to it."""

    law: str
    transaction: Any
    corrupt: Callable[[State], State]
    """Changes the state after the step."""
    message: str
    prepare: Callable[[State], State] = lambda state: state
    """Changes the state before the step."""


PLANTED_STEPS = (
    PlantedStep(
        "STK-6",
        TRANSFER,
        lambda state: _without(state, CARA),
        "validator 0x03030303 is gone, delegations to it are not",
    ),
    PlantedStep(
        "STK-7",
        TRANSFER,
        lambda state: _balance(state, EMIL, -1),
        "the balance of 0x05050505 changed by +49 instead of +50",
    ),
    PlantedStep(
        "STK-7",
        DELEGATE,
        lambda state: _balance(state, FAY, 700),
        "the balance of 0x06060606 changed by +0 instead of -700",
    ),
    PlantedStep(
        "STK-7",
        DELEGATE,
        lambda state: _stake(state, BEN, FAY, 3),
        "the bonded stake of 0x06060606 at 0x02020202 changed by +703 instead of +700",
    ),
    PlantedStep(
        "STK-7",
        Undelegate(DORA, ANNA, 100),
        lambda state: _stake(state, ANNA, DORA, 1),
        "the leaving stake of 0x04040404 at 0x01010101 changed by +101 instead of +100",
    ),
    PlantedStep(
        "STK-7",
        Redelegate(DORA, ANNA, CARA, 100),
        lambda state: _balance(state, DORA, 100),
        "the balance of 0x04040404 changed by +100 instead of +0",
    ),
    PlantedStep(
        "STK-7",
        RegisterValidator(FAY, key_of(FAY), 0, 600),
        lambda state: _stake(state, FAY, FAY, -600),
        "the bonded stake of 0x06060606 at 0x06060606 changed by +0 instead of +600",
    ),
    PlantedStep(
        "STK-8",
        DELEGATE,
        lambda state: evolve(state, joining=(Booking(4, 1_000_001),)),
        "1,000,001 is booked to join at epoch 4; at most 1,000,000 may",
    ),
    PlantedStep(
        "STK-8",
        DELEGATE,
        lambda state: evolve(state, joining=good_state().joining),
        "700 more will join by epoch 4, but 0 was booked",
    ),
    PlantedStep(
        "STK-8",
        Undelegate(DORA, ANNA, 100),
        lambda state: evolve(state, leaving=(Booking(4, 99),)),
        "100 more will leave by epoch 4, but 99 was booked",
    ),
    PlantedStep(
        "STK-11",
        Undelegate(DORA, ANNA, 100),
        lambda state: evolve(state, leaving=(Booking(4, 101),)),
        "101 of room to leave was taken for 100 of stake",
    ),
    PlantedStep(
        "STK-13",
        Undelegate(DORA, ANNA, 100),
        lambda state: with_delegation(
            state, ANNA, DORA, lots=_with_an_old_start(state.delegations[ANNA + DORA].lots)
        ),
        "lots of 0x04040404 at 0x01010101 are not merged",
        prepare=lambda state: advance(state, 2),
    ),
    PlantedStep(
        "STK-13",
        Undelegate(DORA, ANNA, 100),
        lambda state: with_validator(
            state, ANNA, buckets=_with_an_old_start(state.validators[ANNA].buckets)
        ),
        "buckets of 0x01010101 are not merged",
        prepare=lambda state: advance(state, 2),
    ),
    PlantedStep(
        "RWD-3",
        DELEGATE,
        lambda state: with_delegation(
            state, BEN, EMIL, reward=state.delegations[BEN + EMIL].reward + 2**95 * 10_000
        ),
        "0x05050505 at 0x02020202 had 500 bonded, 0 leaving and 0 of reward, and has 500, 0 and"
        " 0.5, by a transaction of 0x06060606",
    ),
    PlantedStep(
        "RWD-3",
        TRANSFER,
        lambda state: evolve(state, delegations=state.delegations.remove(BEN + EMIL)),
        "0x05050505 at 0x02020202 had 500 bonded, 0 leaving and 0 of reward, and has 0, 0 and"
        " 0, by a transaction of 0x06060606",
    ),
    PlantedStep(
        "RWD-5",
        TRANSFER,
        lambda state: with_validator(state, CARA, commission_bps=1_001, next_commission_bps=1_001),
        "the commission of 0x03030303 changed by 1 in 0 epochs; at most 500 at a boundary",
    ),
    PlantedStep(
        "RWD-5",
        block(4),
        lambda state: with_validator(state, CARA, commission_bps=1_501, next_commission_bps=1_501),
        "the commission of 0x03030303 changed by 501 in 1 epochs; at most 500 at a boundary",
    ),
    PlantedStep(
        "TIM-1",
        TRANSFER,
        lambda state: evolve(state, slot=state.slot + 1),
        "no block was produced, and slot 12 became 13",
    ),
    PlantedStep(
        "TIM-1",
        block(1),
        lambda state: evolve(state, slot=state.slot + 1),
        "a block for slot 13 led from slot 12 to 14",
    ),
    PlantedStep(
        "TIM-1",
        TRANSFER,
        lambda state: evolve(state, reward_index=6),
        "the reward index fell from 7 to 6",
        prepare=lambda state: evolve(state, reward_index=7),
    ),
    PlantedStep(
        "TIM-2",
        TRANSFER,
        lambda state: evolve(state, snapshot=state.snapshot.set(CARA, 999)),
        "within epoch 3 the snapshot went from 4,700 to 4,699",
    ),
    PlantedStep(
        "TIM-2",
        block(1),
        lambda state: evolve(state, seed=state.mix),
        "within epoch 3 the seed changed",
    ),
    PlantedStep(
        "TIM-3",
        block(4),
        _released,
        "stake of 0x04040404 that answers for epoch 2 was released in epoch 4; evidence is"
        " admissible through epoch 5",
    ),
    PlantedStep(
        "TIM-5",
        TRANSFER,
        _put(Status.ACTIVE),
        "tombstoned 0x03030303 came back as active",
        prepare=_put(Status.TOMBSTONED),
    ),
    PlantedStep(
        "TIM-5",
        TRANSFER,
        _put(Status.PENDING),
        "exited 0x03030303 came back as pending",
        prepare=_put(Status.EXITED),
    ),
    PlantedStep(
        "TIM-5",
        TRANSFER,
        _put(Status.PENDING),
        "0x03030303 left jail in epoch 3, jailed until epoch 5",
        prepare=_put(Status.JAILED, jailed_until=5),
    ),
    PlantedStep(
        "FIN-1",
        TRANSFER,
        lambda state: _finality(state, finalised=checkpoint(state, 0)),
        f"the final checkpoint went from {_named(1)} to {_named(0)}",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-1",
        TRANSFER,
        lambda state: _finality(state, finalised=Checkpoint(1, bytes(32))),
        f"the final checkpoint went from {_named(1)} to 0x00000000 of epoch 1",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-1",
        TRANSFER,
        lambda state: _finality(state, justified=checkpoint(state, 1)),
        f"the latest justified checkpoint went from {_named(2)} to {_named(1)}",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-1",
        TRANSFER,
        lambda state: _finality(state, finalised=checkpoint(state, 3)),
        f"{_named(3)} became final, and was not justified on this chain",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-4",
        TRANSFER,
        lambda state: _record(state, 2, seed=bytes(32)),
        "what epoch 2 began with was changed",
    ),
    PlantedStep(
        "FIN-4",
        TRANSFER,
        lambda state: _record(state, 1, justified=False),
        "what epoch 1 began with was changed",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-4",
        block(4),
        lambda state: _forgotten(state, 1),
        "epoch 1 was forgotten in epoch 4",
    ),
    PlantedStep(
        "FIN-4",
        block(4),
        lambda state: _finality(
            state,
            history=state.finality.history.set(
                epoch_key(0), good_state().finality.history[epoch_key(1)]
            ),
        ),
        "what epoch 0 began with was changed",
    ),
    PlantedStep(
        "FIN-8",
        TRANSFER,
        lambda state: _vote(state, 1_000, voter=ANNA),
        "the vote of 0x01010101 from epoch 2 to 3 was counted, and was not cast",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-8",
        votes(good_state(), 0, 3, ANNA),
        lambda state: _vote(state, 1_000, voter=ANNA),
        "the vote of 0x01010101 from epoch 2 to 3 was counted, and was not cast",
    ),
    PlantedStep(
        "FIN-8",
        votes(good_state(), 2, 3, BEN),
        lambda state: _vote(state, 1, voter=BEN),
        "the vote of 0x02020202 from epoch 2 to 3 weighs 1; at its target 1,200 was active",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-8",
        TRANSFER,
        lambda state: _vote(state, 999, voter=CARA),
        "the vote of 0x03030303 from epoch 2 to 3 weighed 1,000, and weighs 999",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-8",
        block(4),
        lambda state: _finality(state, votes=good_state().finality.votes),
        "the vote of 0x03030303 from epoch 2 to 3 was forgotten, though it may still count",
        prepare=_voted,
    ),
    PlantedStep(
        "FIN-10",
        TRANSFER,
        lambda state: evolve(state, head=bytes(32)),
        "the head is not the last block",
    ),
    PlantedStep(
        "FIN-10",
        block(1),
        lambda state: evolve(state, head=good_state().head),
        "the head is not the last block",
    ),
    PlantedStep(
        "ACC-4",
        DELEGATE,
        lambda state: with_pots(state, bonded=1, treasury=-1),
        "the state keeps 5,901, its parts add up to 5,900: off by 1 after Delegate",
    ),
)
"""Laws of steps, each broken in a step from the good state; and a sum, which is kept up
step by step as well."""
