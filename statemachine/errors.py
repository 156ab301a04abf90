"""How the machine says no."""

import reprlib
from collections.abc import Mapping
from enum import StrEnum


class OutOfRange(ValueError):
    """A field was given something it cannot hold.

    Raised where a record is built, so that no record out of range exists.
    """

    def __init__(self, field: str, given: object, bound: str) -> None:
        """Name the field, what it was given and the bound it broke."""
        super().__init__(f"{field} = {brief(given)}: must be {bound}")
        self.field = field
        self.given = given
        self.bound = bound

    def __reduce__(self) -> tuple[object, ...]:
        """Let copies and other processes have it."""
        return OutOfRange, (self.field, self.given, self.bound)


MOST_BITS_SHOWN = 8_192
"""Bits in the largest whole number whose digits are worked out to show their beginning."""


def brief(given: object, longest: int = 80) -> str:
    """Show what was given in so many characters at most, however large or deep it is."""
    text = _beginning(given, longest)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _beginning(given: object, longest: int) -> str:
    """Return at least the beginning of what is shown, without writing all of it out first."""
    if isinstance(given, list | dict | tuple | set | frozenset):
        return _Shortener(longest).repr(given)
    if isinstance(given, str | bytes):
        return repr(given[: longest + 1])
    too_large = f"{type(given).__name__} too large to show"
    # Working out decimal digits takes time quadratic in their number.
    if isinstance(given, int) and given.bit_length() > MOST_BITS_SHOWN:
        return too_large
    try:
        return repr(given)
    except (ValueError, RecursionError):
        return too_large


class _Shortener(reprlib.Repr):
    """Shows the beginning of what holds parts, and of each of them."""

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.maxstring = self.maxother = longest

    def repr_int(self, given: int, _level: int) -> str:
        return brief(given, self.maxlong)

    def repr_bytes(self, given: bytes, _level: int) -> str:
        return brief(given, self.maxother)


class RejectionReason(StrEnum):
    """Why a transaction was refused; test vectors carry these names."""

    ACCOUNT_IS_VALIDATOR = "account_is_validator"
    AGGREGATE_KEY_IS_INFINITY = "aggregate_key_is_infinity"
    ALREADY_VOTED = "already_voted"
    BAD_PROOF_OF_POSSESSION = "bad_proof_of_possession"
    BAD_SIGNATURE = "bad_signature"
    CERTIFICATE_TOO_LIGHT = "certificate_too_light"
    CHECKPOINT_NOT_ON_CHAIN = "checkpoint_not_on_chain"
    CHURN_QUEUE_FULL = "churn_queue_full"
    COMMISSION_CHANGE_TOO_LARGE = "commission_change_too_large"
    COMMISSION_TOO_HIGH = "commission_too_high"
    DUPLICATE_SIGNER = "duplicate_signer"
    EVIDENCE_FROM_THE_FUTURE = "evidence_from_the_future"
    EVIDENCE_TOO_OLD = "evidence_too_old"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    INSUFFICIENT_SELF_STAKE = "insufficient_self_stake"
    INSUFFICIENT_STAKE = "insufficient_stake"
    KEY_IN_USE = "key_in_use"
    KEY_IS_INFINITY = "key_is_infinity"
    KEY_NOT_IN_SUBGROUP = "key_not_in_subgroup"
    MALFORMED_KEY = "malformed_key"
    MALFORMED_SIGNATURE = "malformed_signature"
    NO_COMMON_SIGNER = "no_common_signer"
    NO_DELEGATION = "no_delegation"
    NO_SIGNERS = "no_signers"
    NOT_AN_OFFENCE = "not_an_offence"
    NOT_JAILED = "not_jailed"
    NOTHING_TO_CLAIM = "nothing_to_claim"
    OFFENCE_ALREADY_PUNISHED = "offence_already_punished"
    PROPOSER_JAILED = "proposer_jailed"
    SAME_VALIDATOR = "same_validator"
    SENDER_MISMATCH = "sender_mismatch"
    SIGNATURE_IS_INFINITY = "signature_is_infinity"
    SIGNATURE_NOT_IN_SUBGROUP = "signature_not_in_subgroup"
    SLOT_NOT_AFTER_LAST = "slot_not_after_last"
    SLOT_TOO_FAR = "slot_too_far"
    SOURCE_NOT_BEFORE_TARGET = "source_not_before_target"
    SOURCE_NOT_JUSTIFIED = "source_not_justified"
    STALE_CHECKPOINT = "stale_checkpoint"
    STILL_JAILED = "still_jailed"
    UNKNOWN_CHECKPOINT = "unknown_checkpoint"
    UNKNOWN_SIGNER = "unknown_signer"
    UNKNOWN_TRANSACTION = "unknown_transaction"
    UNKNOWN_VALIDATOR = "unknown_validator"
    UNSORTED_SIGNERS = "unsorted_signers"
    VALIDATOR_NOT_ACCEPTING = "validator_not_accepting"
    VALIDATOR_NOT_IN_SERVICE = "validator_not_in_service"
    WRONG_BODY = "wrong_body"
    WRONG_CHAIN = "wrong_chain"
    WRONG_CHECKPOINT = "wrong_checkpoint"
    WRONG_NONCE = "wrong_nonce"
    WRONG_PARENT = "wrong_parent"
    WRONG_PROPOSER = "wrong_proposer"
    WRONG_REVEAL = "wrong_reveal"
    WRONG_STATE_ROOT = "wrong_state_root"
    ZERO_AMOUNT = "zero_amount"


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
"""Bytes or digits that are shown of a value in a refusal."""
