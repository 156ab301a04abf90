"""The adversary knows how: what it refutes, what it may submit, and what its finds shrink to."""

import functools
from collections import Counter
from collections.abc import Callable
from random import Random

import attrs
import pytest

from properties.engines.branches import safety
from properties.engines.branches.adversary import World, draw_start, grow
from properties.engines.branches.branch import Branch, Signed, conflict
from properties.engines.branches.engine import BRANCHES
from properties.engines.branches.framing import Border
from properties.engines.branches.look import Found, Notes, look, look_again
from properties.engines.branches.smaller import shared_start, smaller
from properties.engines.check import execute
from properties.engines.engine import Plan
from properties.laws.witnesses import TWO_RUN_WITNESSES
from properties.mutants import MUTANTS
from properties.trace.trial import check_end
from statemachine import PROTOCOL, Protocol, Rejected, RejectionReason, State, Transition, evolve
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Vote
from statemachine.rules import finality
from statemachine.rules.lots import oldest_admissible
from statemachine.transactions import (
    CastVotes,
    ReportBlocks,
    ReportInvalidBlock,
    ReportProposer,
    ReportVotes,
)
from tests.properties.cli.commands import stakespec

pytestmark = pytest.mark.xdist_group("branches-adversary")

REFUTED = {
    "S18": "SAF-1",
    "S18b": "SAF-1",
    "S18c": "SAF-1",
    "S18e": "SAF-2",
    "S23": "SAF-2",
    "F3": "SAF-1",
    "F8": "LIV-1",
}
"""Planted bugs that only an adversary reaches, and the law of several runs that each breaks."""


def protocol_of(mutant: str) -> Protocol:
    return next(planted.protocol for planted in MUTANTS if planted.id == mutant)


@functools.cache
def refuted(mutant: str) -> Found:
    for number in range(900):
        finding = look(protocol_of(mutant), Random(f"m/{number}"), Notes())
        if finding is not None:
            return finding
    raise AssertionError(f"{mutant} is not refuted")


@pytest.mark.parametrize("mutant", REFUTED)
def test_a_mutant_is_refuted_by_a_law_of_several_runs(mutant: str) -> None:
    assert refuted(mutant).violation.law == REFUTED[mutant]


@pytest.mark.parametrize("mutant", ["S18b", "S18e", "S23"])
def test_what_refutes_a_mutant_becomes_smaller_and_still_does(mutant: str) -> None:
    protocol, finding = protocol_of(mutant), refuted(mutant)
    small = smaller(protocol, finding, lambda: True)
    assert small.other is not None and finding.other is not None
    assert len(small.transactions) + len(small.other) < len(finding.transactions) + len(
        finding.other
    )
    parts = (small.start, small.transactions, small.other, small.honest)
    assert small.violation in look_again(protocol, *parts)
    assert look_again(PROTOCOL, *parts) == []


def test_without_time_what_was_found_is_kept() -> None:
    finding = refuted("S18b")
    small = smaller(protocol_of("S18b"), finding, lambda: False)
    assert small.transactions == finding.transactions
    assert small.other == finding.other


def grown(protocol: Protocol, rng: Random) -> World:
    return grow(protocol, rng, draw_start(rng))


def test_a_campaign_makes_its_two_runs_smaller() -> None:
    plan = Plan(
        protocol_of("S23"),
        "properties.mutants:S23",
        1,
        20,
        engines=(BRANCHES,),
        runs=20,
        fail_fast=True,
    )
    (failure,) = execute(plan).failures
    assert failure.other is not None
    assert failure.length < failure.original_length
    assert failure.violation.law == "SAF-2"


@pytest.mark.parametrize(
    ("first", "second", "shared"), [("abc", "abd", 2), ("ab", "ab", 2), ("", "a", 0)]
)
def test_two_runs_share_what_they_begin_with(first: str, second: str, shared: int) -> None:
    assert shared_start(first, second) == shared


def test_the_same_seed_makes_the_same_world() -> None:
    first, second = (grown(PROTOCOL, Random(8)) for _ in range(2))
    assert first.left.transactions == second.left.transactions
    assert first.right.transactions == second.right.transactions
    assert first.signed == second.signed


# --- the strategies ----------------------------------------------------------------------


def worlds(fits: Callable[[World], bool], most: int = 300) -> list[World]:
    drawn = (grown(PROTOCOL, Random(f"drawn/{number}")) for number in range(most))
    return [world for world in drawn if fits(world)]


