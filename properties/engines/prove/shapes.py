"""States of fixed shape: which records there are is set, the numbers in them are free.

Every number here may be a symbol. Nothing may be hashed, sorted or made a key that is one.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from properties.model.names import address, public_key
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.params import Params
from statemachine.primitives import BPS, MAX_AMOUNT, MAX_SLOT
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
)

FIRST, SECOND, THIRD = address(1), address(2), address(3)
"""The validators."""

DELEGATOR, OTHER = address(4), address(5)
"""Two who are no validators."""

EPOCH = 10
"""The epoch that states are in."""

WINDOW = 3
"""Epochs in which evidence is admissible: from 7 on."""

OLDEST = EPOCH - WINDOW

EPOCH_LENGTH = 4

LAST_EPOCH = MAX_SLOT // EPOCH_LENGTH

BOUNDARY = (EPOCH + 1) * EPOCH_LENGTH
"""The slot with which the next epoch begins."""

ROOT = bytes(32)

MAX = MAX_AMOUNT

UNITS = 2**256 - 1
"""The most reward units there can be."""

NOTHING: Mapping[str, int] = MappingProxyType({})


def sums_fit(*amounts: int) -> bool:
    """Say whether there can be as many tokens as these amounts are together."""
    return sum(amounts) <= MAX_AMOUNT


IN_SET = (Status.ACTIVE, Status.EXITING)
"""Who is in the active set of a shape."""

KEYS_OF_ALL = MerkleMap.from_items(
    KEYS, ((public_key(address), address) for address in (FIRST, SECOND, THIRD))
)

PARAMS = Params(
    epoch_length=EPOCH_LENGTH,
    min_stake=1,
    unbonding_epochs=WINDOW,
    evidence_window=WINDOW,
    jail_epochs=1,
    churn_floor=MAX_AMOUNT,
    churn_queue_epochs=2,
    max_slot_gap=2 * EPOCH_LENGTH,
)
"""Parameters under which few epochs matter."""


def natural(*numbers: int) -> bool:
    """Say whether none of some numbers is negative."""
    return all(number >= 0 for number in numbers)


def positive(*numbers: int) -> bool:
    """Say whether every one of some numbers is at least 1."""
    return all(number > 0 for number in numbers)


def validator(*buckets: Bucket, **chosen: object) -> Validator:
    """Return an active validator with these buckets, everything else as at the start."""
    active = sum(
        bucket.amount
        for bucket in buckets
        if bucket.start <= EPOCH and (bucket.end is None or bucket.end > EPOCH)
    )
    fields: dict[str, Any] = {"status": Status.ACTIVE, **chosen}
    return Validator(
        **{
            "public_key": public_key(FIRST),
            "commission_bps": 0,
            "next_commission_bps": 0,
            "buckets": buckets,
            "earning": active if fields["status"] in IN_SET else 0,
            **fields,
        }
    )


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
    buckets = [bucket for validator in validators.values() for bucket in validator.buckets]
    bonded = sum(bucket.amount for bucket in buckets if bucket.end is None)
    unbonding = sum(bucket.amount for bucket in buckets if bucket.end is not None)
    held = sum(accounts.values()) + bonded + unbonding + rewards + treasury
    serving = {
        key: validator.earning
        for key, validator in validators.items()
        if validator.status in IN_SET
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
        keys=KEYS_OF_ALL,
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
        (epoch_key(past_epoch), EpochRecord(ROOT, ROOT, snapshot, snapshot))
        for past_epoch in range(epoch - WINDOW, epoch + 1)
    ]
    start = Checkpoint(0, ROOT)
    return Finality(MerkleMap.from_items(HISTORY, records), MerkleMap.empty(VOTES), start, start)


def delegation(*lots: Lot, slashes_seen: int = 0, index: int = 0, reward: int = 0) -> Delegation:
    """Return a delegation of these lots."""
    return Delegation(lots, slashes_seen, index, reward)


def due(epoch: int, holder: bytes, delegator: bytes) -> bytes:
    """Return the place on the agenda of what must be touched at an epoch."""
    return epoch_key(epoch) + delegation_key(holder, delegator)


def is_amount(number: int) -> bool:
    """Say whether a number can be an amount."""
    return number >= 0 and number <= MAX


def is_share(number: int) -> bool:
    """Say whether a number can be a share in basis points."""
    return number >= 0 and number <= BPS


def is_epoch(number: int) -> bool:
    """Say whether a number can be an epoch, with room for a queue after it."""
    return number >= 0 and number < LAST_EPOCH


def is_count(number: int) -> bool:
    """Say whether a number can be a count."""
    return number >= 0 and number < 2**63
