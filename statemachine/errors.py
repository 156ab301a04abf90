"""The errors of the machine: a field out of range, or a rejected transaction."""

import reprlib
from collections.abc import Mapping
from enum import StrEnum


class OutOfRange(ValueError):
    """A field was given content out of its bounds.

    Raised where a record is built, so that no record out of range exists.
    """

    def __init__(self, field: str, content: object, bound: str) -> None:
        """Keep the field, its content and the bound that broke."""
        super().__init__(f"{field} = {brief(content)}: must be {bound}")
        self.field = field
        self.content = content
        self.bound = bound

    def __reduce__(self) -> tuple[object, ...]:
        """Let copies and other processes have it."""
        return OutOfRange, (self.field, self.content, self.bound)


MOST_BITS_SHOWN = 8_192
"""Bits in the largest whole number that is converted to decimal in order to show it."""


def brief(item: object, longest: int = 80) -> str:
    """Show a value in at most so many characters, however large or deep it is."""
    text = _beginning(item, longest)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _beginning(item: object, longest: int) -> str:
    """Return at least the beginning of a value's text, without building all of it first."""
    if isinstance(item, list | dict | tuple | set | frozenset):
        return _Shortener(longest).repr(item)
    if isinstance(item, str | bytes):
        return repr(item[: longest + 1])
    too_large = f"{type(item).__name__} too large to show"
    # Working out decimal digits takes time quadratic in their number.
    if isinstance(item, int) and item.bit_length() > MOST_BITS_SHOWN:
        return too_large
    try:
        return repr(item)
    except (ValueError, RecursionError):
        return too_large


