"""The second reading of finality, beside numbers worked out by hand."""

from typing import Any

import pytest

from properties.laws.accusation import with_accusations
from properties.laws.views import Step
from properties.oracle.finality import FinalityOracle, states_at_boundaries
from statemachine import PROTOCOL, ProduceBlock, RejectionReason, State, evolve
from statemachine.errors import Rejected
from statemachine.messages import Checkpoint
from statemachine.transactions import CastVotes
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    NOBODY,
    advance,
    checkpoint,
    elected,
    votes,
    world,
)

EVERYBODY = (ANNA, BEN, CARA)

STAKES = {ANNA: 1_000, BEN: 1_000, CARA: 999}
"""Of 2,999, two of the larger stakes are more than two thirds by a third of a token."""


def three_epochs() -> State:
    """Return the small chain in epoch 3, nothing voted for."""
    return advance(world(stakes=STAKES), 3)


def following(state: State, *txs: Any) -> FinalityOracle:
    """Have an oracle follow transactions that are accepted, without complaint."""
    protocol = with_accusations(PROTOCOL)
    oracle = FinalityOracle.at(state, protocol)
    for tx in txs:
        outcome = protocol.transition(state, tx)
        step = Step(state, tx, outcome.state, outcome.events)
        assert oracle.follow(step, states_at_boundaries(protocol, step)) == []
        state = outcome.state
    return oracle


def block(state: State, slot: int) -> ProduceBlock:
    return ProduceBlock(slot, elected(state, slot) or NOBODY, bytes(32))


def test_what_a_chain_starts_from_is_justified_and_final() -> None:
    oracle = following(world())
    assert (oracle.justified(), oracle.final()) == ({0}, 0)


def test_two_thirds_and_a_third_of_a_token_justify() -> None:
    state = three_epochs()
    oracle = following(state, votes(state, 0, 1, ANNA, BEN))
    assert oracle.tally((0, 1)) == 2_000
    assert oracle.justified() == {0, 1}


def test_exactly_two_thirds_do_not_justify() -> None:
    state = advance(world(), 1)
    oracle = following(state, votes(state, 0, 1, ANNA, BEN))
    assert oracle.tally((0, 1)) == 2_000
    assert oracle.justified() == {0}


def test_votes_of_two_sources_are_not_added() -> None:
    state = three_epochs()
    oracle = following(
        state,
        votes(state, 0, 1, *EVERYBODY),
        votes(state, 0, 3, ANNA, CARA),
        votes(state, 1, 3, BEN),
    )
    assert (oracle.tally((0, 3)), oracle.tally((1, 3))) == (1_999, 1_000)
    assert oracle.justified() == {0, 1}


def test_a_vote_cast_again_counts_once() -> None:
    state = three_epochs()
    oracle = following(state, votes(state, 0, 1, ANNA), votes(state, 0, 1, ANNA, CARA))
    assert oracle.votes == {(0, 1): {ANNA, CARA}}
    assert oracle.tally((0, 1)) == 1_999


def test_only_a_link_to_the_next_epoch_makes_final() -> None:
    state = three_epochs()
    first = votes(state, 0, 1, *EVERYBODY)
    skipping = following(state, first, votes(state, 1, 3, *EVERYBODY))
    assert (skipping.justified(), skipping.final()) == ({0, 1, 3}, 0)
    direct = following(state, first, votes(state, 1, 2, *EVERYBODY))
    assert (direct.justified(), direct.final()) == ({0, 1, 2}, 1)


def test_a_heavy_link_from_what_is_not_justified_justifies_nothing() -> None:
    state = three_epochs()
    oracle = following(state)
    oracle.votes = {(1, 2): set(EVERYBODY), (2, 3): set(EVERYBODY)}
    assert (oracle.justified(), oracle.final()) == ({0}, 0)
    oracle.votes[0, 1] = {ANNA, BEN}
    assert (oracle.justified(), oracle.final()) == ({0, 1, 2, 3}, 2)


def test_what_is_justified_outlasts_the_votes_that_justified_it() -> None:
    state = three_epochs()
    oracle = following(
        state,
        votes(state, 0, 1, *EVERYBODY),
        votes(state, 1, 2, *EVERYBODY),
        block(state, 40),
    )
    assert oracle.votes == {}
    assert (oracle.justified(), oracle.final()) == ({0, 1, 2}, 1)
    assert sorted(oracle.terms) == [7, 8, 9, 10]


