"""States of fixed shape: which records there are is set, the numbers in them are free.

Every number here may be a symbol. Nothing may be hashed, sorted or made a key that is one.
"""

from collections.abc import Mapping

from properties.lawful_finality import Checkpoint
from properties.worlds import address, public_key
from statemachine.merkle_map import MerkleMap
from statemachine.params import Params
from statemachine.primitives import BPS, MAX_AMOUNT, REWARD_UNIT
from statemachine.state import (
    ACCOUNTS,
    AGENDA,
    DELEGATIONS,
    HISTORY,
    KEYS,
    NONCES,
    PUNISHED,
    SNAPSHOT,
    VALIDATORS,
    VOTES,
    Booking,
    Bucket,
    Delegation,
    EpochRecord,
    Finality,
    Lot,
    Pots,
    State,
    Status,
    Supply,
    Validator,
    epoch_key,
)

FIRST, SECOND, THIRD = address(1), address(2), address(3)
"""The validators."""

DELEGATOR, OTHER = address(4), address(5)
"""Two who are no validators."""

EPOCH = 10
"""The epoch that states are in."""

WINDOW = 3
"""Epochs in which evidence is admissible: from 7 on."""

EPOCH_LENGTH = 4

ROOT = bytes(32)

MAX = MAX_AMOUNT


def sums_fit(*amounts: int) -> bool:
    """Say whether there can be as many tokens as these amounts are together."""
    return sum(amounts) <= MAX_AMOUNT


def natural(*numbers: int) -> bool:
    """Say whether none of some numbers is negative."""
    return all(number >= 0 for number in numbers)


def positive(*numbers: int) -> bool:
    """Say whether every one of some numbers is at least 1."""
    return all(number > 0 for number in numbers)


def params(**chosen: int) -> Params:
    """Return parameters under which few epochs matter."""
    fixed = {
        "epoch_length": EPOCH_LENGTH,
        "unbonding_epochs": WINDOW,
        "evidence_window": WINDOW,
        "jail_epochs": 1,
        "churn_queue_epochs": 2,
        "max_slot_gap": 2 * EPOCH_LENGTH,
    }
    return Params(**{**fixed, **chosen})


def validator(*buckets: Bucket, **chosen: object) -> Validator:
    """Return an active validator with these buckets, everything else as at the start."""
    active = sum(
        bucket.amount
        for bucket in buckets
        if bucket.start <= EPOCH and (bucket.end is None or EPOCH < bucket.end)
    )
    fields: dict[str, object] = {
        "status": Status.ACTIVE,
        "public_key": public_key(FIRST),
        "commission_bps": 0,
        "next_commission_bps": 0,
        "earning": active,
    }
    return Validator(buckets=buckets, **{**fields, **chosen})  # type: ignore[arg-type]


