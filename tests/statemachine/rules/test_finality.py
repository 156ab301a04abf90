"""Votes, links, and what they justify and make final."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from statemachine import (
    PROTOCOL,
    Delegate,
    Exit,
    MerkleMap,
    ProduceBlock,
    RegisterValidator,
    Rejected,
    RejectionReason,
    State,
    Transition,
    evolve,
)
from statemachine.events import CheckpointFinalised, CheckpointJustified, VotesCounted
from statemachine.map_keys import epoch_key, epoch_of_key, link_key, split_vote_key
from statemachine.messages import Checkpoint, Vote
from statemachine.rules.blocks import pass_slots
from statemachine.rules.finality import link_checkpoints, open_epoch, require_link
from statemachine.rules.lots import oldest_admissible
from statemachine.state import SNAPSHOT, EpochRecord
from statemachine.transactions import CastVotes
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    NOBODY,
    PARAMS,
    accuse,
    advance,
    checkpoint,
    elected,
    explained,
    key_of,
    produce,
    punish,
    refusal,
    rejected,
    run,
    votes,
    world,
)

ALL = (ANNA, BEN, CARA)

ELSEWHERE = bytes([0xEE]) * 32
"""The root of no block on this chain."""


def cast(state: State, source: int, target: int, *signers: bytes) -> Transition:
    """Count votes for the link between two epochs' checkpoints."""
    return PROTOCOL.transition(state, votes(state, source, target, *signers))


def link(state: State, source: int, target: int) -> State:
    """Have everybody vote for a link."""
    return cast(state, source, target, *ALL).state


def justified_epochs(state: State) -> list[int]:
    """Return the epochs in a state's history whose checkpoints are justified."""
    return [
        int.from_bytes(key, "big")
        for key, record in state.finality.history.items()
        if record.justified
    ]


def standing(state: State) -> tuple[int, int]:
    """Return the epochs of the latest justified and the latest final checkpoint."""
    return state.finality.justified.epoch, state.finality.finalised.epoch


# --- counting ----------------------------------------------------------------------------


def test_votes_are_counted_by_the_stake_of_their_signers_and_change_nothing_else() -> None:
    state = advance(world(stakes={ANNA: 1_000, BEN: 700, CARA: 1_300}))
    counted = cast(state, 0, 1, ANNA, BEN)
    vote = Vote(checkpoint(state, 0), checkpoint(state, 1))
    assert counted.events == (VotesCounted(vote, signers=2, tally=1_700, total=3_000),)
    assert dict(counted.state.finality.votes.items()) == {
        link_key(0, 1) + ANNA: 1_000,
        link_key(0, 1) + BEN: 700,
    }
    finality = evolve(counted.state.finality, votes=state.finality.votes)
    assert evolve(counted.state, finality=finality) == state


def test_of_overlapping_aggregates_each_signer_counts_once() -> None:
    state = cast(advance(world()), 0, 1, ANNA, BEN).state
    counted = cast(state, 0, 1, BEN, CARA)
    vote = Vote(checkpoint(state, 0), checkpoint(state, 1))
    assert counted.events[0] == VotesCounted(vote, signers=1, tally=3_000, total=3_000)
    assert [split_vote_key(key)[2] for key in counted.state.finality.votes] == [ANNA, BEN, CARA]
    for again in ((BEN,), (ANNA, BEN)):
        assert explained(rejected(state, votes(state, 0, 1, *again))) == refusal(
            RejectionReason.ALREADY_VOTED, signers=len(again)
        )


def test_the_order_of_aggregates_does_not_matter() -> None:
    state = advance(world())
    first = run(state, votes(state, 0, 1, ANNA, BEN), votes(state, 0, 1, BEN, CARA))
    second = run(state, votes(state, 0, 1, BEN, CARA), votes(state, 0, 1, ANNA, BEN))
    assert first == second == link(state, 0, 1)


