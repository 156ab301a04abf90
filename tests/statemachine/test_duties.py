"""What a validator who follows the protocol signs: never two messages that contradict."""

from itertools import combinations
from random import Random

import pytest

from statemachine import PROTOCOL, evolve
from statemachine.duties import (
    SigningRecord,
    may_sign_header,
    may_sign_vote,
    vote_of,
    with_header,
    with_vote,
)
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.rules.evidence import contradiction
from statemachine.transactions import CastVotes
from tests.statemachine.worlds import advance, world


def checkpoint(epoch: int, branch: int = 0) -> Checkpoint:
    return Checkpoint(epoch, bytes([branch]) * 32)


def vote(source: int, target: int, branch: int = 0) -> Vote:
    return Vote(checkpoint(source, branch), checkpoint(target, branch))


def header(slot: int) -> Header:
    return Header(slot, bytes(32), bytes(32), bytes(20), bytes(32), bytes(32), bytes(32))


AFTER = with_vote(SigningRecord(), vote(3, 5))


@pytest.mark.parametrize(
    ("cast", "allowed"),
    [
        (vote(3, 6), True),
        (vote(5, 6), True),
        (vote(5, 9), True),
        (vote(4, 5), False),  # the same target
        (vote(3, 5, branch=1), False),
        (vote(3, 4), False),  # within what was signed
        (vote(2, 6), False),  # around it
        (vote(6, 6), False),  # no link
        (vote(7, 6), False),
    ],
)
def test_after_a_vote_only_later_targets_from_no_earlier_source_are_signed(
    cast: Vote, allowed: bool
) -> None:
    assert may_sign_vote(AFTER, cast) is allowed


def test_before_anything_was_signed_any_link_may_be() -> None:
    assert may_sign_vote(SigningRecord(), vote(0, 1))
    assert may_sign_vote(SigningRecord(), vote(2, 9))
    assert not may_sign_vote(SigningRecord(), vote(1, 1))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_offered_what_the_rule_signs_never_contradicts_itself(seed: int) -> None:
    rng = Random(seed)
    signed, record = [], SigningRecord()
    for _ in range(200):
        source = rng.randrange(2, 90)
        offered = vote(source, source + rng.randint(-1, 6), rng.randrange(3))
        if may_sign_vote(record, offered):
            signed.append(offered)
            record = with_vote(record, offered)
    assert len(signed) > 1
    assert [contradiction(first, second) for first, second in combinations(signed, 2)].count(
        None
    ) == (len(signed) * (len(signed) - 1) // 2)


def test_one_block_is_signed_for_a_slot_and_none_for_an_earlier_one() -> None:
    record = with_header(SigningRecord(), header(7))
    assert may_sign_header(SigningRecord(), header(0))
    assert [may_sign_header(record, header(slot)) for slot in (6, 7, 8)] == [False, False, True]


def test_the_owed_vote_goes_from_the_latest_justified_to_the_current_checkpoint() -> None:
    state = advance(world(), 2)
    validator = next(iter(state.snapshot))
    owed = vote_of(state, validator, SigningRecord())
    assert owed is not None
    assert owed.source == state.finality.justified
    assert owed.target.epoch == state.epoch
    # The protocol takes it, and it is owed once.
    assert PROTOCOL.apply(state, CastVotes(owed, (validator,))).finality.votes
    assert vote_of(state, validator, with_vote(SigningRecord(), owed)) is None


def test_nothing_is_owed_in_the_first_epoch_or_by_who_is_not_active() -> None:
    state = world()
    validator = next(iter(state.snapshot))
    assert vote_of(state, validator, SigningRecord()) is None
    later = advance(state, 2)
    assert vote_of(later, bytes(20), SigningRecord()) is None
    gone = evolve(later, snapshot=later.snapshot.remove(validator))
    assert vote_of(gone, validator, SigningRecord()) is None
