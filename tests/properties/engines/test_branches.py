"""Worlds of two branches: what the adversary reaches, and the laws that it cannot break."""

import functools
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from properties.engines.branches import safety
from properties.engines.branches.adversary import draw_start, grow
from properties.engines.branches.branch import conflict
from properties.engines.branches.look import Found, Notes, look, look_again
from properties.laws.liveness import finalise_next
from properties.laws.witnesses import TWO_RUN_WITNESSES
from properties.trace.counterexample import Counterexample
from properties.trace.trial import check_end
from statemachine import PROTOCOL, Protocol, Rejected, RejectionReason, Transition, evolve
from statemachine.duties import SigningRecord
from statemachine.map_keys import epoch_key
from statemachine.messages import Checkpoint, Vote
from statemachine.protocol import Offence
from statemachine.rules import evidence, finality
from statemachine.rules.genesis import genesis
from statemachine.state import State
from statemachine.transactions import CastVotes, ProduceBlock, ReportProposer, ReportVotes
from tests.properties.cli.commands import stakespec

pytestmark = pytest.mark.xdist_group("branches")

WORLDS = 400
"""Worlds that are enough to reach every witness many times."""


@functools.cache
def looked() -> tuple[Counter[str], list[Found]]:
    reached: Counter[str] = Counter()
    notes = Notes(reached)
    looks = [look(PROTOCOL, Random(f"test/{number}"), notes) for number in range(WORLDS)]
    return reached, [finding for finding in looks if finding is not None]


def test_no_law_of_several_runs_is_broken() -> None:
    assert looked()[1] == []


@pytest.mark.parametrize("witness", [law.id for law in TWO_RUN_WITNESSES])
def test_the_adversary_reaches_every_witness_often(witness: str) -> None:
    assert looked()[0][witness] >= WORLDS // 40


def test_worlds_have_unequal_stakes_and_totals_of_every_remainder() -> None:
    remainders: Counter[int] = Counter()
    for number in range(60):
        stakes = [entry.amount for entry in draw_start(Random(number)).delegations]
        assert len(stakes) >= 5
        assert len(set(stakes)) > 1
        remainders[sum(stakes) % 3] += 1
    assert min(remainders[rest] for rest in range(3)) >= 10


def test_with_one_signer_too_few_on_a_branch_nothing_is_final_there() -> None:
    # No set of signers that the protocol does not take for a quorum makes anything final.
    def nobody(_part: int, _total: int) -> bool:
        return False

    for number in range(40):
        rng = Random(f"none/{number}")
        start = draw_start(rng)
        world = grow(PROTOCOL.fork("nobody", is_quorum=nobody), rng, start)
        assert conflict(world.left, world.right) is None
        assert world.left.state.finality.finalised.epoch == 0


# --- planted violations ------------------------------------------------------------------

NOT_AN_OFFENCE = RejectionReason.NOT_AN_OFFENCE


