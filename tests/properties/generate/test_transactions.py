"""What the generator draws: repeatable, of every kind, and refused for many reasons."""

import functools
import os
import subprocess
import sys
from collections import Counter
from random import Random

import attrs
import pytest

from properties.generate.messages import report_votes
from properties.generate.transactions import draw_profile, long_profile, next_transaction
from properties.laws.accusation import DRAWN_TYPES, Accuse, with_accusations
from properties.laws.coverage import Coverage
from properties.laws.patience import state_at_slot
from properties.laws.witnesses import STEP_WITNESSES
from properties.model.draw_context import Actors, DrawContext
from properties.model.names import address, public_key
from properties.model.worlds import draw_genesis
from properties.trace.run import Run
from statemachine import PROTOCOL, OffenceKind, genesis, state_root
from statemachine.codec import tagged
from statemachine.map_keys import delegation_key
from statemachine.transactions import ReportVotes

pytestmark = pytest.mark.xdist_group("drawn-transactions")

WALKS = 60
STEPS = 120


def walk(number: int, coverage: Coverage | None = None, steps: int = STEPS) -> Run:
    """Take one of the walks that these tests look at."""
    rng = Random(f"generator/{number}")
    run = Run.start(PROTOCOL, draw_genesis(rng), coverage)
    run.walk(rng, draw_profile(run.protocol, rng, run.state), steps)
    return run


@functools.cache
def walks() -> tuple[Coverage, tuple[Run, ...]]:
    coverage = Coverage()
    return coverage, tuple(walk(number, coverage) for number in range(WALKS))


def fingerprint() -> str:
    """Return what identifies a few walks with all their transactions."""
    lines = []
    for number in range(3):
        run = walk(number, steps=60)
        lines.append(f"{[tagged(tx) for tx in run.submitted]} {state_root(run.state).hex()}")
    return "\n".join(lines)


def test_the_same_seed_draws_the_same_transactions() -> None:
    first, again = walk(0), walk(0)
    assert first.submitted == again.submitted
    assert state_root(first.state) == state_root(again.state)


def test_another_seed_draws_others() -> None:
    assert walk(0).submitted != walk(1).submitted


def test_the_same_seed_draws_the_same_transactions_whatever_the_hash_seed() -> None:
    ours = fingerprint()
    program = (
        "from tests.properties.generate.test_transactions import fingerprint; print(fingerprint())"
    )
    for hash_seed in ("0", "1234"):
        finished = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={
                **os.environ,
                "PYTHONHASHSEED": hash_seed,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
        )
        assert finished.stdout.rstrip("\n") == ours, f"PYTHONHASHSEED={hash_seed}"


def test_no_walk_breaks_a_law() -> None:
    _, runs = walks()
    assert [run.violations for run in runs if run.violations] == []


def test_every_kind_of_transaction_is_accepted_in_some_walk() -> None:
    coverage, _ = walks()
    assert coverage.never_fired() == []
    assert set(coverage.fired) == {kind.__name__ for kind in DRAWN_TYPES}


def test_every_witness_is_reached_in_some_walk() -> None:
    coverage, _ = walks()
    assert coverage.never_reached() == []
    assert set(coverage.reached) == {witness.id for witness in STEP_WITNESSES}


def test_a_third_of_what_is_drawn_is_refused_for_many_reasons() -> None:
    coverage, _ = walks()
    refused = sum(sum(reasons.values()) for reasons in coverage.rejected.values())
    assert 0.1 < refused / (refused + coverage.steps) < 0.6
    reasons = {reason for counted in coverage.rejected.values() for reason in counted}
    assert len(reasons) >= 20


def test_every_kind_of_transaction_is_refused_in_some_walk() -> None:
    coverage, _ = walks()
    assert set(coverage.rejected) == {kind.__name__ for kind in DRAWN_TYPES}


def test_everything_submitted_is_counted_once() -> None:
    coverage, runs = walks()
    refused = sum(sum(reasons.values()) for reasons in coverage.rejected.values())
    assert sum(len(run.submitted) for run in runs) == coverage.steps + refused
    assert coverage.runs == WALKS
    assert sum(coverage.fired.values()) == coverage.steps


def test_evidence_is_never_of_downtime_which_only_the_counters_prove() -> None:
    _, runs = walks()
    accused = Counter(tx.kind for run in runs for tx in run.submitted if isinstance(tx, Accuse))
    assert set(accused) == {OffenceKind.INVALID_BLOCK, OffenceKind.DOUBLE_BLOCK}


def test_the_habits_of_walks_differ() -> None:
    state = genesis(PROTOCOL, draw_genesis(Random("habits")))
    profile = [draw_profile(PROTOCOL, Random(seed), state) for seed in range(40)]
    assert len({habit.weights for habit in profile}) > 30
    assert {habit.mischief for habit in profile} == {0, 3, 10}


def test_the_habits_of_a_long_walk_leave_nothing_out() -> None:
    state = genesis(PROTOCOL, draw_genesis(Random("habits")))
    assert all(long_profile(PROTOCOL, Random(1), state).weights)


def test_the_cast_is_who_there_is() -> None:
    state = genesis(PROTOCOL, draw_genesis(Random("cast")))
    actors = Actors.of(state)
    assert actors.accounts == tuple(state.accounts)
    assert actors.validators == tuple(state.validators)
    assert {delegation_key(validator, delegator) for validator, delegator in actors.pairs} == set(
        state.delegations
    )


def test_drawing_changes_nothing() -> None:
    protocol = with_accusations(PROTOCOL)
    state = genesis(protocol, draw_genesis(Random("drawing")))
    before = state_root(state)
    rng = Random("drawing")
    for _ in range(50):
        next_transaction(protocol, state, rng, draw_profile(protocol, rng, state), Actors.of(state))
    assert state_root(state) == before


def test_actors_have_addresses_and_keys_of_their_own() -> None:
    assert address(7) == b"\x07" * 20
    assert len({public_key(address(number)) for number in range(256)}) == 256
    assert all(len(public_key(address(number))) == 48 for number in range(256))


def test_drawn_worlds_differ() -> None:
    worlds = [draw_genesis(Random(seed)) for seed in range(50)]
    assert len({len(world.validators) for world in worlds}) == 6
    assert len({world.params for world in worlds}) == 50
    assert any(world.epoch for world in worlds)
    assert any(entry.jailed for world in worlds for entry in world.validators)
    assert any(entry.end is not None for world in worlds for entry in world.delegations)


def test_a_vote_for_the_future_is_reported_with_one_that_it_surrounds() -> None:
    """Which of the two targets says that it is too early shows in no other evidence."""
    reported = surrounding = 0
    for seed in range(12):
        rng = Random(f"future/{seed}")
        description = draw_genesis(rng)
        slot = (description.epoch + 9) * description.params.epoch_length
        state = state_at_slot(PROTOCOL, genesis(PROTOCOL, description), slot)
        profile = attrs.evolve(draw_profile(PROTOCOL, rng, state), mischief=30)
        context = DrawContext(PROTOCOL, state, rng, profile, Actors.of(state))
        for _ in range(200):
            tx = report_votes(context)
            if not isinstance(tx, ReportVotes):
                continue
            votes = (tx.first.vote, tx.second.vote)
            inner, outer = sorted(votes, key=lambda vote: vote.target.epoch)
            reported += 1
            surrounding += (
                outer.source.epoch < inner.source.epoch
                and inner.target.epoch <= state.epoch < outer.target.epoch
            )
    assert reported > 500
    assert surrounding > reported // 15, (surrounding, reported)
