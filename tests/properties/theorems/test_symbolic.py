"""Executing functions on symbols gives what they compute, on every path."""

import pytest
import z3

from properties.theorems import symbolic
from properties.theorems.symbolic import (
    NotSymbolic,
    Symbol,
    SymbolicRoot,
    TooManyPaths,
    number_of,
    paths,
    truth_of,
)
from statemachine.errors import OutOfRange
from statemachine.messages import Checkpoint

x, y = z3.Ints("x y")
NATURAL = z3.And(x >= 0, y >= 0)


def _same(first: z3.ExprRef, second: z3.ExprRef, where: z3.BoolRef = NATURAL) -> bool:
    solver = z3.Solver()
    solver.add(where, first != second)
    return bool(solver.check() == z3.unsat)


def test_a_number_is_computed_over_all_paths() -> None:
    def larger_of_halves() -> object:
        return max(Symbol(x) // 2, Symbol(y) // 2)

    expected = z3.If(x / 2 > y / 2, x / 2, y / 2)
    assert _same(number_of(larger_of_halves, NATURAL), expected)


def test_arithmetic_is_that_of_python() -> None:
    expression = number_of(
        lambda: abs(-Symbol(x) + 3 - 2 * Symbol(y)) + sum((Symbol(x), 1)), NATURAL
    )
    gap = 3 - x - 2 * y
    assert _same(expression, z3.If(gap < 0, -gap, gap) + x + 1)
    rest = number_of(lambda: divmod(Symbol(x), 7)[1], NATURAL)
    assert _same(rest, x % 7)


def test_a_path_that_cannot_be_is_not_walked() -> None:
    walked = list(paths(lambda: Symbol(x) > 3 and Symbol(x) < 2, NATURAL))
    assert len(walked) == 1 + 1  # x > 3 is free; x < 2 is then decided


def test_what_is_raised_is_an_outcome() -> None:
    def build() -> Checkpoint:
        return Checkpoint(Symbol(x), bytes(32))

    fits = truth_of(
        build, z3.BoolVal(True), lambda made: isinstance(made, Checkpoint), (OutOfRange,)
    )
    assert _same(fits, z3.And(x >= 0, x < 2**63), z3.BoolVal(True))


def test_roots_are_the_same_or_not() -> None:
    first, second = SymbolicRoot("one"), SymbolicRoot("other")
    alike = truth_of(lambda: (1, first) == (1, second), z3.BoolVal(True))
    assert _same(alike, first.term == second.term, z3.BoolVal(True))


@pytest.mark.parametrize(
    "ask",
    [
        lambda symbol: symbol.to_bytes(8, "big"),
        hash,
        lambda symbol: int(symbol),
        lambda symbol: 7 // symbol,
        lambda symbol: symbol // symbol,
    ],
)
def test_what_only_a_number_has_is_refused(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(NotSymbolic):
        truth_of(lambda: ask(Symbol(x)), NATURAL)


def test_an_index_that_is_a_symbol_fits_nowhere() -> None:
    with pytest.raises(IndexError):
        truth_of(lambda: (1, 2)[Symbol(x)] == 1, NATURAL)


def test_too_many_paths_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symbolic, "MOST_PATHS", 10)

    def endless() -> int:
        count = 0
        while Symbol(x) > count:
            count += 1
        return count

    with pytest.raises(TooManyPaths):
        list(paths(endless, z3.And(x >= 0, x <= 20)))
