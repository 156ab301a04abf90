"""One flipped bit in any field is refused, for a reason that names what is wrong.

The fields are found by the records' annotations; the tables say, field by field, which
reasons are right. A field that is in no table fails its test.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from properties.selftest.toy import TOY
from statemachine import (
    PROTOCOL,
    ChangeCommission,
    ClaimRewards,
    Delegate,
    Exit,
    GenesisDelegation,
    OutOfRange,
    Params,
    Redelegate,
    Rejected,
    State,
    Transfer,
    Undelegate,
    Unjail,
    evolve,
)
from statemachine.codec import Malformed, canonical_bytes, from_canonical_bytes
from statemachine.crypto.bls import Backend
from statemachine.crypto.py_ecc_backend import PY_ECC
from statemachine.signed.authentication import authenticate, authenticate_votes
from statemachine.signed.block import Block, Included, body_root, reveal_root
from statemachine.signed.chain import ProvenGenesis, apply_block, begin_chain
from statemachine.signed.envelope import ENCLOSED, PROVEN, Enclosed, Envelope
from statemachine.signed.proofs import SignedVotes
from statemachine.state import Stay
from statemachine.transactions import TRANSACTION_TYPES, sender_field_of
from tests.statemachine.chain_histories import history
from tests.statemachine.chains import (
    begun,
    blocks_evidence,
    built,
    described,
    double_vote,
    enclosed,
    extended,
    invalid_block_evidence,
    link,
    member_of,
    outsider,
    proposer_evidence,
    proven,
    registration,
    resigned,
    validators,
    voted,
)
from tests.statemachine.crypto.signers import backend_or_skip
from tests.statemachine.generic import fields_of
from tests.statemachine.tampering import Leaf, leaf_fields, leaves, replaced, with_bit_flipped

OUT_OF_RANGE = "out_of_range"
"""No such record can be made."""

ACCEPTED = "accepted"
"""Stands in a table for what its signer may choose, and has signed as it is now."""

Reasons = frozenset[str]
Table = Mapping[str, Reasons]


def any_of(*reasons: str) -> Reasons:
    return frozenset(reasons)


BAD_SIGNATURE = any_of("bad_signature")
NO_SIGNATURE = any_of("malformed_signature", "signature_not_in_subgroup", "bad_signature")
"""What becomes of a signature with a flipped bit: some are points, and some are none."""

NO_PROOF = NO_SIGNATURE - BAD_SIGNATURE | any_of("bad_proof_of_possession")
NO_KEY = any_of("malformed_key", "key_not_in_subgroup", "bad_proof_of_possession")


@pytest.fixture(scope="module", params=["toy", "native"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return TOY if request.param == "toy" else backend_or_skip(request.param)


def outcome(check: Callable[[], object]) -> str:
    try:
        check()
    except Rejected as refused:
        return refused.reason.value
    except OutOfRange:
        return OUT_OF_RANGE
    return ACCEPTED


def tamper(record: Any, check: Callable[[Any], object], table: Table) -> None:
    """Flip bits in every leaf of a record that is taken as it is, and see each refused."""
    assert outcome(lambda: check(record)) == ACCEPTED
    tamper_with(record, [*leaves(record)], check, table)


def tamper_with(
    record: Any, parts: list[Leaf], check: Callable[[Any], object], table: Table
) -> None:
    unexpected = []
    for leaf in parts:
        assert leaf.field in table, f"{leaf.field} is in no table: which reasons are right?"
        for flipped in leaf.flipped:

            def attempt(leaf: Leaf = leaf, flipped: object = flipped) -> None:
                check(replaced(record, leaf.path, flipped))

            became = outcome(attempt)
            if became not in table[leaf.field]:
                way = ".".join(map(str, leaf.path))
                unexpected.append(f"{way}: {became}, not {sorted(table[leaf.field])}")
    assert parts
    assert not unexpected, "\n".join(unexpected)


# --- votes -------------------------------------------------------------------------------

VOTES_TABLE: Table = {
    "Checkpoint.epoch": any_of(
        "source_not_before_target",
        "source_not_justified",
        "unknown_checkpoint",
        "checkpoint_not_on_chain",
    ),
    "Checkpoint.root": any_of("checkpoint_not_on_chain"),
    "CastVotes.signers": any_of("unknown_signer", "unsorted_signers"),
    "SignedVotes.signature": NO_SIGNATURE,
}


def epochs(backend: Backend, count: int) -> State:
    """Return the chain after a block in each of its first epochs."""
    state = begun(backend)
    for epoch in range(1, count + 1):
        state = extended(backend, state, slot=2 * epoch)
    return state


def test_a_flipped_bit_in_votes_is_refused(backend: Backend) -> None:
    assert leaf_fields(SignedVotes) == set(VOTES_TABLE)
    state = epochs(backend, 3)
    for target in (1, 2, 3):
        tamper(
            voted(backend, link(state, 0, target), validators(backend)[:3]),
            lambda votes: authenticate_votes(backend, state, votes),
            VOTES_TABLE,
        )


# --- envelopes ---------------------------------------------------------------------------

ENVELOPE_TABLE: Table = {
    **dict.fromkeys(leaf_fields(Envelope), BAD_SIGNATURE),
    **{
        f"{cls.__name__}.{name}": any_of("sender_mismatch")
        for cls in TRANSACTION_TYPES
        if (name := sender_field_of(cls))
    },
    "Envelope.chain_id": any_of("wrong_chain"),
    "Envelope.nonce": any_of("wrong_nonce"),
    "Envelope.public_key": any_of("sender_mismatch"),
    "Envelope.signature": NO_SIGNATURE,
    # What needs no arithmetic is checked before any signature is.
    "Header.slot": BAD_SIGNATURE | any_of("evidence_from_the_future"),
    "Header.checkpoint": BAD_SIGNATURE | any_of("checkpoint_not_on_chain"),
    "Header.proposer": any_of("unknown_validator"),
    "CastVotes.signers": any_of("unknown_signer"),
    "ReportInvalidBlock.signers": any_of("unknown_signer", "unsorted_signers"),
}
"""What is enclosed is signed as a whole; who sends it must fit the key besides."""

IN_BLOCK_TABLE: Table = {
    **ENVELOPE_TABLE,
    # In a block the rules come before the signatures.
    "Transfer.amount": BAD_SIGNATURE | any_of("insufficient_balance"),
    "RegisterValidator.self_stake": BAD_SIGNATURE | any_of("insufficient_balance"),
    "Header.slot": any_of(
        "evidence_from_the_future",
        "not_an_offence",
        "offence_already_punished",
        "bad_signature",
    ),
    "Checkpoint.epoch": any_of("evidence_from_the_future", "not_an_offence", "bad_signature"),
}


def everything(backend: Backend) -> dict[type, Enclosed]:
    """Return one of each kind that an envelope can hold, from the outsider, by its class."""
    sender, (first, second, *others) = outsider(backend), validators(backend)
    state = epochs(backend, 1)
    samples: tuple[Enclosed, ...] = (
        Transfer(sender.address, first.address, 5),
        registration(backend, sender),
        ChangeCommission(sender.address, 100),
        Delegate(sender.address, first.address, 5),
        Undelegate(sender.address, first.address, 5),
        Redelegate(sender.address, first.address, second.address, 5),
        ClaimRewards(sender.address, first.address),
        Exit(sender.address),
        Unjail(sender.address),
        blocks_evidence(backend, state, sender, first, 2),
        double_vote(backend, state, sender, first),
        proposer_evidence(backend, state, sender, first, 2),
        invalid_block_evidence(backend, state, sender, first, 2, [second, *others]),
    )
    return {type(sample): sample for sample in samples}


@pytest.mark.parametrize("kind", ENCLOSED, ids=lambda kind: kind.__name__)
def test_a_flipped_bit_in_an_envelope_is_refused(backend: Backend, kind: type) -> None:
    state = epochs(backend, 1)
    tamper(
        enclosed(backend, state, outsider(backend), everything(backend)[kind]),
        lambda envelope: authenticate(backend, state, envelope),
        ENVELOPE_TABLE,
    )


# --- what others signed, in an envelope that its sender seals again ------------------------

LIES_TABLE: Table = {
    "RegisterValidator.operator": any_of("sender_mismatch"),
    "RegisterValidator.public_key": NO_KEY,
    # What a registration asks for is its sender's own choice.
    "RegisterValidator.commission_bps": any_of(ACCEPTED),
    "RegisterValidator.self_stake": any_of(ACCEPTED),
    "Registration.proof_of_possession": NO_PROOF,
    "Header.slot": BAD_SIGNATURE | any_of("evidence_from_the_future"),
    "Header.parent": BAD_SIGNATURE,
    "Header.checkpoint": BAD_SIGNATURE | any_of("checkpoint_not_on_chain"),
    "Header.proposer": any_of("unknown_validator"),
    "Header.reveal": BAD_SIGNATURE,
    "Header.body": BAD_SIGNATURE,
    "Header.state_root": BAD_SIGNATURE,
    "Checkpoint.epoch": BAD_SIGNATURE,
    "Checkpoint.root": BAD_SIGNATURE,
    "CastVotes.signers": any_of("unknown_signer"),
    "ReportBlocks.reporter": any_of("sender_mismatch"),
    "ReportVotes.reporter": any_of("sender_mismatch"),
    "ReportProposer.reporter": any_of("sender_mismatch"),
    "ReportInvalidBlock.reporter": any_of("sender_mismatch"),
    "ReportInvalidBlock.signers": any_of("unknown_signer", "unsorted_signers"),
    "BlocksEvidence.first_signature": NO_SIGNATURE,
    "BlocksEvidence.second_signature": NO_SIGNATURE,
    "VotesEvidence.first_signature": NO_SIGNATURE,
    "VotesEvidence.second_signature": NO_SIGNATURE,
    "ProposerEvidence.signature": NO_SIGNATURE,
    "InvalidBlockEvidence.signature": NO_SIGNATURE,
    "InvalidBlockEvidence.certificate": NO_SIGNATURE,
}


def test_every_field_that_rests_on_others_signatures_is_in_the_table() -> None:
    assert set(LIES_TABLE) == {field for kind in PROVEN for field in leaf_fields(kind)}


@pytest.mark.parametrize("kind", PROVEN, ids=lambda kind: kind.__name__)
def test_a_bit_that_the_sender_flips_in_what_others_signed_is_refused(
    backend: Backend, kind: type
) -> None:
    state = epochs(backend, 1)

    def check(lie: Enclosed) -> None:
        authenticate(backend, state, enclosed(backend, state, outsider(backend), lie))

    tamper(everything(backend)[kind], check, LIES_TABLE)


# --- blocks ------------------------------------------------------------------------------

BLOCK_TABLE: Table = {
    "Header.slot": BAD_SIGNATURE,
    "Header.parent": any_of("wrong_parent"),
    "Header.checkpoint": BAD_SIGNATURE,
    "Header.proposer": any_of("unknown_validator"),
    "Header.reveal": any_of("wrong_reveal"),
    "Header.body": any_of("wrong_body"),
    "Header.state_root": BAD_SIGNATURE,
    "Block.reveal": any_of("wrong_reveal"),
    "Block.signature": NO_SIGNATURE,
}
"""For what lies outside of a block's transactions."""

