"""Arbitrary states that satisfy the laws, reachable or not, to take a single step from.

If every step from every lawful state leads to a lawful state, the laws are inductive and
hold in every run. Such states also hold what runs reach only after many steps: long slash
histories, lots that have slept through them, redelegations about to arrive.
"""

from random import Random

import attrs

from properties.generate.finality import draw_finality
from properties.laws.time import review_due
from properties.laws.views import all_views
from properties.model.design import begun_with, draw_own
from properties.model.names import address, public_key, twin
from properties.model.worlds import SCALES, draw_params
from statemachine.hashing import digest
from statemachine.map_keys import agenda_key, delegation_key, epoch_key, split_delegation_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.params import Params
from statemachine.primitives import MAX_AMOUNT, REWARD_SCALE, REWARD_UNIT
from statemachine.protocol import Protocol
from statemachine.records import evolve, extend
from statemachine.rules import PROTOCOL
from statemachine.rules.buckets import active_stake
from statemachine.rules.holdings import catch_up
from statemachine.rules.lots import bucket_key, merge_lots
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
    Departure,
    Finality,
    Lot,
    Pots,
    Slash,
    State,
    Status,
    Stay,
    Supply,
    Validator,
)

SERVING = (Status.ACTIVE, Status.JAILED, Status.EXITING, Status.EXITED, Status.TOMBSTONED)
"""The statuses with which a validator can be in the set of the current epoch."""

EMPTY_FINALITY = Finality(
    MerkleMap.empty(HISTORY),
    MerkleMap.empty(VOTES),
    justified=Checkpoint(0, bytes(32)),
    finalised=Checkpoint(0, bytes(32)),
)
"""A placeholder until a state's own finality is drawn."""


@attrs.define
class _History:
    """The history of a validator: its index at each epoch, and its slashes."""

    indices: list[int]
    slashes: list[tuple[int, Slash]]
    """With the epoch in which each took effect."""


@attrs.frozen
class _World:
    rng: Random
    params: Params
    scale: int
    epoch: int
    accounts: tuple[bytes, ...]
    validators: tuple[bytes, ...]

    @property
    def oldest(self) -> int:
        return max(0, self.epoch - self.params.evidence_window)


def draw_state(rng: Random, protocol: Protocol = PROTOCOL) -> State:
    """Draw a lawful state of a protocol.

    What a design adds to it is as it says, or has the defaults that a genesis gives it.
    """
    scale = rng.choice(SCALES)
    params = begun_with(protocol, draw_params(rng, scale))
    epoch = rng.randint(0, 3 * params.unbonding_epochs)
    name = twin if rng.randrange(4) == 0 else address
    accounts = tuple(name(number) for number in range(1, 8))
    world = _World(rng, params, scale, epoch, accounts, accounts[: rng.randint(1, 3)])
    reward_index = rng.randrange(4) * rng.randrange(REWARD_SCALE)
    histories = {holder: _draw_history(world, holder) for holder in world.validators}
    delegations = {
        delegation_key(holder, delegator): _draw_delegation(world, holder, histories[holder])
        for holder in world.validators
        for delegator in accounts[:-1]
        if delegator == holder or rng.randrange(2)
    }
    validators = {
        holder: _draw_validator(world, holder, histories[holder], delegations, reward_index)
        for holder in world.validators
    }
    validators = {
        holder: evolve(validator, departures=_departures(world, holder, delegations))
        for holder, validator in validators.items()
    }
    state = _assemble(world, validators, delegations, reward_index)
    finality = draw_finality(rng, state, protocol.is_quorum)
    state = _with_reviews(evolve(state, finality=finality))
    return draw_own(protocol, rng, extend(state, protocol.state))


