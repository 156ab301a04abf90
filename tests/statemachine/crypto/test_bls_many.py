"""Many signatures at once, and infinity told from what is no point: on every backend."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from properties.selftest.toy import TOY
from statemachine import OutOfRange, Rejected, RejectionReason
from statemachine.crypto import bls
from statemachine.crypto.backends import BACKEND_NAMES
from statemachine.crypto.bls import FIELD_MODULUS, INFINITE_KEY, INFINITE_SIGNATURE, Backend
from statemachine.crypto.bls_many import (
    PointKind,
    aggregate_verify,
    batch_verify,
    deserialize_key,
    deserialize_signature,
)
from tests.statemachine.crypto.signers import (
    FIRST,
    SECOND,
    SECRETS,
    THIRD,
    backend_or_skip,
    negated,
    signed,
)

KEYS = (FIRST, SECOND, THIRD)
MESSAGES = tuple(bytes([number]) * 32 for number in (0, 0x56, 0xAB))
"""Those of the suites."""

AGGREGATE = bytes.fromhex(
    "9104e74b9dfd3ad502f25d6a5ef57db0ed7d9a0e00f3500586d8ce44231212542fcfaf87840539b398bf07626705"
    "cf1105d246ca1062c6c2e1a53029a0f790ed5e3cb1f52f8234dc5144c45fc847c0cd37a92d68e7c5ba7c648a8a33"
    "9f171244"
)
"""Of MESSAGES, one by each key: github.com/ethereum/bls12-381-tests, aggregate_verify_valid."""

COEFFICIENTS = (3, 2**64 - 1, 5)


@pytest.fixture(scope="module", params=BACKEND_NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    return backend_or_skip(request.param)


def signatures(backend: Backend) -> list[bytes]:
    pairs = zip(SECRETS, MESSAGES, strict=True)
    return [signed(backend, secret, message) for secret, message in pairs]


def reason(check: Callable[[], object]) -> RejectionReason:
    with pytest.raises(Rejected) as caught:
        check()
    return caught.value.reason


def test_a_sum_of_signatures_of_distinct_messages_verifies(backend: Backend) -> None:
    summed = bls.aggregate(backend, signatures(backend))
    assert summed == AGGREGATE
    aggregate_verify(backend, KEYS, MESSAGES, summed)


def test_a_sum_with_something_else_in_it_does_not(backend: Backend) -> None:
    swapped = (MESSAGES[1], MESSAGES[0], MESSAGES[2])
    check = partial(aggregate_verify, backend, KEYS, swapped, AGGREGATE)
    assert reason(check) is RejectionReason.BAD_SIGNATURE
    check = partial(aggregate_verify, backend, KEYS[:2], MESSAGES[:2], AGGREGATE)
    assert reason(check) is RejectionReason.BAD_SIGNATURE


def test_a_batch_of_true_signatures_verifies(backend: Backend) -> None:
    batch_verify(backend, KEYS, MESSAGES, signatures(backend), COEFFICIENTS)


def test_false_signatures_that_cancel_in_a_sum_do_not_in_a_batch(backend: Backend) -> None:
    """The first takes away what the second adds: the sum is true, and both are false."""
    true = signatures(backend)
    point = backend.decompress_signature
    extra = point(true[2])
    forged = [
        backend.compress_signature(backend.add_signatures(point(true[0]), extra)),
        backend.compress_signature(backend.add_signatures(point(true[1]), point(negated(true[2])))),
    ]
    aggregate_verify(backend, KEYS[:2], MESSAGES[:2], bls.aggregate(backend, forged))
    batch_verify(backend, KEYS[:2], MESSAGES[:2], forged, (1, 1))
    check = partial(batch_verify, backend, KEYS[:2], MESSAGES[:2], forged, (1, 2))
    assert reason(check) is RejectionReason.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("keys", "summed", "expected"),
    [
        ((), INFINITE_SIGNATURE, RejectionReason.NO_SIGNERS),
        ((), bytes(96), RejectionReason.NO_SIGNERS),
        ((FIRST, INFINITE_KEY), AGGREGATE, RejectionReason.KEY_IS_INFINITY),
        ((FIRST, SECOND), INFINITE_SIGNATURE, RejectionReason.SIGNATURE_IS_INFINITY),
        ((FIRST, SECOND), bytes(96), RejectionReason.MALFORMED_SIGNATURE),
        ((FIRST, bytes(48)), AGGREGATE, RejectionReason.MALFORMED_KEY),
    ],
)
def test_an_aggregate_is_rejected_for_its_reason(
    backend: Backend, keys: tuple[bytes, ...], summed: bytes, expected: RejectionReason
) -> None:
    messages = MESSAGES[: len(keys)]
    assert reason(lambda: aggregate_verify(backend, keys, messages, summed)) is expected


def test_a_batch_is_rejected_for_the_reason_of_a_member() -> None:
    true = signatures(TOY)
    keys = [bls.public_key_of(TOY, secret) for secret in SECRETS]
    batch_verify(TOY, keys, MESSAGES, true, COEFFICIENTS)

    def check(keys: Any = keys, true: Any = true) -> RejectionReason:
        return reason(lambda: batch_verify(TOY, keys, MESSAGES, true, COEFFICIENTS))

    assert check(keys=[INFINITE_KEY, *keys[1:]]) is RejectionReason.KEY_IS_INFINITY
    assert check(true=[INFINITE_SIGNATURE, *true[1:]]) is RejectionReason.SIGNATURE_IS_INFINITY
    assert check(true=[true[1], true[0], true[2]]) is RejectionReason.BAD_SIGNATURE
    assert reason(lambda: batch_verify(TOY, (), (), (), ())) is RejectionReason.NO_SIGNERS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"messages": MESSAGES[:2]}, "the number of messages = 2: must be 3, as there are keys"),
        ({"coefficients": (1, 2)}, "the number of coefficients = 2: must be 3, as there are keys"),
        ({"signatures": ()}, "the number of signatures = 0: must be 3, as there are keys"),
        ({"coefficients": (1, 0, 2)}, "coefficients[1] = 0: must be a whole number from 1 to"),
        ({"coefficients": (1, 2**128, 2)}, "coefficients[1] = 3402823669209384634633"),
    ],
)
def test_what_does_not_belong_together_is_out_of_range(changes: Any, message: str) -> None:
    cases = {
        "public_keys": KEYS,
        "messages": MESSAGES,
        "signatures": (bytes(96),) * 3,
        "coefficients": COEFFICIENTS,
        **changes,
    }
    with pytest.raises(OutOfRange) as refused:
        batch_verify(TOY, **cases)
    assert str(refused.value).startswith(message)
    with pytest.raises(OutOfRange):
        aggregate_verify(TOY, KEYS, MESSAGES[:2], bytes(96))


def test_infinity_is_told_from_what_is_no_point(backend: Backend) -> None:
    assert deserialize_key(backend, FIRST) is PointKind.POINT
    assert deserialize_key(backend, INFINITE_KEY) is PointKind.INFINITY
    assert deserialize_signature(backend, AGGREGATE) is PointKind.POINT
    assert deserialize_signature(backend, INFINITE_SIGNATURE) is PointKind.INFINITY


@pytest.mark.parametrize(
    "encoded",
    [
        INFINITE_KEY[:-1],
        bytes([INFINITE_KEY[0] | bls.GREATER_Y]) + INFINITE_KEY[1:],
        INFINITE_KEY[:-1] + b"\x01",
        bytes([INFINITE_KEY[0] & ~bls.COMPRESSED]) + INFINITE_KEY[1:],
        (FIELD_MODULUS | bls.COMPRESSED << 376).to_bytes(48, "big"),
        bytes(48),
        b"",
    ],
)
def test_what_is_no_encoding_is_neither(backend: Backend, encoded: bytes) -> None:
    assert reason(lambda: deserialize_key(backend, encoded)) is RejectionReason.MALFORMED_KEY
    longer = encoded + bytes(48) if encoded else encoded
    check = partial(deserialize_signature, backend, longer)
    if encoded != INFINITE_KEY[:-1]:
        assert reason(check) is RejectionReason.MALFORMED_SIGNATURE