@pytest.mark.parametrize(
    ("stakes", "decides"),
    [
        # Two thirds are 2,000 exactly.
        ((700, 1_300, 1_000), False),
        ((700, 1_301, 999), True),
        # Two thirds are 2,000 and two thirds of a unit.
        ((600, 1_400, 1_001), False),
        ((600, 1_401, 1_000), True),
        # Two thirds are 2,001 and a third of a unit.
        ((1_500, 501, 1_001), False),
        ((1_500, 502, 1_000), True),
    ],
)
def test_a_link_takes_strictly_more_than_two_thirds(
    stakes: tuple[int, int, int], decides: bool
) -> None:
    total = sum(stakes)
    state = advance(world(stakes=dict(zip(ALL, stakes, strict=True))))
    counted = cast(state, 0, 1, ANNA, BEN)
    tally = stakes[0] + stakes[1]
    assert isinstance(counted.events[0], VotesCounted)
    assert (counted.events[0].tally, counted.events[0].total) == (tally, total)
    assert tally == 2 * total // 3 + decides
    assert justified_epochs(counted.state) == ([0, 1] if decides else [0])
    assert standing(counted.state) == (int(decides), 0)
    assert len(counted.events) == 1 + decides


def test_two_equal_thirds_are_not_enough_and_the_last_vote_decides() -> None:
    state = advance(world())
    for signer in (ANNA, CARA):
        counted = cast(state, 0, 1, signer)
        assert len(counted.events) == 1
        state = counted.state
    assert standing(state) == (0, 0)
    decided = cast(state, 0, 1, BEN)
    assert decided.events[1:] == (
        CheckpointJustified(checkpoint(state, 1), source=checkpoint(state, 0)),
    )
    assert decided.state.finality.justified == checkpoint(state, 1)


def test_late_votes_are_counted_and_decide_nothing_again() -> None:
    state = advance(world(stakes={ANNA: 2_000, BEN: 500, CARA: 500}))
    state = cast(state, 0, 1, ANNA, BEN).state
    assert standing(state) == (1, 0)
    late = cast(state, 0, 1, CARA)
    assert [type(event) for event in late.events] == [VotesCounted]
    finality = evolve(late.state.finality, votes=state.finality.votes)
    assert evolve(late.state, finality=finality) == state


def test_the_protocols_own_rule_says_what_a_quorum_is() -> None:
    asked = []

    def unanimity(weight: int, total: int) -> bool:
        asked.append((weight, total))
        return weight == total

    fork = PROTOCOL.fork("unanimous", is_quorum=unanimity)
    state = advance(world())
    state = fork.apply(state, votes(state, 0, 1, ANNA, BEN))
    assert standing(state) == (0, 0)
    assert standing(fork.apply(state, votes(state, 0, 1, CARA))) == (1, 0)
    assert asked == [(2_000, 3_000), (3_000, 3_000)]


# --- whose votes, and how much they weigh ------------------------------------------------


def test_stake_counts_as_it_was_when_the_targets_epoch_began() -> None:
    state = run(advance(world()), Delegate(DORA, ANNA, 9_000))
    state = advance(state)
    assert state.snapshot[ANNA] == 10_000
    assert cast(state, 0, 1, ANNA).state.finality.votes[link_key(0, 1) + ANNA] == 1_000
    assert cast(state, 0, 2, ANNA).state.finality.votes[link_key(0, 2) + ANNA] == 10_000
    assert standing(cast(state, 0, 1, ANNA).state) == (0, 0)
    assert standing(cast(state, 0, 2, ANNA).state) == (2, 0)
    # All of the 3,000 there were, though now there are 12,000.
    assert standing(link(state, 0, 1)) == (1, 0)


def test_a_slash_takes_no_votes_away() -> None:
    state = cast(advance(world()), 0, 1, ANNA).state
    state = punish(state, accuse(ANNA, 0)).state
    assert state.finality.votes.prefix_weight(link_key(0, 1)) == 1_000
    state = cast(state, 0, 1, BEN, CARA).state
    assert state.finality.votes.prefix_weight(link_key(0, 1)) == 3_000


