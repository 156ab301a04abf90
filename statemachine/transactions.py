"""What can be asked of the machine. Every transaction is taken to be authenticated."""

from statemachine.messages import NO_BODY, Header, Vote
from statemachine.primitives import Address, Amount, BasisPoints, PublicKey, Root, Slot
from statemachine.records import record


@record
class Transfer:
    """Move tokens from one account to another."""

    sender: Address
    recipient: Address
    amount: Amount


@record
class RegisterValidator:
    """Become a validator, with a stake of one's own. The key's possession was proved."""

    operator: Address
    public_key: PublicKey
    commission_bps: BasisPoints
    self_stake: Amount


@record
class ChangeCommission:
    """Set the commission from the next epoch on."""

    operator: Address
    commission_bps: BasisPoints


@record
class Delegate:
    """Put tokens behind a validator, on top of what is there."""

    delegator: Address
    validator: Address
    amount: Amount


@record
class Undelegate:
    """Take any part of a stake back; it is released after the unbonding time."""

    delegator: Address
    validator: Address
    amount: Amount


@record
class Redelegate:
    """Move any part of a stake behind another validator, its history along with it."""

    delegator: Address
    source: Address
    destination: Address
    amount: Amount


@record
class ClaimRewards:
    """Have paid out what a delegation has earned, and an operator's commission with it."""

    delegator: Address
    validator: Address


@record
class Exit:
    """Stop being a validator, and unbond the operator's own stake."""

    operator: Address


@record
class Unjail:
    """Return from jail."""

    operator: Address


@record
class ProduceBlock:
    """Propose the block of a slot; the slots passed over count as missed."""

    slot: Slot
    proposer: Address
    reveal: Root
    """A digest of the proposer's verified reveal."""
    body: Root = NO_BODY
    """A digest of the block's transactions."""


@record
class CastVotes:
    """Count a vote for each of its signers."""

    vote: Vote
    signers: tuple[Address, ...]
    """The validators who signed it, in ascending order, each once."""


@record
class ReportBlocks:
    """Prove that a validator signed two blocks for one slot."""

    reporter: Address
    first: Header
    second: Header


@record
class ReportVotes:
    """Prove that validators signed two votes that contradict each other.

    Who signed both has offended; who signed one of them has not.
    """

    reporter: Address
    first: CastVotes
    second: CastVotes


@record
class ReportProposer:
    """Prove that a validator signed a block for a slot for which another was elected."""

    reporter: Address
    header: Header


@record
class ReportInvalidBlock:
    """Prove that a supermajority found a block to be invalid that a validator signed."""

    reporter: Address
    header: Header
    signers: tuple[Address, ...]
    """The validators who signed the certificate, in ascending order, each once."""


Transaction = (
    Transfer
    | RegisterValidator
    | ChangeCommission
    | Delegate
    | Undelegate
    | Redelegate
    | ClaimRewards
    | Exit
    | Unjail
    | ProduceBlock
    | CastVotes
    | ReportBlocks
    | ReportVotes
    | ReportProposer
    | ReportInvalidBlock
)
