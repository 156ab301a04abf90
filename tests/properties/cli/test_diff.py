"""`stakespec diff`: what is said of two protocols that differ, and of two that do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from properties.conformance.protocols import Found, ProtocolSearch
from statemachine import PROTOCOL, Rejected, RejectionReason, Transition
from statemachine.protocol import Protocol
from statemachine.transactions import Transfer
from tests.properties.cli.commands import refusal, stakespec, widest

OURS = "statemachine:PROTOCOL"


def diff(*argv: object, code: int) -> dict[str, Any]:
    outcome = stakespec("diff", OURS, *argv, "--seed", 1, "--json")
    assert outcome.exit_code == code, outcome.output
    told: dict[str, Any] = json.loads(outcome.stdout)
    assert told["exit_code"] == code
    return told


def test_a_difference_is_made_small_and_its_file_shows_it_again(tmp_path: Path) -> None:
    out = tmp_path / "difference.json"
    told = diff("properties.mutants:S9", "--steps", 2_000, "-o", out, code=5)
    assert told["verdict"] == "they differ"
    assert told["divergence"]["kind"] == "another root"
    assert [tx["type"] for tx in told["divergence"]["transactions"]] == ["Delegate"]
    assert told["repeat"].startswith(f"stakespec diff {OURS} properties.mutants:S9 --seed 1")
    again = ("vectors", "run", out, "--protocol")
    assert stakespec(*again, "properties.mutants:S9").exit_code == 5
    assert stakespec(*again, OURS).exit_code == 0


def test_the_repeat_command_meets_the_same_difference() -> None:
    first = diff("properties.mutants:S9", "--steps", 2_000, code=5)
    argv = first["repeat"].split()[1:]
    again = json.loads(stakespec(*argv, "--json").stdout)
    assert again["divergence"] == first["divergence"]


def test_it_says_in_how_many_steps_no_difference_was_found() -> None:
    outcome = stakespec("diff", OURS, "properties.mutants:EQ4", "--steps", 100, "--seed", 1)
    assert outcome.exit_code == 0, outcome.output
    assert "no difference found in 100 steps" in outcome.stdout
    said, _, repeat = outcome.stdout.rpartition("repeat: ")
    assert widest(said) <= 80
    assert repeat.startswith(f"stakespec diff {OURS}")


def test_the_story_names_both_sides() -> None:
    outcome = stakespec("diff", OURS, "properties.mutants:S9", "--steps", 2_000, "--seed", 1)
    assert outcome.exit_code == 5
    assert "1. Delegate(" in outcome.stdout
    assert f"A is {OURS}, B is properties.mutants:S9" in outcome.stdout


@pytest.mark.parametrize("names", [("nowhere:P", OURS), (OURS, "nowhere:P"), (OURS, "P")])
def test_a_name_that_leads_to_no_protocol_is_refused(names: tuple[str, str]) -> None:
    said = refusal(stakespec("diff", *names))
    assert said.startswith("A: " if names[0] != OURS else "B: ")


# --- each kind of difference -------------------------------------------------------------


def _another_reason(protocol: Protocol, state: Any, tx: Transfer) -> Transition:
    try:
        return PROTOCOL.rules[Transfer](protocol, state, tx)
    except Rejected:
        raise Rejected(RejectionReason.NO_SIGNERS) from None


def _silent(protocol: Protocol, state: Any, tx: Transfer) -> Transition:
    return Transition(PROTOCOL.rules[Transfer](protocol, state, tx).state)


def _refusing(protocol: Protocol, state: Any, tx: Transfer) -> Transition:
    PROTOCOL.rules[Transfer](protocol, state, tx)
    raise Rejected(RejectionReason.ZERO_AMOUNT)


def _found(fork: Protocol) -> Found:
    search = ProtocolSearch(PROTOCOL, fork, seed=1)
    difference = search.run(2_000, lambda: True, lambda: True)
    assert difference is not None
    return difference


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        (_another_reason, "refused for another reason"),
        (_silent, "another events"),
        (_refusing, "refused what must be accepted"),
    ],
)
def test_acceptance_reasons_and_events_are_compared(rule: Any, kind: str) -> None:
    difference = _found(PROTOCOL.fork("other", {Transfer: rule}))
    assert difference.parted.divergence.kind == kind
    assert len(difference.parted.trial.transactions) == 1