@functools.cache
def conflicts() -> list[World]:
    return worlds(lambda world: conflict(world.left, world.right) is not None)


def test_conflicts_are_reached_by_double_votes_and_by_surrounding_from_either_side() -> None:
    reached: Counter[str] = Counter()
    for world in conflicts():
        for votes in safety.signed_votes((world.left, world.right)).values():
            for vote in votes:
                for second in votes:
                    if not safety.contradict(vote, second):
                        continue
                    on_left = vote in world.left.links and vote not in world.right.links
                    if vote.target.epoch == second.target.epoch:
                        reached["double"] += 1
                    elif vote.target.epoch > second.target.epoch:
                        reached["left surrounds" if on_left else "right surrounds"] += 1
    assert {"double", "left surrounds", "right surrounds"} == set(reached)


def test_branches_become_final_at_equal_and_at_different_epochs_and_links_skip_epochs() -> None:
    distances: Counter[int] = Counter()
    skipped = 0
    for world in conflicts():
        final = [side.state.finality.finalised.epoch for side in (world.left, world.right)]
        distances[final[0] - final[1]] += 1
        skipped += any(vote.target.epoch > vote.source.epoch + 1 for vote in world.left.links)
    assert distances[0]
    assert min(distances) < 0 < max(distances)
    assert skipped


def test_sometimes_there_is_just_enough_for_a_quorum() -> None:
    def just_enough(world: World) -> bool:
        return any(
            PROTOCOL.is_quorum(link.weight, link.snapshot.total_weight)
            and not PROTOCOL.is_quorum(link.weight - 1, link.snapshot.total_weight)
            for side in (world.left, world.right)
            for link in side.links.values()
        )

    assert len([world for world in conflicts() if just_enough(world)]) > 5


def test_no_conflict_is_reached_while_a_third_or_less_contradicts_itself() -> None:
    judged = 0
    for world in conflicts():
        links = (*world.left.links.values(), *world.right.links.values())
        snapshot = links[0].snapshot
        if any(link.snapshot != snapshot for link in links):
            continue
        guilty = {
            signer
            for signer, votes in safety.signed_votes((world.left, world.right)).items()
            if any(safety.contradict(vote, second) for vote in votes for second in votes)
        }
        assert 3 * sum(snapshot.get(signer, 0) for signer in guilty) > snapshot.total_weight
        judged += 1
    assert judged > 10


def test_evidence_is_not_asked_for_once_the_window_is_over() -> None:
    world = next(conflict for conflict in conflicts() if conflict.start.params.evidence_window == 7)
    late = world.left.fork()
    last = max(vote.target.epoch for vote in late.links)
    while oldest_admissible(late.state) <= last:
        assert late.enter(late.state.epoch + 1, Signed())
    assert safety.pay_for_evidence(world.left, (world.left, world.right))[1]
    assert safety.pay_for_evidence(late, (late, world.right))[1] == {}
    weighed = safety.weigh_conflict(late, world.right)
    assert weighed is not None and weighed.complaints == []


# --- the border --------------------------------------------------------------------------


@functools.cache
def bordered() -> tuple[Branch, Border, Border]:
    """A branch, a border at which nobody is honest, and one at which everybody is."""
    world = conflicts()[0]
    sides = (world.left, world.right)
    return world.left, Border.of(sides, ()), Border.of(sides, tuple(world.left.state.validators))


def test_what_was_signed_passes_the_border_and_what_was_not_does_not() -> None:
    side, anybody, honest = bordered()
    header = side.headers[-1]
    forged = evolve(header, checkpoint=bytes(32))
    for report in (ReportProposer(bytes(20), header), ReportBlocks(bytes(20), header, header)):
        assert honest.lets_through(report)
    for report in (ReportProposer(bytes(20), forged), ReportBlocks(bytes(20), header, forged)):
        assert not honest.lets_through(report)
        assert anybody.lets_through(report)


def test_a_signer_passes_the_border_with_its_own_votes_only() -> None:
    side, _, honest = bordered()
    vote, link = next(iter(side.links.items()))
    forged = Vote(vote.source, Checkpoint(vote.target.epoch, bytes(32)))
    signer = link.signers[:1]
    assert honest.lets_through(
        ReportVotes(bytes(20), CastVotes(vote, signer), CastVotes(vote, signer))
    )
    assert not honest.lets_through(
        ReportVotes(bytes(20), CastVotes(vote, signer), CastVotes(forged, signer))
    )
    stranger = (bytes(20),)
    assert honest.lets_through(
        ReportVotes(bytes(20), CastVotes(vote, signer), CastVotes(forged, stranger))
    )


