"""Parts pay alike: rounding to whole increments, as before Electra, and growing shares do not."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from properties.designs import correlation, ethereum
from properties.designs.penalty import penalise
from properties.designs.splitting import PART, PARTS, losses, split_alike
from properties.model.worlds import draw_genesis
from statemachine import PROTOCOL, Protocol, State, Transition, evolve, genesis
from statemachine.map_keys import epoch_key
from statemachine.primitives import BPS


def some_state(protocol: Protocol) -> State:
    for number in range(20):
        state = genesis(protocol, draw_genesis(Random(number), protocol))
        if state.params.min_stake <= 1_000 and state.params.evidence_window >= 4:
            return state
    raise AssertionError("no world has so long a window")


@pytest.mark.parametrize("protocol", [PROTOCOL, ethereum.DESIGN, correlation.LATER])
def test_whoever_takes_the_same_share_of_all_takes_it_of_parts(protocol: Protocol) -> None:
    assert split_alike(protocol, some_state(protocol)) == []


def whole_increments(_protocol: Protocol, state: Any) -> Transition:
    """Take later penalties as Bellatrix did: rounded down to increments for each validator."""
    punished = state.epoch - (state.params.evidence_window + 1) // 2
    together = 3 * correlation.offended_lately(state)
    events: list[object] = []
    if punished >= 0:
        for key, weight in state.offended.with_prefix(epoch_key(punished)):
            increments = weight // state.params.increment
            total = max(1, state.snapshot.total_weight)
            floored = increments * together // total * state.params.increment
            share = BPS * min(floored, weight) // max(1, weight)
            state, announced = penalise(state, key[8:], punished - 1, share)
            events += announced
    return Transition(state, tuple(events))


def test_rounding_to_increments_for_each_validator_spares_the_small() -> None:
    steps = tuple(
        whole_increments if step is correlation.pay_later else step
        for step in ethereum.DESIGN.closing_steps
    )
    floored = evolve(ethereum.DESIGN, closing_steps=steps)
    complaint = split_alike(floored, some_state(floored))
    assert complaint is not None and f"in {PARTS} equal parts" in complaint[0]


def test_a_share_that_grows_with_each_report_is_a_third_for_the_many() -> None:
    complaint = split_alike(correlation.AT_REPORT, some_state(correlation.AT_REPORT))
    assert complaint is not None
    assert complaint[0].startswith("1,024,000 lose 76,083 in one and 26,522 in 32 equal parts")


def test_the_share_of_all_together_is_taken_of_all_alike() -> None:
    state = some_state(correlation.LATER)
    lost = [sum(losses(correlation.LATER, state, parts)) for parts in (1, PARTS)]
    told = f"{lost[0]:,} of {PARTS * PART:,} in one, {lost[1]:,} in"
    findings = Path(__file__).resolve().parents[3] / "specs" / "findings.md"
    assert told in findings.read_text(encoding="utf-8")


def test_a_law_that_can_judge_nothing_says_so() -> None:
    state = some_state(PROTOCOL)
    long = evolve(state, params=evolve(state.params, evidence_window=65, unbonding_epochs=65))
    assert split_alike(PROTOCOL, long) is None
    free = evolve(state, params=evolve(state.params, double_sign_bps=0))
    assert split_alike(PROTOCOL, free) is None
