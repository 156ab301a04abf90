"""A small chain with keys: four validators, and somebody who is none.

Epochs have two slots, so that a few blocks bring a checkpoint to finality. Keys, proofs and
signatures are made once for each backend, since the reference takes its time.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import attrs
import pytest

from statemachine import (
    PROTOCOL,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Params,
    Rejected,
    RejectionReason,
    State,
    evolve,
)
from statemachine.crypto import bls
from statemachine.crypto.bls import Backend
from statemachine.crypto.signing import address_of, registration_context
from statemachine.description import Genesis
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.rules.blocks import pass_slots
from statemachine.signed.authentication import certificate_message, header_message, vote_message
from statemachine.signed.block import Block, Included
from statemachine.signed.chain import ProvenGenesis, apply_block, begin_chain, build_block
from statemachine.signed.envelope import Enclosed, Envelope, envelope_root, prove_registration
from statemachine.signed.proofs import (
    BlocksEvidence,
    InvalidBlockEvidence,
    ProposerEvidence,
    Registration,
    SignedVotes,
    VotesEvidence,
)
from statemachine.transactions import (
    CastVotes,
    RegisterValidator,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)
from tests.statemachine.crypto.signers import signed

CHAIN = "small-world"

PARAMS = Params(
    epoch_length=2,
    epoch_reward=4_000,
    min_stake=500,
    unbonding_epochs=3,
    evidence_window=3,
    max_slot_gap=8,
)

ELSEWHERE = bytes([0xEE]) * 32
"""The root of no block on this chain."""


@attrs.frozen
class Member:
    """Somebody with an account, and with a key to validate with."""

    account_secret: int
    account_key: bytes
    address: bytes
    secret: int
    """The validator key's."""
    public_key: bytes


@cache
def members(backend: Backend) -> tuple[Member, ...]:
    """Return the four validators in the order of their addresses, and then the outsider."""
    made = [_member(backend, number) for number in range(1, 6)]
    return (*sorted(made[:4], key=lambda member: member.address), made[4])


def _member(backend: Backend, number: int) -> Member:
    account, validator = (bls.generate_secret(bytes([kind, number]) * 16) for kind in (1, 2))
    account_key = bls.public_key_of(backend, account)
    public_key = bls.public_key_of(backend, validator)
    return Member(account, account_key, address_of(account_key), validator, public_key)


def validators(backend: Backend) -> tuple[Member, ...]:
    """Return the four validators, in the order of their addresses."""
    return members(backend)[:4]


def outsider(backend: Backend) -> Member:
    """Return who has 10,000, and a key that is not registered."""
    return members(backend)[4]


def member_of(backend: Backend, address: bytes) -> Member:
    """Return who has an address."""
    return next(member for member in members(backend) if member.address == address)


def described(backend: Backend, stake: int = 1_000, **changes: Any) -> Genesis:
    """Describe the chain: each validator has this stake of its own and an equal balance."""
    staking = validators(backend)
    return Genesis(
        **{
            "chain_id": CHAIN,
            "params": PARAMS,
            "accounts": (
                *(GenesisAccount(member.address, 1_000) for member in staking),
                GenesisAccount(outsider(backend).address, 10_000),
            ),
            "validators": tuple(
                GenesisValidator(member.address, member.public_key, 0) for member in staking
            ),
            "delegations": tuple(
                GenesisDelegation(member.address, member.address, stake) for member in staking
            ),
            **changes,
        }
    )


def proof_of(backend: Backend, member: Member, chain_id: str = CHAIN) -> bytes:
    """Return the proof that a member has its validator key."""
    return _proof(backend, member.secret, registration_context(chain_id, member.address))


@cache
def _proof(backend: Backend, secret: int, context: bytes) -> bytes:
    return bls.prove_possession(backend, secret, context)


def proven(backend: Backend, **changes: Any) -> ProvenGenesis:
    """Return the genesis with its proofs; the changes are those of `described`."""
    proofs = tuple(proof_of(backend, member) for member in validators(backend))
    return ProvenGenesis(described(backend, **changes), proofs)


@cache
def begun(backend: Backend) -> State:
    """Return the chain's first state."""
    return begin_chain(PROTOCOL, backend, proven(backend))


# --- blocks ------------------------------------------------------------------------------


def proposer_at(backend: Backend, state: State, slot: int) -> Member:
    """Return who is elected in a slot ahead."""
    elected = PROTOCOL.elect(pass_slots(PROTOCOL, state, slot).state, slot)
    assert elected is not None
    return member_of(backend, elected)


def built(
    backend: Backend, state: State, *transactions: Included, slot: int | None = None
) -> Block:
    """Build the block of the next slot, or of a later one, as its elected proposer."""
    slot = state.slot + 1 if slot is None else slot
    proposer = proposer_at(backend, state, slot)
    return build_block(
        PROTOCOL, backend, state, proposer.address, proposer.secret, slot, transactions
    )


def extended(
    backend: Backend, state: State, *transactions: Included, slot: int | None = None
) -> State:
    """Return the state after such a block."""
    block = built(backend, state, *transactions, slot=slot)
    return apply_block(PROTOCOL, backend, state, block).state