def test_who_was_put_out_or_left_still_votes_for_targets_of_its_time() -> None:
    state = run(punish(advance(world()), accuse(ANNA, 0)).state, Exit(BEN))
    state = advance(state)
    assert list(state.snapshot) == [CARA]
    assert standing(cast(state, 0, 1, *ALL).state) == (1, 0)
    for signer in (ANNA, BEN):
        assert explained(rejected(state, votes(state, 0, 2, signer))) == refusal(
            RejectionReason.UNKNOWN_SIGNER, signer=signer
        )
    assert standing(cast(state, 0, 2, CARA).state) == (2, 0)


def test_who_joined_later_has_no_vote_for_an_earlier_target() -> None:
    state = advance(run(advance(world()), RegisterValidator(DORA, key_of(DORA), 0, 5_000)))
    assert explained(rejected(state, votes(state, 0, 1, *ALL, DORA))) == refusal(
        RejectionReason.UNKNOWN_SIGNER, signer=DORA
    )
    assert standing(cast(state, 0, 2, DORA).state) == (0, 0)
    assert standing(cast(state, 0, 2, ANNA, DORA).state) == (2, 0)


def test_where_nobody_is_active_nobody_votes() -> None:
    state = advance(world(stakes={}))
    assert explained(rejected(state, votes(state, 0, 1, ANNA))) == refusal(
        RejectionReason.UNKNOWN_SIGNER, signer=ANNA
    )


# --- links -------------------------------------------------------------------------------


def test_a_direct_child_makes_its_source_final() -> None:
    state = advance(link(advance(world()), 0, 1))
    assert standing(state) == (1, 0)
    linked = cast(state, 1, 2, *ALL)
    assert linked.events[1:] == (
        CheckpointJustified(checkpoint(state, 2), source=checkpoint(state, 1)),
        CheckpointFinalised(checkpoint(state, 1)),
    )
    assert linked.state.finality.justified == checkpoint(state, 2)
    assert linked.state.finality.finalised == checkpoint(state, 1)


def test_a_link_that_skips_an_epoch_justifies_and_makes_nothing_final() -> None:
    state = advance(link(advance(world()), 0, 1), 2)
    linked = cast(state, 1, 3, *ALL)
    assert linked.events[1:] == (
        CheckpointJustified(checkpoint(state, 3), source=checkpoint(state, 1)),
    )
    assert justified_epochs(linked.state) == [0, 1, 3]
    assert standing(linked.state) == (3, 0)
    after = link(advance(linked.state), 3, 4)
    assert standing(after) == (4, 3)


def test_a_link_over_two_epochs_makes_its_source_final_if_the_one_between_is_justified() -> None:
    state = advance(link(advance(link(advance(world()), 0, 1)), 0, 2))
    assert (justified_epochs(state), standing(state)) == ([0, 1, 2], (2, 0))
    linked = cast(state, 1, 3, *ALL)
    assert linked.events[1:] == (
        CheckpointJustified(checkpoint(state, 3), source=checkpoint(state, 1)),
        CheckpointFinalised(checkpoint(state, 1)),
    )


def test_what_lies_between_may_be_justified_after_the_link() -> None:
    state = link(advance(link(advance(world()), 0, 1), 2), 1, 3)
    assert (justified_epochs(state), standing(state)) == ([0, 1, 3], (3, 0))
    linked = cast(state, 0, 2, *ALL)
    assert linked.events[1:] == (
        CheckpointJustified(checkpoint(state, 2), source=checkpoint(state, 0)),
        CheckpointFinalised(checkpoint(state, 1)),
    )
    assert standing(linked.state) == (3, 1)


@pytest.mark.parametrize(("span", "final"), [(1, 0), (2, 0), (3, 1), (8, 1)])
def test_a_link_makes_nothing_final_that_lies_further_back_than_the_span(
    span: int, final: int
) -> None:
    params = evolve(PARAMS, finality_span=span, evidence_window=9, unbonding_epochs=9)
    state = link(advance(world(params=params)), 0, 1)
    for target in (2, 3):
        state = link(advance(state), 0, target)
    state = link(advance(state), 1, 4)
    assert standing(state) == (4, final)


def test_a_link_to_a_justified_child_still_makes_its_source_final() -> None:
    state = link(advance(link(advance(world()), 0, 1)), 0, 2)
    assert (justified_epochs(state), standing(state)) == ([0, 1, 2], (2, 0))
    linked = cast(state, 1, 2, *ALL)
    assert linked.events[1:] == (CheckpointFinalised(checkpoint(state, 1)),)
    assert standing(linked.state) == (2, 1)


