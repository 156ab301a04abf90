"""Signatures with every malformed point; envelopes; blocks; a chain."""

import importlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from properties.conformance.asks import Message, hexed
from properties.conformance.drafts import Draft, Family, one
from properties.model.names import address
from statemachine import PROTOCOL
from statemachine.codec import to_jsonable
from statemachine.crypto.backends import backend_by_name
from statemachine.crypto.bls import (
    FIELD_MODULUS,
    INFINITE_KEY,
    INFINITE_SIGNATURE,
    Backend,
    aggregate,
    generate_secret,
    prove_possession,
    public_key_of,
    sign,
    validate_key,
)
from statemachine.crypto.signing import address_of, registration_context
from statemachine.description import (
    Genesis,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
)
from statemachine.errors import Rejected
from statemachine.params import Params
from statemachine.records import evolve
from statemachine.signed.authentication import header_message
from statemachine.signed.block import Block, body_root
from statemachine.signed.chain import ProvenGenesis, apply_block, begin_chain, build_block
from statemachine.signed.envelope import Envelope, seal
from statemachine.state import State
from statemachine.transactions import Delegate, Transfer

CHAIN = "example"
MESSAGE = b"m" * 32


@cache
def _backend() -> Backend:
    return backend_by_name("py_ecc", importlib.import_module)


@cache
def _secret(name: str) -> int:
    return generate_secret(name.encode() * 32)


@cache
def _key(name: str) -> bytes:
    return public_key_of(_backend(), _secret(name))


def _first_key(reason: str) -> bytes:
    """Return the key with the least coordinate that is refused for a reason."""
    for coordinate in range(1, 200):
        key = bytes([0x80]) + coordinate.to_bytes(47, "big")
        try:
            validate_key(_backend(), key)
        except Rejected as rejection:
            if rejection.reason == reason:
                return key
    raise ValueError(f"no key is refused for {reason}")


def _first_signature(reason: str) -> bytes:
    """Return the signature with the least real part, and no imaginary one, refused for a reason."""
    for coordinate in range(1, 200):
        signature = bytes([0x80]) + bytes(47) + coordinate.to_bytes(48, "big")
        try:
            aggregate(_backend(), [signature])
        except Rejected as rejection:
            if rejection.reason == reason:
                return signature
    raise ValueError(f"no signature is refused for {reason}")


def _negated(key: bytes) -> bytes:
    """Return the key that cancels another: the same coordinate, and the other sign."""
    return bytes([key[0] ^ 0x20]) + key[1:]


def _keys() -> Iterator[Draft]:
    good = _key("a")
    for sentence, key in (
        ("A key that is a point of the subgroup is taken", good),
        ("A key of 47 bytes is malformed", good[:-1]),
        ("A key of 49 bytes is malformed", good + b"\x00"),
        ("A key without the flag of compression is malformed", bytes([good[0] & 0x7F]) + good[1:]),
        ("The point at infinity is no key", INFINITE_KEY),
        ("Infinity with the flag of a sign is malformed", bytes([0xE0]) + bytes(47)),
        ("Infinity with other bits is malformed", INFINITE_KEY[:-1] + b"\x01"),
        ("A coordinate equal to the modulus is malformed", _compressed(FIELD_MODULUS)),
        ("A coordinate of which there is no point is malformed", _first_key("malformed_key")),
        ("A point outside the subgroup is no key", _first_key("key_not_in_subgroup")),
        ("The point with x = 0 is outside the subgroup", bytes([0x80]) + bytes(47)),
        ("The key with the other sign is a key too", _negated(good)),
        ("Infinity without the flag of compression is malformed", bytes([0x40]) + bytes(47)),
        ("A coordinate of 381 bits that are all 1 is malformed", b"\x9f" + b"\xff" * 47),
        ("No bytes are malformed", b""),
    ):
        yield one(sentence, "each malformed point", "key", public_key=hexed(key))


def _compressed(coordinate: int) -> bytes:
    content = coordinate.to_bytes(48, "big")
    return bytes([content[0] | 0x80]) + content[1:]


