"""The border: signed messages come in, and what they say goes on to the pure protocol.

`apply` takes every transaction to be authentic; here is where that is seen to. Cheap
checks go before dear ones, so that nobody makes us compute a pairing for nothing.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from statemachine.crypto.bls import Backend, fast_aggregate_verify, verify, verify_possession
from statemachine.crypto.envelope import (
    Envelope,
    Registration,
    envelope_root,
    sender_of,
    transaction_of,
)
from statemachine.crypto.signing import address_of, registration_context
from statemachine.errors import Rejected, RejectionReason
from statemachine.merkle_map import MerkleMap
from statemachine.state import Validator
from statemachine.transactions import Transaction

NonceLookup = Callable[[bytes], int]
"""How many envelopes of an account have been taken; 0 for one never heard of."""

KeyLookup = Callable[[bytes], bytes | None]
"""The key, its possession proved, of a validator who may sign; None for anyone else."""


def authenticate(
    backend: Backend, chain_id: str, nonce_of: NonceLookup, envelope: Envelope
) -> Transaction:
    """Return the transaction in an envelope, if it is what its sender signed for here and now.

    Rejects, in this order: wrong_chain; sender_mismatch (the key does not open the account);
    wrong_nonce; what `bls.verify` does; and for a registration what `bls.verify_possession`
    does. Source: catalogue B20, B23; seed S21.
    """
    if envelope.chain_id != chain_id:
        raise Rejected(RejectionReason.WRONG_CHAIN, expected=chain_id, given=envelope.chain_id)
    sender = sender_of(envelope)
    signer = address_of(envelope.public_key)
    if signer != sender:
        raise Rejected(RejectionReason.SENDER_MISMATCH, sender=sender, signer=signer)
    nonce = nonce_of(sender)
    if envelope.nonce != nonce:
        raise Rejected(RejectionReason.WRONG_NONCE, expected=nonce, given=envelope.nonce)
    verify(backend, envelope.public_key, envelope_root(envelope), envelope.signature)
    if isinstance(envelope.transaction, Registration):
        authenticate_registration(backend, chain_id, envelope.transaction)
    return transaction_of(envelope)


def authenticate_registration(backend: Backend, chain_id: str, registration: Registration) -> None:
    """Check that the owner of the validator key wants it registered for this operator here.

    A genesis must see to the same for each of its validators. Rejects: as
    `bls.verify_possession` does.
    """
    order = registration.order
    context = registration_context(chain_id, order.operator)
    verify_possession(backend, order.public_key, registration.proof_of_possession, context)


def verify_aggregate(
    backend: Backend,
    key_of: KeyLookup,
    signers: Sequence[bytes],
    message: bytes,
    signature: bytes,
) -> None:
    """Check that these validators, and only these, signed a message together.

    Signers are addresses in ascending order, so that each set of them has one form. The
    message is a `signing_root`. Rejects, in this order: no_signers; duplicate_signer (two
    neighbours are the same) or unsorted_signers, whichever comes first; unknown_signer;
    then as `bls.fast_aggregate_verify` does. Source: catalogue B21; seed S19, S20.
    """
    if not signers:
        raise Rejected(RejectionReason.NO_SIGNERS)
    for before, after in pairwise(signers):
        if before == after:
            raise Rejected(RejectionReason.DUPLICATE_SIGNER, signer=after)
        if before > after:
            raise Rejected(RejectionReason.UNSORTED_SIGNERS, before=before, after=after)
    fast_aggregate_verify(
        backend, [_known_key(key_of, signer) for signer in signers], message, signature
    )


def _known_key(key_of: KeyLookup, signer: bytes) -> bytes:
    public_key = key_of(signer)
    if public_key is None:
        raise Rejected(RejectionReason.UNKNOWN_SIGNER, signer=signer)
    return public_key


def keys_in_snapshot(snapshot: MerkleMap[int], validators: MerkleMap[Validator]) -> KeyLookup:
    """Return the lookup of the keys of those who were active in one epoch, and of no others.

    The snapshot must be that of the epoch which the message is about, and the same from
    which its signers' stake is counted (seed S22).
    """

    def key_of(signer: bytes) -> bytes | None:
        if signer not in snapshot:
            return None
        validator = validators.get(signer)
        return None if validator is None else validator.public_key

    return key_of
