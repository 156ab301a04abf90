"""The border: what is authentic comes through, and every attack is refused for its reason."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

import pytest

from statemachine import (
    PROTOCOL,
    ClaimRewards,
    Genesis,
    MerkleMap,
    Params,
    RegisterValidator,
    Rejected,
    RejectionReason,
    State,
    Status,
    Transfer,
    Validator,
    evolve,
    genesis,
)
from statemachine.crypto import bls
from statemachine.crypto.backends import BACKEND_NAMES
from statemachine.crypto.bls import Backend
from statemachine.crypto.signing import MessageKind, address_of, registration_context, signing_root
from statemachine.signed.authentication import authenticate, keys_in_snapshot, verify_aggregate
from statemachine.signed.envelope import (
    Envelope,
    envelope_root,
    prove_registration,
    seal,
)
from statemachine.signed.proofs import Registration
from statemachine.state import SNAPSHOT, VALIDATORS
from tests.statemachine.crypto.signers import (
    FIRST,
    SECOND,
    SECRETS,
    THIRD,
    backend_or_skip,
    forged_half,
    signed,
)

pytestmark = pytest.mark.xdist_group("authentication")

CHAIN = "small-world"
NONCE = 7

OWNER, OTHER, CONSENSUS = SECRETS
"""The secrets of two accounts, and of the validator key that the first registers."""

OWNER_ADDRESS, OTHER_ADDRESS = address_of(FIRST), address_of(SECOND)
TRANSFER = Transfer(OWNER_ADDRESS, OTHER_ADDRESS, 100)
TX = RegisterValidator(OWNER_ADDRESS, THIRD, 500, 1_000)

NO_BACKEND = cast(Backend, None)
"""For what is to be refused before any arithmetic."""


@pytest.fixture(scope="module", params=BACKEND_NAMES)
def backend(request: pytest.FixtureRequest) -> Backend:
    return backend_or_skip(request.param)


def state_of(chain_id: str = CHAIN, nonce: int = NONCE) -> State:
    """The state of a chain that has taken so many envelopes of the owner, and no other."""
    first = genesis(PROTOCOL, Genesis(chain_id, Params(), (), (), ()))
    nonces = first.nonces.set(OWNER_ADDRESS, nonce)
    return evolve(first, nonces=nonces)


STATE = state_of()


@cache
def sealed(backend: Backend) -> Envelope:
    return seal(backend, OWNER, CHAIN, NONCE, TRANSFER)


def refusal(check: Callable[[], object]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        check()
    return caught.value


def refused(backend: Backend, envelope: Envelope) -> RejectionReason:
    return refusal(lambda: authenticate(backend, STATE, envelope)).reason


# --- envelopes ---------------------------------------------------------------------------


def test_what_the_sender_signed_comes_through(backend: Backend) -> None:
    assert authenticate(backend, STATE, sealed(backend)) is TRANSFER


def test_every_backend_seals_alike() -> None:
    names = {sealed(backend_or_skip(name)).signature for name in BACKEND_NAMES}
    assert len(names) == 1


def test_an_envelope_is_not_taken_on_another_chain() -> None:
    check = partial(authenticate, NO_BACKEND, state_of("fork"), unsealed())
    assert str(refusal(check)) == "wrong_chain: expected fork, given small-world"


@pytest.mark.parametrize("expected", [NONCE + 1, NONCE - 1])
def test_an_envelope_is_taken_once_and_in_its_turn(expected: int) -> None:
    check = partial(authenticate, NO_BACKEND, state_of(nonce=expected), unsealed())
    assert str(refusal(check)) == f"wrong_nonce: expected {expected}, given {NONCE}"


def unsealed(**changes: Any) -> Envelope:
    envelope = Envelope(CHAIN, NONCE, FIRST, TRANSFER, bytes(96))
    return evolve(envelope, **changes)


def test_nobody_signs_for_anothers_account() -> None:
    check = partial(authenticate, NO_BACKEND, STATE, unsealed(public_key=SECOND))
    assert str(refusal(check)) == (
        f"sender_mismatch: sender 0x{OWNER_ADDRESS.hex()}, signer 0x{OTHER_ADDRESS.hex()}"
    )


def test_checks_come_in_their_order_and_those_without_arithmetic_first() -> None:
    wrong = unsealed(chain_id="fork", public_key=SECOND, nonce=1)
    assert refused(NO_BACKEND, wrong) is RejectionReason.WRONG_CHAIN
    wrong = evolve(wrong, chain_id=CHAIN)
    assert refused(NO_BACKEND, wrong) is RejectionReason.SENDER_MISMATCH
    wrong = evolve(wrong, public_key=FIRST)
    assert refused(NO_BACKEND, wrong) is RejectionReason.WRONG_NONCE


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": "fork"},
        {"nonce": 0},
        {"transaction": evolve(TRANSFER, amount=101)},
        {"transaction": evolve(TRANSFER, recipient=OWNER_ADDRESS)},
    ],
    ids=["another chain", "another nonce", "another amount", "another recipient"],
)
def test_what_was_relabelled_after_signing_is_refused(
    backend: Backend, change: dict[str, Any]
) -> None:
    relabelled = evolve(sealed(backend), **change)
    there = state_of(relabelled.chain_id, relabelled.nonce)
    check = partial(authenticate, backend, there, relabelled)
    assert str(refusal(check)) == f"bad_signature: public_key 0x{FIRST.hex()}"


def test_a_signature_moved_to_another_kind_of_message_is_refused(backend: Backend) -> None:
    as_transaction = sealed(backend)
    # The same content, signed as a vote, is a vote, and not a transaction.
    content = envelope_root(as_transaction)
    vote = signing_root(CHAIN, MessageKind.VOTE, content)
    as_vote = evolve(as_transaction, signature=signed(backend, OWNER, vote))
    assert refused(backend, as_vote) is RejectionReason.BAD_SIGNATURE
    check = partial(bls.verify, backend, FIRST, vote, as_transaction.signature)
    assert refusal(check).reason is RejectionReason.BAD_SIGNATURE


def test_keys_and_signatures_that_are_none_are_refused(backend: Backend) -> None:
    for key, reason in (
        (bls.INFINITE_KEY, RejectionReason.KEY_IS_INFINITY),
        (bytes(48), RejectionReason.MALFORMED_KEY),
    ):
        envelope = unsealed(public_key=key, nonce=0, transaction=Transfer(address_of(key), FAR, 1))
        assert refused(backend, envelope) is reason
    for signature, reason in (
        (bls.INFINITE_SIGNATURE, RejectionReason.SIGNATURE_IS_INFINITY),
        (bytes(96), RejectionReason.MALFORMED_SIGNATURE),
    ):
        assert refused(backend, unsealed(signature=signature)) is reason


FAR = bytes([9]) * 20


# --- registrations -----------------------------------------------------------------------


def test_a_registration_with_its_proof_comes_through_as_the_bare_order(backend: Backend) -> None:
    enclosed = prove_registration(backend, CONSENSUS, CHAIN, TX)
    envelope = seal(backend, OWNER, CHAIN, NONCE, enclosed)
    assert authenticate(backend, STATE, envelope) is TX


def offered(backend: Backend, proof: bytes, tx: RegisterValidator = TX) -> RejectionReason:
    envelope = seal(backend, OWNER, CHAIN, NONCE, Registration(tx, proof))
    return refused(backend, envelope)


@pytest.mark.parametrize(
    "proved",
    [
        lambda backend: bls.prove_possession(backend, CONSENSUS),
        lambda backend: (
            prove_registration(
                backend, CONSENSUS, CHAIN, evolve(TX, operator=OTHER_ADDRESS)
            ).proof_of_possession
        ),
        lambda backend: prove_registration(backend, CONSENSUS, "fork", TX).proof_of_possession,
    ],
    ids=["for no operator", "for another operator", "for another chain"],
)
def test_a_proof_that_was_copied_is_refused(
    backend: Backend, proved: Callable[[Backend], bytes]
) -> None:
    assert offered(backend, proved(backend)) is RejectionReason.BAD_PROOF_OF_POSSESSION


def test_a_proof_that_is_no_signature_is_refused(backend: Backend) -> None:
    assert offered(backend, bytes(96)) is RejectionReason.MALFORMED_SIGNATURE


def test_infinity_cannot_be_registered_with_the_proof_that_fits_it(backend: Backend) -> None:
    tx = evolve(TX, public_key=bls.INFINITE_KEY)
    assert offered(backend, bls.INFINITE_SIGNATURE, tx) is RejectionReason.KEY_IS_INFINITY


def test_a_rogue_key_cannot_be_registered(backend: Backend) -> None:
    rogue = forged_half(backend, OTHER, THIRD)
    # With it, OTHER alone would sign for both:
    message = signing_root(CHAIN, MessageKind.VOTE, b"checkpoint")
    forged = signed(backend, OTHER, message)
    bls.fast_aggregate_verify(backend, [THIRD, rogue], message, forged)
    # but the only secret that OTHER has does not prove the possession of the rogue key,
    asked = rogue + registration_context(CHAIN, OWNER_ADDRESS)
    hashed = backend.hash_to_signature(asked, bls.POSSESSION_DOMAIN)
    proof = backend.compress_signature(backend.multiply_signature(hashed, OTHER))
    reason = offered(backend, proof, evolve(TX, public_key=rogue))
    assert reason is RejectionReason.BAD_PROOF_OF_POSSESSION
    # and who is not registered does not sign.
    signers = sorted([OWNER_ADDRESS, OTHER_ADDRESS])
    keys = keys_in_snapshot(SNAPSHOT_BEFORE, VALIDATOR_MAP.remove(OTHER_ADDRESS))
    check = partial(verify_aggregate, backend, keys, signers, message, forged)
    assert refusal(check).reason is RejectionReason.UNKNOWN_SIGNER


# --- several signers ---------------------------------------------------------------------

LATECOMER_ADDRESS = address_of(THIRD)


def validator_with(public_key: bytes) -> Validator:
    return Validator(Status.ACTIVE, public_key, 0, 0)


VALIDATOR_MAP = MerkleMap.from_items(
    VALIDATORS, [(address_of(key), validator_with(key)) for key in (FIRST, SECOND, THIRD)]
)
SNAPSHOT_BEFORE = MerkleMap.from_items(SNAPSHOT, [(OWNER_ADDRESS, 1_000), (OTHER_ADDRESS, 1_000)])
"""The active set of an epoch which the third validator joins only after."""

SNAPSHOT_AFTER = SNAPSHOT_BEFORE.set(LATECOMER_ADDRESS, 1_000)

BEFORE = keys_in_snapshot(SNAPSHOT_BEFORE, VALIDATOR_MAP)
AFTER = keys_in_snapshot(SNAPSHOT_AFTER, VALIDATOR_MAP)
TWO = tuple(sorted([OWNER_ADDRESS, OTHER_ADDRESS]))
THREE = tuple(sorted([*TWO, LATECOMER_ADDRESS]))
VOTE = signing_root(CHAIN, MessageKind.VOTE, b"checkpoint")


@cache
def summed(backend: Backend, *secrets: int) -> bytes:
    return bls.aggregate(backend, [signed(backend, secret, VOTE) for secret in secrets])


def test_those_who_signed_together_are_taken(backend: Backend) -> None:
    verify_aggregate(backend, BEFORE, TWO, VOTE, summed(backend, OWNER, OTHER))
    verify_aggregate(backend, AFTER, THREE, VOTE, summed(backend, *SECRETS))


def test_signers_from_a_later_epoch_are_unknown_in_an_earlier(backend: Backend) -> None:
    signature = summed(backend, *SECRETS)
    refused = refusal(lambda: verify_aggregate(backend, BEFORE, THREE, VOTE, signature))
    assert str(refused) == f"unknown_signer: signer 0x{LATECOMER_ADDRESS.hex()}"


def test_validators_are_unknown_without_a_record() -> None:
    keys = keys_in_snapshot(SNAPSHOT_BEFORE, VALIDATOR_MAP.remove(OTHER_ADDRESS))
    assert keys(OWNER_ADDRESS) == FIRST
    assert keys(OTHER_ADDRESS) is None


@pytest.mark.parametrize(
    ("signers", "complaint"),
    [
        ((), "no_signers"),
        ((TWO[0], TWO[0]), f"duplicate_signer: signer 0x{TWO[0].hex()}"),
        ((TWO[0], TWO[1], TWO[1]), f"duplicate_signer: signer 0x{TWO[1].hex()}"),
        (
            (TWO[1], TWO[0]),
            f"unsorted_signers: before 0x{TWO[1].hex()}, after 0x{TWO[0].hex()}",
        ),
        (
            (TWO[0], TWO[1], TWO[0]),
            f"unsorted_signers: before 0x{TWO[1].hex()}, after 0x{TWO[0].hex()}",
        ),
        ((bytes(20), *TWO), f"unknown_signer: signer 0x{bytes(20).hex()}"),
        ((*TWO, b"\xff" * 20), f"unknown_signer: signer 0x{'ff' * 20}"),
    ],
    ids=[
        "none",
        "twice",
        "twice at the end",
        "unsorted",
        "twice, apart",
        "unknown",
        "unknown at the end",
    ],
)
def test_a_list_of_signers_that_is_no_sorted_set_of_known_ones_is_refused_without_arithmetic(
    signers: tuple[bytes, ...], complaint: str
) -> None:
    check = partial(verify_aggregate, NO_BACKEND, BEFORE, signers, VOTE, bytes(96))
    assert str(refusal(check)) == complaint


def test_one_signature_does_not_make_two_signers(backend: Backend) -> None:
    twice = bls.aggregate(backend, [signed(backend, OWNER, VOTE)] * 2)
    for signature in (twice, signed(backend, OWNER, VOTE)):
        check = partial(verify_aggregate, backend, BEFORE, TWO, VOTE, signature)
        assert str(refusal(check)) == "bad_signature: signers 2"


def test_signers_cannot_be_left_out_or_moved_to_another_message(backend: Backend) -> None:
    signature = summed(backend, OWNER, OTHER)
    block = signing_root(CHAIN, MessageKind.BLOCK, b"checkpoint")
    for signers, message in ((TWO[:1], VOTE), (TWO, block)):
        check = partial(verify_aggregate, backend, BEFORE, signers, message, signature)
        assert refusal(check).reason is RejectionReason.BAD_SIGNATURE


def test_a_claim_is_signed_by_the_delegator_and_not_by_the_validator() -> None:
    claim = ClaimRewards(OWNER_ADDRESS, OTHER_ADDRESS)
    envelope = unsealed(public_key=SECOND, transaction=claim)
    assert refused(NO_BACKEND, envelope) is RejectionReason.SENDER_MISMATCH
