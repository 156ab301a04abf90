"""Rejections as JSON: each reason with the names and types of the values that it carries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from statemachine.errors import Rejected, RejectionReason

ADDRESS, KEY, SIGNATURE, ROOT = "Address", "PublicKey", "Signature", "Root"
AMOUNT, BPS, COUNT, EPOCH, SLOT = "Amount", "BasisPoints", "Count", "Epoch", "Slot"
STATUS, TEXT = "Status", "text"

_VALIDATOR = {"validator": ADDRESS}
_ROOTS = {"expected": ROOT, "given": ROOT}
_TOO_OLD = {"epoch": EPOCH, "oldest": EPOCH}
_AHEAD = {"epoch": EPOCH, "current": EPOCH}
_LACKING = {"needed": AMOUNT, "available": AMOUNT}

DETAILS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "account_is_validator": {"operator": ADDRESS},
        "aggregate_key_is_infinity": {"signers": COUNT},
        "already_voted": {"signers": COUNT},
        "bad_proof_of_possession": {"public_key": KEY},
        "bad_signature": {"public_key": KEY},
        "certificate_too_light": {"signed": AMOUNT, "total": AMOUNT},
        "checkpoint_not_on_chain": _ROOTS,
        "churn_queue_full": {"needed": AMOUNT, "last": EPOCH},
        "commission_change_too_large": {"change": BPS, "largest": BPS},
        "commission_too_high": {"given": BPS, "highest": BPS},
        "duplicate_signer": {"signer": ADDRESS},
        "evidence_from_the_future": _AHEAD,
        "evidence_too_old": _TOO_OLD,
        "insufficient_balance": _LACKING,
        "insufficient_self_stake": {"needed": AMOUNT, "given": AMOUNT},
        "insufficient_stake": _LACKING,
        "key_in_use": {"public_key": KEY},
        "key_is_infinity": {},
        "key_not_in_subgroup": {"public_key": KEY},
        "malformed_key": {"fault": TEXT},
        "malformed_signature": {"fault": TEXT},
        "no_common_signer": {},
        "no_delegation": {"validator": ADDRESS, "delegator": ADDRESS},
        "no_signers": {},
        "not_an_offence": {"needed": TEXT},
        "not_jailed": {"status": STATUS},
        "nothing_to_claim": {},
        "offence_already_punished": _VALIDATOR,
        "proposer_jailed": {"proposer": ADDRESS},
        "same_validator": _VALIDATOR,
        "sender_mismatch": {"sender": ADDRESS, "signer": ADDRESS},
        "signature_is_infinity": {},
        "signature_not_in_subgroup": {"signature": SIGNATURE},
        "slot_not_after_last": {"slot": SLOT, "last": SLOT},
        "slot_too_far": {"slot": SLOT, "furthest": SLOT},
        "source_not_before_target": {"source": EPOCH, "target": EPOCH},
        "source_not_justified": {"source": EPOCH},
        "stale_checkpoint": {"source": EPOCH, "target": EPOCH, "oldest": EPOCH},
        "still_jailed": {"until": EPOCH, "epoch": EPOCH},
        "unknown_checkpoint": _AHEAD,
        "unknown_signer": {"signer": ADDRESS},
        "unknown_transaction": {"transaction": TEXT},
        "unknown_validator": _VALIDATOR,
        "unsorted_signers": {"before": ADDRESS, "after": ADDRESS},
        "validator_not_accepting": {**_VALIDATOR, "status": STATUS},
        "validator_not_in_service": {**_VALIDATOR, "status": STATUS},
        "wrong_body": _ROOTS,
        "wrong_chain": {"expected": TEXT, "given": TEXT},
        "wrong_checkpoint": _ROOTS,
        "wrong_nonce": {"expected": COUNT, "given": COUNT},
        "wrong_parent": _ROOTS,
        "wrong_proposer": {"expected": ADDRESS, "given": ADDRESS},
        "wrong_reveal": _ROOTS,
        "wrong_state_root": _ROOTS,
        "zero_amount": {},
    }
)
"""The values of each reason, by name, and the type of each.

Where a block, or a genesis with proofs, is refused for one of its parts, there is a
`position` (Count) as well. Several signers' `bad_signature` has `signers` (Count) instead.
"""

FREE_TEXT = frozenset({"fault"})
"""Values that are for people: a client may word them otherwise."""


def as_jsonable(rejection: Rejected) -> dict[str, object]:
    """Return the values of a rejection as JSON's own types: amounts are decimal strings."""
    types = DETAILS.get(rejection.reason, {})
    return {name: _plain(item, types.get(name)) for name, item in rejection.details.items()}


def _plain(item: object, kind: str | None) -> Any:
    if isinstance(item, bytes):
        return "0x" + item.hex()
    if isinstance(item, int) and not isinstance(item, bool):
        # A design's own reasons have no row: what JavaScript would round goes as text.
        return str(item) if kind == AMOUNT or (kind is None and item >= 2**53) else item
    return item if isinstance(item, str | bool) or item is None else str(item)


def refusal_as_jsonable(rejection: Rejected) -> dict[str, Any]:
    """Return a rejection as JSON's own types."""
    return {"reason": rejection.reason.value, "details": as_jsonable(rejection)}


def undescribed() -> tuple[str, ...]:
    """Return the reasons that have no row, and the rows that have no reason."""
    return tuple(sorted({reason.value for reason in RejectionReason} ^ set(DETAILS)))
