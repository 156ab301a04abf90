"""The signed envelope: a transaction on its way.

What is signed is the `signing_root` of its canonical bytes without the signature.
"""

import typing

from statemachine.canonical import canonical_bytes
from statemachine.crypto.bls import (
    SIGNATURE_LENGTH,
    Backend,
    prove_possession,
    public_key_of,
    sign,
)
from statemachine.crypto.signing import MessageKind, registration_context, signing_root
from statemachine.primitives import Count, PublicKey, Signature, Text
from statemachine.records import evolve, record
from statemachine.signed.proofs import (
    BlocksEvidence,
    InvalidBlockEvidence,
    ProposerEvidence,
    Registration,
    VotesEvidence,
)
from statemachine.transactions import (
    AccountTransaction,
    RegisterValidator,
    Transaction,
    sender_field_of,
)

Proven = Registration | BlocksEvidence | VotesEvidence | ProposerEvidence | InvalidBlockEvidence
"""A transaction with the proofs that it rests on."""

Enclosed = AccountTransaction | Proven
"""What an envelope can hold: a transaction of an account, with the proofs that it rests on.

Blocks and votes are not among them: validator keys sign these, and no nonce counts them.
"""

ENCLOSED: tuple[type, ...] = typing.get_args(Enclosed)

PROVEN: tuple[type, ...] = typing.get_args(Proven)


NO_SIGNATURE = bytes(SIGNATURE_LENGTH)
"""Stands where a signature will; no backend takes it for one."""


@record
class Envelope:
    """A signed transaction."""

    chain_id: Text
    """The one chain that it is meant for."""
    nonce: Count
    """How many envelopes of the sender went before."""
    public_key: PublicKey
    """The sender's account key."""
    transaction: Enclosed
    signature: Signature


def transaction_of(envelope: Envelope) -> Transaction:
    """Return the transaction that the protocol will see, authentic or not."""
    enclosed = envelope.transaction
    return enclosed.transaction if isinstance(enclosed, Proven) else enclosed


def sender_of(envelope: Envelope) -> bytes:
    """Return the account that the transaction acts for, whoever signed it."""
    transaction = transaction_of(envelope)
    return typing.cast(bytes, getattr(transaction, sender_field_of(type(transaction)) or ""))


def envelope_root(envelope: Envelope) -> bytes:
    """Return what the signature of an envelope is over: zeros stand in its own place."""
    content = canonical_bytes(evolve(envelope, signature=NO_SIGNATURE))
    return signing_root(envelope.chain_id, MessageKind.TRANSACTION, content)


def seal(
    backend: Backend, secret: int, chain_id: str, nonce: int, transaction: Enclosed
) -> Envelope:
    """Sign a transaction with an account's secret key. Raises OutOfRange."""
    blank = Envelope(chain_id, nonce, public_key_of(backend, secret), transaction, NO_SIGNATURE)
    return evolve(blank, signature=sign(backend, secret, envelope_root(blank)))


def prove_registration(
    backend: Backend, validator_secret: int, chain_id: str, registration: RegisterValidator
) -> Registration:
    """Add to a registration the proof that one has its key. Raises OutOfRange."""
    context = registration_context(chain_id, registration.operator)
    return Registration(registration, prove_possession(backend, validator_secret, context))
