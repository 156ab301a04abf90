"""The parameters of a chain, and the bounds that tie them together."""

from statemachine.arithmetic import share
from statemachine.errors import OutOfRange
from statemachine.primitives import Amount, BasisPoints, Count, Duration, SlotGap, Span
from statemachine.records import record


@record
class Params:
    """What a chain may choose. The defaults are those of the design."""

    epoch_length: Duration = 32
    """Slots in an epoch."""
    epoch_reward: Amount = 1_000_000
    """Tokens issued at the end of an epoch, shared by the stake that was active in it."""
    min_stake: Amount = 1_000
    """The least bonded stake of its own with which a validator may serve."""
    unbonding_epochs: Duration = 21
    """Epochs between the end of stake's service and its release."""
    evidence_window: Duration = 21
    """Epochs after an infraction in which evidence of it is admissible."""
    double_sign_bps: BasisPoints = 5_000
    """Share of stake lost for signing two conflicting messages."""
    invalid_block_bps: BasisPoints = 1_000
    """Share of stake lost for an invalid block."""
    downtime_bps: BasisPoints = 500
    """Share of stake lost for downtime."""
    downtime_threshold: Count = 1_000
    """Missed blocks in a row that are still forgiven; one more is downtime."""
    jail_epochs: Duration = 2
    """Epochs that a jailed validator must wait before it may return."""
    reporter_bps: BasisPoints = 0
    """Share of slashed tokens that goes to who reported the offence; the rest is burned."""
    max_commission_bps: BasisPoints = 10_000
    """The highest commission a validator may ask."""
    max_commission_change_bps: BasisPoints = 500
    """The most by which a commission may change in one epoch."""
    churn_bps: BasisPoints = 50
    """Share of the active stake that may join, and that may leave, in one epoch.

    Full churn at more than 56 undoes accountable safety within 21 epochs.
    """
    churn_floor: Amount = 1_000_000
    """Stake that may join, and that may leave, in one epoch however little is active.

    So small a chain can change. It bounds the churn, and churn_bps does not, where it is
    the larger share: by default, below 200,000,000 of active stake.
    """
    churn_queue_epochs: Duration = 32
    """Epochs over which the stake of one transaction may be spread.

    What is left after these moves as a whole when its turn has come.
    """
    max_slot_gap: SlotGap = 1_024
    """The most slots by which a block may lie after the one before it.

    All of them pass before anything else in a block is looked at but its signature.
    """
    finality_span: Span = 2
    """The most epochs between a checkpoint and one that a link from it makes it final by.

    The k of k-finality. With 1, votes must count before the next boundary to make anything
    final; with k, they may come up to k epochs late.
    """
    election_lookahead: Span = 1
    """Epochs between the set that proposers are elected from and the seed that elects them.

    The set is fixed so long before anybody can know the seed, and nobody can grind it.
    """

    def churn_limit(self, active_stake: int) -> int:
        """Return the stake that may join, and that may leave, in an epoch with so much active."""
        return max(self.churn_floor, share(active_stake, self.churn_bps))

    def __attrs_post_init__(self) -> None:
        """Check the bounds that hold between parameters."""
        if self.unbonding_epochs < self.evidence_window:
            raise OutOfRange(
                "Params.unbonding_epochs",
                self.unbonding_epochs,
                f"at least evidence_window = {self.evidence_window}, so that stake is not"
                " released while evidence against it is admissible",
            )
        if self.election_lookahead > self.evidence_window:
            raise OutOfRange(
                "Params.election_lookahead",
                self.election_lookahead,
                f"at most evidence_window = {self.evidence_window}, for as long as sets are"
                " remembered",
            )
        if self.min_stake < 1:
            raise OutOfRange("Params.min_stake", self.min_stake, "at least 1")
        if self.churn_floor < 1:
            raise OutOfRange("Params.churn_floor", self.churn_floor, "at least 1")
        if self.max_slot_gap <= self.epoch_length:
            raise OutOfRange(
                "Params.max_slot_gap",
                self.max_slot_gap,
                f"more than epoch_length = {self.epoch_length}, so that an epoch without"
                " blocks can be passed",
            )