RESIGNED_TABLE: Table = {
    **BLOCK_TABLE,
    "Header.checkpoint": any_of("wrong_checkpoint"),
    "Header.state_root": any_of("wrong_state_root"),
    "Block.reveal": NO_SIGNATURE,
}
"""For a block whose proposer flips the bit, and makes digests and its signature fit."""

WRONG_BODY: Table = dict.fromkeys(leaf_fields(Block), any_of("wrong_body"))


def split(block: Block) -> tuple[list[Leaf], list[Leaf]]:
    """Return the leaves outside of a block's transactions, and those inside."""
    inside = [leaf for leaf in leaves(block) if leaf.path[0] == "transactions"]
    return [leaf for leaf in leaves(block) if leaf not in inside], inside


@pytest.mark.parametrize("number", range(4))
def test_a_flipped_bit_in_a_block_is_refused(backend: Backend, number: int) -> None:
    step = history(backend)[number]

    def check(block: Block) -> None:
        apply_block(PROTOCOL, backend, step.before, block)

    check(step.block)
    outside, inside = split(step.block)
    assert {leaf.field for leaf in outside} == set(BLOCK_TABLE)
    tamper_with(step.block, outside, check, BLOCK_TABLE)
    tamper_with(step.block, inside, check, WRONG_BODY)


