"""What a transition announces, with the amounts that moved."""

from statemachine.messages import Checkpoint, Vote
from statemachine.primitives import Address, Amount, BasisPoints, Count, Epoch, Index, Slot
from statemachine.records import record
from statemachine.state import OffenceKind, Status, Stay


@record
class Transferred:
    """Tokens went from one account to another."""

    sender: Address
    recipient: Address
    amount: Amount


@record
class ValidatorRegistered:
    """An account became a validator."""

    validator: Address
    commission_bps: BasisPoints


@record
class CommissionSet:
    """A validator will ask another commission from the next epoch on."""

    validator: Address
    commission_bps: BasisPoints


@record
class Delegated:
    """Tokens were put behind a validator, active from an epoch on."""

    delegator: Address
    validator: Address
    amount: Amount
    start: Epoch


@record
class Undelegated:
    """Stake was told to leave: active until before an epoch, released at another."""

    delegator: Address
    validator: Address
    amount: Amount
    end: Epoch
    release: Epoch


@record
class Redelegated:
    """Stake was told to move to another validator at an epoch."""

    delegator: Address
    source: Address
    destination: Address
    amount: Amount
    end: Epoch


@record
class StakeMoved:
    """Redelegated stake arrived, with what slashes had left of it."""

    delegator: Address
    source: Address
    destination: Address
    amount: Amount


@record
class StakeReleased:
    """Unbonding stake went back to its owner, with what slashes had left of it."""

    delegator: Address
    validator: Address
    amount: Amount


@record
class RewardPaid:
    """A delegator's reward was paid out."""

    delegator: Address
    validator: Address
    amount: Amount


@record
class CommissionPaid:
    """An operator's commission was paid out."""

    validator: Address
    amount: Amount


@record
class DustSwept:
    """What rounding had left where no lot is any more went to the treasury."""

    validator: Address
    bonded: Amount
    """Out of the bonded pot."""
    unbonding: Amount
    """Out of the unbonding pot."""


@record
class StatusChanged:
    """A validator went from one status to another."""

    validator: Address
    before: Status
    after: Status


@record
class BlockProduced:
    """A block was proposed."""

    slot: Slot
    proposer: Address


@record
class BlockMissed:
    """An elected proposer let its slot pass."""

    slot: Slot
    proposer: Address
    in_a_row: Count


@record
class Slashed:
    """Stake was taken for an offence, from every holder of stake that answers for it."""

    offender: Address
    kind: OffenceKind
    epoch: Epoch
    """The epoch of the infraction."""
    fraction_bps: BasisPoints
    burned: Amount
    rewarded: Amount
    """The reporter's share, which is not burned."""


@record
class StakeSlashed:
    """What a slash took from one bucket."""

    holder: Address
    start: Epoch
    end: Epoch | None
    past: tuple[Stay, ...]
    amount: Amount


@record
class RewardIssued:
    """The reward of the epoch that ended was issued to the stake that earned in it."""

    amount: Amount
    earning: Amount
    reward_index: Index


@record
class EpochBegan:
    """A boundary was crossed."""

    epoch: Epoch
    active_stake: Amount
    active_validators: Count


@record
class VotesCounted:
    """Validators' votes for a link were counted."""

    vote: Vote
    signers: Count
    """How many voted anew."""
    tally: Amount
    """The stake that has voted for the link so far."""
    total: Amount
    """All stake that may."""


@record
class CheckpointJustified:
    """A checkpoint became justified."""

    checkpoint: Checkpoint
    source: Checkpoint
    """The justified checkpoint that it was reached from."""


@record
class CheckpointFinalised:
    """A checkpoint became final."""

    checkpoint: Checkpoint


Event = (
    Transferred
    | ValidatorRegistered
    | CommissionSet
    | Delegated
    | Undelegated
    | Redelegated
    | StakeMoved
    | StakeReleased
    | RewardPaid
    | CommissionPaid
    | DustSwept
    | StatusChanged
    | BlockProduced
    | BlockMissed
    | Slashed
    | StakeSlashed
    | RewardIssued
    | EpochBegan
    | VotesCounted
    | CheckpointJustified
    | CheckpointFinalised
)
