"""The kinds of mistakes, each with what finds the places where it could be made."""

import ast
from collections.abc import Callable, Iterator

from properties.drawn.mutation import Edit, Source
from properties.drawn.siblings import siblings

Site = tuple[ast.AST, tuple[Edit, ...]]
"""What is changed, and how."""

Operator = Callable[[Source, ast.FunctionDef], Iterator[Site]]


def _body(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Go through what a function does, without its signature and its docstring."""
    for statement in function.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        yield from ast.walk(statement)


OTHERS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}


def comparisons(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Compare otherwise: with or without the equal, or the opposite."""
    for node in _body(function):
        if isinstance(node, ast.Compare):
            left = node.left
            for comparison, right in zip(node.ops, node.comparators, strict=True):
                between = Edit(
                    source.end(left), source.start(right), f" {OTHERS[type(comparison)]} "
                )
                yield node, (between,)
                left = right


TIMES = ("epoch", "slot", "start", "end", "oldest", "until", "missed", "limit")


def _is_time(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return name in TIMES or name.endswith(("_epoch", "_epochs", "_slot", "_window", "_length"))


def off_by_one(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Take a number, or a time, that is one too large or too small."""
    for node in _body(function):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            yield node, (source.put(node, str(node.value + 1)),)
            if node.value > 0:
                yield node, (source.put(node, str(node.value - 1)),)
        if not isinstance(node, ast.BinOp | ast.Compare | ast.Call):
            continue
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.Name | ast.Attribute) and _is_time(part):
                text = source.text_of(part)
                yield part, (source.put(part, f"({text} + 1)"),)
                yield part, (source.put(part, f"max(0, {text} - 1)"),)


def arithmetic(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Round the wrong way, divide before multiplying, or calculate otherwise."""
    for node in _body(function):
        if isinstance(node, ast.BinOp):
            left, right = source.text_of(node.left), source.text_of(node.right)
            if isinstance(node.op, ast.FloorDiv):
                yield node, (source.put(node, f"-(-({left}) // ({right}))"),)
                if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mult):
                    one, other = source.text_of(node.left.left), source.text_of(node.left.right)
                    yield node, (source.put(node, f"({one}) // ({right}) * ({other})"),)
            elif isinstance(node.op, ast.Add | ast.Sub):
                sign = "-" if isinstance(node.op, ast.Add) else "+"
                yield node, (source.put(node, f"{left} {sign} {right}"),)
                yield node, (source.put(node, left),)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name in ("min", "max"):
                yield node, (source.put(node.func, "max" if name == "min" else "min"),)
            elif name == "share":
                yield node, (source.put(node, f"({source.text_of(node)} + 1)"),)


def dropped(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Forget a statement, or a field of those that change."""
    bound = {argument.arg for argument in function.args.args}
    for node in _body(function):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {
                one.id
                for target in targets
                for one in ast.walk(target)
                if isinstance(one, ast.Name)
            }
            if names <= bound:
                yield node, (source.put(node, "pass"),)
            bound |= names
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            bound.add(node.target.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node, (source.put(node, "pass"),)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "evolve":
            yield from _dropped_fields(source, node)


def _dropped_fields(source: Source, call: ast.Call) -> Iterator[Site]:
    named = call.keywords
    for place, keyword in enumerate(named):
        if len(named) > 1:
            # With the comma: the one after it, or the one before it if it is the last.
            last = place == len(named) - 1
            start = source.end(named[place - 1]) if last else source.start(keyword)
            end = source.end(keyword) if last else source.start(named[place + 1])
            yield keyword.value, (Edit(start, end, ""),)


def conditions(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Leave out a check, or part of one, or take the opposite."""
    for node in _body(function):
        if isinstance(node, ast.If):
            yield node, (source.put(node.test, "False"),)
            yield node, (source.put(node.test, "True"),)
        elif isinstance(node, ast.BoolOp):
            word = " or " if isinstance(node.op, ast.And) else " and "
            texts = [f"({source.text_of(one)})" for one in node.values]
            yield node, (source.put(node, word.join(texts)),)
            for one in node.values:
                yield node, (source.put(node, f"({source.text_of(one)})"),)
        elif isinstance(node, ast.IfExp):
            yield node, (source.put(node, source.text_of(node.body)),)
            yield node, (source.put(node, source.text_of(node.orelse)),)
        elif isinstance(node, ast.comprehension):
            for test in node.ifs:
                yield test, (source.put(test, "True"),)


def swapped(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Take another name, or another field of a record, of the same type."""
    annotated = {
        argument.arg: ast.unparse(argument.annotation)
        for argument in function.args.args
        if argument.annotation is not None
    }
    for node in _body(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in annotated:
            for other, annotation in annotated.items():
                if other != node.id and annotation == annotated[node.id]:
                    yield node, (source.put(node, other),)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            for other in siblings(node, annotated):
                yield node, (source.put(node, f"{source.text_of(node.value)}.{other}"),)


def snapshots(source: Source, function: ast.FunctionDef) -> Iterator[Site]:
    """Read from an earlier state than the one that there is by then."""
    if "state" not in {argument.arg for argument in function.args.args}:
        return
    first = next(
        one
        for one in function.body
        if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
    )
    changes = [
        node.lineno
        for node in _body(function)
        if isinstance(node, ast.Name) and node.id == "state" and isinstance(node.ctx, ast.Store)
    ]
    indent = " " * first.col_offset
    at = source.start(first)
    remembered = Edit(at, at, f"state_before = state\n{indent}")
    for node in _body(function):
        if (
            isinstance(node, ast.Name)
            and node.id == "state"
            and isinstance(node.ctx, ast.Load)
            and any(line < node.lineno for line in changes)
        ):
            yield node, (remembered, source.put(node, "state_before"))


OPERATORS: dict[str, Operator] = {
    "arithmetic": arithmetic,
    "comparison": comparisons,
    "condition": conditions,
    "dropped": dropped,
    "off by one": off_by_one,
    "snapshot": snapshots,
    "swapped": swapped,
}
"""All kinds of mistakes, by name."""