def _draw_history(world: _World, holder: bytes) -> _History:
    rng, epoch = world.rng, world.epoch
    indices = [0]
    for _ in range(epoch):
        indices.append(indices[-1] + rng.randrange(3) * rng.randrange(REWARD_UNIT))
    took_effect = sorted(rng.randint(0, epoch) for _ in range(rng.choice((0, 0, 1, 2, 4))))
    slashes = []
    for when in took_effect:
        infraction = max(0, when - rng.randint(0, world.params.evidence_window))
        fraction = rng.choice((0, 500, 1_000, 3_333, 5_000, 9_999, 10_000))
        offender = rng.choice((holder, holder, *world.validators))
        slashes.append((when, Slash(offender, infraction, fraction, indices[when])))
    return _History(indices, slashes)


def _draw_delegation(world: _World, holder: bytes, history: _History) -> Delegation:
    rng = world.rng
    touched = rng.randint(0, world.epoch)
    seen = sum(1 for when, _ in history.slashes if when < touched)
    seen += rng.randint(0, sum(1 for when, _ in history.slashes if when == touched))
    lots = tuple(_draw_lot(world, holder, touched) for _ in range(rng.randint(1, 3)))
    oldest_then = max(0, touched - world.params.evidence_window)
    fraction = rng.randrange(REWARD_UNIT)
    reward = fraction + rng.choice((0, 0, 1, 50)) * REWARD_UNIT
    return Delegation(merge_lots(lots, oldest_then), seen, history.indices[touched], reward)


def _draw_lot(world: _World, holder: bytes, touched: int) -> Lot:
    """Draw a lot that neither starts nor ends between being touched and now."""
    rng, epoch = world.rng, world.epoch
    amount = rng.randint(1, 30) * rng.choice((1, world.scale))
    start = rng.choice((rng.randint(0, touched), epoch + rng.randint(1, 2)))
    kind = rng.choice(("bonded", "bonded", "leaving", "moving"))
    others = tuple(validator for validator in world.validators if validator != holder)
    end: int | None = None
    destination: bytes | None = None
    if kind == "leaving":
        earliest = max(start, epoch - world.params.unbonding_epochs + 1)
        ended = rng.randint(earliest, max(earliest, touched))
        end = ended if ended <= touched else max(start, epoch + rng.randint(1, 2))
    elif kind == "moving" and others:
        end = max(start, epoch + rng.randint(1, 2))
        destination = rng.choice(others)
    past: tuple[Stay, ...] = ()
    if others and start <= epoch and start > 1 and rng.randrange(3) == 0:
        past = (Stay(rng.choice(others), rng.randint(0, start - 1), start),)
    return Lot(amount, start, end, destination, past)


def _draw_validator(
    world: _World,
    holder: bytes,
    history: _History,
    delegations: dict[bytes, Delegation],
    reward_index: int,
) -> Validator:
    rng, epoch = world.rng, world.epoch
    validator = _draw_without_stake(world, holder, history, reward_index)
    status = validator.status
    caught_up = [
        (stored, catch_up(stored, validator, holder, epoch))
        for key, stored in delegations.items()
        if split_delegation_key(key)[0] == holder
    ]
    dust_bound = rng.choice((0, 1, 5, 20))
    buckets = _buckets(world, [now for _, now in caught_up], dust_bound)
    member = status is Status.ACTIVE or (status in SERVING and bool(rng.randrange(2)))
    credit = sum(now.reward - stored.reward for stored, now in caught_up)
    most_spare = dust_bound * validator.index
    spare = rng.randint(0, most_spare) if most_spare else 0
    return evolve(
        validator,
        buckets=buckets,
        dust_bound=dust_bound,
        earning=active_stake(buckets, epoch) if member else 0,
        owed=credit + spare,
    )


