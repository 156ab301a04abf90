"""Executing the machine's own functions on symbols: every path, with what holds on it.

`Symbol` is an integer that is not known. Where the code asks whether something is so of it, the
walk takes one answer and comes back for the other, if both are possible. CrossHair does the
same and gives a verdict; this gives the formula that the code computes, for theorems to use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import attrs
import z3

UNFIT = 1 << 4_000
"""Larger than anything that is stored, counted or indexed."""

MOST_PATHS = 2_000
"""More paths than any function here has: beyond, something is wrong with the shape."""


class TooManyPaths(Exception):
    """A function branches more often than can be walked."""


class NotSymbolic(TypeError):
    """Code that asks a symbol for what only a number has: its bytes, its hash, its digits."""


@attrs.frozen
class Decision:
    """An answer on a path."""

    answer: bool
    is_free: bool
    """Whether the other answer was possible too."""


@attrs.define
class _Walk:
    """One path through a function."""

    solver: z3.Solver
    planned: tuple[Decision, ...]
    """The answers to begin with."""
    answers: list[Decision] = attrs.field(factory=list)
    conditions: list[z3.BoolRef] = attrs.field(factory=list)
    """What was chosen; what had to be follows from it."""
    open: list[tuple[Decision, ...]] = attrs.field(factory=list)
    """Answers that lead to paths not walked yet."""

    def decide(self, condition: z3.BoolRef) -> bool:
        """Answer a question for this path."""
        place = len(self.answers)
        if place < len(self.planned):
            decision = self.planned[place]
        else:
            answer = self._is_possible(condition)
            is_free = answer and self._is_possible(z3.Not(condition))
            decision = Decision(answer, is_free)
            if is_free:
                self.open.append((*self.answers, Decision(False, True)))
        self.answers.append(decision)
        if decision.is_free:
            taken = condition if decision.answer else z3.Not(condition)
            self.conditions.append(taken)
            self.solver.add(taken)
        return decision.answer

    def _is_possible(self, condition: z3.BoolRef) -> bool:
        # What the solver cannot exclude is walked: the path says what must hold on it.
        return bool(self.solver.check(condition) != z3.unsat)


_current: list[_Walk] = []
"""The walk that is under way; the last of nested ones."""


def _term(content: Any) -> z3.ArithRef | None:
    if isinstance(content, Symbol):
        return content.term
    return z3.IntVal(int(content)) if isinstance(content, int) else None


class Truth:
    """Whether something is so of symbols; to ask is to take a path."""

    def __init__(self, formula: z3.BoolRef) -> None:
        self.formula = z3.simplify(formula)

    def __bool__(self) -> bool:
        if z3.is_true(self.formula) or z3.is_false(self.formula):
            return bool(z3.is_true(self.formula))
        return _current[-1].decide(self.formula)


def _compare(build: Callable[[Any, Any], z3.BoolRef]) -> Any:
    def compare(self: Symbol, other: object) -> Any:
        term = _term(other)
        return NotImplemented if term is None else Truth(build(self.term, term))

    return compare


def _compute(build: Callable[[Any, Any], z3.ArithRef]) -> Any:
    def compute(self: Symbol, other: object) -> Any:
        term = _term(other)
        return NotImplemented if term is None else Symbol(build(self.term, term))

    return compute


def _floor(dividend: z3.ArithRef, divisor: z3.ArithRef) -> z3.ArithRef:
    """Return Python's //; that of the solver is the same where the divisor is positive."""
    if not (z3.is_int_value(divisor) and divisor.as_long() > 0):
        raise NotSymbolic("only a positive constant divides a symbol")
    return dividend / divisor


def _modulo(dividend: z3.ArithRef, divisor: z3.ArithRef) -> z3.ArithRef:
    return dividend - divisor * _floor(dividend, divisor)


def _refuse(_self: object, *_arguments: object, **_named: object) -> NoReturn:
    raise NotSymbolic("a symbol has no digits")


