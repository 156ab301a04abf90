"""Votes that come late still make checkpoints final, as often as on the beacon chain."""

from collections.abc import Iterator
from random import Random

import attrs
import pytest

from statemachine import PROTOCOL, Params, State, evolve
from statemachine.duties import SigningRecord, vote_of
from statemachine.messages import Vote
from statemachine.rules.blocks import pass_slots
from statemachine.transactions import CastVotes
from tests.statemachine.worlds import ANNA, BEN, CARA, PARAMS, advance, checkpoint, world

ALL = (ANNA, BEN, CARA)

LONG = evolve(PARAMS, evidence_window=50, unbonding_epochs=50)


def counted(state: State, vote: Vote) -> State:
    return PROTOCOL.apply(state, CastVotes(vote, ALL))


def justified_and_final(params: Params, epochs: int) -> tuple[int, int]:
    """What is reached where all vote as they should and every vote comes an epoch late."""
    state, late = advance(world(params=params)), None
    for _ in range(epochs):
        vote = vote_of(state, ANNA, SigningRecord())
        if late is not None:
            state = counted(state, late)
        state, late = advance(state), vote
    return state.finality.justified.epoch, state.finality.finalised.epoch


def test_votes_that_all_come_an_epoch_late_make_nothing_final_by_direct_children_alone() -> None:
    assert justified_and_final(evolve(LONG, finality_span=1), 40) == (39, 0)


def test_votes_that_all_come_an_epoch_late_make_checkpoints_final() -> None:
    assert justified_and_final(LONG, 40) == (39, 37)


# --- beside the beacon chain -------------------------------------------------------------


@attrs.frozen
class Beacon:
    """What the beacon chain keeps of finality, by epochs alone (phase0, weigh_justification)."""

    previous: int = 0
    """The justified epoch that votes for the previous epoch must come from."""
    current: int = 0
    """The justified epoch that votes for the current epoch must come from."""
    recent: frozenset[int] = frozenset({0})
    """The justified epochs."""
    final: int = 0

    def ended(self, epoch: int, late: bool, timely: bool) -> "Beacon":
        """The end of an epoch, with a quorum for the previous and for its own checkpoint."""
        recent = self.recent | ({epoch - 1} if late else set()) | ({epoch} if timely else set())
        current = epoch if timely else epoch - 1 if late else self.current
        before, now = self.previous, self.current
        final = self.final
        for source, distance, newest in (
            (before, 3, epoch - 1),
            (before, 2, epoch - 1),
            (now, 2, epoch),
            (now, 1, epoch),
        ):
            # The four rules: all from the source to the newest are justified.
            if source + distance == epoch and recent.issuperset(range(source + 1, newest + 1)):
                final = max(final, source)
        return Beacon(self.current, current, recent, final)


PATTERNS = [(late, timely) for late in (False, True) for timely in (False, True)]


def walk(state: State, beacon: Beacon, depth: int) -> Iterator[tuple[Beacon, State]]:
    """Every pattern of quorums over some more epochs, on both machines."""
    epoch = state.epoch
    for late, timely in PATTERNS:
        after = state
        if late and beacon.previous < epoch - 1:
            vote = Vote(checkpoint(state, beacon.previous), checkpoint(state, epoch - 1))
            after = counted_if_new(after, vote)
        if timely:
            vote = Vote(checkpoint(state, beacon.current), checkpoint(state, epoch))
            after = counted_if_new(after, vote)
        ended = beacon.ended(epoch, late, timely)
        yield ended, after
        if depth > 1:
            yield from walk(advance(after), ended, depth - 1)


def counted_if_new(state: State, vote: Vote) -> State:
    """Count votes; those that the timely ones were are not cast twice."""
    tally = state.finality.votes.prefix_weight(
        vote.target.epoch.to_bytes(8, "big") + vote.source.epoch.to_bytes(8, "big")
    )
    return state if tally else counted(state, vote)


def differences(params: Params) -> tuple[int, int]:
    """How many patterns there are, and in how many the two machines finalise differently."""
    patterns = different = 0
    # From epoch 2, so that votes for the epoch before can come late from the first on.
    for beacon, state in walk(advance(world(params=params), 2), Beacon(), 5):
        patterns += 1
        assert state.finality.justified.epoch == beacon.current
        different += state.finality.finalised.epoch != beacon.final
    return patterns, different


def test_all_patterns_of_quorums_over_five_epochs_finalise_what_the_beacon_chain_does() -> None:
    assert differences(LONG) == (1_364, 0)


def test_direct_children_alone_differ_from_the_beacon_chain_by_its_rules_for_two_epochs() -> None:
    assert differences(evolve(LONG, finality_span=1)) == (1_364, 112)


# --- how late votes may be ---------------------------------------------------------------


def longest_lag(span: int, latest: int, offset: int, draw: Random, epochs: int = 24) -> int:
    """By how many epochs finality lags at most, with votes counted up to so many slots late.

    All validators vote as they should, in one slot of each epoch. With delays drawn, some of
    their votes overtake others; without, all come as late as they may.
    """
    length = LONG.epoch_length
    state = world(params=evolve(LONG, finality_span=span, downtime_threshold=10**6))
    waiting: list[tuple[int, Vote]] = []
    lag = 0
    for slot in range(1, epochs * length):
        state = pass_slots(PROTOCOL, state, slot).state
        for due, late in sorted(waiting, key=lambda entry: (entry[0], entry[1].target.epoch)):
            if due == slot:
                state = counted(state, late)
        if slot % length == offset and (vote := vote_of(state, ANNA, SigningRecord())):
            waiting.append((slot + draw.randint(1, latest), vote))
        lag = max(lag, state.epoch - state.finality.finalised.epoch)
    return lag


class Latest(Random):
    """Draws the highest number, always."""

    def randint(self, _low: int, high: int) -> int:
        return high


@pytest.mark.parametrize("span", [1, 2, 3])
@pytest.mark.parametrize("offset", [0, 3])
def test_finality_lags_by_a_bounded_number_of_epochs_if_votes_are_late_by_at_most_the_span(
    span: int, offset: int
) -> None:
    length = LONG.epoch_length
    for latest in range(1, span * length + 1):
        # d slots are j epochs, begun ones counted: a vote's source lies at most j epochs back.
        bound = -(-latest // length) + -(-(offset + latest) // length)
        for draw in (Latest(), Random(latest)):
            assert longest_lag(span, latest, offset, draw) <= bound


@pytest.mark.parametrize("span", [1, 2, 3])
def test_nothing_is_final_if_every_vote_is_later_than_the_span(span: int) -> None:
    latest = span * LONG.epoch_length + 1
    assert longest_lag(span, latest, 0, Latest()) == 23