def test_every_field_of_every_transaction_is_in_the_body_of_a_block() -> None:
    state = epochs(TOY, 1)
    envelopes = (enclosed(TOY, state, outsider(TOY), sample) for sample in everything(TOY).values())
    transactions: tuple[Included, ...] = (
        *envelopes,
        voted(TOY, link(state, 0, 1), validators(TOY)),
    )
    block = built(TOY, state)
    proposer = member_of(TOY, block.header.proposer)
    block = resigned(TOY, proposer, block, body=body_root(transactions))
    block = evolve(block, transactions=transactions)

    def check(block: Block) -> None:
        apply_block(PROTOCOL, TOY, state, block)

    # Not all of these can be applied after one another; the body is checked before.
    assert outcome(lambda: check(block)) not in (ACCEPTED, "wrong_body")
    outside, inside = split(block)
    assert {leaf.field for leaf in (*outside, *inside)} == leaf_fields(Block)
    tamper_with(block, inside, check, WRONG_BODY)


@pytest.mark.parametrize("number", range(4))
def test_a_bit_that_the_proposer_flips_is_refused_though_it_signs_again(
    backend: Backend, number: int
) -> None:
    step = history(backend)[number]
    proposer = member_of(backend, step.block.header.proposer)

    def check(block: Block) -> None:
        if block.signature == step.block.signature:
            fitting = {}
            if block.reveal != step.block.reveal:
                fitting["reveal"] = reveal_root(block.reveal)
            if block.transactions != step.block.transactions:
                fitting["body"] = body_root(block.transactions)
            block = resigned(backend, proposer, block, **fitting)
        apply_block(PROTOCOL, backend, step.before, block)

    outside, inside = split(step.block)
    tamper_with(step.block, outside, check, RESIGNED_TABLE)
    for place, included in enumerate(step.block.transactions):
        table = VOTES_TABLE if isinstance(included, SignedVotes) else IN_BLOCK_TABLE
        parts = [leaf for leaf in inside if leaf.path[1] == place]
        tamper_with(step.block, parts, check, table)