def resigned(backend: Backend, member: Member, block: Block, **changes: Any) -> Block:
    """Change a block's header, and have a member sign it as it is then."""
    header = evolve(block.header, **changes)
    signature = signed(backend, member.secret, header_message(CHAIN, header))
    return evolve(block, header=header, signature=signature)


def refused(backend: Backend, state: State, block: Block) -> Rejected:
    """Return the refusal of a block."""
    with pytest.raises(Rejected) as caught:
        apply_block(PROTOCOL, backend, state, block)
    return caught.value


def reason(backend: Backend, state: State, block: Block) -> RejectionReason:
    """Return why a block is refused."""
    return refused(backend, state, block).reason


# --- what goes into blocks ---------------------------------------------------------------


def enclosed(
    backend: Backend, state: State, sender: Member, transaction: Enclosed, later: int = 0
) -> Envelope:
    """Seal a transaction with the sender's next nonce, or with one so much later."""
    nonce = state.nonces.get(sender.address, 0) + later
    blank = Envelope(CHAIN, nonce, sender.account_key, transaction, bytes(96))
    signature = signed(backend, sender.account_secret, envelope_root(blank))
    return evolve(blank, signature=signature)


def registration(
    backend: Backend, member: Member, self_stake: int = 1_000, chain_id: str = CHAIN
) -> Registration:
    """Return a member's registration with its proof."""
    tx = RegisterValidator(member.address, member.public_key, 0, self_stake)
    return prove_registration(backend, member.secret, chain_id, tx)


def checkpoint(state: State, epoch: int) -> Checkpoint:
    """Return the checkpoint of an epoch that a state remembers."""
    return Checkpoint(epoch, state.finality.history[epoch_key(epoch)].root)


def link(state: State, source: int, target: int) -> Vote:
    """Return the vote to go from the checkpoint of one epoch to that of another."""
    return Vote(checkpoint(state, source), checkpoint(state, target))


def summed(backend: Backend, signers: Sequence[Member], message: bytes) -> bytes:
    """Return the sum of members' signatures of a message, by their validator keys."""
    return bls.aggregate(backend, [signed(backend, each.secret, message) for each in signers])


def voted(
    backend: Backend, vote: Vote, signers: Sequence[Member], chain_id: str = CHAIN
) -> SignedVotes:
    """Return the votes of members, who are given in the order of their addresses."""
    tx = CastVotes(vote, tuple(signer.address for signer in signers))
    return SignedVotes(tx, summed(backend, signers, vote_message(chain_id, vote)))


def header_of(state: State, slot: int, proposer: Member, **changes: Any) -> Header:
    """Return a header with the checkpoint that its slot's epoch has here."""
    epoch = slot // state.params.epoch_length
    root = checkpoint(state, epoch).root
    header = Header(slot, state.head, root, proposer.address, bytes(32), bytes(32), bytes(32))
    return evolve(header, **changes)


def header_signed(backend: Backend, signer: Member, header: Header) -> bytes:
    """Return a member's signature of a header, as the proposer of its block."""
    return signed(backend, signer.secret, header_message(CHAIN, header))


# --- evidence ----------------------------------------------------------------------------


def blocks_evidence(
    backend: Backend, state: State, reporter: Member, offender: Member, slot: int
) -> BlocksEvidence:
    """Return two headers that an offender signed for one slot."""
    first = header_of(state, slot, offender)
    second = evolve(first, body=ELSEWHERE)
    return BlocksEvidence(
        ReportBlocks(reporter.address, first, second),
        header_signed(backend, offender, first),
        header_signed(backend, offender, second),
    )


def votes_evidence(
    backend: Backend,
    reporter: Member,
    first: tuple[Vote, Sequence[Member]],
    second: tuple[Vote, Sequence[Member]],
) -> VotesEvidence:
    """Return two votes, each with its signers' signatures."""
    first_votes, second_votes = voted(backend, *first), voted(backend, *second)
    tx = ReportVotes(reporter.address, first_votes.transaction, second_votes.transaction)
    return VotesEvidence(tx, first_votes.signature, second_votes.signature)


def double_vote(
    backend: Backend, state: State, reporter: Member, offender: Member
) -> VotesEvidence:
    """Return two votes of an offender for the first epoch after genesis."""
    root = checkpoint(state, 0)
    first = Vote(root, Checkpoint(1, bytes([1]) * 32))
    second = Vote(root, Checkpoint(1, bytes([2]) * 32))
    return votes_evidence(backend, reporter, (first, [offender]), (second, [offender]))


def proposer_evidence(
    backend: Backend, state: State, reporter: Member, offender: Member, slot: int
) -> ProposerEvidence:
    """Return a header that an offender signed for a slot."""
    header = header_of(state, slot, offender)
    signature = header_signed(backend, offender, header)
    return ProposerEvidence(ReportProposer(reporter.address, header), signature)


def invalid_block_evidence(
    backend: Backend,
    state: State,
    reporter: Member,
    offender: Member,
    slot: int,
    signers: Sequence[Member],
) -> InvalidBlockEvidence:
    """Return a header of an offender, and the certificate that its block is invalid."""
    header = header_of(state, slot, offender)
    addresses = tuple(signer.address for signer in signers)
    return InvalidBlockEvidence(
        ReportInvalidBlock(reporter.address, header, addresses),
        header_signed(backend, offender, header),
        summed(backend, signers, certificate_message(CHAIN, header)),
    )
