"""Evidence: what two signed messages, or one, prove, and against whom."""

from itertools import product

import pytest

from statemachine import (
    PROTOCOL,
    Delegate,
    GenesisDelegation,
    OffenceKind,
    Redelegate,
    Rejected,
    RejectionReason,
    State,
    Status,
    Transition,
    Undelegate,
    evolve,
)
from statemachine.events import Event, Slashed, StakeSlashed, StatusChanged
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Header, Vote
from statemachine.rules.accounts import balance_of
from statemachine.rules.blocks import pass_slots
from statemachine.rules.evidence import contradiction, infraction_epoch, surrounds
from statemachine.state import Stay
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)
from tests.statemachine.worlds import (
    ANNA,
    BEN,
    CARA,
    DORA,
    EMIL,
    FAY,
    NOBODY,
    PARAMS,
    accuse,
    active_set,
    advance,
    check_tokens,
    checkpoint,
    explained,
    produce,
    punish,
    refusal,
    rejected,
    run,
    stake_of,
    status_of,
    tuned,
    votes,
    world,
)

ELSEWHERE = bytes([0xEE]) * 32
"""The root of no block on this chain."""

DOUBLE_BLOCK, INVALID_BLOCK = OffenceKind.DOUBLE_BLOCK, OffenceKind.INVALID_BLOCK
DOUBLE_VOTE, SURROUND_VOTE = OffenceKind.DOUBLE_VOTE, OffenceKind.SURROUND_VOTE


def report(state: State, tx: object) -> Transition:
    """Apply evidence, and check that the tokens add up."""
    reported = PROTOCOL.transition(state, tx)
    check_tokens(reported.state)
    return reported


def slashed(events: tuple[Event, ...]) -> list[Slashed]:
    """Return who was slashed for what."""
    return [event for event in events if isinstance(event, Slashed)]


