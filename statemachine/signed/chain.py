"""Chains of signed blocks: how one begins, and how blocks are built and applied."""

from collections.abc import Callable, Sequence
from functools import partial

from statemachine.crypto.bls import Backend, sign
from statemachine.description import Genesis
from statemachine.errors import OutOfRange, Rejected, RejectionReason
from statemachine.map_keys import epoch_key
from statemachine.messages import Header
from statemachine.primitives import Signature
from statemachine.protocol import Protocol, Transition
from statemachine.records import evolve, record
from statemachine.rules.genesis import genesis
from statemachine.signed.authentication import (
    authenticate_block_signature,
    authenticate_key,
    claims_of,
    header_message,
    reveal_message,
)
from statemachine.signed.block import Block, Included, body_root, reveal_root
from statemachine.signed.envelope import Envelope, sender_of, transaction_of
from statemachine.signed.proofs import SignedVotes
from statemachine.state import State, state_root
from statemachine.transactions import ProduceBlock, Transaction


@record
class ProvenGenesis:
    """A genesis, with the proofs that its validators have their keys."""

    genesis: Genesis
    proofs_of_possession: tuple[Signature, ...]
    """One for each of the validators, in their order."""

    def __attrs_post_init__(self) -> None:
        """Check that there is one for each. Raises OutOfRange."""
        count = len(self.genesis.validators)
        if len(self.proofs_of_possession) != count:
            raise OutOfRange(
                "the number of ProvenGenesis.proofs_of_possession",
                len(self.proofs_of_possession),
                f"that of the validators, {count}",
            )


def begin_chain(protocol: Protocol, backend: Backend, proven: ProvenGenesis) -> State:
    """Return the first state of a chain whose validators have proved that they have their keys.

    Rejects: as `bls.verify_possession` does, with the validator's position.
    """
    description = proven.genesis
    pairs = zip(description.validators, proven.proofs_of_possession, strict=True)
    for position, (entry, proof) in enumerate(pairs):
        try:
            authenticate_key(backend, description.chain_id, entry.address, entry.public_key, proof)
        except Rejected as refusal:
            raise _at(position, refusal) from refusal
    return genesis(protocol, description)


def apply_block(protocol: Protocol, backend: Backend, state: State, block: Block) -> Transition:
    """Apply a signed block; return the next state with all events, or raise Rejected.

    Rejects, in this order: wrong_parent; wrong_body, wrong_reveal (the header is not of this
    block); unknown_validator, and as `bls.verify` does, for the header and for the reveal; as
    `ProduceBlock` does; wrong_checkpoint; as `accept` does for any transaction, with its
    `position`; wrong_state_root. No slot passes for a block that nobody signed.
    """
    header = block.header
    _require(RejectionReason.WRONG_PARENT, state.head, header.parent)
    _require(RejectionReason.WRONG_BODY, body_root(block.transactions), header.body)
    _require(RejectionReason.WRONG_REVEAL, reveal_root(block.reveal), header.reveal)
    authenticate_block_signature(backend, state, header, block.signature, block.reveal)
    produced = protocol.transition(state, _transaction_of(header))
    _require(RejectionReason.WRONG_CHECKPOINT, _checkpoint(produced.state), header.checkpoint)
    applied = _fold(produced, block.transactions, partial(accept, protocol, backend))
    _require(RejectionReason.WRONG_STATE_ROOT, state_root(applied.state), header.state_root)
    return applied


def accept(protocol: Protocol, backend: Backend, state: State, included: Included) -> Transition:
    """Apply what a block can hold, as if it were the next of a block; or raise Rejected.

    Rejects: as `claims_of` does; then as the protocol does; and then for its signatures, as
    `authenticate` and `authenticate_votes` do. So what the state refuses anyhow, evidence that
    was punished or votes that were counted, costs nobody a pairing.
    """
    claims = claims_of(state, included)
    applied = protocol.transition(state, _unwrapped(included))
    for claim in claims:
        claim(backend)
    return _counted(applied, included)


def _counted(applied: Transition, included: Included) -> Transition:
    """Count an envelope for the nonce of its sender."""
    if not isinstance(included, Envelope):
        return applied
    sender, nonces = sender_of(included), applied.state.nonces
    nonces = nonces.set(sender, nonces.get(sender, 0) + 1)
    return Transition(evolve(applied.state, nonces=nonces), applied.events)


def build_block(
    protocol: Protocol,
    backend: Backend,
    state: State,
    proposer: bytes,
    secret: int,
    slot: int,
    transactions: Sequence[Included] = (),
) -> Block:
    """Build the block that a proposer with this secret signs in a slot.

    What only the signature boundary refuses, a wrong signature or nonce, is taken as it is: it
    is refused when the block is applied. Rejects: as the protocol does, for the block, and for
    its transactions with their `position`.
    """
    reveal = sign(backend, secret, reveal_message(state.chain_id, slot))
    draft = Header(
        slot=slot,
        parent=state.head,
        checkpoint=bytes(32),
        proposer=proposer,
        reveal=reveal_root(reveal),
        body=body_root(transactions),
        state_root=bytes(32),
    )
    produced = protocol.transition(state, _transaction_of(draft))

    def unchecked(state: State, included: Included) -> Transition:
        return _counted(protocol.transition(state, _unwrapped(included)), included)

    applied = _fold(produced, transactions, unchecked)
    header = evolve(
        draft, checkpoint=_checkpoint(produced.state), state_root=state_root(applied.state)
    )
    signature = sign(backend, secret, header_message(state.chain_id, header))
    return Block(header, reveal, tuple(transactions), signature)


def _transaction_of(header: Header) -> ProduceBlock:
    return ProduceBlock(header.slot, header.proposer, header.reveal, header.body)


def _checkpoint(state: State) -> bytes:
    """Return the root of the checkpoint of a state's epoch."""
    return state.finality.history[epoch_key(state.epoch)].root


def _fold(
    produced: Transition,
    transactions: Sequence[Included],
    step: Callable[[State, Included], Transition],
) -> Transition:
    """Apply a block's transactions one after another. A refusal tells the position."""
    state, events = produced.state, [*produced.events]
    for position, included in enumerate(transactions):
        try:
            applied = step(state, included)
        except Rejected as refusal:
            raise _at(position, refusal) from refusal
        state = applied.state
        events.extend(applied.events)
    return Transition(state, tuple(events))


def _unwrapped(included: Included) -> Transaction:
    return included.transaction if isinstance(included, SignedVotes) else transaction_of(included)


def _at(position: int, refusal: Rejected) -> Rejected:
    return Rejected(refusal.reason, position=position, **refusal.details)


def _require(reason: RejectionReason, expected: bytes, actual: bytes) -> None:
    if actual != expected:
        raise Rejected(reason, expected=expected, given=actual)