def test_an_earlier_target_becomes_justified_later_without_being_the_latest() -> None:
    state = link(advance(world(), 2), 0, 2)
    linked = cast(state, 0, 1, *ALL)
    assert linked.events[1:] == (
        CheckpointJustified(checkpoint(state, 1), source=checkpoint(state, 0)),
    )
    assert justified_epochs(linked.state) == [0, 1, 2]
    assert linked.state.finality.justified == checkpoint(state, 2)


def test_the_final_checkpoint_never_goes_back() -> None:
    state = world(params=evolve(PARAMS, evidence_window=8, unbonding_epochs=8))
    state = link(advance(state), 0, 1)
    state = advance(link(advance(state), 0, 2))
    state = link(state, 2, 3)
    assert standing(state) == (3, 2)
    assert rejected(state, votes(state, 1, 2, *ALL)).reason is RejectionReason.STALE_CHECKPOINT
    # Nor where a link is drawn that no vote could ask for any more.
    drawn = link_checkpoints(PROTOCOL, state, Vote(checkpoint(state, 1), checkpoint(state, 2)))
    assert drawn == Transition(state)


def test_votes_for_one_target_from_two_sources_are_not_pooled() -> None:
    state = advance(link(advance(world()), 0, 1))
    state = cast(state, 0, 2, ANNA, BEN).state
    second_link = cast(state, 1, 2, CARA)
    vote = Vote(checkpoint(state, 1), checkpoint(state, 2))
    assert second_link.events == (VotesCounted(vote, signers=1, tally=1_000, total=3_000),)
    assert justified_epochs(second_link.state) == [0, 1]
    # Who voted for the one may be counted for the other: it is an offence, not an error.
    both = cast(second_link.state, 1, 2, ANNA, BEN)
    assert both.events[0] == VotesCounted(vote, signers=2, tally=3_000, total=3_000)
    assert standing(both.state) == (2, 1)


def test_votes_from_one_source_for_two_targets_are_not_pooled() -> None:
    state = cast(advance(world(), 2), 0, 1, ANNA, BEN).state
    assert standing(cast(state, 0, 2, CARA).state) == (0, 0)


# --- what is refused, and in which order -------------------------------------------------


def test_each_refusal_comes_before_those_that_follow_it() -> None:
    # Epoch 7, which remembers 4 and later: 1, 3 and 6 are justified, and 0 alone is final.
    state = link(advance(world(), 1), 0, 1)
    state = link(advance(state, 2), 1, 3)
    state = link(advance(state, 3), 3, 6)
    state = cast(advance(state), 6, 7, ANNA).state
    assert (state.epoch, justified_epochs(state), standing(state)) == (7, [6], (6, 0))
    seven, six, four = (checkpoint(state, epoch) for epoch in (7, 6, 4))
    final = state.finality.finalised

    def tx(source: Checkpoint, target: Checkpoint, *signers: bytes) -> CastVotes:
        return CastVotes(Vote(source, target), signers)

    wrong = ELSEWHERE
    chain = RejectionReason.CHECKPOINT_NOT_ON_CHAIN
    steps: list[tuple[CastVotes, tuple[object, ...]]] = [
        (
            tx(Checkpoint(9, wrong), Checkpoint(9, wrong)),
            refusal(RejectionReason.SOURCE_NOT_BEFORE_TARGET, source=9, target=9),
        ),
        (
            tx(Checkpoint(2, wrong), Checkpoint(8, wrong)),
            refusal(RejectionReason.UNKNOWN_CHECKPOINT, epoch=8, current=7),
        ),
        (
            tx(Checkpoint(2, wrong), Checkpoint(3, wrong)),
            refusal(RejectionReason.STALE_CHECKPOINT, source=2, target=3, oldest=4),
        ),
        (
            tx(Checkpoint(2, wrong), Checkpoint(7, wrong)),
            refusal(chain, expected=seven.root, given=wrong),
        ),
        (
            tx(Checkpoint(2, wrong), seven),
            refusal(RejectionReason.STALE_CHECKPOINT, source=2, oldest=4),
        ),
        (tx(Checkpoint(0, wrong), seven), refusal(chain, expected=final.root, given=wrong)),
        (tx(Checkpoint(4, wrong), seven), refusal(chain, expected=four.root, given=wrong)),
        (tx(four, seven), refusal(RejectionReason.SOURCE_NOT_JUSTIFIED, source=4)),
        (tx(six, seven), refusal(RejectionReason.NO_SIGNERS)),
        (
            tx(six, seven, NOBODY, NOBODY, ANNA),
            refusal(RejectionReason.DUPLICATE_SIGNER, signer=NOBODY),
        ),
        (
            tx(six, seven, NOBODY, ANNA, ANNA),
            refusal(RejectionReason.UNSORTED_SIGNERS, before=NOBODY, after=ANNA),
        ),
        (tx(six, seven, ANNA, NOBODY), refusal(RejectionReason.UNKNOWN_SIGNER, signer=NOBODY)),
        (tx(six, seven, ANNA), refusal(RejectionReason.ALREADY_VOTED, signers=1)),
    ]
    for refused, expected in steps:
        assert explained(rejected(state, refused)) == expected
    assert standing(run(state, tx(six, seven, ANNA, BEN, CARA))) == (7, 6)


