"""Mutations of the rules that are drawn: what can be drawn, planted, tried and told."""

import ast
import json
from typing import Any

import attrs
import pytest

from properties.drawn import Drawn, drawn, trials
from properties.drawn.drawing import every_mutation
from properties.drawn.mutation import Mutation, Source
from properties.drawn.operators import OPERATORS
from properties.drawn.planting import NOT_PLANTED, planted, sources
from properties.drawn.trials import Effort, Fate, Trial, trial_of, try_all
from properties.engines.registry import engine_named
from properties.model.protocols import NoProtocol, load_protocol
from statemachine import PROTOCOL, Transfer
from statemachine.protocol import Protocol
from statemachine.rules import accounts
from tests.properties.cli.commands import refusal, stakespec, widest

EFFORT = Effort(1, 1.0, 50, (engine_named("one-step"),))


DROPPED = ("b=1", "c=2")


def mutations_of(kind: str, text: str) -> set[str]:
    """Return what a kind of mistake makes of the body of a function."""
    source = Source.of(
        "example", f"def f(state: State, tx: Delegate, one: bytes, other: bytes):\n{text}"
    )
    (function,) = source.functions()
    changed = set()
    for node, edits in OPERATORS[kind](source, function):
        assert isinstance(node, ast.AST)
        lines = Mutation(kind, "example", 1, edits).applied(source.text).splitlines()[1:]
        changed.add("\n".join(line.strip() for line in lines))
    return changed


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("comparison", " return 1 <= a < 2", {"return 1 < a < 2", "return 1 <= a <= 2"}),
        (
            "off by one",
            " return f(x.epoch)",
            {"return f((x.epoch + 1))", "return f(max(0, x.epoch - 1))"},
        ),
        ("arithmetic", " return a // b", {"return -(-(a) // (b))"}),
        ("arithmetic", " return min(a, b)", {"return max(a, b)"}),
        ("condition", " if a:\n  return 1", {"if False:\nreturn 1", "if True:\nreturn 1"}),
        ("dropped", " state = g(state)\n return state", {"pass\nreturn state"}),
        (
            "dropped",
            " return evolve(a, b=1, c=2)",
            {"return evolve(a, c=2)", "return evolve(a, b=1)"},
        ),
        ("swapped", " return one", {"return other"}),
        ("swapped", " return tx.delegator", {"return tx.validator"}),
        (
            "snapshot",
            " state = g(state)\n return state",
            {"state_before = state\nstate = g(state)\nreturn state_before"},
        ),
    ],
)
def test_each_kind_of_mistake_changes_what_it_says(
    kind: str, text: str, expected: set[str]
) -> None:
    assert mutations_of(kind, text) == expected


def test_there_are_many_places_for_each_kind_in_the_rules() -> None:
    for kind, mutations in every_mutation().items():
        assert len(mutations) >= 90, kind
        assert {one.module for one in mutations} <= sources().keys() - NOT_PLANTED


def test_a_seed_draws_the_same_whatever_is_asked_for_beyond() -> None:
    few, more = drawn(1, 3), drawn(1, 5)
    assert [one.mutation for one in few] == [one.mutation for one in more[:3]]
    assert [one.mutation for one in drawn(2, 3)] != [one.mutation for one in few]


def test_its_name_leads_to_the_mutation() -> None:
    (first,) = drawn(1, 1)
    assert load_protocol(first.path).name == first.protocol.name
    assert first.diff[0].startswith("@@")
    with pytest.raises(NoProtocol):
        load_protocol("properties.drawn:D1_0")


def debiting_nobody() -> Drawn:
    """Return the mutation that forgets to debit who transfers."""
    for mutation in every_mutation()["dropped"]:
        protocol = planted(mutation, "D0_1") if mutation.module == accounts.__name__ else None
        if protocol is not None and "state = debit(" in "\n".join(
            mutation.diff(sources()[mutation.module])
        ):
            return Drawn(0, 1, mutation, protocol)
    raise AssertionError("the rule of transfers has changed")


def test_a_mistake_is_in_the_planted_rules_alone() -> None:
    mutation = debiting_nobody()
    assert mutation.protocol.rules[Transfer] is not accounts.transfer
    assert PROTOCOL.rules[Transfer] is accounts.transfer
    assert trial_of(mutation, EFFORT).fate is Fate.CAUGHT


def test_an_unchanged_protocol_is_no_different_in_so_many_steps() -> None:
    mutation = attrs.evolve(debiting_nobody(), protocol=PROTOCOL)
    trial = trial_of(mutation, EFFORT)
    assert (trial.fate, trial.steps) == (Fate.SAME, 50)


def test_what_laws_do_not_see_is_told_by_the_difference() -> None:
    # An engine that judges nothing: all that is left is the comparison.
    blind = Effort(1, 0.1, 2_000, ())
    trial = trial_of(debiting_nobody(), blind)
    assert trial.fate is Fate.DIFFERS
    assert trial.difference is not None
    assert len(trial.difference.parted.trial.transactions) == 1


def test_a_mistake_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_protocol: Protocol, _state: Any, _tx: Any) -> Any:
        while True:
            pass

    monkeypatch.setattr(trials, "PATIENCE_SECONDS", 0.3)
    rules = dict.fromkeys(PROTOCOL.rules, endless)
    mutation = attrs.evolve(debiting_nobody(), protocol=PROTOCOL.fork("endless", rules))
    told: list[Trial] = []
    effort = attrs.evolve(EFFORT, seconds=0.1, steps=1)
    assert not try_all([mutation], effort, 1, lambda _, trial: told.append(trial))
    assert [trial.fate for trial in told] == [Fate.ENDLESS]


# --- the command -------------------------------------------------------------------------

WORDS = ("mutants", "--random", 2, "--seed", 1, "--engine", "one-step", "--runs", 3)


def test_the_command_tells_each_and_repeats() -> None:
    outcome = stakespec(*WORDS, "--steps", 20, "--workers", 1)
    assert outcome.exit_code in (0, 1), outcome.output
    said, _, repeat = outcome.stdout.rpartition("repeat: ")
    assert "2 drawn mutations: " in said
    assert widest(said) <= 80
    again = "stakespec mutants --random 2 --seed 1 --runs 3 --steps 20 --engine one-step"
    assert repeat.strip() == again


def test_json_tells_the_same() -> None:
    told = json.loads(stakespec(*WORDS, "--steps", 20, "--json").stdout)
    assert sum(told["fates"].values()) == len(told["mutations"]) == 2
    assert all(one["diff"] and one["protocol"] for one in told["mutations"])


def test_what_is_drawn_cannot_be_named() -> None:
    assert "--runs goes with --random" in refusal(stakespec("mutants", "--runs", 2))
    assert "--random draws" in refusal(stakespec("mutants", "--random", 2, "--only", "S9"))