class Symbol(int):
    """A whole number that is not known. Records take it for an int and check its bounds.

    What reads its digits without asking (an index, say) sees a number that fits nowhere.
    """

    term: z3.ArithRef

    def __new__(cls, term: z3.ArithRef) -> Symbol:
        """Return a symbol for a term."""
        symbol = super().__new__(cls, UNFIT)
        symbol.term = z3.simplify(term)
        return symbol

    __lt__ = _compare(lambda left, right: left < right)
    __le__ = _compare(lambda left, right: left <= right)
    __gt__ = _compare(lambda left, right: left > right)
    __ge__ = _compare(lambda left, right: left >= right)
    __eq__ = _compare(lambda left, right: left == right)
    __ne__ = _compare(lambda left, right: left != right)
    __add__ = __radd__ = _compute(lambda left, right: left + right)
    __sub__ = _compute(lambda left, right: left - right)
    __rsub__ = _compute(lambda left, right: right - left)
    __mul__ = __rmul__ = _compute(lambda left, right: left * right)
    __floordiv__ = _compute(_floor)
    __mod__ = _compute(_modulo)
    __rfloordiv__ = __rmod__ = __pow__ = __index__ = __int__ = __hash__ = to_bytes = _refuse

    def __divmod__(self, other: int) -> tuple[Any, Any]:
        return self // other, self % other

    def __neg__(self) -> Symbol:
        return Symbol(-self.term)

    def __abs__(self) -> Symbol:
        return Symbol(z3.If(self.term < 0, -self.term, self.term))

    def __bool__(self) -> bool:
        return bool(Truth(self.term != 0))

    def __repr__(self) -> str:
        return f"Symbol({self.term})"

    def __format__(self, _specification: str) -> str:
        return repr(self)


Root = z3.DeclareSort("Root")
"""What a root is to code that only asks whether two are the same."""


class SymbolicRoot(bytes):
    """A root that is not known: 32 bytes of which only equality can be asked."""

    term: z3.ExprRef

    def __new__(cls, name: str) -> SymbolicRoot:
        """Return the root of this name."""
        root = super().__new__(cls, bytes(32))
        root.term = z3.Const(name, Root)
        return root

    def __eq__(self, other: object) -> Any:
        return Truth(self.term == other.term) if isinstance(other, SymbolicRoot) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return Truth(self.term != other.term) if isinstance(other, SymbolicRoot) else NotImplemented

    __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __add__ = __radd__ = __getitem__ = _refuse


@attrs.frozen
class Path:
    """A way through a function: what holds on it, and what came out."""

    condition: z3.BoolRef
    outcome: Any
    """What was returned, or the exception that was raised."""


def paths(
    function: Callable[[], Any], where: z3.BoolRef, raised: tuple[type[Exception], ...] = ()
) -> Iterator[Path]:
    """Walk every path of a function, for all symbols of which `where` holds."""
    waiting: list[tuple[Decision, ...]] = [()]
    walked = 0
    while waiting:
        solver = z3.SimpleSolver()
        solver.set("random_seed", 0)
        solver.add(where)
        walk = _Walk(solver, waiting.pop())
        _current.append(walk)
        try:
            outcome = function()
        except raised as error:
            outcome = error
        finally:
            _current.pop()
        waiting += walk.open
        walked += 1
        if walked > MOST_PATHS:
            raise TooManyPaths(f"more than {MOST_PATHS:,} paths")
        yield Path(z3.And(walk.conditions), outcome)


def truth_of(
    function: Callable[[], Any],
    where: z3.BoolRef,
    is_so: Callable[[Any], Any] = lambda outcome: outcome,
    raised: tuple[type[Exception], ...] = (),
) -> z3.BoolRef:
    """Return when a function answers yes: a formula over the symbols that it was called with."""

    def asked() -> Any:
        try:
            outcome = function()
        except raised as error:
            outcome = error
        answer = is_so(outcome)
        return answer if isinstance(answer, Truth) else bool(answer)

    held = [
        z3.And(
            path.condition,
            path.outcome.formula if isinstance(path.outcome, Truth) else path.outcome,
        )
        for path in paths(asked, where)
    ]
    return z3.simplify(z3.Or(held))


def number_of(function: Callable[[], Any], where: z3.BoolRef) -> z3.ArithRef:
    """Return the number that a function computes, as a term over its symbols."""
    walked = list(paths(function, where))
    term = _term(walked[-1].outcome)
    for path in reversed(walked[:-1]):
        term = z3.If(path.condition, _term(path.outcome), term)
    return z3.simplify(term)