def _signatures() -> Iterator[Draft]:
    backend = _backend()
    good = sign(backend, _secret("a"), MESSAGE)
    both = aggregate(backend, [good, sign(backend, _secret("b"), MESSAGE)])
    a, b = _key("a"), _key("b")
    about = "the first thing that is wrong is named"
    for sentence, keys, signature in (
        ("A signature of one key holds", [a], good),
        ("A sum of two signatures holds for both keys", [a, b], both),
        ("A sum of two signatures does not hold for one", [a], both),
        ("No keys are no signers", [], good),
        ("A signature of 95 bytes is malformed", [a], good[:-1]),
        (
            "A signature without the flag of compression is malformed",
            [a],
            bytes([good[0] & 0x7F]) + good[1:],
        ),
        ("The point at infinity is no signature", [a], INFINITE_SIGNATURE),
        (
            "An imaginary part equal to the modulus is malformed",
            [a],
            _compressed(FIELD_MODULUS) + bytes(48),
        ),
        (
            "A real part equal to the modulus is malformed",
            [a],
            bytes([0x80]) + bytes(47) + FIELD_MODULUS.to_bytes(48, "big"),
        ),
        ("A wrong key is named before a wrong signature", [INFINITE_KEY], INFINITE_SIGNATURE),
        ("A signature of 97 bytes is malformed", [a], good + b"\x00"),
        (
            "A signature at infinity with the flag of a sign is malformed",
            [a],
            bytes([0xE0]) + bytes(95),
        ),
        (
            "A signature at infinity with other bits is malformed",
            [a],
            INFINITE_SIGNATURE[:-1] + b"\x01",
        ),
        (
            "A signature of a coordinate without a point is malformed",
            [a],
            _first_signature("malformed_signature"),
        ),
        (
            "A signature outside the subgroup is no signature",
            [a],
            _first_signature("signature_not_in_subgroup"),
        ),
        ("A signature with the other sign does not hold", [a], _negated(good)),
        ("Keys that cancel each other out are no signers", [a, _negated(a)], good),
        ("A wrong key is named before keys that cancel", [a, _negated(a), INFINITE_KEY], good),
    ):
        yield one(
            sentence,
            about,
            "verify",
            public_keys=[hexed(key) for key in keys],
            message=hexed(MESSAGE),
            signature=hexed(signature),
        )
    context = registration_context(CHAIN, address(1))
    proof = hexed(prove_possession(backend, _secret("a"), context))
    for sentence, operator in (("for its operator", 1), ("for no other operator", 2)):
        yield one(
            f"A proof of possession holds {sentence}",
            "possession is proved in a context",
            "possession",
            public_key=hexed(a),
            proof=proof,
            context=hexed(registration_context(CHAIN, address(operator))),
        )


# --- blocks ------------------------------------------------------------------------------


@cache
def _proven() -> ProvenGenesis:
    operator = address_of(_key("a"))
    description = Genesis(
        CHAIN,
        Params(epoch_length=2, min_stake=10),
        (GenesisAccount(operator, 100),),
        (GenesisValidator(operator, _key("v"), 0),),
        (GenesisDelegation(operator, operator, 1_000),),
    )
    context = registration_context(CHAIN, operator)
    return ProvenGenesis(description, (prove_possession(_backend(), _secret("v"), context),))


def _built(state: State, slot: int, *transactions: Envelope) -> Block:
    operator = address_of(_key("a"))
    return build_block(PROTOCOL, _backend(), state, operator, _secret("v"), slot, transactions)


def _envelope(nonce: int, transaction: Any, chain_id: str = CHAIN, signer: str = "a") -> Envelope:
    return seal(_backend(), _secret(signer), chain_id, nonce, transaction)


def _ask(block: Block) -> Message:
    return {"do": "block", "block": to_jsonable(block)}


def _blocks() -> Iterator[Draft]:
    proven = _proven()
    begin: Message = {"do": "chain", "genesis": to_jsonable(proven)}
    start = begin_chain(PROTOCOL, _backend(), proven)
    operator = address_of(_key("a"))
    payment = Transfer(operator, address(2), 30)
    first = _built(start, 1, _envelope(0, payment))
    after = apply_block(PROTOCOL, _backend(), start, first).state
    second = _built(after, 3, _envelope(1, Delegate(operator, operator, 5)))
    yield Draft(
        "A chain of two blocks over a boundary is applied",
        "signed blocks, each with a signed transaction",
        (begin, _ask(first), _ask(second), {"do": "parts"}),
    )
    yield Draft(
        "A proof of possession of another key is refused, with its position",
        "a genesis with proofs",
        (
            {
                "do": "chain",
                "genesis": to_jsonable(evolve(proven, proofs_of_possession=(INFINITE_SIGNATURE,))),
            },
        ),
    )
    header, reveal = first.header, first.reveal
    other = bytes(32)
    yield Draft(
        "A block is refused for the first thing in it that is wrong",
        "in turn: parent, body, reveal, slot, proposer, checkpoint, signature",
        (
            begin,
            _ask(evolve(first, header=evolve(header, parent=other))),
            _ask(evolve(first, transactions=())),
            _ask(evolve(first, reveal=reveal[:-1] + b"\x00")),
            _ask(evolve(first, header=evolve(header, slot=0))),
            _ask(evolve(first, header=evolve(header, proposer=address(2)))),
            _ask(evolve(first, header=evolve(header, checkpoint=other))),
            _ask(evolve(first, signature=INFINITE_SIGNATURE)),
            _ask(evolve(first, header=evolve(header, state_root=other))),
            _ask(first),
        ),
    )
    yield Draft(
        "An envelope is refused for the first thing in it that is wrong, with its position",
        "in turn: the chain, the account, the nonce",
        (
            begin,
            _ask(_with(first, _envelope(0, payment, "other"))),
            _ask(_with(first, _envelope(0, payment, signer="b"))),
            _ask(_with(first, first.transactions[0], first.transactions[0])),
        ),
    )


def _with(block: Block, *transactions: Any) -> Block:
    """Return a block with other transactions, signed again."""
    header = evolve(block.header, body=body_root(transactions))
    signature = sign(_backend(), _secret("v"), header_message(CHAIN, header))
    return evolve(block, header=header, transactions=transactions, signature=signature)


FAMILIES = (
    Family("09-keys", "Validator and account keys", _keys),
    Family("10-signatures", "Signatures, sums of them, and proofs of possession", _signatures),
    Family("11-blocks", "Envelopes, blocks and a chain of them", _blocks),
)
