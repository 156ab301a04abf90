"""The signature boundary: signed messages come in, and what they say goes on to the protocol.

`apply` takes every transaction to be authentic; here is where that is seen to. What costs no
arithmetic of the curve is checked first, for all of a message: nobody makes us compute a
pairing for what is refused anyhow.
"""

from collections.abc import Callable, Sequence

from statemachine.crypto.bls import Backend, fast_aggregate_verify, verify, verify_possession
from statemachine.crypto.signing import (
    MessageKind,
    address_of,
    registration_context,
    signing_root,
)
from statemachine.errors import Rejected, RejectionReason
from statemachine.merkle_map import MerkleMap
from statemachine.messages import Header, Vote, header_content, vote_content
from statemachine.rules.delegation import require_validator
from statemachine.rules.evidence import epoch_of_header
from statemachine.rules.finality import require_link
from statemachine.rules.signers import require_in_order
from statemachine.signed.envelope import (
    Enclosed,
    Envelope,
    envelope_root,
    sender_of,
    transaction_of,
)
from statemachine.signed.proofs import (
    BlocksEvidence,
    InvalidBlockEvidence,
    ProposerEvidence,
    Registration,
    SignedVotes,
    VotesEvidence,
)
from statemachine.state import State, Validator
from statemachine.transactions import CastVotes, Transaction

KeyLookup = Callable[[bytes], bytes | None]
"""The key, its possession proved, of a validator who may sign; None for anyone else."""

Claim = Callable[[Backend], None]
"""A signature that is still to be checked, when all that needs no arithmetic has been."""


def authenticate(backend: Backend, state: State, envelope: Envelope) -> Transaction:
    """Return the transaction in an envelope, if it is what its sender signed for here and now.

    Rejects: as `claims_of` does; then what `bls.verify` does; and then what the proofs of a
    registration, or of evidence, are refused for. Source: catalogue B20, B23; seed S21.
    """
    for claim in claims_of(state, envelope):
        claim(backend)
    return transaction_of(envelope)


def authenticate_votes(backend: Backend, state: State, signed: SignedVotes) -> CastVotes:
    """Return votes, if every one of their signers signed them.

    Rejects: as `claims_of` does; then as `bls.fast_aggregate_verify` does.
    """
    for claim in claims_of(state, signed):
        claim(backend)
    return signed.transaction


def claims_of(state: State, included: Envelope | SignedVotes) -> tuple[Claim, ...]:
    """Return the signatures that what a block can hold rests on, in the order of their checks.

    All that costs no arithmetic is checked here. For an envelope, rejects in this order:
    wrong_chain; sender_mismatch (the key does not open the account); wrong_nonce; and then,
    proof by proof, unknown_validator for the proposer of a header; as `epoch_of_header`
    does for a certificate; no_signers, duplicate_signer, unsorted_signers, unknown_signer
    for a list of signers. For votes, as `require_link` does, and the same for their signers,
    where those are known who were active at the target's epoch.
    """
    if isinstance(included, SignedVotes):
        target = require_link(state, included.transaction.vote)
        keys = keys_in_snapshot(target.snapshot, state.validators)
        return (_claim_of_votes(state, keys, included.transaction, included.signature),)
    _require_own_turn(state, included)
    own = _claim(included.public_key, envelope_root(included), included.signature)
    return (own, *_claims_of_proofs(state, included.transaction))


def _require_own_turn(state: State, envelope: Envelope) -> None:
    """Check that an envelope is for this chain, by the account's key, and next of its sender's."""
    if envelope.chain_id != state.chain_id:
        raise Rejected(
            RejectionReason.WRONG_CHAIN, expected=state.chain_id, given=envelope.chain_id
        )
    sender = sender_of(envelope)
    signer = address_of(envelope.public_key)
    if signer != sender:
        raise Rejected(RejectionReason.SENDER_MISMATCH, sender=sender, signer=signer)
    nonce = state.nonces.get(sender, 0)
    if envelope.nonce != nonce:
        raise Rejected(RejectionReason.WRONG_NONCE, expected=nonce, given=envelope.nonce)


