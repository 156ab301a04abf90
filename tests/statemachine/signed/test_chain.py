"""Signed blocks: built and applied alike, refused whole, and what they do to a chain.

The main path is walked with every backend. What is about the order of checks, or about which
message was signed, takes the toy backend.
"""

from typing import Any

import pytest

from properties.selftest.toy import TOY
from statemachine import (
    PROTOCOL,
    OffenceKind,
    OutOfRange,
    Rejected,
    RejectionReason,
    State,
    Status,
    Transfer,
    evolve,
)
from statemachine.codec import canonical_bytes, from_canonical_bytes, from_jsonable, to_jsonable
from statemachine.crypto.backends import BACKEND_NAMES
from statemachine.crypto.bls import Backend, sign
from statemachine.events import (
    BlockMissed,
    BlockProduced,
    CheckpointFinalised,
    CheckpointJustified,
    EpochBegan,
    Slashed,
    ValidatorRegistered,
)
from statemachine.messages import Checkpoint, header_root
from statemachine.rules.blocks import pass_slots
from statemachine.rules.genesis import genesis
from statemachine.signed.authentication import header_message, reveal_message
from statemachine.signed.block import Block, Included, body_root, reveal_root
from statemachine.signed.chain import ProvenGenesis, apply_block, begin_chain, build_block
from tests.statemachine.chain_histories import history
from tests.statemachine.chains import (
    CHAIN,
    ELSEWHERE,
    PARAMS,
    Member,
    begun,
    built,
    checkpoint,
    described,
    enclosed,
    extended,
    header_signed,
    invalid_block_evidence,
    outsider,
    proof_of,
    proposer_at,
    proven,
    reason,
    refused,
    resigned,
    validators,
)
from tests.statemachine.crypto.signers import backend_or_skip, signed

FOUR = validators(TOY)
"""The validators of the chain with the toy backend."""

OUTSIDER = outsider(TOY)
START = begun(TOY)

DOUBLE_BLOCK, INVALID_BLOCK = OffenceKind.DOUBLE_BLOCK, OffenceKind.INVALID_BLOCK


def pay(state: State, sender: Member, amount: int = 1, later: int = 0) -> Included:
    """Have a member of the toy chain pay something to the first of the validators."""
    return enclosed(TOY, state, sender, Transfer(sender.address, FOUR[0].address, amount), later)


# --- the main path, with every backend ---------------------------------------------------


@pytest.fixture(scope="module", params=["toy", *BACKEND_NAMES])
def backend(request: pytest.FixtureRequest) -> Backend:
    return TOY if request.param == "toy" else backend_or_skip(request.param)


def test_what_is_built_is_applied_and_comes_back_from_bytes_and_json(backend: Backend) -> None:
    for step in history(backend):
        block = step.block
        assert step.after.head == header_root(block.header)
        assert step.after.slot == block.header.slot
        assert step.events.count(BlockProduced(block.header.slot, block.header.proposer)) == 1
        assert from_canonical_bytes(canonical_bytes(block), Block) == block
        assert from_jsonable(to_jsonable(block), Block) == block


def test_nonces_count_the_envelopes_in_blocks(backend: Backend) -> None:
    newcomer = outsider(backend)
    nonces = [dict(step.after.nonces.items()) for step in history(backend)]
    # Votes are in no envelopes, and count for nobody.
    assert nonces == [{newcomer.address: count} for count in (1, 1, 2, 6)]


def test_votes_in_blocks_justify_checkpoints_and_make_them_final(backend: Backend) -> None:
    _, second, third, last = history(backend)
    first_root, second_root = second.before.head, third.before.head
    genesis_root = second.before.finality.justified.root
    first_point, second_point = Checkpoint(1, first_root), Checkpoint(2, second_root)
    assert CheckpointJustified(first_point, Checkpoint(0, genesis_root)) in second.events
    assert CheckpointJustified(second_point, first_point) in third.events
    assert CheckpointFinalised(first_point) in third.events
    assert (last.after.finality.justified, last.after.finality.finalised) == (
        second_point,
        first_point,
    )


