"""The protocol is pure: what its source must not contain, checked by reading that source.

A finding is one line, `statemachine/x.py:12: float literal 0.5`. Nothing of the protocol runs here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = sorted(
    path.relative_to(REPOSITORY).as_posix() for path in REPOSITORY.glob("statemachine/**/*.py")
)

IMPORTS = (
    "__future__",
    "attr",
    "attrs",
    "bisect",
    "blake3",
    "cattrs",
    "cbor2",
    "collections.abc",
    "enum",
    "functools",
    "itertools",
    "operator",
    "re",
    "reprlib",
    "statemachine",
    "types",
    "typing",
)
"""Modules, each with its submodules, that any file may import."""

LOCAL_IMPORTS = {
    "statemachine/crypto": ("hashlib", "hmac", "py_ecc"),
    "statemachine/codec.py": ("json",),
}
"""Modules, each with its submodules, that only one file, or only the files of one folder, may."""

FORBIDDEN_NAMES = frozenset(
    {
        "__debug__",
        "__import__",
        "breakpoint",
        "compile",
        "complex",
        "eval",
        "exec",
        "float",
        "globals",
        "id",
        "input",
        "locals",
        "open",
        "print",
        "vars",
    }
)
"""Built-in names that may not be read, called or not."""

FORBIDDEN_STATEMENTS: dict[type[ast.stmt] | type[ast.expr], str] = {
    ast.Assert: "assert, which python -O removes",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.AsyncFunctionDef: "async",
    ast.Await: "await",
}

FLOAT_FUNCTIONS = frozenset({"truediv", "itruediv"})
"""Functions of `operator` that make floats of integers."""

SET_TYPES = frozenset({"set", "frozenset", "Set", "AbstractSet", "MutableSet"})

SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})
"""Methods that make a set of a set."""

ORDER_KEEPERS = frozenset(
    {"list", "tuple", "iter", "enumerate", "zip", "map", "filter", "join", "extend", "fromkeys"}
)
"""Functions and methods whose answer depends on the order in which they read an argument."""

MUTABLE_TYPES = frozenset({"list", "dict", "set", "bytearray"})

Finding = tuple[int, str]
"""A line number and a complaint."""


def findings(source: str, path: str) -> list[str]:
    """Everything impure in one file, in the order of its lines."""
    module = ast.parse(source, path)
    complaints = {
        *foreign_imports(module, path),
        *forbidden_names(module),
        *forbidden_statements(module),
        *floats(module),
        *unordered_iteration(module),
        *shared_mutables(module),
    }
    return [f"{path}:{line}: {complaint}" for line, complaint in sorted(complaints)]


def foreign_imports(module: ast.Module, path: str) -> Iterator[Finding]:
    allowed = list(IMPORTS)
    for place, modules in LOCAL_IMPORTS.items():
        if PurePosixPath(path).is_relative_to(place):
            allowed.extend(modules)

    def is_allowed(name: str) -> bool:
        return any(name == module or name.startswith(f"{module}.") for module in allowed)

    for node in ast.walk(module):
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(name), level=0, names=aliases):
                # `from collections import abc` names a module only together with its alias.
                names = (
                    [name] if is_allowed(name) else [f"{name}.{alias.name}" for alias in aliases]
                )
            case _:
                continue
        for name in names:
            if not is_allowed(name):
                yield node.lineno, f"import of {name}"


def forbidden_names(module: ast.Module) -> Iterator[Finding]:
    hashing = {
        node
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and function.name == "__hash__"
        for node in ast.walk(function)
    }
    for node in ast.walk(module):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if node.id in FORBIDDEN_NAMES:
            yield node.lineno, f"built-in {node.id}"
        elif node.id == "hash" and node not in hashing:
            yield node.lineno, "built-in hash outside __hash__"


def forbidden_statements(module: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(module):
        for kind, name in FORBIDDEN_STATEMENTS.items():
            if isinstance(node, kind):
                yield node.lineno, name


def floats(module: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=float() | complex() as number):
                yield node.lineno, f"float literal {number!r}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno, "true division"
            case ast.BinOp(op=ast.Pow(), right=ast.UnaryOp(op=ast.USub())):
                yield node.lineno, "negative power"
            case ast.Attribute(attr=name) if name in FLOAT_FUNCTIONS:
                yield node.lineno, f"{name} makes a float"
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    if alias.name in FLOAT_FUNCTIONS:
                        yield node.lineno, f"{alias.name} makes a float"
            case _:
                pass


def unordered_iteration(module: ast.Module) -> Iterator[Finding]:
    outside = list(_outside_functions(module))
    module_names = _set_names(outside, frozenset())
    yield from _set_iterations(outside, module_names)
    for function in outside:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = list(ast.walk(function))
            yield from _set_iterations(inside, _set_names(inside, module_names))


def _outside_functions(module: ast.Module) -> Iterator[ast.AST]:
    """The nodes of a module, down to its outermost functions."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _set_names(nodes: list[ast.AST], sets: frozenset[str]) -> frozenset[str]:
    """The variables and parameters of a scope that are bound or declared to be sets."""
    names = set(sets)
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value) if _is_set(value, names):
                names.update(target.id for target in targets if isinstance(target, ast.Name))
            case ast.NamedExpr(target=ast.Name(id=name), value=value) if _is_set(value, names):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                if _is_set_type(annotation):
                    names.add(name)
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                if _is_set_type(annotation):
                    names.add(name)
            case _:
                pass
    return frozenset(names)


