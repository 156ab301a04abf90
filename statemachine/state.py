"""The state of a chain: one frozen record, with the records it is made of."""

from enum import StrEnum
from typing import Annotated

from statemachine.canonical import canonical_bytes, rooted_bytes
from statemachine.hashing import digest
from statemachine.merkle_map import MapLayout, MerkleMap
from statemachine.messages import Checkpoint
from statemachine.params import Params
from statemachine.primitives import (
    Address,
    Amount,
    BasisPoints,
    Count,
    Epoch,
    Index,
    PublicKey,
    RewardUnits,
    Root,
    Slot,
    Text,
)
from statemachine.records import record


class Status(StrEnum):
    """Where a validator stands."""

    PENDING = "pending"
    """Registered, and not in the active set: it joins at a boundary once it may."""
    ACTIVE = "active"
    """In the active set."""
    JAILED = "jailed"
    """Put out for a while; it must ask to return."""
    EXITING = "exiting"
    """Asked to leave; it serves until the epoch ends."""
    EXITED = "exited"
    """Left for good."""
    TOMBSTONED = "tombstoned"
    """Put out for good."""


SERVING = (Status.PENDING, Status.ACTIVE)
"""A validator with enough stake of its own is in the active set."""

ACCEPTING = (Status.PENDING, Status.ACTIVE, Status.JAILED)
"""A validator takes new stake."""

IN_SERVICE = (Status.PENDING, Status.ACTIVE, Status.JAILED)
"""A validator has not left and may serve (again)."""

PUT_OUT = (Status.JAILED, Status.EXITED, Status.TOMBSTONED)
"""An elected proposer with such a status may not propose, and is not counted as missing."""


class OffenceKind(StrEnum):
    """What a validator can be slashed for."""

    DOUBLE_BLOCK = "double_block"
    """Two blocks signed for one slot."""
    DOUBLE_VOTE = "double_vote"
    """Two votes signed for one target epoch."""
    SURROUND_VOTE = "surround_vote"
    """A vote signed whose link spans that of another."""
    INVALID_BLOCK = "invalid_block"
    """A block signed out of turn, or certified as invalid by a supermajority."""
    DOWNTIME = "downtime"
    """More blocks missed in a row than are forgiven."""


SIGNED_TWICE = (OffenceKind.DOUBLE_BLOCK, OffenceKind.DOUBLE_VOTE, OffenceKind.SURROUND_VOTE)
"""The offences of signing two messages that contradict each other."""


@record
class Stay:
    """A period that stake spent behind a validator that it has since left."""

    validator: Address
    start: Epoch
    """First epoch in which it was active there."""
    end: Epoch
    """First epoch in which it was no longer active there."""


@record
class Lot:
    """One delegator's stake behind one validator with one history.

    It is active, earns and is liable for infractions in the epochs start .. end - 1.
    """

    amount: Amount
    """Tokens, as of the slashes that the delegation has seen."""
    start: Epoch
    """First epoch in which it is active; 0 for any that no admissible evidence can reach."""
    end: Epoch | None = None
    """First epoch in which it is no longer active; None while it is not leaving."""
    destination: Address | None = None
    """The validator that it moves to at its end; None when it unbonds."""
    past: tuple[Stay, ...] = ()
    """Earlier stays for whose infractions it is still liable, oldest first."""


@record
class Delegation:
    """What one delegator owns behind one validator, as of when it was last saved."""

    lots: tuple[Lot, ...]
    """By (start, end, destination, past), each once; none is empty."""
    slashes_seen: Count
    """How many of the validator's slashes the amounts of the lots reflect."""
    index: Index
    """The validator's reward index up to which the lots have been credited."""
    reward: RewardUnits
    """Credited and not yet paid out."""


@record
class Bucket:
    """The eager total of all lots of a validator with one history."""

    start: Epoch
    end: Epoch | None
    past: tuple[Stay, ...]
    amount: Amount
    """Tokens; at least what the lots in it can claim together."""
    lots: Count
    """How many lots share it."""