class _Shortener(reprlib.Repr):
    """Shows the beginning of a collection, and of each item."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.maxstring = self.maxother = longest

    def repr_int(self, number: int, _level: int) -> str:
        return brief(number, self.maxlong)

    def repr_bytes(self, content: bytes, _level: int) -> str:
        return brief(content, self.maxother)


class RejectionReason(StrEnum):
    """Why a transaction was refused; test vectors carry these names."""

    ACCOUNT_IS_VALIDATOR = "account_is_validator"
    """The operator is a validator already, also one that has left."""
    AGGREGATE_KEY_IS_INFINITY = "aggregate_key_is_infinity"
    """The signers' keys add up to nothing, so anything would be signed."""
    ALREADY_VOTED = "already_voted"
    """Every signer's vote for this link has been counted."""
    BAD_PROOF_OF_POSSESSION = "bad_proof_of_possession"
    """The proof is not by the key, for this operator on this chain."""
    BAD_SIGNATURE = "bad_signature"
    """The signature is not by the key, or keys, over the message."""
    CERTIFICATE_TOO_LIGHT = "certificate_too_light"
    """The signers have no quorum of the epoch's stake."""
    CHECKPOINT_NOT_ON_CHAIN = "checkpoint_not_on_chain"
    """This chain has another checkpoint in that epoch."""
    CHURN_QUEUE_FULL = "churn_queue_full"
    """The stake's turn would come after the last epoch that there can be."""
    COMMISSION_CHANGE_TOO_LARGE = "commission_change_too_large"
    """The commission would change by more than an epoch allows."""
    COMMISSION_TOO_HIGH = "commission_too_high"
    """The commission is above the highest that the chain allows."""
    DUPLICATE_SIGNER = "duplicate_signer"
    """Two signers that stand beside each other are the same."""
    EVIDENCE_FROM_THE_FUTURE = "evidence_from_the_future"
    """The evidence is of an epoch that this chain has not reached."""
    EVIDENCE_TOO_OLD = "evidence_too_old"
    """The infraction lies further back than the evidence window."""
    INSUFFICIENT_BALANCE = "insufficient_balance"
    """The account has less than the transaction moves."""
    INSUFFICIENT_SELF_STAKE = "insufficient_self_stake"
    """The operator's own stake is below `min_stake`."""
    INSUFFICIENT_STAKE = "insufficient_stake"
    """Less is bonded than is to leave; leaving stake cannot leave again."""
    KEY_IN_USE = "key_in_use"
    """The public key belongs to another validator."""
    KEY_IS_INFINITY = "key_is_infinity"
    """The public key is the point at infinity."""
    KEY_NOT_IN_SUBGROUP = "key_not_in_subgroup"
    """The public key is a point outside the group."""
    MALFORMED_KEY = "malformed_key"
    """The bytes of the public key encode no point."""
    MALFORMED_SIGNATURE = "malformed_signature"
    """The bytes of the signature encode no point."""
    NO_COMMON_SIGNER = "no_common_signer"
    """Nobody signed both votes."""
    NO_DELEGATION = "no_delegation"
    """The delegator has nothing behind that validator."""
    NO_SIGNERS = "no_signers"
    """The list of signers is empty."""
    NOT_AN_OFFENCE = "not_an_offence"
    """What was signed contradicts nothing."""
    NOT_JAILED = "not_jailed"
    """Only a jailed validator can return from jail."""
    NOTHING_TO_CLAIM = "nothing_to_claim"
    """Less than one whole unit has been earned."""
    OFFENCE_ALREADY_PUNISHED = "offence_already_punished"
    """The same offence was punished before."""
    PROPOSER_JAILED = "proposer_jailed"
    """The elected proposer is jailed or has left."""
    SAME_VALIDATOR = "same_validator"
    """Source and destination are one validator."""
    SENDER_MISMATCH = "sender_mismatch"
    """The envelope's key does not open the account that the transaction is by."""
    SIGNATURE_IS_INFINITY = "signature_is_infinity"
    """The signature is the point at infinity."""
    SIGNATURE_NOT_IN_SUBGROUP = "signature_not_in_subgroup"
    """The signature is a point outside the group."""
    SLOT_NOT_AFTER_LAST = "slot_not_after_last"
    """The block's slot is not after that of the last block."""
    SLOT_TOO_FAR = "slot_too_far"
    """The block's slot lies more than `max_slot_gap` after the last block."""
    SOURCE_NOT_BEFORE_TARGET = "source_not_before_target"
    """A vote's source epoch must lie before its target epoch."""
    SOURCE_NOT_JUSTIFIED = "source_not_justified"
    """The vote's source is not justified on this chain."""
    STALE_CHECKPOINT = "stale_checkpoint"
    """The checkpoint lies before what can still matter, or is forgotten."""
    STILL_JAILED = "still_jailed"
    """The jail term has not ended."""
    UNKNOWN_CHECKPOINT = "unknown_checkpoint"
    """The target's epoch has not begun on this chain."""
    UNKNOWN_SIGNER = "unknown_signer"
    """A signer was not active in the epoch that the message is about."""
    UNKNOWN_TRANSACTION = "unknown_transaction"
    """The protocol has no rule for this type of transaction."""
    UNKNOWN_VALIDATOR = "unknown_validator"
    """The address is no validator's."""
    UNSORTED_SIGNERS = "unsorted_signers"
    """A signer stands before one with a lower address."""
    VALIDATOR_NOT_ACCEPTING = "validator_not_accepting"
    """The validator has left, or is leaving, and takes no stake."""
    VALIDATOR_NOT_IN_SERVICE = "validator_not_in_service"
    """The validator has left, or is leaving."""
    WRONG_BODY = "wrong_body"
    """The block's transactions are not those that its header names."""
    WRONG_CHAIN = "wrong_chain"
    """The envelope is meant for another chain."""
    WRONG_CHECKPOINT = "wrong_checkpoint"
    """The header names another checkpoint than its epoch's."""
    WRONG_NONCE = "wrong_nonce"
    """The envelope is not the sender's next."""
    WRONG_PARENT = "wrong_parent"
    """The block does not follow this state's last block."""
    WRONG_PROPOSER = "wrong_proposer"
    """Another validator was elected for the slot."""
    WRONG_REVEAL = "wrong_reveal"
    """The block's reveal is not the one that its header names."""
    WRONG_STATE_ROOT = "wrong_state_root"
    """The state after the block is not the one that its header names."""
    ZERO_AMOUNT = "zero_amount"
    """The transaction moves nothing."""


class Rejected(Exception):
    """A transaction was refused, and the state is as it was.

    Carries the reason and the values that led to it (needed, available ...).
    Never an AssertionError: running Python with -O must not change consensus.
    """

    def __init__(self, reason: RejectionReason, **details: object) -> None:
        """Keep the reason, and the values under their names."""
        super().__init__(reason, details)
        self.reason = reason
        self.details: Mapping[str, object] = details

    def __reduce__(self) -> tuple[object, ...]:
        """Let copies and other processes have it."""
        return _rejected, (self.reason, dict(self.details))

    def __str__(self) -> str:
        """Give the reason and its values on one line."""
        shown = ", ".join(f"{name} {_plain(item)}" for name, item in self.details.items())
        return f"{self.reason.value}: {shown}" if shown else self.reason.value


def _rejected(reason: RejectionReason, details: dict[str, object]) -> Rejected:
    return Rejected(reason, **details)


def _plain(item: object) -> str:
    if isinstance(item, bytes):
        return "0x" + item[:LONGEST_DETAIL].hex() + ("..." if len(item) > LONGEST_DETAIL else "")
    return brief(item, LONGEST_DETAIL) if isinstance(item, int) else str(item)


LONGEST_DETAIL = 256
"""Bytes or digits of a value that a rejection shows."""
