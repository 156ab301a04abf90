"""The first state of a chain, from its parameters and allocations.

A genesis must satisfy the same bounds as transactions.
"""

from itertools import pairwise

from statemachine.canonical import canonical_bytes
from statemachine.errors import OutOfRange
from statemachine.hashing import digest
from statemachine.map_keys import delegation_key, epoch_key
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Checkpoint
from statemachine.params import Params
from statemachine.primitives import (
    MAX_AMOUNT,
    MAX_SLOT,
    Address,
    Amount,
    BasisPoints,
    Epoch,
    PublicKey,
    Root,
    Text,
)
from statemachine.protocol import Protocol
from statemachine.records import evolve, record
from statemachine.rules.epochs import begin_epoch, note_departure, update_validator_set
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
    Stay,
    Supply,
    Validator,
)


@record
class GenesisAccount:
    """An account's first balance, at least 1."""

    address: Address
    balance: Amount


@record
class GenesisValidator:
    """A validator from the start. It serves if its operator's own stake suffices."""

    address: Address
    public_key: PublicKey
    commission_bps: BasisPoints
    jailed: bool = False
    """Outside the active set until it unjails, which it may at once."""


@record
class GenesisDelegation:
    """Stake behind a validator from before the start, at least 1."""

    delegator: Address
    validator: Address
    amount: Amount
    end: Epoch | None = None
    """For unbonding stake, the epoch at which it stopped being active."""
    start: Epoch = 0
    """The first epoch in which it was active there; 0 for any that no evidence can reach."""
    past: tuple[Stay, ...] = ()
    """Earlier stays for whose infractions it is still liable, oldest first."""


@record
class Genesis:
    """What a chain starts from."""

    chain_id: Text
    params: Params
    accounts: tuple[GenesisAccount, ...]
    validators: tuple[GenesisValidator, ...]
    delegations: tuple[GenesisDelegation, ...]
    treasury: Amount = 0
    epoch: Epoch = 0
    """The first epoch; late enough for the ends of unbonding stake to lie before it."""
    randomness: Root = bytes(32)
    """The seed of the first epoch's elections."""

    def __attrs_post_init__(self) -> None:
        """Check what holds between the parts. Raises OutOfRange."""
        _check_unique("Genesis.accounts", tuple(entry.address for entry in self.accounts))
        _check_unique("Genesis.validators", tuple(entry.address for entry in self.validators))
        _check_unique(
            "Genesis.validators.public_key", tuple(entry.public_key for entry in self.validators)
        )
        last = MAX_SLOT // self.params.epoch_length
        if self.epoch > last:
            bound = f"at most {last}, so that its slots are in range"
            raise OutOfRange("Genesis.epoch", self.epoch, bound)
        known = frozenset(entry.address for entry in self.validators)
        amounts = [self.treasury]
        for place, account in enumerate(self.accounts):
            _check_positive(f"Genesis.accounts[{place}].balance", account.balance)
            amounts.append(account.balance)
        for place, validator in enumerate(self.validators):
            highest = self.params.max_commission_bps
            if validator.commission_bps > highest:
                raise OutOfRange(
                    f"Genesis.validators[{place}].commission_bps",
                    validator.commission_bps,
                    f"at most max_commission_bps = {highest}",
                )
        for place, delegation in enumerate(self.delegations):
            where = f"Genesis.delegations[{place}]"
            _check_positive(f"{where}.amount", delegation.amount)
            amounts.append(delegation.amount)
            if delegation.validator not in known:
                given = "0x" + delegation.validator.hex()
                raise OutOfRange(f"{where}.validator", given, "one of the validators")
            self._check_end(where, delegation)
            self._check_history(where, delegation, known)
        if sum(amounts) > MAX_AMOUNT:
            raise OutOfRange("the sum of a genesis", sum(amounts), f"at most {MAX_AMOUNT}")

    def _check_end(self, where: str, delegation: GenesisDelegation) -> None:
        if delegation.end is None:
            return
        release = delegation.end + self.params.unbonding_epochs
        if not delegation.end <= self.epoch < release:
            raise OutOfRange(
                f"{where}.end",
                delegation.end,
                f"at most epoch = {self.epoch}, with its release after it",
            )

    def _check_history(
        self, where: str, delegation: GenesisDelegation, known: frozenset[bytes]
    ) -> None:
        last = self.epoch if delegation.end is None else delegation.end
        if delegation.start > last:
            bound = f"at most {last}, its end or the first epoch"
            raise OutOfRange(f"{where}.start", delegation.start, bound)
        latest = delegation.start
        for place, stay in reversed(tuple(enumerate(delegation.past))):
            inside = f"{where}.past[{place}]"
            if stay.validator not in known:
                given = "0x" + stay.validator.hex()
                raise OutOfRange(f"{inside}.validator", given, "one of the validators")
            if not stay.start < stay.end <= latest:
                bound = f"after its start = {stay.start}, and at most {latest}, when the next began"
                raise OutOfRange(f"{inside}.end", stay.end, bound)
            latest = stay.start


def _check_positive(where: str, amount: int) -> None:
    if amount == 0:
        raise OutOfRange(where, amount, "at least 1")


def _check_unique(where: str, keys: tuple[bytes, ...]) -> None:
    ordered = sorted(keys)
    for before, after in pairwise(ordered):
        if before == after:
            raise OutOfRange(where, "0x" + after.hex(), "there only once")


def genesis(protocol: Protocol, description: Genesis) -> State:
    """Build the first state of a chain. What must hold, the description already checks."""
    first_mix = digest("stakespec/genesis", description.randomness)
    accounts = MerkleMap.from_items(
        ACCOUNTS, ((entry.address, entry.balance) for entry in description.accounts)
    )
    first = first_checkpoint(description)
    staked = sum(delegation.amount for delegation in description.delegations)
    state = State(
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
    for delegation in description.delegations:
        state = _allocate(state, delegation)
    for step in (update_validator_set, begin_epoch):
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