# --- the genesis -------------------------------------------------------------------------

ANOTHER_CHAIN = any_of("wrong_parent")
"""It is the genesis of another chain: this one's first block does not follow."""

GENESIS_TABLE: Table = {
    "ProvenGenesis.proofs_of_possession": NO_PROOF,
    "Genesis.chain_id": any_of("bad_proof_of_possession"),
    "Genesis.treasury": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "Genesis.epoch": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "Genesis.randomness": ANOTHER_CHAIN,
    "GenesisAccount.address": ANOTHER_CHAIN,
    "GenesisAccount.balance": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "GenesisValidator.address": any_of(OUT_OF_RANGE),
    "GenesisValidator.public_key": NO_KEY,
    "GenesisValidator.commission_bps": ANOTHER_CHAIN,
    "GenesisValidator.jailed": ANOTHER_CHAIN,
    "GenesisDelegation.delegator": ANOTHER_CHAIN,
    "GenesisDelegation.validator": any_of(OUT_OF_RANGE),
    "GenesisDelegation.amount": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "GenesisDelegation.end": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "GenesisDelegation.start": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "Stay.validator": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "Stay.start": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    "Stay.end": ANOTHER_CHAIN | any_of(OUT_OF_RANGE),
    **{f"Params.{field.name}": ANOTHER_CHAIN | any_of(OUT_OF_RANGE) for field in fields_of(Params)},
}