def _claims_of_proofs(state: State, enclosed: Enclosed) -> tuple[Claim, ...]:
    """Return the signatures of validators that a transaction rests on, if it rests on any."""
    match enclosed:
        case Registration(tx, proof):
            return (
                lambda backend: authenticate_key(
                    backend, state.chain_id, tx.operator, tx.public_key, proof
                ),
            )
        case BlocksEvidence(tx, first, second):
            return (
                _claim_of_header(state, tx.first, first),
                _claim_of_header(state, tx.second, second),
            )
        case VotesEvidence(tx, first, second):
            # Whoever signed has offended, active at the target's epoch or not.
            keys = keys_of(state.validators)
            return (
                _claim_of_votes(state, keys, tx.first, first),
                _claim_of_votes(state, keys, tx.second, second),
            )
        case ProposerEvidence(tx, signature):
            return (_claim_of_header(state, tx.header, signature),)
        case InvalidBlockEvidence(tx, signature, certificate):
            keys = keys_in_snapshot(epoch_of_header(state, tx.header).snapshot, state.validators)
            message = certificate_message(state.chain_id, tx.header)
            return (
                _claim_of_header(state, tx.header, signature),
                _claim_of_all(keys, tx.signers, message, certificate),
            )
        case _:
            return ()


def authenticate_block_signature(
    backend: Backend, state: State, header: Header, signature: bytes, reveal: bytes
) -> None:
    """Check what a block's proposer signed: its header, and the share of the randomness.

    Rejects: unknown_validator; and as `bls.verify` does.
    """
    _claim_of_header(state, header, signature)(backend)
    key = require_validator(state, header.proposer).public_key
    verify(backend, key, reveal_message(state.chain_id, header.slot), reveal)


def reveal_message(chain_id: str, slot: int) -> bytes:
    """Return what the proposer of a slot signs as its share of the randomness."""
    return signing_root(chain_id, MessageKind.REVEAL, slot.to_bytes(8, "big"))


def header_message(chain_id: str, header: Header) -> bytes:
    """Return what the proposer of a block signs."""
    return signing_root(chain_id, MessageKind.BLOCK, header_content(header))


def certificate_message(chain_id: str, header: Header) -> bytes:
    """Return what validators sign who find a block to be invalid."""
    return signing_root(chain_id, MessageKind.INVALID_BLOCK, header_content(header))


def vote_message(chain_id: str, vote: Vote) -> bytes:
    """Return what validators sign who cast a vote."""
    return signing_root(chain_id, MessageKind.VOTE, vote_content(vote))


def _claim(public_key: bytes, message: bytes, signature: bytes) -> Claim:
    return lambda backend: verify(backend, public_key, message, signature)


def _claim_of_header(state: State, header: Header, signature: bytes) -> Claim:
    key = require_validator(state, header.proposer).public_key
    return _claim(key, header_message(state.chain_id, header), signature)


def _claim_of_votes(state: State, key_of: KeyLookup, tx: CastVotes, signature: bytes) -> Claim:
    return _claim_of_all(key_of, tx.signers, vote_message(state.chain_id, tx.vote), signature)


def _claim_of_all(
    key_of: KeyLookup, signers: Sequence[bytes], message: bytes, signature: bytes
) -> Claim:
    """Check a list of signers. Rejects: as `verify_aggregate` does before any arithmetic."""
    require_in_order(signers)
    keys = [_known_key(key_of, signer) for signer in signers]
    return lambda backend: fast_aggregate_verify(backend, keys, message, signature)


def authenticate_key(
    backend: Backend, chain_id: str, operator: bytes, public_key: bytes, proof: bytes
) -> None:
    """Check that the owner of a validator key wants it registered for this operator here.

    Rejects: as `bls.verify_possession` does.
    """
    verify_possession(backend, public_key, proof, registration_context(chain_id, operator))


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
    _claim_of_all(key_of, signers, message, signature)(backend)


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
    of_all = keys_of(validators)

    def key_of(signer: bytes) -> bytes | None:
        if signer not in snapshot:
            return None
        return of_all(signer)

    return key_of


def keys_of(validators: MerkleMap[Validator]) -> KeyLookup:
    """Return the lookup of the keys of all who ever registered."""

    def key_of(signer: bytes) -> bytes | None:
        validator = validators.get(signer)
        return None if validator is None else validator.public_key

    return key_of