def state_of(
    params: Params,
    accounts: Mapping[bytes, int],
    validators: Mapping[bytes, Validator] | None = None,
    delegations: Mapping[bytes, Delegation] | None = None,
    *,
    slot: int = EPOCH * EPOCH_LENGTH,
    rewards: int = 0,
    treasury: int = 0,
    burned: int = 0,
    reward_index: int = 0,
    undistributed: int = 0,
    joining: tuple[Booking, ...] = (),
    leaving: tuple[Booking, ...] = (),
    agenda: tuple[bytes, ...] = (),
    finality: Finality | None = None,
) -> State:
    """Return a state with these records, its pots what its buckets add up to."""
    validators, delegations = validators or {}, delegations or {}
    buckets = [bucket for one in validators.values() for bucket in one.buckets]
    bonded = sum(bucket.amount for bucket in buckets if bucket.end is None)
    unbonding = sum(bucket.amount for bucket in buckets if bucket.end is not None)
    held = sum(accounts.values()) + bonded + unbonding + rewards + treasury
    serving = {
        key: one.earning for key, one in validators.items() if one.status is Status.ACTIVE
    }
    snapshot = MerkleMap.from_items(SNAPSHOT, serving.items())
    return State(
        chain_id="contracts",
        params=params,
        slot=slot,
        supply=Supply(held + burned, 0, burned),
        pots=Pots(bonded, unbonding, rewards, treasury),
        accounts=MerkleMap.from_items(ACCOUNTS, accounts.items()),
        validators=MerkleMap.from_items(VALIDATORS, validators.items()),
        delegations=MerkleMap.from_items(DELEGATIONS, delegations.items()),
        snapshot=snapshot,
        keys=MerkleMap.from_items(KEYS, ((public_key(one), one) for one in validators)),
        agenda=MerkleMap.from_items(AGENDA, ((key, True) for key in agenda)),
        punished=MerkleMap.empty(PUNISHED),
        reward_index=reward_index,
        undistributed=undistributed,
        joining=joining,
        leaving=leaving,
        mix=ROOT,
        seed=ROOT,
        head=ROOT,
        finality=finality or _finality(snapshot, slot // EPOCH_LENGTH),
        nonces=MerkleMap.empty(NONCES),
    )


def _finality(snapshot: MerkleMap[int], epoch: int) -> Finality:
    records = [
        (epoch_key(one), EpochRecord(ROOT, ROOT, snapshot)) for one in range(epoch - WINDOW, epoch + 1)
    ]
    start = Checkpoint(0, ROOT)
    return Finality(
        MerkleMap.from_items(HISTORY, records), MerkleMap.empty(VOTES), start, start
    )


def delegation(*lots: Lot, slashes_seen: int = 0, index: int = 0, reward: int = 0) -> Delegation:
    """Return a delegation of these lots."""
    return Delegation(lots, slashes_seen, index, reward)


def staking(
    own: int, old: int, new: int, gone: int, dust: int, second: int, cash: int, floor: int
) -> State:
    """Return two validators, and a delegator with three lots behind the first.

    `old` shares a bucket with the operator's `own`, and `dust` is in it that nobody claims;
    `new` is younger than the evidence window, `gone` is unbonding.
    """
    first = validator(
        Bucket(0, None, (), own + old + dust, 2),
        Bucket(0, EPOCH - 1, (), gone, 1),
        Bucket(EPOCH - 1, None, (), new, 1),
        dust_bound=dust,
    )
    return state_of(
        params(churn_floor=floor),
        {DELEGATOR: cash},
        {FIRST: first, SECOND: validator(Bucket(0, None, (), second, 1))},
        {
            FIRST + FIRST: delegation(Lot(own, 0)),
            FIRST + DELEGATOR: delegation(
                Lot(old, 0), Lot(gone, 0, EPOCH - 1), Lot(new, EPOCH - 1)
            ),
            SECOND + SECOND: delegation(Lot(second, 0)),
        },
    )


UNITS = 2**256 - 1
"""The most reward units there can be."""


def earning(
    own: int,
    old: int,
    new: int,
    cash: int,
    lag: int,
    growth: int,
    commission_bps: int,
    commission: int,
    credited: int,
    spare: int,
    pot: int,
    floor: int = 1,
) -> State:
    """Return a validator that has not settled, and a delegator that has not caught up.

    The delegator's lots have not seen `lag` of the validator's index, and the validator has
    not seen `growth` of the chain's.
    """
    first = validator(
        Bucket(0, None, (), own + old, 2),
        Bucket(EPOCH - 1, None, (), new, 1),
        commission_bps=commission_bps,
        next_commission_bps=commission_bps,
        settled=0,
        index=lag,
        commission=commission,
        owed=(old + new) * lag + spare,
    )
    known = commission + (old + new) * lag + spare + credited
    coming = (own + old + new) * growth * BPS
    return state_of(
        params(churn_floor=floor),
        {DELEGATOR: cash},
        {FIRST: first},
        {
            FIRST + FIRST: delegation(Lot(own, 0), index=lag),
            FIRST + DELEGATOR: delegation(Lot(old, 0), Lot(new, EPOCH - 1), reward=credited),
        },
        rewards=pot,
        reward_index=growth,
        undistributed=pot * REWARD_UNIT - known - coming,
    )


def earning_fits(own, old, new, lag, growth, commission, credited, spare, pot) -> bool:
    rest = pot * REWARD_UNIT - (commission + (old + new) * lag + spare + credited) - (own + old + new) * growth * BPS
    return 0 <= rest <= UNITS