def test_every_epoch_that_a_step_begins_is_seen_as_it_began() -> None:
    state = three_epochs()
    tx = block(state, 24)
    outcome = PROTOCOL.transition(state, tx)
    seen = states_at_boundaries(PROTOCOL, Step(state, tx, outcome.state, outcome.events))
    assert [epoch for epoch, _ in seen] == [4, 5, 6]
    for epoch, then in seen:
        record = outcome.state.finality.history[epoch.to_bytes(8, "big")]
        assert (then.snapshot, then.seed, then.head) == (record.snapshot, record.seed, record.root)


def changed(tx: CastVotes, **vote: Checkpoint) -> CastVotes:
    return evolve(tx, vote=evolve(tx.vote, **vote))


GOOD = votes(three_epochs(), 0, 3, ANNA, BEN)
SOURCE, TARGET = GOOD.vote.source, GOOD.vote.target
ELSEWHERE = b"e" * 32


Reason = RejectionReason

OBJECTIONABLE = (
    (changed(GOOD, target=SOURCE), Reason.SOURCE_NOT_BEFORE_TARGET),
    (changed(GOOD, target=evolve(TARGET, epoch=4)), Reason.UNKNOWN_CHECKPOINT),
    (changed(GOOD, target=evolve(TARGET, root=ELSEWHERE)), Reason.CHECKPOINT_NOT_ON_CHAIN),
    (changed(GOOD, source=evolve(SOURCE, root=ELSEWHERE)), Reason.CHECKPOINT_NOT_ON_CHAIN),
    (changed(GOOD, source=checkpoint(three_epochs(), 1)), Reason.SOURCE_NOT_JUSTIFIED),
    (evolve(GOOD, signers=()), Reason.NO_SIGNERS),
    (evolve(GOOD, signers=(ANNA, ANNA)), Reason.DUPLICATE_SIGNER),
    (evolve(GOOD, signers=(BEN, ANNA)), Reason.UNSORTED_SIGNERS),
    (evolve(GOOD, signers=(ANNA, NOBODY)), Reason.UNKNOWN_SIGNER),
)


@pytest.mark.parametrize(("tx", "reason"), OBJECTIONABLE)
def test_the_oracle_objects_to_what_the_protocol_refuses(
    tx: CastVotes, reason: RejectionReason
) -> None:
    state = three_epochs()
    oracle = following(state)
    assert reason in oracle.objections(tx)
    with pytest.raises(Rejected) as caught:
        PROTOCOL.apply(state, tx)
    assert caught.value.reason is reason
    assert oracle.refused(tx, caught.value) == []


def test_the_oracle_objects_to_votes_from_before_the_final_checkpoint() -> None:
    state = three_epochs()
    oracle = following(state, votes(state, 0, 1, *EVERYBODY), votes(state, 1, 2, *EVERYBODY))
    assert oracle.objections(GOOD) == {RejectionReason.STALE_CHECKPOINT}


def test_the_oracle_objects_to_votes_that_were_all_cast_before() -> None:
    state = three_epochs()
    assert following(state, GOOD).objections(GOOD) == {RejectionReason.ALREADY_VOTED}


def test_the_oracle_has_nothing_against_lawful_votes() -> None:
    oracle = following(three_epochs())
    assert oracle.objections(GOOD) == set()
    violations = oracle.refused(GOOD, Rejected(RejectionReason.UNKNOWN_SIGNER))
    assert [(violation.law, violation.message) for violation in violations] == [
        ("FIN-6", "votes from epoch 0 to 3 were refused: unknown_signer; nothing is against them")
    ]


def test_an_oracle_that_begins_later_takes_what_it_finds() -> None:
    state = three_epochs()
    for tx in (votes(state, 0, 1, *EVERYBODY), votes(state, 1, 2, ANNA)):
        state = PROTOCOL.apply(state, tx)
    oracle = following(state, votes(state, 1, 2, BEN))
    assert oracle.votes[1, 2] == {ANNA, BEN}
    assert (oracle.justified(), oracle.final()) == ({0, 1, 2}, 1)