def test_evidence_of_each_kind_in_a_block_slashes(backend: Backend) -> None:
    last = history(backend)[-1]
    slashed = [event for event in last.events if isinstance(event, Slashed)]
    assert [event.kind for event in slashed] == [
        OffenceKind.DOUBLE_BLOCK,
        OffenceKind.DOUBLE_VOTE,
        OffenceKind.INVALID_BLOCK,
        OffenceKind.INVALID_BLOCK,
    ]
    assert len({event.offender for event in slashed}) == 1
    assert last.after.validators[slashed[0].offender].status is Status.TOMBSTONED
    assert all(event.burned > 0 for event in slashed)


def test_a_slot_that_is_skipped_is_missed_and_its_boundary_is_crossed(backend: Backend) -> None:
    _, second, third, _ = history(backend)
    assert ValidatorRegistered(outsider(backend).address, 0) in third.events
    missed = [event.slot for event in third.events if isinstance(event, BlockMissed)]
    assert missed == [3]
    began = [event.epoch for event in (*second.events, *third.events) if type(event) is EpochBegan]
    assert began == [1, 2]


def test_a_block_is_signed_by_its_proposer_with_every_backend(backend: Backend) -> None:
    first = history(backend)[0]
    block, start = first.block, first.before
    stranger = next(
        member for member in validators(backend) if member.address != block.header.proposer
    )
    by_another = resigned(backend, stranger, block)
    assert reason(backend, start, by_another) is RejectionReason.BAD_SIGNATURE
    revealed = sign(backend, stranger.secret, reveal_message(CHAIN, 1))
    proposer = proposer_at(backend, start, 1)
    wrong = evolve(
        resigned(backend, proposer, block, reveal=reveal_root(revealed)), reveal=revealed
    )
    assert reason(backend, start, wrong) is RejectionReason.BAD_SIGNATURE


# --- building ----------------------------------------------------------------------------


def test_a_block_holds_the_roots_of_what_it_stands_for() -> None:
    payment = pay(START, OUTSIDER)
    block = built(TOY, START, payment)
    header = block.header
    assert header.parent == START.head
    assert header.checkpoint == START.finality.justified.root
    assert header.body == body_root([payment]) != body_root([])
    assert header.reveal == reveal_root(block.reveal)
    assert block.transactions == (payment,)


def test_what_the_protocol_refuses_is_refused_when_a_block_is_built() -> None:
    first = FOUR[0]
    for proposer, slot, transactions, complaint in (
        (first, 0, (), "slot_not_after_last: slot 0, last 0"),
        (first, 9, (), "slot_too_far: slot 9, furthest 8"),
        (
            proposer_at(TOY, START, 1),
            1,
            (pay(START, OUTSIDER), pay(START, first, 10_000)),
            "insufficient_balance: position 1, needed 10000, available 1001",
        ),
    ):
        with pytest.raises(Rejected) as caught:
            build_block(PROTOCOL, TOY, START, proposer.address, proposer.secret, slot, transactions)
        assert str(caught.value) == complaint


def test_signatures_of_transactions_are_checked_when_a_block_is_applied() -> None:
    forged = evolve(pay(START, OUTSIDER), signature=signed(TOY, FOUR[0].account_secret, b""))
    block = built(TOY, START, pay(START, FOUR[1]), forged)
    assert str(refused(TOY, START, block)) == (
        f"bad_signature: position 1, public_key 0x{OUTSIDER.account_key.hex()}"
    )


# --- all or nothing ----------------------------------------------------------------------


def test_one_refused_transaction_refuses_its_block_and_leaves_the_state_as_it_was() -> None:
    before = canonical_bytes(START)
    good = pay(START, FOUR[1])
    # The proposer says that the last one was applied, which the protocol refuses.
    block = built(TOY, START, good, pay(START, FOUR[2]))
    bad = pay(START, FOUR[2], 10_000)
    transactions = (good, bad)
    lying = resigned(TOY, proposer_at(TOY, START, 1), block, body=body_root(transactions))
    lying = evolve(lying, transactions=transactions)
    assert str(refused(TOY, START, lying)) == (
        "insufficient_balance: position 1, needed 10000, available 1000"
    )
    assert canonical_bytes(START) == before
    # Its envelope was not taken, and may be sent again once there is enough.
    richer = extended(
        TOY,
        START,
        enclosed(TOY, START, OUTSIDER, Transfer(OUTSIDER.address, FOUR[2].address, 9_500)),
    )
    assert extended(TOY, richer, bad).nonces[FOUR[2].address] == 1


