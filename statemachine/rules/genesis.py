"""The first state of a chain, from the description of what it begins with."""

from collections.abc import Mapping

from statemachine.canonical import unordered_bytes
from statemachine.description import Genesis
from statemachine.hashing import digest
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.protocol import Protocol
from statemachine.records import evolve, extend
from statemachine.rules.buckets import exchange
from statemachine.rules.epochs import note_departure
from statemachine.rules.lots import merge_lots, oldest_admissible
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


def genesis(protocol: Protocol, description: Genesis) -> State:
    """Build the first state of a chain. What must hold, the description already checks."""
    description = extend(description, protocol.description)
    first_mix = digest("stakespec/genesis", description.randomness)
    accounts = MerkleMap.from_items(
        ACCOUNTS, ((entry.address, entry.balance) for entry in description.accounts)
    )
    first = first_checkpoint(description)
    lots, pots = _lots(description), _pots(description)
    ours = State(
        chain_id=description.chain_id,
        params=description.params,
        slot=description.epoch * description.params.epoch_length,
        supply=Supply(genesis=accounts.total_weight + pots.bonded + pots.unbonding + pots.treasury),
        pots=pots,
        accounts=accounts,
        validators=_validators(description, lots),
        delegations=MerkleMap.from_items(
            DELEGATIONS,
            ((delegation_key(*pair), Delegation(theirs, 0, 0, 0)) for pair, theirs in lots.items()),
        ),
        snapshot=MerkleMap.empty(SNAPSHOT),
        keys=MerkleMap.from_items(
            KEYS, ((entry.public_key, entry.address) for entry in description.validators)
        ),
        agenda=_agenda(description),
        punished=MerkleMap.empty(PUNISHED),
        reward_index=0,
        undistributed=0,
        joining=(),
        leaving=(),
        mix=first_mix,
        seed=first_mix,
        head=first.root,
        finality=first_finality(first, first_mix, MerkleMap.empty(SNAPSHOT)),
        nonces=MerkleMap.empty(NONCES),
    )
    state = extend(_with_departures(ours, description), protocol.state)
    for step in protocol.opening_steps:
        state = step(protocol, state).state
    return evolve(state, finality=first_finality(first, state.seed, state.snapshot))


def first_checkpoint(description: Genesis) -> Checkpoint:
    """Return the checkpoint that a chain starts from.

    It names everything that the chain starts with, in whichever order that is given.
    """
    encoded = unordered_bytes(description, "accounts", "validators", "delegations")
    root = digest("stakespec/genesis-block", encoded)
    return Checkpoint(description.epoch, root)


def first_finality(first: Checkpoint, seed: bytes, snapshot: MerkleMap[int]) -> Finality:
    """Return the finality of a chain that begins: its first checkpoint is final by definition."""
    record = EpochRecord(first.root, seed, snapshot, snapshot, justified=True)
    history = MerkleMap.from_items(HISTORY, ((epoch_key(first.epoch), record),))
    return Finality(history, MerkleMap.empty(VOTES), justified=first, finalised=first)


# --- stake, where delegations of the same history would have put it ----------------------


def _oldest(description: Genesis) -> int:
    return max(0, description.epoch - description.params.evidence_window)


def _lots(description: Genesis) -> dict[tuple[bytes, bytes], tuple[Lot, ...]]:
    """Return the lots of each delegation, by validator and delegator."""
    # All at once: to load and save a delegation for each entry takes five times as long.
    given: dict[tuple[bytes, bytes], list[Lot]] = {}
    for entry in description.delegations:
        lot = Lot(entry.amount, entry.start, entry.end, past=entry.past)
        given.setdefault((entry.validator, entry.delegator), []).append(lot)
    oldest = _oldest(description)
    return {pair: merge_lots(lots, oldest) for pair, lots in given.items()}


def _pots(description: Genesis) -> Pots:
    bonded = sum(entry.amount for entry in description.delegations if entry.end is None)
    staked = sum(entry.amount for entry in description.delegations)
    return Pots(bonded=bonded, unbonding=staked - bonded, treasury=description.treasury)


def _validators(
    description: Genesis, lots: Mapping[tuple[bytes, bytes], tuple[Lot, ...]]
) -> MerkleMap[Validator]:
    behind: dict[bytes, list[Lot]] = {entry.address: [] for entry in description.validators}
    for (holder, _), theirs in lots.items():
        behind[holder] += theirs
    oldest = _oldest(description)
    return MerkleMap.from_items(
        VALIDATORS,
        (
            (
                entry.address,
                Validator(
                    status=Status.JAILED if entry.jailed else Status.PENDING,
                    public_key=entry.public_key,
                    commission_bps=entry.commission_bps,
                    next_commission_bps=entry.commission_bps,
                    buckets=exchange((), (), tuple(behind[entry.address]), oldest).buckets,
                ),
            )
            for entry in description.validators
        ),
    )


def _agenda(description: Genesis) -> MerkleMap[bool]:
    """Return what there is to do: a review of every validator, and unbonding stake to release."""
    first, unbonding_epochs = description.epoch, description.params.unbonding_epochs
    due = {
        epoch_key(first) + delegation_key(one.address, one.address)
        for one in description.validators
    }
    for entry in description.delegations:
        if entry.end is not None:
            release = epoch_key(entry.end + unbonding_epochs)
            due.add(release + delegation_key(entry.validator, entry.delegator))
    return MerkleMap.from_items(AGENDA, ((key, True) for key in sorted(due)))


def _with_departures(state: State, description: Genesis) -> State:
    for entry in description.delegations:
        for stay in entry.past:
            if stay.end > oldest_admissible(state):
                state = note_departure(state, stay, entry.validator)
    return state
