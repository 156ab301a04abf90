"""Small models: does a set of formulas hold in a world of a few elements?

A solver that is asked for a model of quantified formulas may think for ever. Here every
sort is a handful of elements, every quantifier a conjunction over them, and every function
of such a sort has one of them as its answer, so that nothing is left to guess.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

import z3

LARGEST = 5
"""The most elements of a sort that are tried."""

STEPS = 40_000_000
"""What a solver may spend on one size; a count of its own steps, so it is the same everywhere."""


def small_model(formulas: Sequence[z3.BoolRef]) -> tuple[int, z3.ModelRef] | None:
    """Return the smallest size at which formulas have a model, and the model."""
    quantified = any(_sorts(formula) for formula in formulas)
    for size in range(1, LARGEST + 1 if quantified else 2):
        solver = z3.Solver()
        solver.set("rlimit", STEPS)
        solver.set("random_seed", 0)
        solver.add(*_grounded(formulas, size))
        if solver.check() == z3.sat:
            return size, solver.model()
    return None


def _grounded(formulas: Sequence[z3.BoolRef], size: int) -> Iterator[z3.BoolRef]:
    elements: dict[z3.SortRef, list[z3.ExprRef]] = {}
    functions: set[z3.FuncDeclRef] = set()
    for formula in formulas:
        for sort in _sorts(formula):
            elements[sort] = [z3.Const(f"{sort}!{number}", sort) for number in range(size)]
        functions |= _functions(formula)
    for formula in formulas:
        yield _instances(formula, elements)
    for function in functions:
        if function.range() in elements:
            domains = [elements[function.domain(place)] for place in range(function.arity())]
            for arguments in product(*domains):
                answer = function(*arguments)
                yield z3.Or([answer == element for element in elements[function.range()]])


def _instances(formula: z3.BoolRef, elements: dict[z3.SortRef, list[z3.ExprRef]]) -> z3.BoolRef:
    """Return a formula with each quantifier over elements written out."""
    if z3.is_quantifier(formula):
        domains = [elements[formula.var_sort(place)] for place in range(formula.num_vars())]
        body = formula.body()
        # Variables count from the innermost: the last of the list is number 0.
        written = [z3.substitute_vars(body, *reversed(chosen)) for chosen in product(*domains)]
        if _has_quantifier(body):
            written = [_instances(assertion, elements) for assertion in written]
        return z3.And(written) if formula.is_forall() else z3.Or(written)
    if not _has_quantifier(formula):
        return formula
    return formula.decl()(*(_instances(child, elements) for child in formula.children()))


def _has_quantifier(formula: z3.ExprRef) -> bool:
    return any(z3.is_quantifier(expression) for expression in _within(formula))


def _within(formula: z3.ExprRef) -> Iterator[z3.ExprRef]:
    """Go through all that a formula is made of."""
    waiting, seen = [formula], set()
    while waiting:
        expression = waiting.pop()
        if expression.get_id() in seen:
            continue
        seen.add(expression.get_id())
        yield expression
        waiting += [expression.body()] if z3.is_quantifier(expression) else expression.children()


def constants(formula: z3.ExprRef) -> set[z3.ExprRef]:
    """Return what a formula speaks of by name: functions without arguments."""
    return {
        expression
        for expression in _within(formula)
        if z3.is_const(expression) and expression.decl().kind() == z3.Z3_OP_UNINTERPRETED
    }


def _functions(formula: z3.ExprRef) -> set[z3.FuncDeclRef]:
    return {
        expression.decl()
        for expression in _within(formula)
        if z3.is_app(expression) and expression.decl().kind() == z3.Z3_OP_UNINTERPRETED
    }


def _sorts(formula: z3.ExprRef) -> set[z3.SortRef]:
    """Return the sorts of a formula that a theory has declared."""
    sorts: set[z3.SortRef] = set()
    for expression in _within(formula):
        spoken: Iterable[z3.SortRef] = [expression.sort()]
        if z3.is_quantifier(expression):
            spoken = [expression.var_sort(place) for place in range(expression.num_vars())]
        sorts |= {sort for sort in spoken if sort.kind() == z3.Z3_UNINTERPRETED_SORT}
    return sorts