def test_two_envelopes_of_one_sender_in_a_row_are_taken_in_the_order_of_their_nonces() -> None:
    first, second = pay(START, OUTSIDER, 10), pay(START, OUTSIDER, 20, later=1)
    state = extended(TOY, START, first, second)
    assert state.nonces[OUTSIDER.address] == 2
    assert state.accounts[OUTSIDER.address] == 10_000 - 30
    swapped = built(TOY, START, second, first)
    assert str(refused(TOY, START, swapped)) == "wrong_nonce: position 0, expected 0, given 1"


def test_an_envelope_is_taken_once_in_a_block_and_once_in_a_chain() -> None:
    payment = pay(START, OUTSIDER)
    twice = built(TOY, START, payment, payment)
    assert str(refused(TOY, START, twice)) == "wrong_nonce: position 1, expected 1, given 0"
    after = extended(TOY, START, payment)
    again = built(TOY, after, payment)
    assert str(refused(TOY, after, again)) == "wrong_nonce: position 0, expected 1, given 0"


# --- headers -----------------------------------------------------------------------------

BLOCK = built(TOY, START, pay(START, OUTSIDER))
PROPOSER = proposer_at(TOY, START, 1)
BYSTANDER = next(member for member in FOUR if member is not PROPOSER)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"parent": ELSEWHERE}, "wrong_parent"),
        ({"body": ELSEWHERE}, "wrong_body"),
        ({"reveal": ELSEWHERE}, "wrong_reveal"),
        ({"slot": 0}, "bad_signature"),
        ({"slot": 9}, "bad_signature"),
        ({"proposer": BYSTANDER.address}, "bad_signature"),
        ({"proposer": OUTSIDER.address}, "unknown_validator"),
        ({"checkpoint": ELSEWHERE}, "wrong_checkpoint"),
        ({"state_root": ELSEWHERE}, "wrong_state_root"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_though_it_is_signed(
    changes: dict[str, Any], complaint: str
) -> None:
    assert reason(TOY, START, resigned(TOY, PROPOSER, BLOCK, **changes)) == complaint


def revealed(member: Member, slot: int) -> Block:
    """Return BLOCK as a member signs it for a slot, its own reveal with it."""
    reveal = signed(TOY, member.secret, reveal_message(CHAIN, slot))
    changes = {"slot": slot, "proposer": member.address, "reveal": reveal_root(reveal)}
    return evolve(resigned(TOY, member, BLOCK, **changes), reveal=reveal)


@pytest.mark.parametrize(
    ("member", "slot", "complaint"),
    [
        (PROPOSER, 0, "slot_not_after_last"),
        (PROPOSER, 9, "slot_too_far"),
        (BYSTANDER, 1, "wrong_proposer"),
    ],
)
def test_a_block_for_a_slot_that_is_not_its_signers_is_refused(
    member: Member, slot: int, complaint: str
) -> None:
    assert reason(TOY, START, revealed(member, slot)) == complaint


def test_the_checks_of_a_block_come_in_their_order() -> None:
    wrong: Block = evolve(
        BLOCK,
        header=evolve(
            BLOCK.header,
            parent=ELSEWHERE,
            body=ELSEWHERE,
            reveal=ELSEWHERE,
            proposer=OUTSIDER.address,
            checkpoint=ELSEWHERE,
            state_root=ELSEWHERE,
        ),
        signature=header_signed(TOY, BYSTANDER, BLOCK.header),
    )
    reasons = []
    for name in ("parent", "body", "reveal", "proposer"):
        reasons.append(reason(TOY, START, wrong))
        wrong = evolve(wrong, header=evolve(wrong.header, **{name: getattr(BLOCK.header, name)}))
    assert reasons == ["wrong_parent", "wrong_body", "wrong_reveal", "unknown_validator"]
    assert reason(TOY, START, wrong) is RejectionReason.BAD_SIGNATURE
    wrong = evolve(wrong, signature=header_signed(TOY, PROPOSER, wrong.header))
    assert reason(TOY, START, wrong) is RejectionReason.WRONG_CHECKPOINT
    wrong = resigned(TOY, PROPOSER, wrong, checkpoint=BLOCK.header.checkpoint)
    assert reason(TOY, START, wrong) is RejectionReason.WRONG_STATE_ROOT


def test_no_slot_passes_for_a_block_that_its_proposer_did_not_sign() -> None:
    def elect(_state: State, _slot: int) -> bytes | None:
        raise AssertionError("a slot has come")

    watchful = PROTOCOL.fork("watchful", elect=elect)
    forged = evolve(revealed(PROPOSER, 8), signature=BLOCK.signature)
    unrevealed = resigned(TOY, PROPOSER, BLOCK, slot=8)
    for block in (forged, unrevealed):
        with pytest.raises(Rejected) as caught:
            apply_block(watchful, TOY, START, block)
        assert caught.value.reason is RejectionReason.BAD_SIGNATURE
    with pytest.raises(AssertionError, match="a slot has come"):
        apply_block(watchful, TOY, START, revealed(PROPOSER, 8))


def test_a_transaction_is_refused_before_the_state_root_is() -> None:
    transactions = (pay(START, OUTSIDER, later=1),)
    block = resigned(TOY, PROPOSER, BLOCK, body=body_root(transactions), state_root=ELSEWHERE)
    block = evolve(block, transactions=transactions)
    assert reason(TOY, START, block) is RejectionReason.WRONG_NONCE


def test_a_reveal_for_another_slot_is_refused() -> None:
    reveal = sign(TOY, PROPOSER.secret, reveal_message(CHAIN, 2))
    block = evolve(resigned(TOY, PROPOSER, BLOCK, reveal=reveal_root(reveal)), reveal=reveal)
    assert str(refused(TOY, START, block)) == (
        f"bad_signature: public_key 0x{PROPOSER.public_key.hex()}"
    )


def test_a_block_is_signed_with_the_validator_key_and_not_with_the_accounts() -> None:
    signature = sign(TOY, PROPOSER.account_secret, header_message(CHAIN, BLOCK.header))
    assert reason(TOY, START, evolve(BLOCK, signature=signature)) is RejectionReason.BAD_SIGNATURE


def test_a_block_is_not_taken_twice_nor_on_another_branch() -> None:
    after = extended(TOY, START)
    assert reason(TOY, extended(TOY, START, pay(START, OUTSIDER)), BLOCK) == "wrong_parent"
    assert reason(TOY, after, BLOCK) == "wrong_parent"


def test_a_block_is_not_taken_on_a_chain_that_began_otherwise() -> None:
    elsewhere = begin_chain(PROTOCOL, TOY, proven(TOY, treasury=1))
    assert reason(TOY, elsewhere, BLOCK) is RejectionReason.WRONG_PARENT


# --- who may propose ---------------------------------------------------------------------


def test_a_proposer_who_was_elected_and_jailed_since_may_not_propose() -> None:
    begins = pass_slots(PROTOCOL, START, 2).state
    elected = proposer_at(TOY, begins, 3)
    others = [member for member in FOUR if member != elected]
    report = invalid_block_evidence(TOY, begins, OUTSIDER, elected, 2, others)
    jailing = extended(TOY, START, enclosed(TOY, START, OUTSIDER, report), slot=2)
    assert jailing.validators[elected.address].status is Status.JAILED
    # The block that would be right, had the evidence not come.
    block = built(TOY, extended(TOY, START, slot=2), slot=3)
    moved = resigned(TOY, elected, block, parent=jailing.head)
    assert str(refused(TOY, jailing, moved)) == (
        f"proposer_jailed: proposer 0x{elected.address.hex()}"
    )


def by(state: State, proposer: Member, slot: int) -> Block:
    """Build a block as a member, elected or not."""
    return build_block(PROTOCOL, TOY, state, proposer.address, proposer.secret, slot)


def test_any_validator_may_propose_where_no_stake_is_active_and_nobody_else() -> None:
    idle = begin_chain(PROTOCOL, TOY, proven(TOY, stake=PARAMS.min_stake - 1))
    assert len(idle.snapshot) == 0
    for member in FOUR:
        assert apply_block(PROTOCOL, TOY, idle, by(idle, member, 1)).state.slot == 1
    assert str(refused(TOY, idle, by(idle, OUTSIDER, 1))) == (
        f"unknown_validator: validator 0x{OUTSIDER.address.hex()}"
    )


def test_who_proposes_where_no_stake_is_active_signs_too() -> None:
    idle = begin_chain(PROTOCOL, TOY, proven(TOY, stake=PARAMS.min_stake - 1))
    forged = build_block(PROTOCOL, TOY, idle, FOUR[0].address, FOUR[1].secret, 1)
    assert reason(TOY, idle, forged) is RejectionReason.BAD_SIGNATURE


# --- boundaries --------------------------------------------------------------------------


@pytest.mark.parametrize("slot", [2, 4, 5, 8])
def test_a_block_may_cross_a_boundary_or_several(slot: int) -> None:
    block = built(TOY, START, pay(START, OUTSIDER), slot=slot)
    applied = apply_block(PROTOCOL, TOY, START, block)
    began = [event.epoch for event in applied.events if isinstance(event, EpochBegan)]
    assert began == [*range(1, slot // 2 + 1)]
    # All these epochs have the same last block before them.
    for epoch in range(1, slot // 2 + 1):
        assert checkpoint(applied.state, epoch).root == START.head
    assert block.header.checkpoint == START.head
    after = built(TOY, applied.state, slot=slot // 2 * 2 + 2)
    assert after.header.checkpoint == header_root(block.header)


def test_a_header_carries_the_checkpoint_of_its_own_epoch_and_not_of_its_parents() -> None:
    state = extended(TOY, START)
    block = built(TOY, state, slot=2)
    assert block.header.checkpoint == state.head != START.head
    proposer = proposer_at(TOY, state, 2)
    old = resigned(TOY, proposer, block, checkpoint=START.head)
    assert str(refused(TOY, state, old)) == (
        f"wrong_checkpoint: expected 0x{state.head.hex()}, given 0x{START.head.hex()}"
    )


# --- the genesis -------------------------------------------------------------------------


def unproven(genesis: ProvenGenesis, backend: Backend = TOY) -> str:
    with pytest.raises(Rejected) as caught:
        begin_chain(PROTOCOL, backend, genesis)
    return str(caught.value)


def test_a_chain_begins_as_its_genesis_says() -> None:
    assert genesis(PROTOCOL, described(TOY)) == START


def test_a_proof_of_another_key_operator_or_chain_is_refused_with_its_position() -> None:
    right = proven(TOY)
    proofs = right.proofs_of_possession
    for position, wrong in (
        (0, (proofs[1], proofs[0], *proofs[2:])),
        (2, (*proofs[:2], proofs[3], proofs[2])),
        (1, (proofs[0], proof_of(TOY, FOUR[1], "large-world"), *proofs[2:])),
    ):
        assert unproven(evolve(right, proofs_of_possession=wrong)) == (
            f"bad_proof_of_possession: position {position},"
            f" public_key 0x{FOUR[position].public_key.hex()}"
        )


def test_proofs_are_in_the_order_of_the_validators_as_they_are_given() -> None:
    entries = described(TOY).validators[::-1]
    proofs = proven(TOY).proofs_of_possession[::-1]
    turned = ProvenGenesis(described(TOY, validators=entries), proofs)
    assert begin_chain(PROTOCOL, TOY, turned) == START


@pytest.mark.parametrize("count", [0, 3, 5])
def test_there_is_a_proof_for_each_of_the_validators(count: int) -> None:
    proofs = (proven(TOY).proofs_of_possession * 2)[:count]
    with pytest.raises(OutOfRange, match=f"proofs_of_possession = {count}: .* validators, 4"):
        ProvenGenesis(described(TOY), proofs)


def test_a_proof_that_is_no_signature_is_refused_with_its_position() -> None:
    proofs = (*proven(TOY).proofs_of_possession[:3], bytes(96))
    assert unproven(ProvenGenesis(described(TOY), proofs)) == (
        "malformed_signature: position 3, fault not marked as compressed"
    )


def test_a_jailed_validator_of_a_genesis_proves_its_key_too() -> None:
    entries = tuple(evolve(entry, jailed=True) for entry in described(TOY).validators)
    right = proven(TOY)
    wrong = evolve(
        right,
        genesis=evolve(right.genesis, validators=entries),
        proofs_of_possession=right.proofs_of_possession[1:] + right.proofs_of_possession[:1],
    )
    assert unproven(wrong).startswith("bad_proof_of_possession: position 0,")
