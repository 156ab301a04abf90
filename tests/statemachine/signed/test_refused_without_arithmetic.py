"""What a node need not do arithmetic for: what is refused anyhow costs no pairing."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from properties.selftest.toy import TOY
from statemachine import PROTOCOL, Rejected, RejectionReason, State, Transfer, evolve
from statemachine.crypto.bls import Backend
from statemachine.signed.block import Included
from statemachine.signed.chain import accept
from tests.statemachine.chains import (
    Member,
    begun,
    blocks_evidence,
    double_vote,
    enclosed,
    extended,
    invalid_block_evidence,
    link,
    outsider,
    proposer_evidence,
    validators,
    voted,
)
from tests.statemachine.crypto.signers import signed

FOUR = validators(TOY)
OUTSIDER = outsider(TOY)
START = begun(TOY)
SECOND_EPOCH = extended(TOY, extended(TOY, START), slot=2)


def arithmetic(counted: Counter[str]) -> Backend:
    """Return the toy backend, counting what it is asked."""

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            counted[name] += 1
            return function(*arguments)

        return call

    functions: dict[str, Any] = {
        field.name: counting(field.name, getattr(TOY, field.name))
        for field in attrs.fields(Backend)
        if field.name != "name"
    }
    return attrs.evolve(TOY, **functions)


def refused_for_nothing(state: State, included: Included) -> str:
    """Return the reason of a refusal that must cost no arithmetic of the curve."""
    counted: Counter[str] = Counter()
    with pytest.raises(Rejected) as caught:
        accept(PROTOCOL, arithmetic(counted), state, included)
    assert not counted
    return caught.value.reason


def test_what_was_accepted_once_is_refused_the_next_time_without_arithmetic() -> None:
    votes = voted(TOY, link(SECOND_EPOCH, 0, 1), FOUR)
    after = accept(PROTOCOL, TOY, SECOND_EPOCH, votes).state
    assert refused_for_nothing(after, votes) == "already_voted"
    offender = FOUR[0]
    for evidence in (
        blocks_evidence(TOY, SECOND_EPOCH, OUTSIDER, offender, 2),
        double_vote(TOY, SECOND_EPOCH, OUTSIDER, offender),
        proposer_evidence(TOY, SECOND_EPOCH, OUTSIDER, offender_at(SECOND_EPOCH, 2), 2),
        invalid_block_evidence(TOY, SECOND_EPOCH, OUTSIDER, offender, 2, FOUR[1:]),
    ):
        after = accept(
            PROTOCOL, TOY, SECOND_EPOCH, enclosed(TOY, SECOND_EPOCH, OUTSIDER, evidence)
        ).state
        # Whoever sends it again, with a nonce and a signature that are right.
        again = enclosed(TOY, after, FOUR[3], by(FOUR[3], evidence))
        assert refused_for_nothing(after, again) == "offence_already_punished"


def offender_at(state: State, slot: int) -> Member:
    """Return a validator who was not elected in a slot of the state's epoch."""
    elected = PROTOCOL.elect(state, slot)
    return next(member for member in FOUR if member.address != elected)


def by(reporter: Member, evidence: Any) -> Any:
    """Return evidence as another reporter sends it."""
    return evolve(evidence, transaction=evolve(evidence.transaction, reporter=reporter.address))


def test_evidence_that_nobody_could_admit_is_refused_without_arithmetic() -> None:
    late = evolve(SECOND_EPOCH, slot=2 * 50)
    blocks = blocks_evidence(TOY, SECOND_EPOCH, OUTSIDER, FOUR[0], 2)
    votes = double_vote(TOY, SECOND_EPOCH, OUTSIDER, FOUR[0])
    light = invalid_block_evidence(TOY, SECOND_EPOCH, OUTSIDER, FOUR[0], 2, FOUR[1:3])
    same = evolve(blocks.transaction, second=blocks.transaction.first)
    unsorted = evolve(
        votes.transaction, second=evolve(votes.transaction.second, signers=(b"b" * 20, b"a" * 20))
    )
    for where, evidence, complaint in (
        (late, blocks, "evidence_too_old"),
        (late, votes, "evidence_too_old"),
        (SECOND_EPOCH, light, "certificate_too_light"),
        (SECOND_EPOCH, evolve(blocks, transaction=same), "not_an_offence"),
        (SECOND_EPOCH, evolve(votes, transaction=unsorted), "unsorted_signers"),
    ):
        assert refused_for_nothing(where, enclosed(TOY, where, OUTSIDER, evidence)) == complaint
    poor = enclosed(TOY, SECOND_EPOCH, OUTSIDER, Transfer(OUTSIDER.address, b"b" * 20, 10**9))
    assert refused_for_nothing(SECOND_EPOCH, poor) == "insufficient_balance"


def test_what_is_lawful_is_refused_for_its_signature_all_the_same() -> None:
    forged = evolve(
        enclosed(TOY, START, OUTSIDER, Transfer(OUTSIDER.address, b"b" * 20, 1)),
        signature=signed(TOY, FOUR[0].account_secret, b""),
    )
    with pytest.raises(Rejected) as caught:
        accept(PROTOCOL, TOY, START, forged)
    assert caught.value.reason is RejectionReason.BAD_SIGNATURE
    votes = voted(TOY, link(SECOND_EPOCH, 0, 1), FOUR[:3])
    more = evolve(
        votes, transaction=evolve(votes.transaction, signers=tuple(m.address for m in FOUR))
    )
    with pytest.raises(Rejected) as caught:
        accept(PROTOCOL, TOY, SECOND_EPOCH, more)
    assert caught.value.reason is RejectionReason.BAD_SIGNATURE
