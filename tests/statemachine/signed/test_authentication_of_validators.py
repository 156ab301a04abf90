"""What validators signed: votes, headers and certificates at the border, and attacks on them."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest

from properties.selftest.toy import TOY
from statemachine import (
    PROTOCOL,
    GenesisValidator,
    Rejected,
    State,
    evolve,
    genesis,
)
from statemachine.canonical import canonical_bytes
from statemachine.crypto import bls
from statemachine.crypto.backends import BACKEND_NAMES
from statemachine.crypto.bls import Backend
from statemachine.crypto.signing import MessageKind, registration_context, signing_root
from statemachine.messages import Checkpoint, Vote, vote_content
from statemachine.rules.blocks import pass_slots
from statemachine.signed.authentication import (
    authenticate,
    authenticate_votes,
    certificate_message,
    header_message,
    reveal_message,
    vote_message,
)
from statemachine.signed.chain import ProvenGenesis, begin_chain
from statemachine.signed.envelope import Enclosed, envelope_root, transaction_of
from statemachine.signed.proofs import SignedVotes
from statemachine.transactions import CastVotes, ProduceBlock
from tests.statemachine.chains import (
    CHAIN,
    ELSEWHERE,
    begun,
    blocks_evidence,
    checkpoint,
    described,
    double_vote,
    enclosed,
    extended,
    header_of,
    header_signed,
    invalid_block_evidence,
    link,
    members,
    outsider,
    proof_of,
    proposer_evidence,
    registration,
    summed,
    validators,
    voted,
    votes_evidence,
)
from tests.statemachine.crypto.signers import added_keys, backend_or_skip, forged_half, signed
from tests.statemachine.generic import fields_of

NO_BACKEND = cast(Backend, None)
"""For what is to be refused before any arithmetic."""

FOUR = validators(TOY)
OUTSIDER = outsider(TOY)

SECOND_EPOCH = extended(TOY, extended(TOY, begun(TOY)), slot=2)
"""The chain in its second epoch, after a block in each."""

JOINED = extended(
    TOY,
    extended(TOY, begun(TOY), slot=2),
    enclosed(TOY, begun(TOY), OUTSIDER, registration(TOY, OUTSIDER)),
    slot=3,
)
LATER = extended(TOY, JOINED, slot=4)
"""The third epoch: the outsider, who registered in the second, has joined."""

VOTE = link(SECOND_EPOCH, 0, 1)
SIGNED = voted(TOY, VOTE, FOUR[:3])


def refusal(check: Callable[[], object]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        check()
    return caught.value


def refused_votes(state: State, votes: SignedVotes, backend: Backend = TOY) -> str:
    return str(refusal(lambda: authenticate_votes(backend, state, votes)))


def addresses(*numbers: int) -> tuple[bytes, ...]:
    return tuple(FOUR[number].address for number in numbers)


# --- what is signed ----------------------------------------------------------------------


def test_every_message_names_its_chain_its_kind_and_its_content() -> None:
    header = header_of(SECOND_EPOCH, 2, FOUR[0])
    for chain_id in (CHAIN, "large-world"):
        assert [
            header_message(chain_id, header),
            certificate_message(chain_id, header),
            vote_message(chain_id, VOTE),
            reveal_message(chain_id, 258),
        ] == [
            signing_root(chain_id, MessageKind.BLOCK, canonical_bytes(header)),
            signing_root(chain_id, MessageKind.INVALID_BLOCK, canonical_bytes(header)),
            signing_root(chain_id, MessageKind.VOTE, canonical_bytes(VOTE)),
            signing_root(chain_id, MessageKind.REVEAL, bytes([0, 0, 0, 0, 0, 0, 1, 2])),
        ]


# --- votes -------------------------------------------------------------------------------


def test_votes_come_through_as_the_bare_order() -> None:
    assert authenticate_votes(TOY, SECOND_EPOCH, SIGNED) is SIGNED.transaction


def test_votes_with_a_signer_too_few_or_too_many_are_refused() -> None:
    for signers in ((0, 1), (0, 1, 2, 3), (0, 1, 3)):
        tx = evolve(SIGNED.transaction, signers=addresses(*signers))
        assert refused_votes(SECOND_EPOCH, evolve(SIGNED, transaction=tx)) == (
            f"bad_signature: signers {len(signers)}"
        )


def test_a_signature_that_is_added_twice_does_not_make_two_signers() -> None:
    alone = signed(TOY, FOUR[0].secret, vote_message(CHAIN, VOTE))
    twice = bls.aggregate(TOY, [alone, alone])
    tx = CastVotes(VOTE, addresses(0, 0))
    assert refused_votes(SECOND_EPOCH, SignedVotes(tx, twice)) == (
        f"duplicate_signer: signer 0x{FOUR[0].address.hex()}"
    )
    tx = CastVotes(VOTE, addresses(0, 1))
    assert refused_votes(SECOND_EPOCH, SignedVotes(tx, twice)) == "bad_signature: signers 2"


@pytest.mark.parametrize(
    ("signers", "reason"),
    [
        ((), "no_signers"),
        (addresses(1, 0), "unsorted_signers"),
        (addresses(0, 1, 0), "unsorted_signers"),
        (addresses(0, 1, 1), "duplicate_signer"),
        (tuple(sorted((OUTSIDER.address, *addresses(0, 1, 2)))), "unknown_signer"),
    ],
    ids=["none", "unsorted", "twice, apart", "twice", "unknown"],
)
def test_votes_with_a_list_that_is_no_sorted_set_of_voters_are_refused_without_arithmetic(
    signers: tuple[bytes, ...], reason: str
) -> None:
    votes = evolve(SIGNED, transaction=CastVotes(VOTE, signers))
    assert refused_votes(SECOND_EPOCH, votes, NO_BACKEND).partition(":")[0] == reason


@pytest.mark.parametrize(
    ("vote", "reason"),
    [
        (Vote(VOTE.target, VOTE.source), "source_not_before_target"),
        (evolve(VOTE, target=Checkpoint(1, ELSEWHERE)), "checkpoint_not_on_chain"),
        (evolve(VOTE, source=Checkpoint(0, ELSEWHERE)), "checkpoint_not_on_chain"),
        (evolve(VOTE, target=Checkpoint(2, ELSEWHERE)), "unknown_checkpoint"),
    ],
)
def test_votes_for_no_link_of_this_chain_are_refused_without_arithmetic(
    vote: Vote, reason: str
) -> None:
    votes = evolve(SIGNED, transaction=evolve(SIGNED.transaction, vote=vote))
    assert refused_votes(SECOND_EPOCH, votes, NO_BACKEND).partition(":")[0] == reason


def test_who_joined_after_the_targets_epoch_has_no_vote_for_it() -> None:
    everybody = sorted(members(TOY), key=lambda member: member.address)
    assert OUTSIDER.address in LATER.snapshot
    early, late = link(LATER, 0, 1), link(LATER, 0, 2)
    assert refused_votes(LATER, voted(TOY, early, everybody)) == (
        f"unknown_signer: signer 0x{OUTSIDER.address.hex()}"
    )
    votes = voted(TOY, late, everybody)
    assert authenticate_votes(TOY, LATER, votes) == votes.transaction


def test_votes_of_another_chain_are_refused() -> None:
    assert refused_votes(SECOND_EPOCH, voted(TOY, VOTE, FOUR, "large-world")) == (
        "bad_signature: signers 4"
    )
    twin = evolve(SECOND_EPOCH, chain_id="large-world")
    assert refused_votes(twin, SIGNED) == "bad_signature: signers 3"


# --- rogue keys --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["toy", *BACKEND_NAMES])
def backend(request: pytest.FixtureRequest) -> Backend:
    return TOY if request.param == "toy" else backend_or_skip(request.param)


def test_a_rogue_key_forges_a_quorum_where_proofs_are_skipped_and_is_refused_as_built(
    backend: Backend,
) -> None:
    attacker, *victims = validators(backend)
    together = victims[0].public_key
    for victim in victims[1:]:
        together = added_keys(backend, together, victim.public_key)
    rogue = forged_half(backend, attacker.secret, together)
    entries = described(backend).validators
    with_rogue = described(
        backend,
        validators=(GenesisValidator(attacker.address, rogue, 0), *entries[1:]),
    )
    # Without proofs, one validator signs for all four,
    unsafe = genesis(PROTOCOL, with_rogue)
    unsafe = PROTOCOL.apply(unsafe, produced_at(unsafe, 2))
    vote = link(unsafe, 0, 1)
    everybody = tuple(member.address for member in validators(backend))
    forged = SignedVotes(
        CastVotes(vote, everybody), signed(backend, attacker.secret, vote_message(CHAIN, vote))
    )
    deceived = PROTOCOL.apply(unsafe, authenticate_votes(backend, unsafe, forged))
    assert deceived.finality.justified == vote.target
    # but what it can sign does not prove that it has the rogue key,
    asked = rogue + registration_context(CHAIN, attacker.address)
    hashed = backend.hash_to_signature(asked, bls.POSSESSION_DOMAIN)
    best = backend.compress_signature(backend.multiply_signature(hashed, attacker.secret))
    for proof in (best, proof_of(backend, attacker)):
        proven = ProvenGenesis(with_rogue, (proof, *(bytes(96) for _ in victims)))
        refused = refusal(partial(begin_chain, PROTOCOL, backend, proven))
        assert str(refused) == (f"bad_proof_of_possession: position 0, public_key 0x{rogue.hex()}")
    # and with its own key it signs for itself alone.
    honest = PROTOCOL.apply(begun(backend), produced_at(begun(backend), 2))
    vote = link(honest, 0, 1)
    signature = signed(backend, attacker.secret, vote_message(CHAIN, vote))
    votes = SignedVotes(CastVotes(vote, everybody), signature)
    assert refused_votes(honest, votes, backend) == "bad_signature: signers 4"


def produced_at(state: State, slot: int) -> Any:
    """A bare block, to let a slot come where nobody checks signatures."""
    elected = PROTOCOL.elect(pass_slots(PROTOCOL, state, slot).state, slot)
    assert elected is not None
    return ProduceBlock(slot, elected, bytes(32))


# --- evidence ----------------------------------------------------------------------------

OFFENDER, OTHERS = FOUR[0], FOUR[1:]

EVIDENCE: dict[str, Any] = {
    "blocks": blocks_evidence(TOY, SECOND_EPOCH, OUTSIDER, OFFENDER, 2),
    "votes": double_vote(TOY, SECOND_EPOCH, OUTSIDER, OFFENDER),
    "proposer": proposer_evidence(TOY, SECOND_EPOCH, OUTSIDER, OFFENDER, 2),
    "invalid block": invalid_block_evidence(TOY, SECOND_EPOCH, OUTSIDER, OFFENDER, 2, OTHERS),
}


def refused(evidence: Enclosed, state: State = SECOND_EPOCH) -> str:
    envelope = enclosed(TOY, state, OUTSIDER, evidence)
    return str(refusal(lambda: authenticate(TOY, state, envelope)))


def signature_names(evidence: Any) -> tuple[str, ...]:
    """The fields of evidence that hold a signature."""
    return tuple(field.name for field in fields_of(type(evidence)) if field.name != "transaction")


SIGNATURES = [(name, field) for name in EVIDENCE for field in signature_names(EVIDENCE[name])]


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_comes_through_as_the_bare_order(name: str) -> None:
    envelope = enclosed(TOY, SECOND_EPOCH, OUTSIDER, EVIDENCE[name])
    assert authenticate(TOY, SECOND_EPOCH, envelope) is transaction_of(envelope)


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_of_another_chain_is_refused(name: str) -> None:
    twin = evolve(SECOND_EPOCH, chain_id="large-world")
    blank = evolve(
        enclosed(TOY, twin, OUTSIDER, EVIDENCE[name]), chain_id="large-world", signature=bytes(96)
    )
    signature = signed(TOY, OUTSIDER.account_secret, envelope_root(blank))
    sealed = evolve(blank, signature=signature)
    assert refusal(lambda: authenticate(TOY, twin, sealed)).reason == "bad_signature"


@pytest.mark.parametrize(("name", "field"), SIGNATURES)
def test_every_signature_in_evidence_is_by_whom_it_is_said_to_be(name: str, field: str) -> None:
    evidence = EVIDENCE[name]
    for changed in (
        signed(TOY, FOUR[3].secret, b"anything"),
        bls.aggregate(TOY, [getattr(evidence, field), getattr(evidence, field)]),
    ):
        assert refused(evolve(evidence, **{field: changed})).startswith("bad_signature: ")
    assert refused(evolve(evidence, **{field: bytes(96)})).startswith("malformed_signature: ")


def test_signatures_that_are_swapped_are_refused() -> None:
    for name, (first, second) in {
        "blocks": ("first_signature", "second_signature"),
        "votes": ("first_signature", "second_signature"),
        "invalid block": ("signature", "certificate"),
    }.items():
        evidence = EVIDENCE[name]
        swapped = {first: getattr(evidence, second), second: getattr(evidence, first)}
        assert refused(evolve(evidence, **swapped)).startswith("bad_signature: ")


def test_a_header_that_was_signed_as_a_block_is_no_certificate_against_it() -> None:
    right = EVIDENCE["invalid block"]
    header = right.transaction.header
    # What each of them would sign as the proposer of the same block,
    as_block = summed(TOY, OTHERS, header_message(CHAIN, header))
    assert refused(evolve(right, certificate=as_block)) == "bad_signature: signers 3"
    # and what the offender would sign to certify its own block as invalid.
    as_certificate = signed(TOY, OFFENDER.secret, certificate_message(CHAIN, header))
    assert EVIDENCE["proposer"].transaction.header == header
    for evidence in (right, EVIDENCE["proposer"]):
        assert refused(evolve(evidence, signature=as_certificate)) == (
            f"bad_signature: public_key 0x{OFFENDER.public_key.hex()}"
        )


def test_a_vote_that_was_signed_as_anything_else_does_not_count() -> None:
    content = vote_content(VOTE)
    for kind in MessageKind:
        signature = summed(TOY, FOUR[:3], signing_root(CHAIN, kind, content))
        votes = evolve(SIGNED, signature=signature)
        if kind is MessageKind.VOTE:
            assert authenticate_votes(TOY, SECOND_EPOCH, votes) == SIGNED.transaction
        else:
            assert refused_votes(SECOND_EPOCH, votes) == "bad_signature: signers 3"


def test_headers_are_evidence_only_against_validators() -> None:
    header = header_of(SECOND_EPOCH, 2, OUTSIDER)
    signature = header_signed(TOY, OUTSIDER, header)
    for evidence in (
        proposer_evidence(TOY, SECOND_EPOCH, OUTSIDER, OUTSIDER, 2),
        blocks_evidence(TOY, SECOND_EPOCH, OUTSIDER, OUTSIDER, 2),
        evolve(
            EVIDENCE["invalid block"],
            transaction=evolve(EVIDENCE["invalid block"].transaction, header=header),
            signature=signature,
        ),
    ):
        assert refused(evidence) == f"unknown_validator: validator 0x{OUTSIDER.address.hex()}"


def test_who_is_no_validator_cannot_be_among_the_signers_of_reported_votes() -> None:
    root = Checkpoint(0, ELSEWHERE)
    first, second = (Vote(root, Checkpoint(1, bytes([number]) * 32)) for number in (1, 2))
    evidence = votes_evidence(TOY, OUTSIDER, (first, FOUR), (second, [OUTSIDER]))
    assert refused(evidence) == f"unknown_signer: signer 0x{OUTSIDER.address.hex()}"


def test_who_joined_after_the_targets_epoch_answers_for_votes_all_the_same() -> None:
    root = checkpoint(LATER, 0)
    first, second = (Vote(root, Checkpoint(1, bytes([number]) * 32)) for number in (1, 2))
    evidence = votes_evidence(TOY, OFFENDER, (first, [OUTSIDER]), (second, [OUTSIDER]))
    envelope = enclosed(TOY, LATER, OFFENDER, evidence)
    assert authenticate(TOY, LATER, envelope) == evidence.transaction


def test_who_joined_after_a_headers_epoch_does_not_certify_its_block() -> None:
    signers = sorted((*OTHERS, OUTSIDER), key=lambda member: member.address)
    assert OUTSIDER.address in LATER.snapshot
    evidence = invalid_block_evidence(TOY, LATER, OTHERS[0], OFFENDER, 2, signers)
    envelope = enclosed(TOY, LATER, OTHERS[0], evidence)
    assert str(refusal(lambda: authenticate(TOY, LATER, envelope))) == (
        f"unknown_signer: signer 0x{OUTSIDER.address.hex()}"
    )
    recent = invalid_block_evidence(TOY, LATER, OTHERS[0], OFFENDER, 4, signers)
    envelope = enclosed(TOY, LATER, OTHERS[0], recent)
    assert authenticate(TOY, LATER, envelope) == recent.transaction


def test_a_certificate_about_another_branch_is_refused() -> None:
    tx = EVIDENCE["invalid block"].transaction
    header = evolve(tx.header, checkpoint=ELSEWHERE)
    evidence = evolve(EVIDENCE["invalid block"], transaction=evolve(tx, header=header))
    assert refused(evidence).startswith("checkpoint_not_on_chain: ")


def test_the_reporters_signature_is_checked_before_those_in_the_evidence() -> None:
    for evidence in EVIDENCE.values():
        fields = dict.fromkeys(signature_names(evidence), bytes(96))
        envelope = enclosed(TOY, SECOND_EPOCH, OUTSIDER, evolve(evidence, **fields))
        wrong = evolve(envelope, signature=signed(TOY, FOUR[0].account_secret, b""))
        assert str(refusal(partial(authenticate, TOY, SECOND_EPOCH, wrong))) == (
            f"bad_signature: public_key 0x{OUTSIDER.account_key.hex()}"
        )
