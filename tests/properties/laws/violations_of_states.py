"""States that break one law each, beside the good state that they were made from."""

from collections.abc import Callable
from functools import cache
from typing import Any

import attrs

from properties.laws.views import ValidatorView, all_views
from statemachine import PROTOCOL, Delegate, Redelegate, State, Status, Undelegate, evolve
from statemachine.map_keys import delegation_key, epoch_key, link_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.primitives import REWARD_UNIT
from statemachine.rules.agenda import schedule_review
from statemachine.rules.rewards import settle_validator
from statemachine.state import ACCOUNTS, Booking, Bucket, Delegation, Departure, Lot
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    NOBODY,
    PARAMS,
    advance,
    world,
)


@cache
def good_state() -> State:
    """Return a state, at the start of epoch 3, with something of everything in it.

    Dora has 1,500 bonded behind Anna, 300 that leave and 200 that moved to Ben; Emil's
    500 start behind Ben at the next boundary.
    """
    state = world(
        params=evolve(PARAMS, max_commission_bps=2_000), commission_bps=1_000, treasury=100
    )
    state = advance(PROTOCOL.apply(state, Delegate(DORA, ANNA, 2_000)), 2)
    state = PROTOCOL.apply(state, Undelegate(DORA, ANNA, 300))
    state = advance(PROTOCOL.apply(state, Redelegate(DORA, ANNA, BEN, 200)))
    return PROTOCOL.apply(state, Delegate(EMIL, BEN, 500))


def view(state: State, validator: bytes) -> ValidatorView:
    """Look at one validator."""
    return all_views(state)[validator]


def with_validator(state: State, operator: bytes, **changes: Any) -> State:
    """Change a validator, settled first so that nothing else depends on what it was."""
    settled = settle_validator(state.validators[operator], state.reward_index)
    changed = evolve(settled, **changes)
    return evolve(state, validators=state.validators.set(operator, changed))


def with_pots(state: State, **by: int) -> State:
    """Move tokens between pots."""
    pots = state.pots
    return evolve(
        state, pots=evolve(pots, **{name: getattr(pots, name) + more for name, more in by.items()})
    )


def with_delegation(state: State, validator: bytes, delegator: bytes, **changes: Any) -> State:
    """Change a delegation."""
    key = delegation_key(validator, delegator)
    changed = evolve(state.delegations[key], **changes)
    return evolve(state, delegations=state.delegations.set(key, changed))


def _with_wrong_total(state: State) -> State:
    generous = attrs.evolve(ACCOUNTS, weigh=lambda balance: balance + 1)
    lying = MerkleMap.from_items(generous, state.accounts.items())
    supply = evolve(state.supply, genesis=state.supply.genesis + len(state.accounts))
    changed = evolve(state, supply=supply)
    # No record takes such a map: it has to be smuggled in.
    object.__setattr__(changed, "accounts", lying)
    return changed


def _with_bucket(state: State, place: int, **changes: int) -> State:
    buckets = list(state.validators[BEN].buckets)
    old = buckets[place]
    buckets[place] = evolve(
        old, **{name: getattr(old, name) + more for name, more in changes.items()}
    )
    return with_validator(state, BEN, buckets=tuple(buckets))


def _owes_less(state: State) -> State:
    less = 2 * REWARD_UNIT
    owed = view(state, ANNA).settled.owed - less
    return evolve(with_validator(state, ANNA, owed=owed), undistributed=state.undistributed + less)


def _owes_more(state: State) -> State:
    owed = view(state, ANNA).settled.owed + REWARD_UNIT
    return with_pots(with_validator(state, ANNA, owed=owed), rewards=1, treasury=-1)


def _without_release(state: State) -> State:
    key = next(
        key for key, _ in state.agenda.items() if key[8:] == ANNA + DORA and key > epoch_key(4)
    )
    return evolve(state, agenda=state.agenda.remove(key))


def _with_larger_lot(state: State) -> State:
    (lot,) = state.delegations[BEN + EMIL].lots
    return with_delegation(state, BEN, EMIL, lots=(evolve(lot, amount=501),))


def _overdue(state: State) -> State:
    lots = tuple(
        evolve(lot, end=0) if lot.end is not None else lot
        for lot in state.delegations[ANNA + DORA].lots
    )
    return with_delegation(state, ANNA, DORA, lots=lots)