def _draw_without_stake(
    world: _World, holder: bytes, history: _History, reward_index: int
) -> Validator:
    """Draw a validator without its buckets and what follows from them."""
    rng, epoch = world.rng, world.epoch
    status = rng.choice((*Status, Status.ACTIVE, Status.ACTIVE))
    highest = world.params.max_commission_bps
    commission = rng.randint(0, highest)
    step = world.params.max_commission_change_bps
    wanted = commission + rng.choice((0, step, -step))
    # Nobody is jailed for longer than from now on; in the set that has begun, for one epoch more.
    longest = epoch + world.params.jail_epochs
    in_set_until = min(epoch + 1, longest) if status is Status.JAILED else 0
    return Validator(
        status=status,
        public_key=public_key(holder),
        commission_bps=commission,
        next_commission_bps=max(0, min(highest, wanted)),
        missed=rng.randint(0, world.params.downtime_threshold) if status is Status.ACTIVE else 0,
        jailed_until=max(in_set_until, rng.randint(0, longest)),
        slashes=tuple(slash for _, slash in history.slashes),
        settled=reward_index,
        index=history.indices[epoch],
        commission=rng.choice((0, rng.randrange(50 * REWARD_UNIT))),
    )


def _buckets(world: _World, delegations: list[Delegation], dust: int) -> tuple[Bucket, ...]:
    amounts: dict[tuple[int, int | None, tuple[Stay, ...]], tuple[int, int]] = {}
    for delegation in delegations:
        for lot in delegation.lots:
            key = bucket_key(lot.start, lot.end, lot.past, world.oldest)
            amount, count = amounts.get(key, (0, 0))
            amounts[key] = (amount + lot.amount, count + 1)
    buckets = []
    for key in sorted(amounts, key=_order):
        amount, count = amounts[key]
        extra = world.rng.randint(0, dust)
        dust -= extra
        buckets.append(Bucket(*key, amount + extra, count))
    return tuple(buckets)


def _order(key: tuple[int, int | None, tuple[Stay, ...]]) -> tuple[object, ...]:
    start, end, past = key
    stays = tuple((stay.validator, stay.start, stay.end) for stay in past)
    return start, end is not None, end or 0, stays


def _departures(
    world: _World, offender: bytes, delegations: dict[bytes, Delegation]
) -> tuple[Departure, ...]:
    ends: dict[bytes, int] = {}
    for key, delegation in delegations.items():
        for lot in delegation.lots:
            for stay in lot.past:
                if stay.validator == offender and split_delegation_key(key)[0] != offender:
                    ends[split_delegation_key(key)[0]] = max(
                        stay.end, ends.get(split_delegation_key(key)[0], 0)
                    )
    return tuple(Departure(destination, end) for destination, end in sorted(ends.items()))


def _assemble(
    world: _World,
    validators: dict[bytes, Validator],
    delegations: dict[bytes, Delegation],
    reward_index: int,
) -> State:
    rng, params = world.rng, world.params
    slot = world.epoch * params.epoch_length + rng.randrange(params.epoch_length)
    buckets = [bucket for validator in validators.values() for bucket in validator.buckets]
    bonded = sum(bucket.amount for bucket in buckets if bucket.end is None)
    unbonding = sum(bucket.amount for bucket in buckets if bucket.end is not None)
    owed = sum(validator.owed + validator.commission for validator in validators.values())
    owed += sum(delegation.reward for delegation in delegations.values())
    undistributed = -owed % REWARD_UNIT + rng.choice((0, 1)) * REWARD_UNIT
    rewards = (owed + undistributed) // REWARD_UNIT
    accounts = {
        account: rng.randint(1, 100) * world.scale + rng.randint(0, 3)
        for account in world.accounts[: rng.randint(2, len(world.accounts))]
    }
    issued, burned = rewards, rng.randrange(1_000)
    held = sum(accounts.values()) + bonded + unbonding + rewards
    treasury = _draw_treasury(world, held + burned)
    total = held + treasury
    snapshot = {
        holder: validator.earning + rng.choice((0, 0, 1, validator.earning))
        for holder, validator in validators.items()
        if validator.earning
    }
    limit = params.churn_limit(sum(snapshot.values()))
    return State(
        chain_id="one-step",
        params=params,
        slot=slot,
        supply=Supply(total - issued + burned, issued, burned),
        pots=Pots(bonded, unbonding, rewards, treasury),
        accounts=MerkleMap.from_items(ACCOUNTS, accounts.items()),
        validators=MerkleMap.from_items(VALIDATORS, validators.items()),
        delegations=MerkleMap.from_items(DELEGATIONS, delegations.items()),
        snapshot=MerkleMap.from_items(SNAPSHOT, snapshot.items()),
        keys=MerkleMap.from_items(
            KEYS, ((public_key(validator), validator) for validator in validators)
        ),
        agenda=_agenda(world, delegations),
        punished=MerkleMap.empty(PUNISHED),
        reward_index=reward_index,
        undistributed=undistributed,
        joining=_bookings(world, _to_join(world, delegations), limit),
        leaving=_bookings(world, _to_leave(world, delegations), limit),
        mix=digest("stakespec/one-step", rng.randrange(2**32).to_bytes(4, "big")),
        seed=digest("stakespec/one-step", rng.randrange(2**32).to_bytes(4, "big")),
        head=rng.randbytes(32),
        finality=EMPTY_FINALITY,
        nonces=MerkleMap.empty(NONCES),
    )


