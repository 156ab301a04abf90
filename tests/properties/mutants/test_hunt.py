"""The hunt for mutants tells what each engine made of each, whatever becomes of the engine."""

import os
import time
from typing import Any

import attrs
import pytest

from properties.engines.engine import Engine
from properties.engines.registry import ENGINES, engine_named
from properties.mutants import EQUIVALENTS, Mutant, hunt, mutant_by_id
from properties.mutants.canary import CANARY
from properties.mutants.hunt import Fate, Hunt, plan
from properties.mutants.look import Look, look

S6, S9, EQ5 = mutant_by_id("S6"), mutant_by_id("S9"), mutant_by_id("EQ5")

SECONDS = 60.0
"""More than any engine needs for what these tests give it, on any machine."""


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_every_engine_finds_the_canary_at_once(engine: Engine) -> None:
    seen = look(engine, CANARY, 1, SECONDS)
    assert seen.law in CANARY.laws, seen.message
    assert seen.steps < 500
    assert seen.message


def test_an_engine_is_determined_by_its_seed() -> None:
    fuzz = engine_named("fuzz")
    looks = [look(fuzz, S6, seed, SECONDS) for seed in (1, 1, 2, 3, 4)]
    assert looks[0].steps == looks[1].steps
    assert len({look.steps for look in looks}) > 1


def toys(monkeypatch: pytest.MonkeyPatch, **looks: Any) -> list[Engine]:
    """Return engines that look as told, whatever they are."""

    def look_as_told(engine: Engine, mutant: Mutant, seed: int, seconds: float) -> Look:
        told: Look = looks[engine.name](mutant, seed, seconds)
        return told

    monkeypatch.setattr(hunt, "look", look_as_told)
    return [attrs.evolve(ENGINES[0], name=name) for name in looks]


def hunted(monkeypatch: pytest.MonkeyPatch, mutants: tuple[Mutant, ...], **engines: object) -> Hunt:
    """Hunt with engines of a test's own."""
    outcome = plan(mutants, toys(monkeypatch, **engines), seed=7, seconds=0.2, workers=2)
    outcome.run(lambda _hunt: None)
    return outcome


def blind(_mutant: Mutant, seed: int, seconds: float) -> Look:
    return Look(seed, seconds)


def keen(_mutant: Mutant, _seed: int, _seconds: float) -> Look:
    return Look(3, 0.1, "ACC-1", "1 lost", 2)


def broken(_mutant: Mutant, _seed: int, _seconds: float) -> Look:
    raise ZeroDivisionError("by nothing")


def dead(_mutant: Mutant, _seed: int, _seconds: float) -> Look:
    os._exit(9)


def hung(_mutant: Mutant, _seed: int, _seconds: float) -> Look:
    time.sleep(600)
    raise AssertionError


def test_a_mutant_is_caught_where_one_engine_catches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = hunted(monkeypatch, (S9,), blind=blind, keen=keen)
    assert outcome.fate(S9) is Fate.CAUGHT
    assert outcome.looks_at(S9) == {
        "blind": Look(7, 0.2),
        "keen": Look(3, 0.1, "ACC-1", "1 lost", 2),
    }
    assert list(outcome.catches(S9)) == ["keen"]
    assert outcome.exit_code() == 0


def test_a_mutant_that_no_engine_catches_has_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = hunted(monkeypatch, (S9, S6), blind=blind)
    assert outcome.fate(S9) is Fate.SURVIVED
    assert outcome.exit_code() == 1


def late(_mutant: Mutant, seed: int, seconds: float) -> Look:
    return Look(seed, seconds) if seconds < 1 else keen(_mutant, seed, seconds)


def test_a_mutant_that_no_engine_catches_is_looked_at_ten_times_as_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = hunted(monkeypatch, (S9, EQ5, CANARY), late=late, blind=blind)
    assert outcome.fate(S9) is Fate.CAUGHT
    assert outcome.fate(EQ5) is Fate.HELD
    assert outcome.fate(CANARY) is Fate.SURVIVED
    assert outcome.longer <= {("S9", "late"), ("S9", "blind")}
    assert outcome.finished == outcome.planned == 8


def test_an_equivalent_fork_holds_where_no_engine_refutes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = hunted(monkeypatch, EQUIVALENTS, blind=blind)
    assert {held.fate(mutant) for mutant in EQUIVALENTS} == {Fate.HELD}
    assert held.exit_code() == 0
    refuted = hunted(monkeypatch, (EQ5,), blind=blind, keen=keen)
    assert refuted.fate(EQ5) is Fate.REFUTED
    assert refuted.exit_code() == 1


def test_a_canary_that_one_engine_misses_has_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hunted(monkeypatch, (CANARY,), keen=keen).exit_code() == 0
    outcome = hunted(monkeypatch, (CANARY,), keen=keen, blind=blind)
    assert outcome.fate(CANARY) is Fate.SURVIVED
    assert outcome.exit_code() == 1


def test_engines_that_raise_or_die_have_caught_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = hunted(monkeypatch, (S9,), broken=broken, dead=dead)
    assert outcome.failed == {
        ("S9", "broken"): "ZeroDivisionError: by nothing",
        ("S9", "dead"): "the process ended",
    }
    assert outcome.fate(S9) is Fate.SURVIVED


def test_an_engine_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunt, "PATIENCE_SECONDS", 0.5)
    outcome = hunted(monkeypatch, (S9,), hung=hung)
    assert outcome.failed == {("S9", "hung"): "no answer 0.5 s after its time"}


def test_a_hunt_that_is_interrupted_keeps_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = plan(
        (S9, EQ5), toys(monkeypatch, keen=keen, hung=hung), seed=7, seconds=0.2, workers=2
    )

    def stop(_hunt: Hunt) -> None:
        if outcome.looks:
            raise KeyboardInterrupt

    outcome.run(stop)
    assert outcome.interrupted
    assert outcome.fate(S9) is Fate.CAUGHT
    assert outcome.fate(EQ5) is Fate.UNDETERMINED
    assert outcome.exit_code() == 4