def header(state: State, slot: int, proposer: bytes, checkpoint: bytes | None = None) -> Header:
    """Return a header of some slot, on this chain unless another checkpoint is given."""
    if checkpoint is None:
        key = epoch_key(slot // state.params.epoch_length)
        record = state.finality.history.get(key)
        checkpoint = ELSEWHERE if record is None else record.root
    return Header(slot, state.head, checkpoint, proposer, bytes(32), bytes(32), bytes(32))


def two_headers(state: State, slot: int, proposer: bytes, reporter: bytes = NOBODY) -> ReportBlocks:
    """Return evidence that somebody signed two blocks for one slot."""
    first = header(state, slot, proposer)
    return ReportBlocks(reporter, first, evolve(first, body=bytes([1]) * 32))


# --- two blocks for one slot -------------------------------------------------------------


@pytest.mark.parametrize("name", ["parent", "checkpoint", "reveal", "body", "state_root"])
def test_two_headers_of_one_slot_that_differ_anywhere_are_an_offence(name: str) -> None:
    state = world()
    first = header(state, 2, ANNA)
    second = evolve(first, **{name: bytes([7]) * 32})
    for tx in (ReportBlocks(DORA, first, second), ReportBlocks(DORA, second, first)):
        reported = report(state, tx)
        assert reported.events == (
            StakeSlashed(ANNA, 0, None, (), 500),
            Slashed(ANNA, DOUBLE_BLOCK, 0, 5_000, burned=500, rewarded=0),
            StatusChanged(ANNA, Status.ACTIVE, Status.TOMBSTONED),
        )
        assert reported == punish(state, accuse(ANNA, 0, slot=2, reporter=DORA))


def test_a_header_twice_or_two_of_other_slots_or_proposers_are_none() -> None:
    state = world()
    first = header(state, 2, ANNA)
    for second in (first, evolve(first, slot=3), evolve(first, proposer=BEN, body=ELSEWHERE)):
        assert explained(rejected(state, ReportBlocks(DORA, first, second))) == refusal(
            RejectionReason.NOT_AN_OFFENCE, needed="two different headers of one proposer and slot"
        )


def test_two_blocks_for_one_slot_are_an_offence_on_whichever_branches_they_lie() -> None:
    state = advance(world(), 2)
    first = header(state, 9, ANNA, checkpoint=ELSEWHERE)
    second = evolve(first, checkpoint=bytes([0xDD]) * 32)
    assert slashed(report(state, ReportBlocks(DORA, first, second)).events)[0].epoch == 2


def test_two_blocks_are_punished_once_for_each_slot() -> None:
    state = run(world(), two_headers(world(), 2, ANNA))
    again = evolve(two_headers(world(), 2, ANNA), first=header(world(), 2, ANNA, ELSEWHERE))
    assert explained(rejected(state, again)) == refusal(
        RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=ANNA
    )
    state = run(state, two_headers(world(), 3, ANNA))
    assert stake_of(state, ANNA, ANNA) == 250
    assert stake_of(run(state, two_headers(world(), 2, BEN)), BEN, BEN) == 500


def test_evidence_of_blocks_is_admissible_from_their_epoch_to_the_edge_of_the_window() -> None:
    early, late = two_headers(world(), 3, ANNA), two_headers(world(), 4, ANNA)
    state = world()
    assert explained(rejected(state, late)) == refusal(
        RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=1, current=0
    )
    assert slashed(report(state, early).events)[0].epoch == 0
    state = advance(state, 3)
    assert slashed(report(state, early).events)[0].epoch == 0
    assert slashed(report(state, late).events)[0].epoch == 1
    state = advance(state)
    assert explained(rejected(state, early)) == refusal(
        RejectionReason.EVIDENCE_TOO_OLD, epoch=0, oldest=1
    )
    assert slashed(report(state, late).events)[0].epoch == 1


def test_two_blocks_of_somebody_who_is_no_validator_are_refused() -> None:
    assert explained(rejected(world(), two_headers(world(), 2, DORA))) == refusal(
        RejectionReason.UNKNOWN_VALIDATOR, validator=DORA
    )


def test_a_report_that_is_no_offence_is_refused_before_its_validator_and_epoch_are_looked_at() -> (
    None
):
    header_of_dora = header(world(), 99, DORA)
    refused = rejected(world(), ReportBlocks(DORA, header_of_dora, header_of_dora))
    assert refused.reason is RejectionReason.NOT_AN_OFFENCE


# --- what evidence reaches, and whom it pays ---------------------------------------------


def test_evidence_reaches_stake_that_left_and_stake_that_moved() -> None:
    backed = tuple(GenesisDelegation(owner, ANNA, 600) for owner in (DORA, EMIL, FAY))
    state = run(
        world(delegations=backed), Undelegate(EMIL, ANNA, 600), Redelegate(FAY, ANNA, BEN, 600)
    )
    state = run(advance(state, 2), Delegate(DORA, ANNA, 1_000))
    reported = report(state, two_headers(state, 3, ANNA))
    assert reported.events[:3] == (
        StakeSlashed(ANNA, 0, None, (), 800),
        StakeSlashed(ANNA, 0, 1, (), 300),
        StakeSlashed(BEN, 1, None, (Stay(ANNA, 0, 1),), 300),
    )
    after = reported.state
    assert [stake_of(after, ANNA, owner) for owner in (ANNA, DORA, EMIL)] == [500, 1_300, 300]
    assert (stake_of(after, BEN, FAY), stake_of(after, BEN, BEN)) == (300, 1_000)
    assert (after.pots.unbonding, after.supply.burned) == (300, 1_400)


def test_stake_is_not_released_before_the_last_epoch_in_which_evidence_reaches_it() -> None:
    state = run(
        world(delegations=(GenesisDelegation(DORA, ANNA, 600),)), Undelegate(DORA, ANNA, 600)
    )
    evidence = two_headers(state, 3, ANNA)
    state = advance(state, 3)
    assert (state.epoch, balance_of(state, DORA)) == (3, 10_000)
    assert balance_of(advance(run(state, evidence)), DORA) == 10_300
    state = advance(state)
    assert balance_of(state, DORA) == 10_600
    assert rejected(state, evidence).reason is RejectionReason.EVIDENCE_TOO_OLD


@pytest.mark.parametrize("kind", [ReportBlocks, ReportVotes, ReportProposer, ReportInvalidBlock])
def test_whoever_reports_is_paid_their_share_and_the_rest_is_burned(kind: type) -> None:
    state = advance(tuned(reporter_bps=2_500))
    taken, tx = {
        ReportBlocks: (500, two_headers(state, 4, ANNA)),
        ReportVotes: (1_000, two_votes((0, 1), (0, 1), (ANNA, BEN), (ANNA, BEN))),
        ReportProposer: (100, ReportProposer(NOBODY, out_of_turn(state, 5))),
        ReportInvalidBlock: (
            100,
            ReportInvalidBlock(NOBODY, header(state, 5, ANNA), (ANNA, BEN, CARA)),
        ),
    }[kind]
    reported = report(state, tx)
    assert sum(event.rewarded for event in slashed(reported.events)) == taken // 4
    assert balance_of(reported.state, NOBODY) == taken // 4
    assert reported.state.supply.burned == taken - taken // 4


# --- two votes that contradict each other ------------------------------------------------


def vote(source: int, target: int, root: bytes = bytes(32)) -> Vote:
    """Return a vote whose target may be of any branch."""
    return Vote(Checkpoint(source, bytes(32)), Checkpoint(target, root))


def two_votes(
    first: tuple[int, int],
    second: tuple[int, int],
    first_signers: tuple[bytes, ...] = (ANNA,),
    second_signers: tuple[bytes, ...] = (ANNA,),
    reporter: bytes = NOBODY,
) -> ReportVotes:
    """Return evidence of votes for two links, with targets on two branches."""
    return ReportVotes(
        reporter,
        CastVotes(vote(*first), first_signers),
        CastVotes(vote(*second, root=ELSEWHERE), second_signers),
    )


def placed(
    state: State, links: tuple[tuple[int, int], ...], here: tuple[bool, ...], reporter: bytes = DORA
) -> ReportVotes:
    """Return evidence against Anna, each target of this chain or of a branch of its own."""
    first, second = (
        CastVotes(vote(*link, root=checkpoint(state, link[1]).root if ours else elsewhere), (ANNA,))
        for link, ours, elsewhere in zip(links, here, (bytes(32), ELSEWHERE), strict=True)
    )
    return ReportVotes(reporter, first, second)


def test_which_votes_contradict_each_other() -> None:
    links = [(source, target) for source, target in product(range(6), repeat=2) if source < target]
    counts = {OffenceKind.DOUBLE_VOTE: 0, OffenceKind.SURROUND_VOTE: 0, None: 0}
    for (a, b), (c, d) in product(links, repeat=2):
        kind = contradiction(vote(a, b), vote(c, d, root=ELSEWHERE))
        assert contradiction(vote(c, d, root=ELSEWHERE), vote(a, b)) is kind
        counts[kind] += 1
        # The conditions as in arXiv 1710.09437: h(t1) = h(t2); or h(s1) < h(s2) < h(t2) < h(t1).
        if b == d:
            assert kind is DOUBLE_VOTE
        elif a < c < d < b or c < a < b < d:
            assert kind is SURROUND_VOTE
        else:
            assert kind is None
    # 1 + 4 + 9 + 16 + 25 pairs share a target; four of six epochs make a link in a link.
    assert counts == {DOUBLE_VOTE: 55, SURROUND_VOTE: 2 * 15, None: 225 - 85}


def test_one_vote_does_not_contradict_itself_and_another_source_root_does() -> None:
    signed = vote(1, 2)
    assert contradiction(signed, vote(1, 2)) is None
    assert contradiction(signed, evolve(signed, source=Checkpoint(1, ELSEWHERE))) is DOUBLE_VOTE
    assert contradiction(signed, evolve(signed, source=Checkpoint(0, bytes(32)))) is DOUBLE_VOTE


def test_a_link_spans_another_only_strictly_on_both_sides() -> None:
    assert surrounds(vote(0, 3), vote(1, 2))
    for inner in ((0, 2), (1, 3), (0, 3), (1, 4)):
        assert not surrounds(vote(0, 3), vote(*inner))
    assert not surrounds(vote(1, 2), vote(0, 3))


@pytest.mark.parametrize(
    ("links", "kind", "epoch"),
    [
        (((1, 3), (1, 3)), DOUBLE_VOTE, 3),
        (((0, 3), (2, 3)), DOUBLE_VOTE, 3),
        (((0, 3), (1, 2)), SURROUND_VOTE, 2),
        (((1, 2), (0, 3)), SURROUND_VOTE, 2),
    ],
)
def test_who_signed_both_votes_is_slashed_and_who_signed_one_is_not(
    links: tuple[tuple[int, int], tuple[int, int]], kind: OffenceKind, epoch: int
) -> None:
    state = advance(world(), 3)
    reported = report(state, two_votes(*links, (ANNA, BEN), (BEN, CARA)))
    assert reported.events == (
        StakeSlashed(BEN, 0, None, (), 500),
        Slashed(BEN, kind, epoch, 5_000, burned=500, rewarded=0),
        StatusChanged(BEN, Status.ACTIVE, Status.TOMBSTONED),
    )
    assert status_of(reported.state, ANNA) is status_of(reported.state, CARA) is Status.ACTIVE


def test_two_votes_for_one_target_of_this_very_chain_are_an_offence() -> None:
    state = advance(world(), 2)
    start, middle, target = (checkpoint(state, epoch) for epoch in range(3))
    first, second = (CastVotes(Vote(source, target), (ANNA,)) for source in (start, middle))
    # Counted or not: what matters is that it was signed.
    counted = run(state, first)
    assert slashed(report(counted, ReportVotes(DORA, first, second)).events) == [
        Slashed(ANNA, DOUBLE_VOTE, 2, 5_000, 500, 0)
    ]


@pytest.mark.parametrize(
    "links", [((0, 1), (1, 2)), ((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 1), (0, 2))]
)
def test_votes_of_an_honest_validators_kind_are_no_offence(
    links: tuple[tuple[int, int], tuple[int, int]],
) -> None:
    state = advance(world(), 3)
    for first, second in (links, links[::-1]):
        assert explained(rejected(state, two_votes(first, second))) == refusal(
            RejectionReason.NOT_AN_OFFENCE,
            needed="two different votes with one target epoch, or with one link spanning the other",
        )


def test_the_same_vote_in_two_aggregates_is_no_offence() -> None:
    state = advance(world())
    cast = CastVotes(vote(0, 1), (ANNA,))
    for again in (cast, CastVotes(vote(0, 1), (ANNA, BEN))):
        refused = rejected(state, ReportVotes(DORA, cast, again))
        assert refused.reason is RejectionReason.NOT_AN_OFFENCE


OUTER, INNER = (0, 3), (1, 2)
"""Two links of which one spans the other."""


@pytest.mark.parametrize(
    ("outer_here", "inner_here", "epoch", "left"),
    [
        (True, True, 3, [500, 600, 200]),
        (True, False, 3, [500, 600, 200]),
        (False, True, 2, [500, 300, 400]),
        (False, False, 2, [500, 300, 400]),
    ],
)
def test_that_stake_answers_which_voted_here_last_or_for_votes_of_other_branches_first(
    outer_here: bool, inner_here: bool, epoch: int, left: list[int]
) -> None:
    state = advance(world(delegations=(GenesisDelegation(DORA, ANNA, 600),)), 2)
    state = run(state, Undelegate(DORA, ANNA, 600), Delegate(EMIL, ANNA, 400))
    state = advance(state)
    # Dora's was active through epoch 2, Emil's is from epoch 3 on.
    for tx in (
        placed(state, (OUTER, INNER), (outer_here, inner_here)),
        placed(state, (INNER, OUTER), (inner_here, outer_here)),
    ):
        reported = report(state, tx)
        assert [(slash.kind, slash.epoch) for slash in slashed(reported.events)] == [
            (SURROUND_VOTE, epoch)
        ]
        assert [stake_of(reported.state, ANNA, who) for who in (ANNA, DORA, EMIL)] == left


def test_who_leaves_one_branch_before_the_other_vote_escapes_on_neither() -> None:
    offenders = (ANNA, BEN, CARA)
    trunk = world(stakes=dict.fromkeys((*offenders, DORA), 1_000))

    def voted(state: State, slot: int, source: int) -> tuple[State, CastVotes]:
        state = produce(state, slot).state
        cast = votes(state, source, state.epoch, *offenders)
        return run(state, cast), cast

    here = produce(trunk, 1).state
    here, _ = voted(here, 5, 0)
    here, inner = voted(here, 9, 1)
    assert here.finality.finalised == checkpoint(here, 1)
    here = run(here, *(Undelegate(offender, offender, 1_000) for offender in offenders))

    # Another branch passes over epochs 1 and 2, and justifies 3 from the genesis.
    there = produce(trunk, 2, reveal=bytes([7]) * 32).state
    there, outer = voted(there, 13, 0)
    there, _ = voted(there, 17, 3)
    assert there.finality.finalised == checkpoint(there, 3)
    assert checkpoint(here, 1) != checkpoint(there, 1)

    # All have left before epoch 3 here, where nobody but Dora is active any more.
    here = pass_slots(PROTOCOL, here, 17).state
    assert (active_set(here), here.pots.unbonding) == ({DORA: 1_000}, 3_000)
    for branch, epoch in ((here, 2), (there, 3)):
        reported = report(branch, ReportVotes(DORA, outer, inner))
        assert slashed(reported.events) == [
            Slashed(offender, SURROUND_VOTE, epoch, 5_000, burned=500, rewarded=0)
            for offender in offenders
        ]
        assert all(
            status_of(reported.state, offender) is Status.TOMBSTONED for offender in offenders
        )
    assert report(here, ReportVotes(DORA, outer, inner)).state.pots.unbonding == 1_500


def test_a_double_vote_of_two_other_branches_is_punished_on_a_third() -> None:
    first, second, third = (
        advance(produce(world(), 1, reveal=bytes([number]) * 32).state) for number in (1, 2, 3)
    )
    tx = ReportVotes(DORA, votes(first, 0, 1, ANNA), votes(second, 0, 1, ANNA))
    for branch in (first, second, third):
        assert slashed(report(branch, tx).events) == [
            Slashed(ANNA, DOUBLE_VOTE, 1, 5_000, burned=500, rewarded=0)
        ]


def test_a_vote_that_spans_several_is_punished_once_in_each_of_their_epochs() -> None:
    state = advance(tuned(unbonding_epochs=4, evidence_window=4), 4)
    inner = [((0, 4), link) for link in ((1, 2), (2, 3))]
    spanned_here = run(state, *(placed(state, links, (False, True)) for links in inner))
    assert stake_of(spanned_here, ANNA, ANNA) == 250
    first, second = (placed(state, links, (True, False)) for links in inner)
    assert explained(rejected(run(state, first), second)) == refusal(
        RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=ANNA
    )


LINKS = [(source, target) for source, target in product(range(5), repeat=2) if source < target]


def test_two_votes_are_one_offence_of_one_epoch_whenever_they_are_reported() -> None:
    chain = [world()]
    for _ in range(8):
        chain.append(advance(chain[-1]))
    # The roots are those that this chain comes to have, also where they are yet to come.
    roots = [checkpoint(chain[epoch], epoch).root for epoch in range(5)]
    seen = 0
    for first, second, *here in product(LINKS, LINKS, (True, False), (True, False)):
        first_vote, second_vote = (
            vote(*link, root=roots[link[1]] if ours else elsewhere)
            for link, ours, elsewhere in (
                (first, here[0], bytes(32)),
                (second, here[1], ELSEWHERE),
            )
        )
        if contradiction(first_vote, second_vote) is None:
            continue
        seen += 1
        begun = max(first[1], second[1])
        epochs: set[int] = set()
        for state in chain:
            tx = ReportVotes(DORA, CastVotes(first_vote, (ANNA,)), CastVotes(second_vote, (ANNA,)))
            try:
                epoch = slashed(PROTOCOL.transition(state, tx).events)[0].epoch
            except Rejected as refused:
                if state.epoch < begun:
                    assert refused.reason is RejectionReason.EVIDENCE_FROM_THE_FUTURE
                else:
                    assert refused.reason is RejectionReason.EVIDENCE_TOO_OLD
                    assert state.epoch > min(epochs) + PARAMS.evidence_window
            else:
                assert begun <= state.epoch <= epoch + PARAMS.evidence_window
                assert infraction_epoch(state, second_vote, first_vote) == epoch
                epochs.add(epoch)
        assert len(epochs) == 1
    # 1 + 4 + 9 + 16 pairs of links share a target, in four places each, but for one vote
    # twice; and four of five epochs make a link in a link.
    assert seen == 4 * 30 - 10 + 4 * 2 * 5


@pytest.mark.parametrize("here", list(product((True, False), repeat=2)))
@pytest.mark.parametrize("links", [(OUTER, INNER), ((0, 3), (2, 3))])
def test_votes_that_were_punished_are_not_punished_again_however_late(
    links: tuple[tuple[int, int], tuple[int, int]], here: tuple[bool, bool]
) -> None:
    state = advance(world(), 3)
    tx = placed(state, links, here)
    again = ReportVotes(EMIL, tx.second, tx.first)
    state = run(state, tx)
    reasons = []
    for _ in range(6):
        reasons.append((rejected(state, tx).reason, rejected(state, again).reason))
        state = advance(state)
    assert stake_of(state, ANNA, ANNA) == 500
    admissible = infraction_epoch(advance(world(), 3), tx.first.vote, tx.second.vote) + 1
    assert reasons == [(RejectionReason.OFFENCE_ALREADY_PUNISHED,) * 2] * admissible + [
        (RejectionReason.EVIDENCE_TOO_OLD,) * 2
    ] * (6 - admissible)


def test_those_already_punished_are_passed_over_until_all_have_been() -> None:
    state = advance(world())
    state = run(state, two_votes((0, 1), (0, 1)))
    both = two_votes((0, 1), (0, 1), (ANNA, BEN, CARA), (ANNA, BEN))
    reported = report(state, both)
    assert slashed(reported.events) == [Slashed(BEN, DOUBLE_VOTE, 1, 5_000, 500, 0)]
    assert stake_of(reported.state, ANNA, ANNA) == 500
    assert explained(rejected(reported.state, both)) == refusal(
        RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=ANNA
    )
    rest = two_votes((0, 1), (0, 1), (ANNA, BEN, CARA), (ANNA, BEN, CARA))
    assert [event.offender for event in slashed(report(reported.state, rest).events)] == [CARA]


def test_one_offence_is_punished_once_whichever_votes_prove_it() -> None:
    state = run(advance(world(), 3), two_votes((0, 3), (1, 2)))
    for pair in (((1, 2), (0, 3)), ((0, 3), (1, 2))):
        refused = rejected(state, two_votes(*pair))
        assert refused.reason is RejectionReason.OFFENCE_ALREADY_PUNISHED
    # A double vote of the same epoch is another offence.
    assert slashed(report(state, two_votes((0, 3), (2, 3))).events)[0].kind is DOUBLE_VOTE


@pytest.mark.parametrize(("outer_here", "last"), [(True, 6), (False, 5)])
def test_evidence_of_votes_is_admissible_from_the_later_target_to_the_edge_of_the_window(
    outer_here: bool, last: int
) -> None:
    state = advance(world(), 3)
    evidence = placed(state, (OUTER, INNER), (outer_here, True))
    assert explained(rejected(advance(world(), 2), evidence)) == refusal(
        RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=3, current=2
    )
    assert len(slashed(report(state, evidence).events)) == 1
    state = advance(state, last - 3)
    assert slashed(report(state, evidence).events)[0].epoch == last - PARAMS.evidence_window
    assert explained(rejected(advance(state), evidence)) == refusal(
        RejectionReason.EVIDENCE_TOO_OLD, epoch=2, oldest=last - 2
    )


def test_a_link_that_spans_more_than_the_window_is_punished_on_its_own_branch_alone() -> None:
    state = advance(world(), 6)
    foreign = two_votes((0, 6), (1, 2))
    wide = vote(0, 6, root=checkpoint(state, 6).root)
    own = evolve(foreign, first=CastVotes(wide, (ANNA,)))
    assert slashed(report(state, own).events)[0].epoch == 6
    assert explained(rejected(state, foreign)) == refusal(
        RejectionReason.EVIDENCE_TOO_OLD, epoch=2, oldest=3
    )


def test_what_is_wrong_with_evidence_of_votes_is_found_in_order() -> None:
    state = run(advance(world(), 2), two_votes((0, 2), (1, 2)))
    same = CastVotes(vote(1, 2), ())
    assert rejected(state, ReportVotes(DORA, same, same)).reason is RejectionReason.NOT_AN_OFFENCE
    for ahead in (((0, 3), (1, 3)), ((0, 3), (1, 2))):
        assert explained(rejected(state, two_votes(*ahead, (), ()))) == refusal(
            RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=3, current=2
        )
    steps: list[tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[object, ...]]] = [
        ((), (BEN, ANNA), refusal(RejectionReason.NO_SIGNERS)),
        ((CARA, CARA), (), refusal(RejectionReason.DUPLICATE_SIGNER, signer=CARA)),
        (
            (DORA, CARA),
            (),
            refusal(RejectionReason.UNSORTED_SIGNERS, before=DORA, after=CARA),
        ),
        ((ANNA, DORA), (), refusal(RejectionReason.UNKNOWN_VALIDATOR, validator=DORA)),
        ((ANNA,), (), refusal(RejectionReason.NO_SIGNERS)),
        ((ANNA,), (EMIL, EMIL), refusal(RejectionReason.DUPLICATE_SIGNER, signer=EMIL)),
        ((ANNA,), (ANNA, EMIL), refusal(RejectionReason.UNKNOWN_VALIDATOR, validator=EMIL)),
        ((ANNA,), (BEN, CARA), refusal(RejectionReason.NO_COMMON_SIGNER)),
        (
            (ANNA,),
            (ANNA, BEN),
            refusal(RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=ANNA),
        ),
    ]
    for first, second, expected in steps:
        tx = two_votes((0, 2), (1, 2), first, second)
        assert explained(rejected(state, tx)) == expected