def _jailed_but_free(state: State) -> State:
    return schedule_review(
        with_validator(state, ANNA, status=Status.JAILED, jailed_until=state.epoch), ANNA
    )


def _with_finality(state: State, **changes: Any) -> State:
    return evolve(state, finality=evolve(state.finality, **changes))


def _with_record(state: State, epoch: int, **changes: Any) -> State:
    key, history = epoch_key(epoch), state.finality.history
    return _with_finality(state, history=history.set(key, evolve(history[key], **changes)))


def _pending_in_the_set(state: State) -> State:
    return schedule_review(with_validator(state, CARA, status=Status.PENDING), CARA)


@attrs.frozen
class PlantedState:
    """A way to break a law of states, and what the law says to it."""

    law: str
    corrupt: Callable[[State], State]
    message: str
    also: tuple[str, ...] = ()
    """Other laws that cannot but break with it."""


_CARA = "0x" + CARA.hex()
_CARAS_EMPTY = Delegation((), 0, 0, REWARD_UNIT - 1)

PLANTED_STATES = (
    PlantedState(
        "ACC-1",
        lambda state: with_pots(state, treasury=5),
        "pots 57,105, expected 57,100: 5 created",
    ),
    PlantedState(
        "ACC-1",
        lambda state: with_pots(state, treasury=-100),
        "pots 57,000, expected 57,100: 100 lost",
    ),
    PlantedState(
        "ACC-2",
        lambda state: evolve(state, accounts=state.accounts.set(NOBODY, 0)),
        f"account 0x{NOBODY.hex()} is kept with a balance of 0",
    ),
    PlantedState(
        "ACC-3",
        lambda state: evolve(
            state,
            delegations=state.delegations.set(CARA + FAY, _CARAS_EMPTY),
            undistributed=state.undistributed + 1,
            pots=evolve(state.pots, rewards=state.pots.rewards + 1, treasury=99),
        ),
        f"delegator 0x{FAY.hex()} keeps an empty delegation at validator {_CARA}",
    ),
    PlantedState(
        "ACC-3",
        lambda state: with_validator(
            state, CARA, buckets=(*state.validators[CARA].buckets, Bucket(9, None, (), 0, 0))
        ),
        f"validator {_CARA} keeps a bucket of 0 for 0 lots",
    ),
    PlantedState(
        "ACC-3",
        lambda state: with_delegation(
            _with_bucket(state, -1, lots=1),
            BEN,
            EMIL,
            lots=(*state.delegations[BEN + EMIL].lots, Lot(0, state.epoch + 1)),
        ),
        f"delegator 0x{EMIL.hex()} keeps an empty lot at validator 0x{BEN.hex()}",
        also=("STK-12",),
    ),
    PlantedState(
        "ACC-4",
        lambda state: with_pots(state, bonded=7, treasury=-7),
        "the state keeps 5,207, its parts add up to 5,200: off by 7",
    ),
    PlantedState(
        "ACC-5",
        lambda state: with_pots(state, unbonding=-7, treasury=7),
        "the state keeps 293, its parts add up to 300: off by -7",
    ),
    PlantedState(
        "ACC-6",
        lambda state: evolve(state, undistributed=state.undistributed + REWARD_UNIT // 4),
        "the state keeps 8,999.750000, its parts add up to 9,000.000000: off by -0.25",
    ),
    PlantedState(
        "ACC-7",
        lambda state: with_validator(state, CARA, earning=1_001),
        f"validator {_CARA} earns with 1,001, but 1,000 is active behind it",
    ),
    PlantedState(
        "ACC-7",
        lambda state: schedule_review(evolve(state, snapshot=state.snapshot.remove(CARA)), CARA),
        f"validator {_CARA} earns with 1,000 outside the active set",
        also=("FIN-9",),
    ),
    PlantedState(
        "ACC-7", _pending_in_the_set, f"validator {_CARA} is pending, but in the active set"
    ),
    PlantedState("ACC-8", _with_wrong_total, "accounts hold 42,500, their total says 42,506"),
    PlantedState(
        "ACC-9",
        lambda state: evolve(state, snapshot=state.snapshot.set(NOBODY, 0)),
        f"0x{NOBODY.hex()} is in the active set with a stake of 0",
        also=("FIN-9",),
    ),
    PlantedState(
        "STK-1",
        _with_larger_lot,
        "validator 0x02020202: claims of 501 on a bucket of 500 (start 4, end None)",
    ),
    PlantedState(
        "STK-2",
        lambda state: with_pots(_with_bucket(state, -1, amount=1), bonded=1, treasury=-1),
        "validator 0x02020202: 1 of 1,701 is claimed by nobody; rounding explains at most 0",
    ),
    PlantedState(
        "STK-3",
        lambda state: _with_bucket(state, -1, lots=1),
        "validator 0x02020202: a bucket (start 4, end None) counts 2 lots, there are 1",
    ),
    PlantedState(
        "STK-4",
        _without_release,
        "nothing on the agenda of epoch 6 for 0x04040404 at 0x01010101",
    ),
    PlantedState(
        "STK-4",
        _overdue,
        "stake of 0x04040404 at 0x01010101 was due at epoch 3, it is epoch 3",
        also=("STK-1", "STK-3"),
    ),
    PlantedState(
        "STK-5",
        lambda state: with_validator(state, ANNA, departures=()),
        "0x01010101 does not know that stake of 0x04040404 went from it to 0x02020202 at epoch 3",
    ),
    PlantedState(
        "STK-9",
        lambda state: evolve(state, leaving=(Booking(state.epoch, 1),)),
        "a booking for epoch 3 is kept in epoch 3",
    ),
    PlantedState(
        "STK-12",
        lambda state: with_validator(state, BEN, buckets=state.validators[BEN].buckets[::-1]),
        "the buckets of 0x02020202 are not in ascending order, each of another history",
    ),
    PlantedState(
        "STK-12",
        lambda state: with_delegation(
            state, ANNA, DORA, lots=state.delegations[ANNA + DORA].lots[::-1]
        ),
        "the lots of 0x04040404 at 0x01010101 are not in ascending order, each of another history",
    ),
    PlantedState(
        "STK-12",
        lambda state: with_validator(
            state, ANNA, departures=(Departure(ANNA, 3), *state.validators[ANNA].departures)
        ),
        "0x01010101 is noted as departed to itself",
    ),
    PlantedState(
        "RWD-1",
        _owes_less,
        "validator 0x01010101 owes 2 units more than it has earned",
    ),
    PlantedState(
        "RWD-2",
        _owes_more,
        "validator 0x01010101: 1 units of reward are owed to nobody; dust explains at most 0",
    ),
    PlantedState(
        "RWD-4",
        lambda state: with_validator(state, CARA, commission_bps=2_001, next_commission_bps=2_001),
        "validator 0x03030303: commission_bps = 2001, at most 2000 allowed",
    ),
    PlantedState(
        "TIM-4",
        lambda state: with_validator(state, CARA, missed=1_001),
        "validator 0x03030303 missed 1001 blocks in a row unpunished; 1000 are forgiven",
    ),
    PlantedState(
        "TIM-6",
        lambda state: with_validator(state, CARA, next_commission_bps=1_001),
        "the next boundary will not review validator 0x03030303, though its commission changes",
    ),
    PlantedState(
        "TIM-7",
        _jailed_but_free,
        "0x01010101 could leave jail before it has left the active set",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_finality(state, history=state.finality.history.remove(epoch_key(1))),
        "in epoch 3 the epochs 0..3 without [1] are remembered",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_record(state, 3, seed=bytes(32)),
        "epoch 3 is not remembered with the snapshot and the seed that it has",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_record(state, 3, snapshot=state.snapshot.set(CARA, 1)),
        "epoch 3 is not remembered with the snapshot and the seed that it has",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_record(state, 2, justified=True),
        "epoch 2 is justified, 0 is called the latest",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_record(state, 0, justified=False),
        f"0x{good_state().finality.finalised.root.hex()[:8]} of epoch 0 is final, its own"
        " epoch's record denies it",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_finality(state, finalised=Checkpoint(5, bytes(32))),
        "0x00000000 of epoch 5 is final, only epoch 0 is justified",
    ),
    PlantedState(
        "FIN-9",
        lambda state: _with_finality(
            state, votes=state.finality.votes.set(link_key(0, 0) + ANNA, 1)
        ),
        "votes for epoch 0 are kept; none before 1 can matter",
    ),
)
"""Laws of states, each broken in the good state."""