def _is_set_type(annotation: ast.expr) -> bool:
    match annotation:
        case ast.Subscript(value=generic):
            return _is_set_type(generic)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in SET_TYPES
        case _:
            return False


def _is_set(node: ast.expr, names: frozenset[str] | set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Name(id=name):
            return name in names
        case ast.BinOp(left=left, op=ast.BitOr() | ast.BitAnd() | ast.BitXor() | ast.Sub()):
            return _is_set(left, names)
        case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in SET_METHODS:
            return _is_set(owner, names)
        case ast.IfExp(body=first, orelse=second):
            return _is_set(first, names) or _is_set(second, names)
        case _:
            return False


def _set_iterations(nodes: list[ast.AST], names: frozenset[str]) -> Iterator[Finding]:
    for node in nodes:
        for iterated in _iterated(node):
            if _is_set(iterated, names):
                yield iterated.lineno, "iteration over a set"


def _iterated(node: ast.AST) -> list[ast.expr]:
    """The expressions whose elements a node takes in the order in which they come."""
    match node:
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            return [iterated]
        case ast.Starred(value=iterated) | ast.YieldFrom(value=iterated):
            return [iterated]
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=iterated):
            return [iterated]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments):
            if name in ORDER_KEEPERS:
                return arguments
            if name == "pop" and not arguments and isinstance(node.func, ast.Attribute):
                return [node.func.value]
    return []


def shared_mutables(module: ast.Module) -> Iterator[Finding]:
    """Containers that one call could change for the next: of a module, a class, or a default."""
    for node in _outside_functions(module):
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                if _holds_mutable(value):
                    yield node.lineno, "mutable container shared by all calls"
            case _:
                pass
    for node in ast.walk(module):
        if isinstance(node, ast.arguments):
            for default in [*node.defaults, *node.kw_defaults]:
                if default is not None and _holds_mutable(default):
                    yield default.lineno, "mutable container shared by all calls"


def _holds_mutable(node: ast.expr) -> bool:
    match node:
        case ast.List() | ast.ListComp() | ast.Dict() | ast.DictComp() | ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)) if name in MUTABLE_TYPES:
            return True
        case ast.Call(
            func=ast.Name(id="MappingProxyType") | ast.Attribute(attr="MappingProxyType"),
            args=[ast.Dict(values=values)],
        ):
            return any(_holds_mutable(value) for value in values)
        case ast.Tuple(elts=elements):
            return any(_holds_mutable(element) for element in elements)
        case ast.BinOp(left=first, right=second) | ast.IfExp(body=first, orelse=second):
            return _holds_mutable(first) or _holds_mutable(second)
        case _:
            return False


def test_there_are_sources_to_read() -> None:
    assert SOURCES


@pytest.mark.parametrize("path", SOURCES)
def test_source_is_pure(path: str) -> None:
    faults = findings((REPOSITORY / path).read_text(encoding="utf-8"), path)
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