def _draw_treasury(world: _World, spent: int) -> int:
    """Draw a treasury, given all other tokens, burned ones included."""
    treasury = world.rng.choice((0, 7))
    if world.rng.randrange(8):
        return treasury
    # Hardly anything more can be issued, since what was burned is not issued again.
    return MAX_AMOUNT - spent - world.rng.randrange(2 * world.params.epoch_reward + 1)


def _to_join(world: _World, delegations: dict[bytes, Delegation]) -> dict[int, int]:
    """Return by epoch the stake that is booked to join: all lots that start later."""
    booked: dict[int, int] = {}
    for delegation in delegations.values():
        for lot in delegation.lots:
            if lot.start > world.epoch:
                booked[lot.start] = booked.get(lot.start, 0) + lot.amount
    return booked


def _to_leave(world: _World, delegations: dict[bytes, Delegation]) -> dict[int, int]:
    """Return by epoch the stake that is booked to leave or to move."""
    booked: dict[int, int] = {}
    for delegation in delegations.values():
        for lot in delegation.lots:
            if lot.end is not None and lot.end > world.epoch:
                booked[lot.end] = booked.get(lot.end, 0) + lot.amount
    return booked


def _bookings(world: _World, booked: dict[int, int], limit: int) -> tuple[Booking, ...]:
    """Return the bookings by epoch, with a random extra for the next epoch."""
    following = world.epoch + 1
    if world.rng.randrange(2):
        booked[following] = max(booked.get(following, 0), world.rng.randint(1, limit))
    return tuple(Booking(epoch, booked[epoch]) for epoch in sorted(booked))


def _with_reviews(state: State) -> State:
    """Add to the next boundary's agenda the validators it must review."""
    agenda = state.agenda
    for holder, view in all_views(state).items():
        if review_due(view) is not None:
            agenda = agenda.set(epoch_key(state.epoch + 1) + holder + holder, True)
    return evolve(state, agenda=agenda)


def _agenda(world: _World, delegations: dict[bytes, Delegation]) -> MerkleMap[bool]:
    due: dict[bytes, bool] = {}
    for key, delegation in delegations.items():
        for lot in delegation.lots:
            epochs = [lot.start]
            if lot.end is not None:
                epochs.append(lot.end)
                if lot.destination is None:
                    epochs.append(lot.end + world.params.unbonding_epochs)
                else:
                    there = agenda_key(lot.end, lot.destination, split_delegation_key(key)[1])
                    due[there] = True
            for epoch in epochs:
                if epoch > world.epoch:
                    due[epoch_key(epoch) + key] = True
    for holder in world.validators:
        if world.rng.randrange(2):
            due[agenda_key(world.epoch + 1, holder, holder)] = True
    return MerkleMap.from_items(AGENDA, due.items())