def unless(spared: Callable[[Vote, Vote], bool]) -> dict[type, Any]:
    """Take no evidence of some pairs of votes."""

    def report(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
        if spared(tx.first.vote, tx.second.vote):
            raise Rejected(NOT_AN_OFFENCE)
        return evidence.report_votes(protocol, state, tx)

    return {ReportVotes: report}


def same_target(first: Vote, second: Vote) -> bool:
    return first.target.epoch == second.target.epoch


def second_surrounds(first: Vote, second: Vote) -> bool:
    return evidence.surrounds(second, first)


def half_is_enough(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """More than half of the stake justifies."""
    weak = protocol.fork("weak", is_quorum=lambda weight, total: 2 * weight > total)
    return finality.cast_votes(weak, state, tx)


def cast_from_anywhere(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """The source of a link need not be justified."""
    source = tx.vote.source
    key = epoch_key(source.epoch)
    record = state.finality.history.get(key)
    if record is not None and record.root == source.root:
        history = state.finality.history.set(key, evolve(record, justified=True))
        state = evolve(state, finality=evolve(state.finality, history=history))
    return finality.cast_votes(protocol, state, tx)


def final_over_any_link(protocol: Protocol, state: State, tx: CastVotes) -> Transition:
    """A link over several epochs makes its source final."""
    transition = finality.cast_votes(protocol, state, tx)
    source, stored = tx.vote.source, transition.state.finality
    justified = any(type(event).__name__ == "CheckpointJustified" for event in transition.events)
    if justified and source.epoch > stored.finalised.epoch:
        return Transition(
            evolve(transition.state, finality=evolve(stored, finalised=source)), transition.events
        )
    return transition


def slash_of_the_later_epoch(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
    """Who left a branch before the later vote's epoch loses nothing there."""
    kind = evidence.contradiction(tx.first.vote, tx.second.vote)
    common = [signer for signer in tx.first.signers if signer in tx.second.signers]
    if kind is None or not common:
        return evidence.report_votes(protocol, state, tx)
    epoch = max(tx.first.vote.target.epoch, tx.second.vote.target.epoch)
    return protocol.slash(protocol, state, Offence(common[0], kind, epoch, 0, tx.reporter))


def one_signature_is_enough(protocol: Protocol, state: State, tx: ReportVotes) -> Transition:
    """Who signed one of two votes is taken to have signed both."""
    kind = evidence.contradiction(tx.first.vote, tx.second.vote)
    if kind is None:
        raise Rejected(NOT_AN_OFFENCE)
    epoch = evidence.infraction_epoch(state, tx.first.vote, tx.second.vote)
    signer = tx.first.signers[0]
    return protocol.slash(protocol, state, Offence(signer, kind, epoch, 0, tx.reporter))


def proposers_of_other_branches(protocol: Protocol, state: State, tx: ReportProposer) -> Transition:
    """A header of another branch is held against this one's election."""
    epoch = tx.header.slot // state.params.epoch_length
    record = state.finality.history.get(epoch_key(epoch))
    if record is not None:
        tx = evolve(tx, header=evolve(tx.header, checkpoint=record.root))
    return evidence.report_proposer(protocol, state, tx)


PLANTED: dict[str, tuple[str, Protocol]] = {
    "half": ("SAF-1", PROTOCOL.fork("half", {CastVotes: half_is_enough})),
    "no rule against double votes": ("SAF-1", PROTOCOL.fork("double", unless(same_target))),
    "no rule against surround votes": (
        "SAF-1",
        PROTOCOL.fork("surround", unless(lambda first, second: not same_target(first, second))),
    ),
    "surround in one order": ("SAF-1", PROTOCOL.fork("order", unless(second_surrounds))),
    "source not justified": (
        "SAF-1",
        PROTOCOL.fork("source", {CastVotes: cast_from_anywhere}),
    ),
    "final over a link that passes what is not justified": (
        "SAF-1",
        PROTOCOL.fork("child", {CastVotes: final_over_any_link}),
    ),
    "left before the later epoch": (
        "SAF-1",
        PROTOCOL.fork("later", {ReportVotes: slash_of_the_later_epoch}),
    ),
    "one signature is enough": (
        "SAF-2",
        PROTOCOL.fork("one", {ReportVotes: one_signature_is_enough}),
    ),
    "proposers of other branches": (
        "SAF-2",
        PROTOCOL.fork("others", {ReportProposer: proposers_of_other_branches}),
    ),
}

MOST_WORLDS = 1_500


@functools.cache
def refuted(name: str) -> Found:
    _, protocol = PLANTED[name]
    for number in range(MOST_WORLDS):
        finding = look(protocol, Random(f"planted/{number}"), Notes())
        if finding is not None:
            return finding
    raise AssertionError(f"{name} is not refuted by {MOST_WORLDS} worlds")


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(name: str) -> None:
    assert refuted(name).violation.law == PLANTED[name][0]


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_found_breaks_the_same_law_when_read_back_and_not_the_protocols(name: str) -> None:
    law, protocol = PLANTED[name]
    finding = refuted(name)
    text = Counterexample(
        "statemachine:PROTOCOL",
        law,
        finding.violation.message,
        "branches",
        finding.start,
        finding.transactions,
        finding.other,
        finding.honest,
    ).to_text()
    read = Counterexample.from_text(text)
    assert (read.transactions, read.other) == (finding.transactions, finding.other)
    assert read.honest == finding.honest
    parts = (finding.start, read.transactions, read.other or (), read.honest)
    assert law in {violation.law for violation in look_again(protocol, *parts)}
    assert look_again(PROTOCOL, *parts) == []


def test_evidence_of_votes_is_independent_of_the_protocols_own_reading() -> None:
    for number in range(200):
        rng = Random(number)
        first, second = (_drawn_vote(rng) for _ in range(2))
        theirs = evidence.contradiction(first, second) is not None
        assert safety.contradict(first, second) is theirs


def _drawn_vote(rng: Random) -> Vote:
    source = rng.randrange(4)
    target = source + rng.randint(1, 3)
    return Vote(
        Checkpoint(source, bytes([rng.randrange(2)]) * 32),
        Checkpoint(target, bytes([rng.randrange(2)]) * 32),
    )


# --- plausible liveness ------------------------------------------------------------------


def test_there_is_a_way_on_from_a_state_whose_validators_have_voted_far_ahead() -> None:
    state = genesis(PROTOCOL, draw_start(Random(1)))
    signed = dict.fromkeys(state.validators, SigningRecord(source=0, target=7))
    way = finalise_next(PROTOCOL, state, signed)
    assert way.obstacle == ""
    assert way.state.finality.finalised.epoch == 8
    # The way can be gone again, transaction by transaction.
    for tx in way.transactions:
        state = PROTOCOL.apply(state, tx)
    assert state == way.state


def test_without_two_thirds_the_law_does_not_apply_and_says_why() -> None:
    state = genesis(PROTOCOL, draw_start(Random(1)))
    followers = list(state.validators)[:2]
    way = finalise_next(PROTOCOL, state, dict.fromkeys(followers, SigningRecord()))
    assert (way.obstacle, way.outside) == ("two thirds are not left", True)


def test_a_protocol_that_counts_no_votes_has_no_way_on() -> None:
    def refuse(_protocol: Protocol, _state: State, _tx: CastVotes) -> Transition:
        raise Rejected(RejectionReason.ALREADY_VOTED)

    fork = PROTOCOL.fork("deaf", {CastVotes: refuse})
    applied, violations = check_end(fork, genesis(fork, draw_start(Random(2))), "LIV-1")
    assert applied
    assert [violation.law for violation in violations] == ["LIV-1"]
    assert "CastVotes was refused: already_voted" in violations[0].message


def test_a_protocol_that_makes_nothing_final_has_no_way_on() -> None:
    fork = PROTOCOL.fork("never", is_quorum=lambda _part, _total: False)
    _, violations = check_end(fork, genesis(fork, draw_start(Random(2))), "LIV-1")
    assert "source_not_justified" in violations[0].message


# --- the command -------------------------------------------------------------------------


def test_a_conflict_is_told_and_replayed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = "properties.mutants:S18d"
    argv = ("--protocol", path, "--engine", "branches", "--seed", 1, "--runs", 40)
    outcome = stakespec("check", *argv)
    assert outcome.exit_code == 1, outcome.output
    assert "SAF-1 accountable safety: epochs " in outcome.stdout
    assert "REFUTED SAF-1 accountable safety" in outcome.stdout
    file = "counterexamples/SAF-1-CastVotes.json"
    again = stakespec("replay", file)
    assert again.exit_code == 1, again.output
    assert "one 1. " in again.stdout
    assert "other 1. " in again.stdout
    assert "SAF-1 accountable safety: epochs " in again.stdout
    held = stakespec(
        "replay", "counterexamples/SAF-1-CastVotes.json", "--protocol", "statemachine:PROTOCOL"
    )
    assert held.exit_code == 0, held.output


def test_proposing_for_an_open_slot_is_part_of_the_way_on() -> None:
    state = genesis(PROTOCOL, draw_start(Random(3)))
    empty = evolve(state, snapshot=type(state.snapshot).empty(state.snapshot.layout))
    way = finalise_next(PROTOCOL, empty, {})
    assert way.outside
    assert any(isinstance(tx, ProduceBlock) for tx in way.transactions)
