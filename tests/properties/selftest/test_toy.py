"""The toy backend does what tests take from it: the scheme's algebra, and its refusals."""

from functools import partial

import pytest

from properties.selftest.toy import HALF, TOY
from statemachine import Rejected, RejectionReason
from statemachine.crypto import bls
from tests.statemachine.crypto.signers import SECRETS, forged_half, negated, signed

MESSAGE = b"message"
KEYS = tuple(bls.public_key_of(TOY, secret) for secret in SECRETS)
ALONE = signed(TOY, SECRETS[0], MESSAGE)
TOGETHER = bls.aggregate(TOY, [signed(TOY, secret, MESSAGE) for secret in SECRETS])


def test_signatures_sums_and_proofs_hold_for_whom_they_are_of() -> None:
    bls.verify(TOY, KEYS[0], MESSAGE, ALONE)
    bls.fast_aggregate_verify(TOY, KEYS, MESSAGE, TOGETHER)
    bls.verify_possession(TOY, KEYS[0], bls.prove_possession(TOY, SECRETS[0], b"c"), b"c")


def test_a_rogue_key_forges() -> None:
    rogue = forged_half(TOY, SECRETS[1], KEYS[0])
    forged = signed(TOY, SECRETS[1], MESSAGE)
    bls.fast_aggregate_verify(TOY, [KEYS[0], rogue], MESSAGE, forged)


def number(point: int) -> bytes:
    return bytes([bls.COMPRESSED]) + point.to_bytes(95, "big")


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (partial(bls.verify, TOY, KEYS[1], MESSAGE, ALONE), RejectionReason.BAD_SIGNATURE),
        (partial(bls.verify, TOY, KEYS[0], b"another", ALONE), RejectionReason.BAD_SIGNATURE),
        (
            partial(bls.verify, TOY, KEYS[0], MESSAGE, negated(ALONE)),
            RejectionReason.BAD_SIGNATURE,
        ),
        (
            partial(bls.fast_aggregate_verify, TOY, KEYS[:2], MESSAGE, TOGETHER),
            RejectionReason.BAD_SIGNATURE,
        ),
        (
            partial(bls.verify_possession, TOY, KEYS[0], signed(TOY, SECRETS[0], KEYS[0])),
            RejectionReason.BAD_PROOF_OF_POSSESSION,
        ),
        (
            partial(bls.aggregate, TOY, [ALONE, negated(ALONE)]),
            RejectionReason.SIGNATURE_IS_INFINITY,
        ),
        (
            partial(bls.verify, TOY, KEYS[0], MESSAGE, number(HALF + 1 + HALF % 2)),
            RejectionReason.MALFORMED_SIGNATURE,
        ),
        (
            partial(bls.verify, TOY, KEYS[0], MESSAGE, number(HALF + 2 - HALF % 2)),
            RejectionReason.SIGNATURE_NOT_IN_SUBGROUP,
        ),
    ],
)
def test_what_does_not_hold_is_refused_as_on_the_curve(
    check: partial[object], reason: RejectionReason
) -> None:
    with pytest.raises(Rejected) as refused:
        check()
    assert refused.value.reason is reason
