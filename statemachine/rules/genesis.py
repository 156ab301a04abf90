"""The first state of a chain, from the description of what it begins with."""

from statemachine.canonical import canonical_bytes
from statemachine.description import Genesis, GenesisDelegation, GenesisValidator
from statemachine.hashing import digest
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.protocol import Protocol
from statemachine.records import evolve, extend
from statemachine.rules.epochs import note_departure
from statemachine.rules.holdings import load_delegation, save_delegation
from statemachine.rules.lots import oldest_admissible
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
    staked = sum(delegation.amount for delegation in description.delegations)
    ours = State(
        chain_id=description.chain_id,
        params=description.params,
        slot=description.epoch * description.params.epoch_length,
        supply=Supply(genesis=accounts.total_weight + staked + description.treasury),
        pots=Pots(treasury=description.treasury),
        accounts=accounts,
        validators=MerkleMap.from_items(
            VALIDATORS, ((entry.address, _validator(entry)) for entry in description.validators)
        ),
        delegations=MerkleMap.empty(DELEGATIONS),
        snapshot=MerkleMap.empty(SNAPSHOT),
        keys=MerkleMap.from_items(
            KEYS, ((entry.public_key, entry.address) for entry in description.validators)
        ),
        agenda=MerkleMap.from_items(
            AGENDA,
            (
                (epoch_key(description.epoch) + delegation_key(entry.address, entry.address), True)
                for entry in description.validators
            ),
        ),
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
    state = extend(ours, protocol.state)
    for delegation in description.delegations:
        state = _allocate(state, delegation)
    for step in protocol.opening_steps:
        state = step(protocol, state).state
    return evolve(state, finality=first_finality(first, state.seed, state.snapshot))


def first_checkpoint(description: Genesis) -> Checkpoint:
    """Return the checkpoint that a chain starts from.

    It names everything that the chain starts with, in whichever order that is given.
    """
    ordered = evolve(
        description,
        accounts=tuple(sorted(description.accounts, key=canonical_bytes)),
        validators=tuple(sorted(description.validators, key=canonical_bytes)),
        delegations=tuple(sorted(description.delegations, key=canonical_bytes)),
    )
    root = digest("stakespec/genesis-block", canonical_bytes(ordered))
    return Checkpoint(description.epoch, root)


def first_finality(first: Checkpoint, seed: bytes, snapshot: MerkleMap[int]) -> Finality:
    """Return the finality of a chain that begins: its first checkpoint is final by definition."""
    record = EpochRecord(first.root, seed, snapshot, snapshot, justified=True)
    history = MerkleMap.from_items(HISTORY, ((epoch_key(first.epoch), record),))
    return Finality(history, MerkleMap.empty(VOTES), justified=first, finalised=first)


def _validator(entry: GenesisValidator) -> Validator:
    return Validator(
        status=Status.JAILED if entry.jailed else Status.PENDING,
        public_key=entry.public_key,
        commission_bps=entry.commission_bps,
        next_commission_bps=entry.commission_bps,
    )


def _allocate(state: State, delegation: GenesisDelegation) -> State:
    """Put stake where a delegation of the same history would have put it."""
    loaded = load_delegation(state, delegation.validator, delegation.delegator)
    lot = Lot(delegation.amount, delegation.start, delegation.end, past=delegation.past)
    state, _ = save_delegation(state, loaded, (*loaded.delegation.lots, lot))
    for stay in delegation.past:
        if stay.end > oldest_admissible(state):
            state = note_departure(state, stay, delegation.validator)
    if delegation.end is None:
        return state
    release = delegation.end + state.params.unbonding_epochs
    key = epoch_key(release) + delegation_key(delegation.validator, delegation.delegator)
    return evolve(state, agenda=state.agenda.set(key, True))
