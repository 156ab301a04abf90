"""The signed envelope: a transaction on its way, and the bytes that its signature covers.

Bytes are deterministic CBOR, as everywhere (see `codec`): the array of chain id, nonce,
public key, transaction and signature, in which the transaction is the array of its type's
name and its fields. What is signed is the `signing_root` of the same without the signature.
"""

import typing
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cbor2

from statemachine.codec import (
    Malformed,
    canonical_bytes,
    from_canonical_bytes,
    from_jsonable,
    from_tagged,
    tagged,
    to_jsonable,
)
from statemachine.crypto.bls import (
    SIGNATURE_LENGTH,
    Backend,
    prove_possession,
    public_key_of,
    sign,
)
from statemachine.crypto.signing import (
    MessageKind,
    Signature,
    registration_context,
    signing_root,
)
from statemachine.primitives import Count, PublicKey, Text
from statemachine.records import evolve, record
from statemachine.transactions import (
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    Redelegate,
    RegisterValidator,
    Transaction,
    Transfer,
    Undelegate,
    Unjail,
)


@record
class Registration:
    """A registration with the proof that whoever has the validator key wants it."""

    order: RegisterValidator
    proof_of_possession: Signature
    """By the validator key, in the `registration_context` of the chain and the operator."""


Enclosed = (
    Transfer
    | Registration
    | ChangeCommission
    | Delegate
    | Undelegate
    | Redelegate
    | ClaimRewards
    | Exit
    | Unjail
)
"""What an envelope can hold: a transaction of an account, a registration with its proof.

A block is not among them: its proposer's validator key signs it, and no nonce counts it.
"""

ENCLOSED: tuple[type, ...] = typing.get_args(Enclosed)

SENDER_FIELDS: Mapping[type, str] = MappingProxyType(
    {
        Transfer: "sender",
        RegisterValidator: "operator",
        ChangeCommission: "operator",
        Delegate: "delegator",
        Undelegate: "delegator",
        Redelegate: "delegator",
        ClaimRewards: "delegator",
        Exit: "operator",
        Unjail: "operator",
    }
)
"""The field of each transaction that names the account which must have signed it."""


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
    return enclosed.order if isinstance(enclosed, Registration) else enclosed


def sender_of(envelope: Envelope) -> bytes:
    """Return the account that the transaction acts for, whoever signed it."""
    transaction = transaction_of(envelope)
    return typing.cast(bytes, getattr(transaction, SENDER_FIELDS[type(transaction)]))


def envelope_root(envelope: Envelope) -> bytes:
    """Return what the signature of an envelope is over; the signature itself plays no part."""
    return signing_root(
        envelope.chain_id, MessageKind.TRANSACTION, canonical_bytes(_unsigned(envelope))
    )


def seal(
    backend: Backend, secret: int, chain_id: str, nonce: int, transaction: Enclosed
) -> Envelope:
    """Sign a transaction with an account's secret key. Raises OutOfRange."""
    blank = Envelope(chain_id, nonce, public_key_of(backend, secret), transaction, NO_SIGNATURE)
    return evolve(blank, signature=sign(backend, secret, envelope_root(blank)))


def prove_registration(
    backend: Backend, validator_secret: int, chain_id: str, order: RegisterValidator
) -> Registration:
    """Add to a registration the proof that one has its key. Raises OutOfRange."""
    context = registration_context(chain_id, order.operator)
    return Registration(order, prove_possession(backend, validator_secret, context))


# --- bytes and JSON ----------------------------------------------------------------------


def _unsigned(envelope: Envelope) -> list[Any]:
    enclosed = envelope.transaction
    named = [type(enclosed).__name__, enclosed]
    return [envelope.chain_id, envelope.nonce, envelope.public_key, named]


def envelope_bytes(envelope: Envelope) -> bytes:
    """Return the canonical bytes of an envelope."""
    return canonical_bytes([*_unsigned(envelope), envelope.signature])


def parse_envelope(encoded: bytes) -> Envelope:
    """Read an envelope. Raises Malformed, OutOfRange for anything but canonical bytes."""
    try:
        decoded = cbor2.loads(encoded)
    except Exception as error:
        # What foreign bytes can make a decoder raise has no end: tags stand for any type.
        raise Malformed(f"Envelope: not CBOR: {error}") from error
    match decoded:
        case [chain_id, nonce, public_key, [str(name), [*fields]], signature]:
            kinds = {kind.__name__: kind for kind in ENCLOSED}
            if name not in kinds:
                raise Malformed(f"Envelope.transaction: must be one of {', '.join(kinds)}")
            enclosed: Any = from_canonical_bytes(cbor2.dumps(fields, canonical=True), kinds[name])
        case _:
            raise Malformed(
                "Envelope: not an array of chain id, nonce, key, [type, fields] and signature"
            )
    envelope = Envelope(chain_id, nonce, public_key, enclosed, signature)
    if envelope_bytes(envelope) != encoded:
        raise Malformed("Envelope: the encoding is not canonical")
    return envelope


@record
class EnvelopeHeader:
    """All fields of an envelope but the transaction, as JSON has them."""

    chain_id: Text
    nonce: Count
    public_key: PublicKey
    signature: Signature


def envelope_to_jsonable(envelope: Envelope) -> dict[str, Any]:
    """Return an envelope as JSON's own types; the transaction goes with its type's name."""
    header = EnvelopeHeader(
        envelope.chain_id, envelope.nonce, envelope.public_key, envelope.signature
    )
    return {**to_jsonable(header), "transaction": tagged(envelope.transaction)}


def envelope_from_jsonable(given: Any) -> Envelope:
    """Read an envelope from JSON's own types. Raises Malformed."""
    if not isinstance(given, dict) or "transaction" not in given:
        raise Malformed("Envelope: must be an object with a transaction")
    rest = {name: part for name, part in given.items() if name != "transaction"}
    header = from_jsonable(rest, EnvelopeHeader)
    try:
        enclosed = from_tagged(given["transaction"], ENCLOSED)
    except Malformed as error:
        raise Malformed(f".transaction: {error}") from error
    return Envelope(header.chain_id, header.nonce, header.public_key, enclosed, header.signature)