def genesis_of(backend: Backend) -> ProvenGenesis:
    """Return a genesis in which something leaves already, and something has moved."""
    staked = described(backend).delegations
    who, first, second = outsider(backend).address, staked[0].validator, staked[1].validator
    leaving = GenesisDelegation(who, first, 10, end=2)
    moved = GenesisDelegation(who, second, 10, start=2, past=(Stay(first, 0, 2),))
    return proven(backend, delegations=(*staked, leaving, moved), epoch=3)


def test_a_flipped_bit_in_a_genesis_is_refused_or_begins_another_chain(backend: Backend) -> None:
    proven = genesis_of(backend)
    assert leaf_fields(ProvenGenesis) == set(GENESIS_TABLE)
    assert {leaf.field for leaf in leaves(proven)} == set(GENESIS_TABLE)
    first = built(backend, begin_chain(PROTOCOL, backend, proven))

    def check(proven: ProvenGenesis) -> None:
        apply_block(PROTOCOL, backend, begin_chain(PROTOCOL, backend, proven), first)

    tamper(proven, check, GENESIS_TABLE)


# --- the reference -----------------------------------------------------------------------


def test_flipped_bits_in_signatures_are_refused_by_the_reference() -> None:
    state = begun(PY_ECC)
    block = built(PY_ECC, state)
    outside, _ = split(block)
    tamper_with(
        block,
        [leaf for leaf in outside if leaf.field == "Block.signature"],
        lambda block: apply_block(PROTOCOL, PY_ECC, state, block),
        BLOCK_TABLE,
    )


# --- bytes -------------------------------------------------------------------------------


def flipped_bytes(record: Any, check: Callable[[Any], object], samples: int) -> set[str]:
    """Flip single bits of a record's bytes, of a fixed choice; tell all that became of them."""
    encoded = canonical_bytes(record)
    outcomes = set()
    for bit in random.Random(7).sample(range(8 * len(encoded)), samples):
        tampered = with_bit_flipped(encoded, bit)
        try:
            forgery = from_canonical_bytes(tampered, type(record))
        except (Malformed, OutOfRange) as error:
            outcomes.add(type(error).__name__)
            continue
        assert forgery != record
        outcomes.add(outcome(lambda: check(forgery)))  # noqa: B023
    return outcomes


def test_flipped_bits_in_the_bytes_of_a_block_are_never_another_block(backend: Backend) -> None:
    for step in history(backend):

        def check(block: Block, state: State = step.before) -> None:
            apply_block(PROTOCOL, backend, state, block)

        outcomes = flipped_bytes(step.block, check, 400)
        assert ACCEPTED not in outcomes
        assert {"Malformed", "wrong_body"} <= outcomes


def test_flipped_bits_in_the_bytes_of_a_genesis_never_begin_the_same_chain(
    backend: Backend,
) -> None:
    proven = genesis_of(backend)
    first = built(backend, begin_chain(PROTOCOL, backend, proven))

    def check(proven: ProvenGenesis) -> None:
        apply_block(PROTOCOL, backend, begin_chain(PROTOCOL, backend, proven), first)

    outcomes = flipped_bytes(proven, check, 400)
    assert ACCEPTED not in outcomes
    assert {"Malformed", "OutOfRange", "wrong_parent"} <= outcomes
