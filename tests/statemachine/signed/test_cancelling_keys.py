"""Keys that cancel: who holds a key can register the one that cancels it, and forges nothing."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import attrs
import pytest

from properties.selftest.toy import TOY
from statemachine import (
    PROTOCOL,
    GenesisAccount,
    GenesisDelegation,
    GenesisValidator,
    Rejected,
    State,
)
from statemachine.crypto import bls
from statemachine.crypto.bls import CURVE_ORDER, INFINITE_SIGNATURE
from statemachine.crypto.signing import address_of
from statemachine.messages import Vote
from statemachine.rules.blocks import pass_slots
from statemachine.signed.authentication import authenticate_votes, vote_message
from statemachine.signed.chain import ProvenGenesis, begin_chain
from statemachine.signed.proofs import SignedVotes
from statemachine.transactions import CastVotes, ProduceBlock
from tests.statemachine.chains import CHAIN, Member, described, link, proof_of, validators

HONEST = validators(TOY)
"""Four validators of equal stake, each with a key that nobody else holds."""


def cancelling_pair() -> tuple[Member, Member]:
    """Return two validators of one owner, whose keys add up to nothing."""
    secret = bls.generate_secret(b"attacker" * 4)
    return _owned(secret, b"first owned" * 3), _owned(CURVE_ORDER - secret, b"other owned" * 3)


def _owned(secret: int, material: bytes) -> Member:
    account = bls.generate_secret(material)
    account_key = bls.public_key_of(TOY, account)
    public_key = bls.public_key_of(TOY, secret)
    return Member(account, account_key, address_of(account_key), secret, public_key)


PAIR = cancelling_pair()
EVERYBODY = tuple(sorted((*HONEST, *PAIR), key=lambda member: member.address))


def begun_with_pair() -> State:
    """Return a chain in its second epoch on which the pair serves with the others."""
    entries: dict[str, Any] = {
        "accounts": tuple(GenesisAccount(member.address, 1_000) for member in EVERYBODY),
        "validators": tuple(
            GenesisValidator(member.address, member.public_key, 0) for member in EVERYBODY
        ),
        "delegations": tuple(
            GenesisDelegation(member.address, member.address, 1_000) for member in EVERYBODY
        ),
    }
    # Both keys have an owner, so the possession of each is proved.
    proofs = tuple(proof_of(TOY, member) for member in EVERYBODY)
    state = begin_chain(PROTOCOL, TOY, ProvenGenesis(described(TOY, **entries), proofs))
    elected = PROTOCOL.elect(pass_slots(PROTOCOL, state, 2).state, 2)
    assert elected is not None
    return PROTOCOL.apply(state, ProduceBlock(2, elected, bytes(32)))


STATE = begun_with_pair()
VOTE = link(STATE, 0, 1)


def lists() -> Iterator[tuple[Member, ...]]:
    """Yield every list of signers that there can be."""
    for count in range(1, len(EVERYBODY) + 1):
        yield from combinations(EVERYBODY, count)


def signatures(vote: Vote, willing: tuple[Member, ...]) -> Iterator[bytes]:
    """Yield every sum of what the willing sign, each up to twice, and the neutral one."""
    message = vote_message(CHAIN, vote)
    yield INFINITE_SIGNATURE
    alone = [bls.sign(TOY, member.secret, message) for member in willing]
    for count in range(1, 2 * len(alone) + 1):
        for chosen in combinations(alone * 2, count):
            try:
                yield bls.aggregate(TOY, chosen)
            except Rejected:
                continue


def test_the_pair_cancels() -> None:
    first, second = PAIR
    assert TOY.add_keys(first.secret, second.secret) == 0


@pytest.mark.parametrize("signing", [(), HONEST[:1], HONEST[:2]], ids=["none", "one", "two"])
def test_nobody_is_counted_who_did_not_sign_but_the_pair_itself(
    signing: tuple[Member, ...],
) -> None:
    willing = (*signing, *PAIR)
    candidates = set(signatures(VOTE, willing))
    counted = 0
    for signers in lists():
        cast = CastVotes(VOTE, tuple(member.address for member in signers))
        for signature in candidates:
            try:
                authenticate_votes(TOY, STATE, SignedVotes(cast, signature))
            except Rejected:
                continue
            counted += 1
            assert set(signers) <= set(willing)
    assert counted


def test_a_pair_can_be_added_to_a_list_and_its_signature_stays_the_same() -> None:
    message = vote_message(CHAIN, VOTE)
    signature = bls.aggregate(TOY, [bls.sign(TOY, member.secret, message) for member in HONEST[:2]])
    added = tuple(sorted(member.address for member in (*HONEST[:2], *PAIR)))
    votes = SignedVotes(CastVotes(VOTE, added), signature)
    assert authenticate_votes(TOY, STATE, votes) == votes.transaction
    assert STATE.snapshot.total_weight == 6_000
    # It counts with its own stake, and makes no quorum of the two that signed: 4 of 6.
    tallied = PROTOCOL.apply(STATE, votes.transaction)
    assert tallied.finality.votes.total_weight == 4_000
    assert tallied.finality.justified == STATE.finality.justified


def test_a_quorum_of_nothing_but_a_pair_is_refused_whoever_signs() -> None:
    cast = CastVotes(VOTE, tuple(sorted(member.address for member in PAIR)))
    for signature in {*signatures(VOTE, PAIR)}:
        with pytest.raises(Rejected) as caught:
            authenticate_votes(TOY, STATE, SignedVotes(cast, signature))
        assert caught.value.reason == "aggregate_key_is_infinity"


def test_a_key_that_cancels_anothers_cannot_be_registered_without_its_secret() -> None:
    victim, attacker = HONEST[0], PAIR[0]
    cancelling = TOY.compress_key(CURVE_ORDER - victim.secret)
    entry = GenesisValidator(attacker.address, cancelling, 0)
    description = described(
        TOY,
        accounts=(GenesisAccount(attacker.address, 1_000),),
        validators=(entry,),
        delegations=(),
    )
    for proof in (
        proof_of(TOY, attacker),
        proof_of(TOY, victim),
        # What the victim proved of its own key, turned round: it is of another message.
        TOY.compress_signature(
            CURVE_ORDER - TOY.decompress_signature(proof_of(TOY, registering_for(victim, attacker)))
        ),
    ):
        with pytest.raises(Rejected) as caught:
            begin_chain(PROTOCOL, TOY, ProvenGenesis(description, (proof,)))
        assert caught.value.reason == "bad_proof_of_possession"


def registering_for(member: Member, partner: Member) -> Member:
    """Return a member as if it registered for another's account."""
    return attrs.evolve(member, address=partner.address)
