"""The validators of a local network: their keys, what they do, what they remember."""

from enum import StrEnum

import attrs

from statemachine.crypto.bls import Backend, generate_secret, prove_possession, public_key_of, sign
from statemachine.crypto.signing import address_of, registration_context
from statemachine.duties import SigningRecord
from statemachine.hashing import digest
from statemachine.messages import Checkpoint, Vote
from statemachine.records import evolve
from statemachine.signed.authentication import vote_message


class Behaviour(StrEnum):
    """How a validator behaves."""

    HONEST = "honest"
    EQUIVOCATING = "equivocating"
    """Signs a contradiction to everything it signs."""
    OFFLINE = "offline"
    """Signs nothing."""


@attrs.frozen
class Account:
    """An account with its key."""

    secret: int
    public_key: bytes
    address: bytes


@attrs.define
class Node:
    """A validator."""

    number: int
    operator: Account
    secret: int
    """The validator key's."""
    public_key: bytes
    behaviour: Behaviour
    signed: SigningRecord = attrs.field(factory=SigningRecord)

    @property
    def address(self) -> bytes:
        """The validator's address: its operator's."""
        return self.operator.address


def make_account(backend: Backend, seed: int, name: str) -> Account:
    """Make an account whose key depends on the seed and a name alone."""
    secret = _secret(seed, name)
    public_key = public_key_of(backend, secret)
    return Account(secret, public_key, address_of(public_key))


def make_node(backend: Backend, seed: int, number: int, behaviour: Behaviour) -> Node:
    """Make a validator whose keys depend on the seed and its number alone."""
    operator = make_account(backend, seed, f"operator {number}")
    secret = _secret(seed, f"validator {number}")
    return Node(number, operator, secret, public_key_of(backend, secret), behaviour)


def _secret(seed: int, name: str) -> int:
    return generate_secret(digest("stakespec/devnet", str(seed).encode(), name.encode()))


def prove_key(backend: Backend, chain_id: str, node: Node) -> bytes:
    """Return the proof that a validator has its key."""
    context = registration_context(chain_id, node.address)
    return prove_possession(backend, node.secret, context)


def sign_vote(backend: Backend, chain_id: str, node: Node, vote: Vote) -> bytes:
    """Return a validator's signature of a vote."""
    return sign(backend, node.secret, vote_message(chain_id, vote))


def contrary(vote: Vote) -> Vote:
    """Return a vote that contradicts another: for the same epoch, on a branch of its own."""
    root = digest("stakespec/devnet/branch", vote.target.root)
    return evolve(vote, target=Checkpoint(vote.target.epoch, root))