def test_a_source_must_lie_before_its_target() -> None:
    state = link(advance(world(), 2), 0, 1)
    for source, target in ((1, 1), (2, 1)):
        assert explained(rejected(state, votes(state, source, target, *ALL))) == refusal(
            RejectionReason.SOURCE_NOT_BEFORE_TARGET, source=source, target=target
        )


def test_a_target_may_be_of_this_epoch_and_not_of_the_next() -> None:
    state = advance(world(), 2)
    require_link(state, votes(state, 0, 2, *ALL).vote)
    ahead = Vote(checkpoint(state, 0), Checkpoint(3, state.head))
    assert explained(rejected(state, CastVotes(ahead, ALL))) == refusal(
        RejectionReason.UNKNOWN_CHECKPOINT, epoch=3, current=2
    )


def test_a_source_before_the_final_checkpoint_is_stale_and_the_final_one_is_not() -> None:
    state = advance(link(advance(world()), 0, 1))
    state = advance(link(state, 1, 2))
    assert standing(state) == (2, 1)
    require_link(state, votes(state, 1, 3).vote)
    assert explained(rejected(state, votes(state, 0, 3, *ALL))) == refusal(
        RejectionReason.STALE_CHECKPOINT, source=0, target=3, oldest=1
    )


def test_a_target_is_admissible_to_the_edge_of_the_window() -> None:
    state = advance(world(), 4)
    assert oldest_admissible(state) == 1
    genesis = state.finality.finalised
    require_link(state, Vote(genesis, checkpoint(state, 1)))
    later = advance(state)
    assert explained(
        rejected(later, CastVotes(Vote(genesis, checkpoint(state, 1)), ALL))
    ) == refusal(RejectionReason.STALE_CHECKPOINT, source=0, target=1, oldest=2)


def test_a_justified_checkpoint_of_another_branch_is_no_source_here() -> None:
    trunk = produce(world(), 1).state
    here, there = (
        advance(produce(trunk, 2, reveal=bytes([number]) * 32).state) for number in (1, 2)
    )
    there = link(there, 0, 1)
    foreign = Vote(there.finality.justified, checkpoint(advance(here), 2))
    assert explained(rejected(link(advance(here), 0, 1), CastVotes(foreign, ALL))) == refusal(
        RejectionReason.CHECKPOINT_NOT_ON_CHAIN,
        expected=checkpoint(here, 1).root,
        given=checkpoint(there, 1).root,
    )


# --- what epochs begin with, and how long it is remembered -------------------------------


def test_a_checkpoint_is_the_last_block_before_its_epoch() -> None:
    before = produce(world(), 3).state
    after = produce(before, 4).state
    record = after.finality.history[epoch_key(1)]
    assert record == EpochRecord(before.head, after.seed, after.snapshot, before.snapshot)
    assert record.snapshot is after.snapshot
    assert after.head != before.head
    for slot in (5, 6, 7):
        after = produce(after, slot).state
        assert after.finality.history[epoch_key(1)] is record