def test_who_signed_votes_is_slashed_though_it_was_not_active_then() -> None:
    state = advance(punish(world(), accuse(ANNA, 0, INVALID_BLOCK)).state, 2)
    assert status_of(state, ANNA) is Status.JAILED
    reported = report(state, two_votes((0, 2), (1, 2)))
    assert status_of(reported.state, ANNA) is Status.TOMBSTONED
    assert stake_of(reported.state, ANNA, ANNA) == 450


# --- a block out of turn -----------------------------------------------------------------


def out_of_turn(state: State, slot: int) -> Header:
    """Return a header of a slot of this epoch, by the first who was not elected for it."""
    others = [operator for operator in (ANNA, BEN, CARA) if operator != PROTOCOL.elect(state, slot)]
    return header(state, slot, others[0])


def test_who_signs_a_block_out_of_turn_is_slashed_and_jailed() -> None:
    state = advance(world())
    wrong = out_of_turn(state, 6)
    reported = report(state, ReportProposer(DORA, wrong))
    assert reported.events == (
        StakeSlashed(wrong.proposer, 0, None, (), 100),
        Slashed(wrong.proposer, INVALID_BLOCK, 1, 1_000, burned=100, rewarded=0),
        StatusChanged(wrong.proposer, Status.ACTIVE, Status.JAILED),
    )
    assert explained(rejected(reported.state, ReportProposer(DORA, wrong))) == refusal(
        RejectionReason.OFFENCE_ALREADY_PUNISHED, validator=wrong.proposer
    )