@record
class Slash:
    """A line in a validator's slash history; lots catch up from it when loaded."""

    offender: Address
    """Who offended: the validator itself, or one that stake came from."""
    epoch: Epoch
    """The epoch of the infraction."""
    fraction_bps: BasisPoints
    """The share that every lot active behind the offender in that epoch loses."""
    index: Index
    """The validator's reward index when the slash took effect."""


@record
class Departure:
    """A record that stake left this validator for another, and is still liable for this one."""

    destination: Address
    last_end: Epoch
    """The latest epoch at which such stake left or leaves."""


@record
class Validator:
    """A validator and the totals of the stake behind it. Its address is its operator's."""

    status: Status
    public_key: PublicKey
    commission_bps: BasisPoints
    """The operator's share of what the stake behind the validator earns."""
    next_commission_bps: BasisPoints
    """The commission from the next epoch on."""
    missed: Count = 0
    """Blocks missed in a row."""
    jailed_until: Epoch = 0
    """The first epoch in which a jailed validator may unjail."""
    buckets: tuple[Bucket, ...] = ()
    """By (start, end, past), each once; none without lots."""
    slashes: tuple[Slash, ...] = ()
    """In the order in which they took effect."""
    dust_bound: Amount = 0
    """The most tokens that rounding can have left in the buckets, claimed by no lot."""
    earning: Amount = 0
    """Stake behind it that earns in this epoch; 0 outside the active set."""
    settled: Index = 0
    """The chain's reward index up to which the fields below are worked out."""
    index: Index = 0
    """What a unit of stake here has earned after commission, in reward units."""
    commission: RewardUnits = 0
    """Earned by the operator as commission and not yet paid out."""
    owed: RewardUnits = 0
    """Earned by the stake here after commission and not yet credited to delegations."""
    departures: tuple[Departure, ...] = ()
    """Where stake went that is still liable for this validator, by destination."""


@record
class Pots:
    """The tokens that are in no account, by purpose."""

    bonded: Amount = 0
    """Stake without an end epoch."""
    unbonding: Amount = 0
    """Stake with an end epoch, not yet released."""
    rewards: Amount = 0
    """Rewards issued and not yet paid out."""
    treasury: Amount = 0
    """The chain's own tokens, including dust from rounding."""


@record
class Supply:
    """Where the tokens came from and went."""

    genesis: Amount
    issued: Amount = 0
    burned: Amount = 0


@record
class Booking:
    """Stake booked to join, or to leave, the active stake in an epoch."""

    epoch: Epoch
    amount: Amount


# Functions with names, so that maps can be sent to other processes.


def _as_much_as_it_is(amount: int) -> int:
    return amount


def _its_earning_stake(validator: Validator) -> int:
    return validator.earning


def _nothing(_entry: object) -> int:
    return 0


ACCOUNTS: MapLayout[int] = MapLayout(
    name="accounts", key_length=20, weigh=_as_much_as_it_is, encode=canonical_bytes
)
"""Balance by address, weighed by itself. No entry is zero."""

VALIDATORS: MapLayout[Validator] = MapLayout(
    name="validators",
    key_length=20,
    weigh=_its_earning_stake,
    encode=canonical_bytes,
)
"""Validator by address, weighed by the stake that earns in this epoch."""

DELEGATIONS: MapLayout[Delegation] = MapLayout(
    name="delegations", key_length=40, weigh=_nothing, encode=canonical_bytes
)
"""Delegation by validator and delegator."""

SNAPSHOT: MapLayout[int] = MapLayout(
    name="snapshot", key_length=20, weigh=_as_much_as_it_is, encode=canonical_bytes
)
"""Active stake by validator, weighed by itself."""

KEYS: MapLayout[bytes] = MapLayout(
    name="keys", key_length=48, weigh=_nothing, encode=canonical_bytes
)
"""The validator to which a public key belongs."""