def test_epochs_that_one_block_passes_share_their_checkpoint_and_have_their_own_sets() -> None:
    start = run(produce(world(), 1).state, Delegate(DORA, ANNA, 3_000))
    state = produce(start, 13).state
    assert state.epoch == 3
    assert [checkpoint(state, epoch).root for epoch in (1, 2, 3)] == [start.head] * 3
    assert checkpoint(state, 0) == Checkpoint(0, world().head)
    weights = [record.snapshot.total_weight for record in state.finality.history.entries()]
    assert weights == [3_000, 6_000, 6_000, 6_000]
    seeds = [record.seed for record in state.finality.history.entries()]
    assert seeds == [world().seed, start.mix, start.mix, start.mix]
    # A vote for one of them is none for another.
    counted = cast(state, 0, 2, *ALL)
    assert (justified_epochs(counted.state), standing(counted.state)) == ([0, 2], (2, 0))
    # Three epochs without a block may all be made final, one after another.
    linked = run(counted.state, votes(state, 2, 3, *ALL))
    assert standing(linked) == (3, 2)


def test_the_history_reaches_back_as_far_as_evidence_and_no_further() -> None:
    state = world()
    kept = []
    for _ in range(6):
        kept.append([int.from_bytes(key, "big") for key in state.finality.history])
        state = advance(state)
    assert kept == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]]


def test_a_leap_forgets_as_much_as_the_same_way_step_by_step() -> None:
    state = cast(advance(world()), 0, 1, ANNA).state
    leapt, walked = pass_slots(PROTOCOL, state, 28).state, advance(state, 6)
    assert list(leapt.finality.history) == list(walked.finality.history)
    assert next(iter(leapt.finality.history)) == epoch_key(4)
    assert len(leapt.finality.votes) == len(walked.finality.votes) == 0


def test_votes_are_remembered_as_long_as_more_may_come_for_their_target() -> None:
    state = cast(advance(world(), 2), 0, 1, ANNA).state
    state = cast(state, 0, 2, BEN).state
    targets = []
    for _ in range(5):
        targets.append([epoch_of_key(key) for key, _ in state.finality.votes.items()])
        state = advance(state)
    assert targets == [[1, 2], [1, 2], [1, 2], [2], []]


def test_votes_for_targets_up_to_the_final_checkpoint_are_forgotten() -> None:
    state = cast(advance(link(advance(world()), 0, 1)), 0, 2, ANNA).state
    state = advance(link(state, 0, 2))
    state = cast(state, 0, 3, CARA).state
    before = state.finality.votes
    assert [before.prefix_count(epoch_key(target)) for target in (1, 2, 3)] == [3, 3, 1]
    after = link(state, 2, 3).finality
    assert after.finalised.epoch == 2
    assert [after.votes.prefix_count(epoch_key(target)) for target in (1, 2, 3)] == [0, 0, 4]


def test_after_more_epochs_than_the_window_the_last_justified_checkpoint_is_still_a_source() -> (
    None
):
    state = link(advance(world()), 0, 1)
    first, second = checkpoint(state, 0), checkpoint(state, 1)
    state = advance(state, 7)
    assert (state.epoch, justified_epochs(state)) == (8, [])
    assert (state.finality.justified, state.finality.finalised) == (second, first)
    eight = checkpoint(state, 8)
    for source in (second, first):
        linked = run(state, CastVotes(Vote(source, eight), ALL))
        assert (linked.finality.justified, linked.finality.finalised) == (eight, first)
    linked = link(advance(run(state, CastVotes(Vote(second, eight), ALL))), 8, 9)
    assert standing(linked) == (9, 8)


def test_of_a_forgotten_epoch_nobody_knows_whether_it_was_justified() -> None:
    state = link(advance(world()), 0, 1)
    source = checkpoint(state, 1)
    state = advance(link(advance(state), 0, 2), 6)
    assert (state.epoch, standing(state)) == (8, (2, 0))
    vote = Vote(source, checkpoint(state, 8))
    assert explained(rejected(state, CastVotes(vote, ALL))) == refusal(
        RejectionReason.STALE_CHECKPOINT, source=1, oldest=5
    )