def test_no_proposer_of_any_block_of_the_chain_was_out_of_turn() -> None:
    state = run(
        tuned(evidence_window=8, unbonding_epochs=8),
        Delegate(DORA, ANNA, 5_000),
        Undelegate(CARA, CARA, 300),
    )
    blocks = []
    for slot in range(1, 33):
        state = produce(state, slot, reveal=bytes([slot]) * 32).state
        blocks.append((slot, PROTOCOL.elect(state, slot) or b""))
    assert len({proposer for _, proposer in blocks}) == 3
    for slot, proposer in blocks:
        honest = ReportProposer(EMIL, header(state, slot, proposer))
        assert explained(rejected(state, honest)) == refusal(
            RejectionReason.NOT_AN_OFFENCE, needed="a header whose proposer was not elected"
        )
        for stranger in {ANNA, BEN, CARA} - {proposer}:
            slashes = slashed(
                report(state, ReportProposer(EMIL, header(state, slot, stranger))).events
            )
            assert [(slash.offender, slash.epoch) for slash in slashes] == [(stranger, slot // 4)]


def test_elections_of_a_past_epoch_are_those_of_its_own_seed_and_set() -> None:
    state = advance(world())
    then = [PROTOCOL.elect(state, slot) for slot in range(4, 8)]
    state = run(state, Delegate(DORA, ANNA, 10_000))
    state = produce(state, 6, reveal=bytes([9]) * 32).state
    state = advance(state, 2)
    assert state.snapshot[ANNA] == 11_000
    for slot, proposer in zip(range(4, 8), then, strict=True):
        assert proposer is not None
        tx = ReportProposer(EMIL, header(state, slot, proposer))
        assert rejected(state, tx).reason is RejectionReason.NOT_AN_OFFENCE


def test_a_block_out_of_turn_here_was_perhaps_in_turn_on_another_branch() -> None:
    trunk = produce(world(), 1).state
    here, there = (
        advance(produce(trunk, 2, reveal=bytes([number]) * 32).state) for number in (1, 2)
    )
    slot = next(
        slot for slot in range(5, 8) if PROTOCOL.elect(here, slot) != PROTOCOL.elect(there, slot)
    )
    honest = header(there, slot, PROTOCOL.elect(there, slot) or b"")
    assert explained(rejected(here, ReportProposer(DORA, honest))) == refusal(
        RejectionReason.CHECKPOINT_NOT_ON_CHAIN,
        expected=checkpoint(here, 1).root,
        given=checkpoint(there, 1).root,
    )
    assert rejected(there, ReportProposer(DORA, honest)).reason is RejectionReason.NOT_AN_OFFENCE
    lied = evolve(honest, checkpoint=checkpoint(here, 1).root)
    assert slashed(report(here, ReportProposer(DORA, lied)).events)[0].epoch == 1


def test_evidence_about_a_header_is_admissible_from_its_epoch_to_the_edge_of_the_window() -> None:
    state = advance(world())
    early = out_of_turn(state, 5)
    for tx in (
        ReportProposer(DORA, early),
        ReportInvalidBlock(DORA, early, (ANNA, BEN, CARA)),
    ):
        assert explained(rejected(world(), tx)) == refusal(
            RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=1, current=0
        )
        assert len(slashed(report(state, tx).events)) == 1
        later = advance(state, 3)
        assert len(slashed(report(later, tx).events)) == 1
        assert explained(rejected(advance(later), tx)) == refusal(
            RejectionReason.EVIDENCE_TOO_OLD, epoch=1, oldest=2
        )


def test_where_nobody_was_elected_nobody_is_out_of_turn() -> None:
    state = world(stakes={})
    tx = ReportProposer(DORA, header(state, 2, NOBODY))
    assert rejected(state, tx).reason is RejectionReason.NOT_AN_OFFENCE


def test_who_is_no_validator_cannot_be_slashed_for_a_block() -> None:
    state = world()
    for tx in (
        ReportProposer(DORA, header(state, 2, EMIL)),
        ReportInvalidBlock(DORA, header(state, 2, EMIL), (ANNA, BEN, CARA)),
    ):
        assert explained(rejected(state, tx)) == refusal(
            RejectionReason.UNKNOWN_VALIDATOR, validator=EMIL
        )


def test_a_fork_that_elects_otherwise_judges_by_its_own_elections() -> None:
    fork = PROTOCOL.fork("always cara", elect=lambda _state, _slot: CARA)
    tx = ReportProposer(DORA, header(world(), 2, ANNA))
    assert slashed(fork.transition(world(), tx).events)[0].offender == ANNA
    refused = ReportProposer(DORA, header(world(), 2, CARA))
    with pytest.raises(Rejected, match="not_an_offence"):
        fork.apply(world(), refused)


# --- a certificate that a block is invalid -----------------------------------------------


@pytest.mark.parametrize(
    ("stakes", "enough"),
    [
        ((700, 1_300, 1_000), False),
        ((700, 1_301, 999), True),
        ((600, 1_400, 1_001), False),
        ((600, 1_401, 1_000), True),
        ((1_500, 501, 1_001), False),
        ((1_500, 502, 1_000), True),
    ],
)
def test_a_certificate_takes_strictly_more_than_two_thirds(
    stakes: tuple[int, int, int], enough: bool
) -> None:
    state = world(stakes=dict(zip((ANNA, BEN, CARA), stakes, strict=True)))
    tx = ReportInvalidBlock(DORA, header(state, 2, CARA), (ANNA, BEN))
    if not enough:
        assert explained(rejected(state, tx)) == refusal(
            RejectionReason.CERTIFICATE_TOO_LIGHT, signed=stakes[0] + stakes[1], total=sum(stakes)
        )
        return
    reported = report(state, tx)
    assert slashed(reported.events) == [
        Slashed(CARA, INVALID_BLOCK, 0, 1_000, burned=stakes[2] // 10, rewarded=0)
    ]
    assert status_of(reported.state, CARA) is Status.JAILED


def test_a_certificate_is_weighed_by_the_stake_of_the_headers_epoch() -> None:
    state = advance(run(advance(world()), Delegate(DORA, ANNA, 9_000)))
    old, new = (ReportInvalidBlock(DORA, header(state, slot, BEN), (ANNA,)) for slot in (4, 8))
    assert explained(rejected(state, old)) == refusal(
        RejectionReason.CERTIFICATE_TOO_LIGHT, signed=1_000, total=3_000
    )
    assert slashed(report(state, new).events)[0].epoch == 2


def test_what_is_wrong_with_a_certificate_is_found_in_order() -> None:
    state = advance(world())
    good = header(state, 5, ANNA)
    steps: list[tuple[Header, tuple[bytes, ...], tuple[object, ...]]] = [
        (
            header(state, 8, ANNA),
            (),
            refusal(RejectionReason.EVIDENCE_FROM_THE_FUTURE, epoch=2, current=1),
        ),
        (
            header(state, 5, EMIL, ELSEWHERE),
            (),
            refusal(
                RejectionReason.CHECKPOINT_NOT_ON_CHAIN,
                expected=checkpoint(state, 1).root,
                given=ELSEWHERE,
            ),
        ),
        (header(state, 5, EMIL), (), refusal(RejectionReason.NO_SIGNERS)),
        (good, (BEN, BEN), refusal(RejectionReason.DUPLICATE_SIGNER, signer=BEN)),
        (good, (BEN, ANNA), refusal(RejectionReason.UNSORTED_SIGNERS, before=BEN, after=ANNA)),
        (good, (BEN, EMIL), refusal(RejectionReason.UNKNOWN_SIGNER, signer=EMIL)),
        (
            header(state, 5, EMIL),
            (BEN, CARA),
            refusal(RejectionReason.CERTIFICATE_TOO_LIGHT, signed=2_000, total=3_000),
        ),
    ]
    for judged, signers, expected in steps:
        assert explained(rejected(state, ReportInvalidBlock(DORA, judged, signers))) == expected


def test_a_block_that_is_invalid_in_two_ways_is_one_offence() -> None:
    state = advance(world())
    wrong = out_of_turn(state, 6)
    certified = ReportInvalidBlock(DORA, wrong, (ANNA, BEN, CARA))
    for first, second in (
        (ReportProposer(DORA, wrong), certified),
        (certified, ReportProposer(DORA, wrong)),
    ):
        refused = rejected(run(state, first), second)
        assert refused.reason is RejectionReason.OFFENCE_ALREADY_PUNISHED


def test_the_protocols_own_quorum_certifies() -> None:
    fork = PROTOCOL.fork("any", is_quorum=lambda weight, _total: weight > 0)
    state = world()
    tx = ReportInvalidBlock(DORA, header(state, 2, CARA), (ANNA,))
    assert slashed(fork.transition(state, tx).events)[0].offender == CARA


# --- whatever the evidence, the protocol's own slashing punishes -------------------------


@pytest.mark.parametrize("kind", [ReportBlocks, ReportVotes, ReportProposer, ReportInvalidBlock])
def test_every_kind_of_evidence_goes_through_the_protocols_slashing(kind: type) -> None:
    fork = PROTOCOL.fork("forgiving", slash=lambda _protocol, state, _offence: Transition(state))
    state = pass_slots(PROTOCOL, world(params=evolve(PARAMS, reporter_bps=1)), 5).state
    tx = {
        ReportBlocks: two_headers(state, 4, ANNA),
        ReportVotes: two_votes((0, 1), (0, 1)),
        ReportProposer: ReportProposer(NOBODY, out_of_turn(state, 5)),
        ReportInvalidBlock: ReportInvalidBlock(NOBODY, header(state, 5, ANNA), (ANNA, BEN, CARA)),
    }[kind]
    assert fork.apply(state, tx) == state
    assert run(state, tx) != state
