"""Events that a transition emits, with the amounts that moved."""

from statemachine.messages import Checkpoint, Vote
from statemachine.primitives import Address, Amount, BasisPoints, Count, Epoch, Index, Slot
from statemachine.records import record
from statemachine.state import OffenceKind, Status, Stay


@record
class Transferred:
    """Tokens moved from one account to another."""

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
    """A validator set another commission, in force from the next epoch on."""

    validator: Address
    commission_bps: BasisPoints


@record
class Delegated:
    """Tokens were delegated to a validator, active from an epoch on."""

    delegator: Address
    validator: Address
    amount: Amount
    start: Epoch


@record
class Undelegated:
    """Stake will leave: active before epoch `end`, released at epoch `release`."""

    delegator: Address
    validator: Address
    amount: Amount
    end: Epoch
    release: Epoch


@record
class Redelegated:
    """Stake will move to another validator at an epoch."""

    delegator: Address
    source: Address
    destination: Address
    amount: Amount
    end: Epoch


@record
class StakeMoved:
    """Redelegated stake arrived, less what slashes took."""

    delegator: Address
    source: Address
    destination: Address
    amount: Amount


@record
class StakeReleased:
    """Unbonding stake returned to its owner, less what slashes took."""

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
    """Dust of a bucket without lots moved to the treasury."""

    validator: Address
    bonded: Amount
    """From the bonded pot."""
    unbonding: Amount
    """From the unbonding pot."""


@record
class StatusChanged:
    """A validator changed its status."""

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
    """An elected proposer missed its slot."""

    slot: Slot
    proposer: Address
    in_a_row: Count


@record
class Slashed:
    """An offence was punished: the total over all validators that hold liable stake."""

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
    """An epoch began."""

    epoch: Epoch
    active_stake: Amount
    active_validators: Count


@record
class VotesCounted:
    """Validators' votes for a link were counted."""

    vote: Vote
    signers: Count
    """Signers that had not voted for this link before."""
    tally: Amount
    """The stake that has voted for the link so far."""
    total: Amount
    """All stake that may vote for it."""


@record
class CheckpointJustified:
    """A checkpoint became justified."""

    checkpoint: Checkpoint
    source: Checkpoint
    """The justified checkpoint at which the link starts."""


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