AGENDA: MapLayout[bool] = MapLayout(
    name="agenda", key_length=48, weigh=_nothing, encode=canonical_bytes
)
"""Which delegations a boundary must load and save, by epoch, validator and delegator."""

PUNISHED: MapLayout[bool] = MapLayout(
    name="punished", key_length=60, weigh=_nothing, encode=canonical_bytes
)
"""Offences already punished, by epoch, validator and what identifies the offence."""


@record
class EpochRecord:
    """What an epoch began with: who votes in it, who elects in it, and where it stands."""

    root: Root
    """The root of its checkpoint."""
    seed: Root
    """What elects its proposers."""
    snapshot: Annotated[MerkleMap[Amount], SNAPSHOT]
    """Its active set."""
    electors: Annotated[MerkleMap[Amount], SNAPSHOT]
    """The set that its proposers are drawn from: active `election_lookahead` epochs before."""
    justified: bool = False
    """Whether its checkpoint is justified."""


HISTORY: MapLayout[EpochRecord] = MapLayout(
    name="history", key_length=8, weigh=_nothing, encode=rooted_bytes
)
"""What each epoch began with, by epoch, for as long as evidence about it is admissible."""

VOTES: MapLayout[int] = MapLayout(
    name="votes", key_length=36, weigh=_as_much_as_it_is, encode=canonical_bytes
)
"""The stake that voted for a link, by target epoch, source epoch and validator.

An entry weighs what its validator did at the target's epoch, so that the sum below a link
is the link's tally.
"""

NONCES: MapLayout[int] = MapLayout(
    name="nonces", key_length=20, weigh=_nothing, encode=canonical_bytes
)
"""How many envelopes of an account have been accepted. No entry is zero."""


@record
class Finality:
    """Justified and final checkpoints, and the votes for them."""

    history: Annotated[MerkleMap[EpochRecord], HISTORY]
    votes: Annotated[MerkleMap[Amount], VOTES]
    justified: Checkpoint
    """The latest justified checkpoint."""
    finalised: Checkpoint
    """The latest final checkpoint."""


@record
class State:
    """The whole state of a chain."""

    chain_id: Text
    params: Params
    slot: Slot
    """The slot of the last block."""
    supply: Supply
    pots: Pots
    accounts: Annotated[MerkleMap[Amount], ACCOUNTS]
    validators: Annotated[MerkleMap[Validator], VALIDATORS]
    delegations: Annotated[MerkleMap[Delegation], DELEGATIONS]
    snapshot: Annotated[MerkleMap[Amount], SNAPSHOT]
    """The active set of this epoch, frozen when the epoch began."""
    keys: Annotated[MerkleMap[Address], KEYS]
    agenda: Annotated[MerkleMap[bool], AGENDA]
    punished: Annotated[MerkleMap[bool], PUNISHED]
    reward_index: Index
    """What a unit of active stake has earned since genesis, in 1 / REWARD_SCALE."""
    undistributed: RewardUnits
    """The remainder of dividing rewards, carried into the next epoch's reward."""
    joining: tuple[Booking, ...]
    """The last epoch for which stake is booked to join; all before it are full."""
    leaving: tuple[Booking, ...]
    """The last epoch for which stake is booked to leave; all before it are full."""
    mix: Root
    """Every verified reveal so far, mixed."""
    seed: Root
    """The mix as it was when the epoch began: it elects the epoch's proposers."""
    head: Root
    """The root of the last block."""
    finality: Finality
    nonces: Annotated[MerkleMap[Count], NONCES]

    @property
    def epoch(self) -> int:
        """The epoch that the state's slot lies in."""
        return self.slot // self.params.epoch_length


def state_root(state: State) -> bytes:
    """Return what identifies a state: equal for equal states, and only for them."""
    return digest("stakespec/state", rooted_bytes(state))
