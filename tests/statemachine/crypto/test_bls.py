"""BLS signatures: known answers, and the same refusals for the same reasons on every backend."""

from collections.abc import Callable
from functools import partial

import pytest

from statemachine import OutOfRange, Rejected, RejectionReason
from statemachine.crypto import bls
from statemachine.crypto.backends import BACKEND_NAMES, backend_by_name
from statemachine.crypto.bls import (
    CURVE_ORDER,
    FIELD_MODULUS,
    INFINITE_KEY,
    INFINITE_SIGNATURE,
    Backend,
)
from tests.statemachine.crypto.signers import (
    FIRST,
    SECOND,
    SECRETS,
    THIRD,
    added_keys,
    backend_or_skip,
    forged_half,
    negated,
    signed,
)

MESSAGE = bytes([0xAB]) * 32


@pytest.fixture(scope="module", params=BACKEND_NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    return backend_or_skip(request.param)


def refusal(check: Callable[[], object]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        check()
    return caught.value


# --- known answers -----------------------------------------------------------------------

KEY_GENERATION = {
    "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"
    "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04": (
        6083874454709270928345386274498605044986640685124978867557563392430687146096
    ),
    "3141592653589793238462643383279502884197169399375105820974944592": (
        29757020647961307431480504535336562678282505419141012933316116377660817309383
    ),
}
"""Seeds and master keys of test cases 0 and 1 of EIP-2333, whose derivation is KeyGen."""

SIGNATURES = tuple(
    bytes.fromhex(encoded)
    for encoded in (
        "91347bccf740d859038fcdcaf233eeceb2a436bcaaee9b2aa3bfb70efe29dfb2"
        "677562ccbea1c8e061fb9971b0753c240622fab78489ce96768259fc01360346"
        "da5b9f579e5da0d941e4c6ba18a0e64906082375394f337fa1af2b7127b0d121",
        "9674e2228034527f4c083206032b020310face156d4a4685e2fcaec2f6f3665a"
        "a635d90347b6ce124eb879266b1e801d185de36a0a289b85e9039662634f2eea"
        "1e02e670bc7ab849d006a70b2f93b84597558a05b879c8d445f387a5d5b653df",
        "ae82747ddeefe4fd64cf9cedb9b04ae3e8a43420cd255e3c7cd06a8d88b7c7f8"
        "638543719981c5d16fa3527c468c25f0026704a6951bde891360c7e8d12ddee0"
        "559004ccdbe6046b55bae1b257ee97f7cdb955773d7cf29adf3ccbb9975e4eb9",
    )
)
"""Of MESSAGE by each of SECRETS: github.com/ethereum/bls12-381-tests v0.1.2, folder sign."""

AGGREGATE = bytes.fromhex(
    "9712c3edd73a209c742b8250759db12549b3eaf43b5ca61376d9f30e2747dbcf"
    "842d8b2ac0901d2a093713e20284a7670fcf6954e9ab93de991bb9b313e66478"
    "5a075fc285806fa5224c82bde146561b446ccfc706a64b8579513cfc4ff1d930"
)
"""The sum of SIGNATURES: the same tests, folders aggregate and fast_aggregate_verify."""

PROOF = bytes.fromhex(
    "b803eb0ed93ea10224a73b6b9c725796be9f5fefd215ef7a5b97234cc956cf68"
    "70db6127b7e4d824ec62276078e787db05584ce1adbf076bc0808ca0f15b73d5"
    "9060254b25393d95dfc7abe3cda566842aaedf50bbb062aae1bbb6ef3b1f77e1"
)
"""Of the first of SECRETS: github.com/status-im/nim-blscurve, tests/eth2_vectors.nim."""


@pytest.mark.parametrize(("seed", "secret"), KEY_GENERATION.items())
def test_secret_keys_come_out_as_in_eip_2333(seed: str, secret: int) -> None:
    assert bls.generate_secret(bytes.fromhex(seed)) == secret


def test_public_keys_signatures_sums_and_proofs_come_out_as_elsewhere(backend: Backend) -> None:
    assert [bls.public_key_of(backend, secret) for secret in SECRETS] == [FIRST, SECOND, THIRD]
    assert [signed(backend, secret, MESSAGE) for secret in SECRETS[:2]] == [*SIGNATURES[:2]]
    assert bls.aggregate(backend, SIGNATURES) == AGGREGATE
    assert bls.prove_possession(backend, SECRETS[0]) == PROOF


def test_what_was_signed_proved_or_summed_elsewhere_holds(backend: Backend) -> None:
    bls.verify(backend, THIRD, MESSAGE, SIGNATURES[2])
    bls.verify_possession(backend, FIRST, PROOF)
    bls.fast_aggregate_verify(backend, [FIRST, SECOND, THIRD], MESSAGE, AGGREGATE)


# --- bytes that are no keys and no signatures --------------------------------------------


def with_coordinates(*coordinates: int, flags: int = 0x80) -> bytes:
    encoded = b"".join(coordinate.to_bytes(48, "big") for coordinate in coordinates)
    return bytes([encoded[0] | flags]) + encoded[1:]


THIRD_ORDER = with_coordinates(0)
"""The point (0, 2) of E1; three times it is infinity."""

BAD_KEYS: dict[str, tuple[bytes, str]] = {
    "infinity": (INFINITE_KEY, "key_is_infinity"),
    "infinity with the sign of y": (
        with_coordinates(0, flags=0xE0),
        "malformed_key: fault marked as infinity, and not empty",
    ),
    "infinity with a coordinate": (
        with_coordinates(1, flags=0xC0),
        "malformed_key: fault marked as infinity, and not empty",
    ),
    "infinity, not compressed": (
        with_coordinates(0, flags=0x40),
        "malformed_key: fault not marked as compressed",
    ),
    "of order three": (THIRD_ORDER, f"key_not_in_subgroup: public_key 0x{THIRD_ORDER.hex()}"),
    "of order three, the other y": (
        negated(THIRD_ORDER),
        f"key_not_in_subgroup: public_key 0x{negated(THIRD_ORDER).hex()}",
    ),
    "outside the subgroup": (
        with_coordinates(4),
        f"key_not_in_subgroup: public_key 0x{with_coordinates(4).hex()}",
    ),
    "not on the curve": (
        with_coordinates(1),
        "malformed_key: fault no point has this coordinate",
    ),
    "a coordinate equal to the modulus": (
        with_coordinates(FIELD_MODULUS),
        "malformed_key: fault a coordinate outside the field",
    ),
    "a coordinate that means another": (
        with_coordinates(FIELD_MODULUS + 4),
        "malformed_key: fault a coordinate outside the field",
    ),
    "not compressed": (
        bytes([FIRST[0] & 0x7F]) + FIRST[1:],
        "malformed_key: fault not marked as compressed",
    ),
    "nothing": (b"", "malformed_key: fault 0 where 48 bytes belong"),
    "truncated": (FIRST[:-1], "malformed_key: fault 47 where 48 bytes belong"),
    "a byte after it": (FIRST + b"\0", "malformed_key: fault 49 where 48 bytes belong"),
    "a zero before it": (b"\0" + FIRST, "malformed_key: fault 49 where 48 bytes belong"),
    "a byte before it": (b"\xff" + FIRST, "malformed_key: fault 49 where 48 bytes belong"),
    "a signature": (SIGNATURES[0], "malformed_key: fault 96 where 48 bytes belong"),
}

BAD_SIGNATURES: dict[str, tuple[bytes, str]] = {
    "infinity": (INFINITE_SIGNATURE, "signature_is_infinity"),
    "infinity with the sign of y": (
        with_coordinates(0, 0, flags=0xE0),
        "malformed_signature: fault marked as infinity, and not empty",
    ),
    "infinity with a coordinate": (
        with_coordinates(0, 1, flags=0xC0),
        "malformed_signature: fault marked as infinity, and not empty",
    ),
    "all zero": (bytes(96), "malformed_signature: fault not marked as compressed"),
    "outside the subgroup": (
        with_coordinates(0, 2),
        f"signature_not_in_subgroup: signature 0x{with_coordinates(0, 2).hex()}",
    ),
    "not on the curve": (
        with_coordinates(0, 1),
        "malformed_signature: fault no point has this coordinate",
    ),
    "x is zero": (
        with_coordinates(0, 0),
        "malformed_signature: fault no point has this coordinate",
    ),
    "the first coordinate equal to the modulus": (
        with_coordinates(FIELD_MODULUS, 2),
        "malformed_signature: fault a coordinate outside the field",
    ),
    "the second coordinate equal to the modulus": (
        with_coordinates(0, FIELD_MODULUS),
        "malformed_signature: fault a coordinate outside the field",
    ),
    "flags on the second coordinate": (
        SIGNATURES[0][:48] + bytes([SIGNATURES[0][48] | 0x80]) + SIGNATURES[0][49:],
        "malformed_signature: fault a coordinate outside the field",
    ),
    "truncated": (SIGNATURES[0][:-1], "malformed_signature: fault 95 where 96 bytes belong"),
    "a byte after it": (
        SIGNATURES[0] + b"\0",
        "malformed_signature: fault 97 where 96 bytes belong",
    ),
    "a key": (FIRST, "malformed_signature: fault 48 where 96 bytes belong"),
}


@pytest.mark.parametrize(("encoded", "complaint"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_no_check_takes_a_bad_key(backend: Backend, encoded: bytes, complaint: str) -> None:
    checks = (
        partial(bls.validate_key, backend, encoded),
        partial(bls.verify, backend, encoded, MESSAGE, SIGNATURES[0]),
        partial(bls.verify_possession, backend, encoded, PROOF),
        partial(bls.fast_aggregate_verify, backend, [FIRST, encoded], MESSAGE, AGGREGATE),
    )
    assert [str(refusal(check)) for check in checks] == [complaint] * len(checks)


@pytest.mark.parametrize(("encoded", "complaint"), BAD_SIGNATURES.values(), ids=BAD_SIGNATURES)
def test_no_check_takes_a_bad_signature(backend: Backend, encoded: bytes, complaint: str) -> None:
    checks = (
        partial(bls.verify, backend, FIRST, MESSAGE, encoded),
        partial(bls.verify_possession, backend, FIRST, encoded),
        partial(bls.fast_aggregate_verify, backend, [FIRST, SECOND], MESSAGE, encoded),
        partial(bls.aggregate, backend, [encoded]),
    )
    assert [str(refusal(check)) for check in checks] == [complaint] * len(checks)


@pytest.mark.parametrize("encoded", ["text", bytearray(FIRST), None])
def test_what_is_not_bytes_is_refused_and_breaks_nothing(backend: Backend, encoded: object) -> None:
    kind = type(encoded).__name__
    complaint = f"malformed_key: fault {kind} where 48 bytes belong"
    refused = refusal(lambda: bls.validate_key(backend, encoded))  # type: ignore[arg-type]
    assert str(refused) == complaint


def test_bad_keys_are_reported_before_bad_signatures(backend: Backend) -> None:
    refused = refusal(lambda: bls.verify(backend, b"", MESSAGE, b""))
    assert refused.reason is RejectionReason.MALFORMED_KEY


@pytest.mark.parametrize("encoded", [FIRST, THIRD_ORDER, negated(THIRD_ORDER), with_coordinates(4)])
def test_points_of_the_curve_come_back_from_bytes(backend: Backend, encoded: bytes) -> None:
    assert backend.compress_key(backend.decompress_key(encoded)) == encoded


def test_only_the_subgroup_check_keeps_a_signature_from_holding_for_two_keys(
    backend: Backend,
) -> None:
    second_key = added_keys(backend, FIRST, THIRD_ORDER)
    hashed = backend.hash_to_signature(MESSAGE, bls.SIGNATURE_DOMAIN)
    points = backend.decompress_key(second_key), backend.decompress_signature(SIGNATURES[0])
    assert backend.pairings_equal([points[0]], [hashed], points[1])
    refused = refusal(lambda: bls.verify(backend, second_key, MESSAGE, SIGNATURES[0]))
    assert refused.reason is RejectionReason.KEY_NOT_IN_SUBGROUP


# --- signatures that do not hold ---------------------------------------------------------


@pytest.mark.parametrize(
    ("public_key", "message", "signature"),
    [
        (SECOND, MESSAGE, SIGNATURES[0]),
        (FIRST, MESSAGE + b"\0", SIGNATURES[0]),
        (FIRST, MESSAGE, negated(SIGNATURES[0])),
        (FIRST, FIRST, PROOF),
    ],
    ids=["another's", "of another message", "negated", "a proof of possession"],
)
def test_a_wrong_signature_is_refused(
    backend: Backend, public_key: bytes, message: bytes, signature: bytes
) -> None:
    refused = refusal(lambda: bls.verify(backend, public_key, message, signature))
    assert str(refused) == f"bad_signature: public_key 0x{public_key.hex()}"


def test_a_proof_holds_for_one_key_and_one_context(backend: Backend) -> None:
    proof = bls.prove_possession(backend, SECRETS[0], b"context")
    bls.verify_possession(backend, FIRST, proof, b"context")
    for public_key, possession, context in (
        (FIRST, proof, b""),
        (FIRST, proof, b"another"),
        (SECOND, proof, b"context"),
        (FIRST, signed(backend, SECRETS[0], FIRST), b""),
    ):
        refused = refusal(partial(bls.verify_possession, backend, public_key, possession, context))
        assert str(refused) == f"bad_proof_of_possession: public_key 0x{public_key.hex()}"


def test_a_sum_holds_for_exactly_its_signers(backend: Backend) -> None:
    check = partial(bls.fast_aggregate_verify, backend)
    for keys in ([FIRST, SECOND], [FIRST, SECOND, THIRD, THIRD]):
        refused = refusal(partial(check, keys, MESSAGE, AGGREGATE))
        assert str(refused) == f"bad_signature: signers {len(keys)}"


def test_a_key_that_is_there_twice_counts_twice(backend: Backend) -> None:
    twice = bls.aggregate(backend, [SIGNATURES[0], SIGNATURES[0]])
    bls.fast_aggregate_verify(backend, [FIRST, FIRST], MESSAGE, twice)
    refused = refusal(
        lambda: bls.fast_aggregate_verify(backend, [FIRST, FIRST], MESSAGE, SIGNATURES[0])
    )
    assert refused.reason is RejectionReason.BAD_SIGNATURE


def test_nobody_signs_nothing(backend: Backend) -> None:
    for check in (
        partial(bls.aggregate, backend, []),
        partial(bls.fast_aggregate_verify, backend, [], MESSAGE, INFINITE_SIGNATURE),
        partial(bls.fast_aggregate_verify, backend, [], MESSAGE, SIGNATURES[0]),
    ):
        assert refusal(check).reason is RejectionReason.NO_SIGNERS


def test_keys_and_signatures_that_cancel_are_refused(backend: Backend) -> None:
    assert (
        str(refusal(lambda: bls.aggregate(backend, [SIGNATURES[0], negated(SIGNATURES[0])])))
        == "signature_is_infinity"
    )
    for signature in (INFINITE_SIGNATURE, SIGNATURES[0]):
        refused = refusal(
            partial(bls.fast_aggregate_verify, backend, [FIRST, negated(FIRST)], MESSAGE, signature)
        )
        assert str(refused) == "aggregate_key_is_infinity: signers 2"


def test_a_rogue_key_forges_where_its_possession_is_not_proved(backend: Backend) -> None:
    rogue = forged_half(backend, SECRETS[1], FIRST)
    forged = signed(backend, SECRETS[1], MESSAGE)
    bls.fast_aggregate_verify(backend, [FIRST, rogue], MESSAGE, forged)
    # The like for a proof: what the attacker can sign is not what the rogue key would.
    hashed = backend.hash_to_signature(rogue, bls.POSSESSION_DOMAIN)
    proof = backend.compress_signature(backend.multiply_signature(hashed, SECRETS[1]))
    refused = refusal(lambda: bls.verify_possession(backend, rogue, proof))
    assert refused.reason is RejectionReason.BAD_PROOF_OF_POSSESSION


# --- secrets and backends ----------------------------------------------------------------


@pytest.mark.parametrize("secret", [0, -1, CURVE_ORDER, True, 1.0])
def test_numbers_that_are_no_secret_keys_are_refused_and_not_shown(
    backend: Backend, secret: int
) -> None:
    with pytest.raises(OutOfRange, match=r"secret key = '\(not shown\)': must be a whole number"):
        bls.public_key_of(backend, secret)
    with pytest.raises(OutOfRange, match=r"not shown"):
        bls.sign(backend, secret, MESSAGE)


def test_the_least_and_the_greatest_secret_give_opposite_keys(backend: Backend) -> None:
    least = bls.public_key_of(backend, 1)
    assert bls.public_key_of(backend, CURVE_ORDER - 1) == negated(least)


def test_too_little_randomness_makes_no_key() -> None:
    with pytest.raises(OutOfRange, match=r"key material = '\(not shown\)': must be at least 32"):
        bls.generate_secret(bytes(31))


def test_key_info_makes_other_keys() -> None:
    secrets = {bls.generate_secret(bytes(32), info) for info in (b"", b"a", b"b")}
    assert len(secrets) == 3
    assert all(0 < secret < CURVE_ORDER for secret in secrets)


def test_a_backend_is_imported_only_when_asked_for() -> None:
    asked: list[str] = []

    def load(module: str) -> None:
        asked.append(module)
        raise ImportError(module)

    with pytest.raises(ImportError):
        backend_by_name("native", load)  # type: ignore[arg-type]
    assert backend_by_name("py_ecc", load).name == "py_ecc"  # type: ignore[arg-type]
    assert asked == ["py_arkworks_bls12381"]
    with pytest.raises(ValueError, match="no backend 'fast': there are py_ecc, native"):
        backend_by_name("fast", load)  # type: ignore[arg-type]