IMPURE = {
    "import os": "import of os",
    "import sys": "import of sys",
    "import time as operator": "import of time",
    "import random": "import of random",
    "from datetime import datetime": "import of datetime.datetime",
    "import enumerate": "import of enumerate",
    "import collections": "import of collections",
    "from collections import deque": "import of collections.deque",
    "import properties": "import of properties",
    "from properties.laws import LAWS": "import of properties.laws.LAWS",
    "def f():\n    from os import path": "import of os.path",
    "import hmac": "import of hmac",
    "import hashlib": "import of hashlib",
    "from py_ecc.bls import G2Basic": "import of py_ecc.bls.G2Basic",
    "open('x')": "built-in open",
    "print(1)": "built-in print",
    "show = print": "built-in print",
    "input()": "built-in input",
    "eval('1')": "built-in eval",
    "exec('1')": "built-in exec",
    "__import__('os')": "built-in __import__",
    "if __debug__: pass": "built-in __debug__",
    "float(1)": "built-in float",
    "def f(rate: float): pass": "built-in float",
    "id(state)": "built-in id",
    "sorted(xs, key=id)": "built-in id",
    "hash(state)": "built-in hash outside __hash__",
    "x = 0.5": "float literal 0.5",
    "x = 1e3": "float literal 1000.0",
    "x = 2j": "float literal 2j",
    "x = a / b": "true division",
    "def f(x):\n    x /= 2": "true division",
    "x = 10 ** -2": "negative power",
    "from operator import truediv": "truediv makes a float",
    "x = operator.truediv(1, 2)": "truediv makes a float",
    "assert x": "assert, which python -O removes",
    "def f():\n    global x": "global",
    "def f():\n    x = 1\n    def g():\n        nonlocal x": "nonlocal",
    "async def f(): pass": "async",
    "for x in {1, 2}: pass": "iteration over a set",
    "for x in set(xs): pass": "iteration over a set",
    "for x in frozenset(xs) | ys: pass": "iteration over a set",
    "for x in {y for y in ys}: pass": "iteration over a set",
    "x = tuple(y for y in {1, 2})": "iteration over a set",
    "x = tuple({1, 2})": "iteration over a set",
    "x = (*{1, 2},)": "iteration over a set",
    "def f():\n    x, y = {1, 2}": "iteration over a set",
    "x = b''.join({b'1', b'2'})": "iteration over a set",
    "def f(xs):\n    seen = set(xs)\n    for x in seen: pass": "iteration over a set",
    "def f(xs):\n    seen = set(xs)\n    return seen.pop()": "iteration over a set",
    "def f(xs: frozenset[int]):\n    return [x for x in xs]": "iteration over a set",
    "def f(xs: set[int]):\n    yield from xs.union(ys)": "iteration over a set",
    "NAMES = frozenset(xs)\ndef f():\n    for x in NAMES: pass": "iteration over a set",
    "CACHE = {}": "mutable container shared by all calls",
    "CACHE: dict[int, int] = {}": "mutable container shared by all calls",
    "CACHE = dict()": "mutable container shared by all calls",
    "NAMES = ['x']": "mutable container shared by all calls",
    "NAMES = {'x'}": "mutable container shared by all calls",
    "NAMES = [x for x in xs]": "mutable container shared by all calls",
    "PAIR = (1, [])": "mutable container shared by all calls",
    "TABLE = MappingProxyType({1: []})": "mutable container shared by all calls",
    "if TYPE_CHECKING:\n    NAMES = []": "mutable container shared by all calls",
    "class Rule:\n    seen = []": "mutable container shared by all calls",
    "def f(xs=[]): pass": "mutable container shared by all calls",
}


@pytest.mark.parametrize(("source", "complaint"), IMPURE.items(), ids=IMPURE)
def test_impurity_is_found_on_its_line(source: str, complaint: str) -> None:
    culprit = source.count("\n") + 1
    assert findings(source, "statemachine/x.py") == [f"statemachine/x.py:{culprit}: {complaint}"]


def test_every_impurity_of_a_file_is_found_in_order_of_lines() -> None:
    assert findings("import os\nx = 1 / 2.0\n", "statemachine/rules/x.py") == [
        "statemachine/rules/x.py:1: import of os",
        "statemachine/rules/x.py:2: float literal 2.0",
        "statemachine/rules/x.py:2: true division",
    ]


PURE = '''
"""Shares, 1 / 2 of them."""

from __future__ import annotations

import operator
from collections import abc
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

import attrs
from blake3 import blake3

from statemachine.primitives import Amount
from . import arithmetic

__all__ = ["NAMES", "TABLE", "Validator", "share"]

NAMES = frozenset({"x", "y"})
TABLE: Mapping[int, tuple[int, ...]] = MappingProxyType({1: (2, 3)})
ROWS = tuple([row for row in range(3)])


@attrs.frozen
class Validator:
    id: int
    hash: bytes

    def __hash__(self) -> int:
        return hash(self.hash)


def share(stake: Amount, total: Amount, seen: frozenset[int]) -> Amount:
    parts = [stake, total]
    known = {part for part in parts}
    if stake in NAMES or stake in known or known.isdisjoint(seen):
        parts.pop()
    for name in sorted(known | seen):
        parts.append(name)
    return stake * 10**18 // total + len(known) + sum(parts)
'''


def test_pure_source_passes() -> None:
    assert findings(PURE, "statemachine/shares.py") == []


def test_only_the_codec_may_import_json() -> None:
    assert findings("import json", "statemachine/codec.py") == []
    assert findings("import json", "statemachine/state.py") != []


@pytest.mark.parametrize("source", ["import hmac", "import hashlib", "from py_ecc import bls"])
def test_only_crypto_may_import_cryptography(source: str) -> None:
    assert findings(source, "statemachine/crypto/bls.py") == []
    assert findings(source, "statemachine/crypto.py") != []
    assert findings(source, "statemachine/rules/blocks.py") != []