def test_an_epoch_opens_with_its_own_record_whatever_else_the_state_holds() -> None:
    state = evolve(
        advance(world(), 5),
        head=ELSEWHERE,
        seed=bytes([5]) * 32,
        snapshot=MerkleMap.from_items(SNAPSHOT, [(EMIL, 1)]),
    )
    opened = open_epoch(state)
    electors = state.finality.history[epoch_key(4)].snapshot
    assert opened.history[epoch_key(5)] == EpochRecord(
        ELSEWHERE, state.seed, state.snapshot, electors
    )
    assert (opened.justified, opened.finalised) == (
        state.finality.justified,
        state.finality.finalised,
    )


# --- as counted from scratch -------------------------------------------------------------

STAKES = {ANNA: 700, BEN: 1_100, CARA: 1_300, DORA: 501, EMIL: 999}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_voted_is_decided_as_if_counted_from_scratch(seed: int) -> None:
    draw = Random(seed)
    params = evolve(PARAMS, evidence_window=40, unbonding_epochs=40)
    state = world(params=params, stakes=STAKES)
    counted: dict[tuple[int, int], set[bytes]] = {}
    justified, final = {0}, 0
    finals = []
    for _ in range(250):
        if draw.random() < 0.1:
            state = advance(state)
        target = draw.randrange(max(1, state.epoch - 3), state.epoch + 2)
        source = min(state.epoch, draw.choice((max(justified), draw.randrange(target))))
        signers = tuple(sorted(draw.sample(sorted(STAKES), draw.randrange(1, 6))))
        target_point = Checkpoint(
            target, checkpoint(state, target).root if target <= state.epoch else ELSEWHERE
        )
        tx = CastVotes(Vote(checkpoint(state, source), target_point), signers)
        before = counted.get((source, target), set())
        try:
            state = PROTOCOL.apply(state, tx)
        except Rejected:
            assert (
                not source < target <= state.epoch
                or source < final
                or source not in justified
                or before.issuperset(signers)
            )
            continue
        assert source in justified and source >= final
        counted[source, target] = before | set(signers)
        if 3 * sum(STAKES[signer] for signer in counted[source, target]) > 2 * 4_600:
            justified.add(target)
            final = max(
                final,
                *(
                    start
                    for (start, end), voters in counted.items()
                    if end - start <= 2
                    and justified.issuperset(range(start, end))
                    and 3 * sum(STAKES[signer] for signer in voters) > 2 * 4_600
                ),
                0,
            )
        finals.append(final)
        assert set(justified_epochs(state)) == justified
        assert standing(state) == (max(justified), final)
        remembered = {
            link_key(*pair) + signer: STAKES[signer]
            for pair, voters in counted.items()
            for signer in voters
            if pair[1] > final
        }
        assert dict(state.finality.votes.items()) == remembered
    assert all(before <= after for before, after in pairwise(finals))
    assert len(counted) > 10 and final > 5


def test_blocks_after_a_vote_carry_it_on() -> None:
    state = cast(advance(world()), 0, 1, ANNA).state
    proposer: Any = elected(state, state.slot + 1)
    moved = run(state, ProduceBlock(state.slot + 1, proposer, bytes(32)))
    assert moved.finality is state.finality


def test_what_the_state_has_forgotten_becomes_final_by_its_direct_child_alone() -> None:
    """The history reaches back three epochs: epoch 1 is forgotten in epoch 5."""
    state = link(advance(link(advance(world()), 0, 1), 2), 1, 3)
    state = advance(state, 2)
    assert epoch_key(1) not in state.finality.history
    # The middle of 1 to 3 is justified too late: what root epoch 1 had is not known any more.
    genesis = state.finality.finalised
    late = CastVotes(Vote(genesis, checkpoint(state, 2)), ALL)
    justified = CheckpointJustified(checkpoint(state, 2), genesis)
    assert PROTOCOL.transition(state, late).events[1:] == (justified,)