def test_nobody_honest_signs_a_certificate() -> None:
    side, anybody, honest = bordered()
    report = ReportInvalidBlock(bytes(20), side.headers[-1], (side.headers[-1].proposer,))
    assert anybody.lets_through(report)
    assert not honest.lets_through(report)


def test_a_report_of_what_nobody_signed_breaks_no_law_when_read_back() -> None:
    finding = refuted("S23")
    assert finding.other is not None
    forged = attrs.evolve(finding.transactions[-1], reporter=finding.transactions[-1].reporter)
    header = evolve(forged.first.vote.target, root=bytes(32))
    vote = evolve(forged.first.vote, target=header)
    forged = evolve(forged, first=evolve(forged.first, vote=vote))
    txs = (*finding.transactions[:-1], forged)
    assert look_again(protocol_of("S23"), finding.start, txs, finding.other, finding.honest) == []


# --- plausible liveness ------------------------------------------------------------------


def forgetful(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """A justified checkpoint older than the history is not remembered."""
    if epoch_key(tx.vote.source.epoch) not in state.finality.history:
        raise Rejected(RejectionReason.STALE_CHECKPOINT)
    return finality.cast_votes(protocol, state, tx)


def test_a_justified_checkpoint_older_than_the_history_still_leads_on() -> None:
    world = next(iter(worlds(lambda drawn: drawn.start.params.evidence_window == 3, 60)))
    side = world.left
    while epoch_key(side.state.finality.justified.epoch) in side.state.finality.history:
        assert side.enter(side.state.epoch + 1, Signed())
    assert check_end(PROTOCOL, side.state, "LIV-1") == ({"LIV-1": 1}, [])
    fork = PROTOCOL.fork("forgetful", {CastVotes: forgetful})
    applied, violations = check_end(fork, side.state, "LIV-1")
    assert applied
    assert [violation.law for violation in violations] == ["LIV-1"]
    assert "CastVotes was refused: stale_checkpoint" in violations[0].message


def test_branches_themselves_refute_a_protocol_that_forgets() -> None:
    fork = PROTOCOL.fork("forgetful", {CastVotes: forgetful})
    looked = (look(fork, Random(f"forgetful/{number}"), Notes()) for number in range(300))
    finding = next(seen for seen in looked if seen is not None)
    assert finding.violation.law == "LIV-1"


# --- the command -------------------------------------------------------------------------


def test_branches_alone_show_their_own_witnesses_and_hold() -> None:
    outcome = stakespec("check", "--engine", "branches", "--seed", 1, "--runs", 60)
    assert outcome.exit_code == 0, outcome.output
    for witness in (law.id for law in TWO_RUN_WITNESSES):
        assert f"\n{witness} " in outcome.stdout
    assert "never" not in outcome.stdout.split("\nwitness", 1)[1].split("branches:")[0]
    assert "branches: 60 worlds of two branches; " in outcome.stdout


def test_a_conflict_of_sets_that_differ_too_much_is_not_counted_as_judged() -> None:
    judged = unpromised = 0
    for world in conflicts():
        weighed = safety.weigh_conflict(world.left, world.right)
        assert weighed is not None
        pairs = safety.contradicting_quorums(world.left, world.right)
        bounds = [
            3
            * sum(
                min(weight, there.snapshot.get(validator, 0))
                for validator, weight in here.snapshot.items()
            )
            - here.snapshot.total_weight
            - there.snapshot.total_weight
            for here, there in pairs
        ]
        assert not weighed.judged or max(bounds) > 0
        judged += weighed.judged
        unpromised += not weighed.judged
    assert judged and unpromised


def test_the_least_that_a_conflict_cost_is_said() -> None:
    plan = Plan(PROTOCOL, "statemachine:PROTOCOL", 1, 60, engines=(BRANCHES,), runs=120)
    report = execute(plan)
    result = report.results[BRANCHES]
    reached = report.coverage.reached
    assert result.checks["SAF-1"] == reached["costly"] < reached["conflict"]
    slashed, total = result.price
    assert 0 < slashed < total
    assert f"the least slashed in one {100 * slashed / total:.1f} % of the stake" in result.covered
    assert f"in {reached['conflict'] - reached['costly']} the sets differed" in result.covered
