"""Packages import in one direction: no package needs itself through another.

A package is a folder. Its front, the `__init__` of a whole distribution package, may
re-export from every folder below it, so it counts as a package of its own, on top.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

Graph = dict[str, dict[str, str]]
"""Which packages each package imports, with one import that says so."""


def modules_of(root: str) -> dict[str, Path]:
    """Every module of a distribution package, by its dotted name."""
    modules = {}
    for path in sorted(REPOSITORY.glob(f"{root}/**/*.py")):
        parts = path.relative_to(REPOSITORY).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        modules[".".join(parts)] = path
    return modules


def package_of(module: str, path: Path) -> str:
    """The folder a module stands in; the front of the whole is a package of its own."""
    if path.name == "__init__.py":
        return module if "." in module else f"{module} (front)"
    return module.rpartition(".")[0]


def imported_modules(path: Path, modules: dict[str, Path]) -> Iterator[tuple[int, str]]:
    """The modules of the same distribution package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(name), level=0, names=aliases):
                below = [f"{name}.{alias.name}" for alias in aliases]
                names = [full if full in modules else name for full in below]
            case _:
                continue
        for name in names:
            if name in modules:
                yield node.lineno, name


def package_graph(root: str) -> Graph:
    """Which package imports which, each with one place that does."""
    modules = modules_of(root)
    graph: Graph = {}
    for module, path in modules.items():
        package = package_of(module, path)
        edges = graph.setdefault(package, {})
        for line, imported in imported_modules(path, modules):
            target = package_of(imported, modules[imported])
            if target != package:
                place = path.relative_to(REPOSITORY).as_posix()
                edges.setdefault(target, f"{place}:{line} imports {imported}")
    return graph


def circles(graph: Graph) -> list[str]:
    """Every pair of packages that reach each other, with the imports that lead there."""
    reached = {package: _reached_from(graph, package) for package in graph}
    return [
        f"{first} <-> {second}: {reached[first][second]}; {reached[second][first]}"
        for first in sorted(graph)
        for second in sorted(graph)
        if first < second and second in reached[first] and first in reached[second]
    ]


def _reached_from(graph: Graph, package: str) -> dict[str, str]:
    reached: dict[str, str] = {}
    waiting = [package]
    while waiting:
        for target, place in graph.get(waiting.pop(), {}).items():
            if target not in reached:
                reached[target] = place
                waiting.append(target)
    return reached


def rooms(graph: Graph) -> Graph:
    """The graph of the folders directly in a package: what lies below a folder belongs to it."""
    merged: Graph = {}
    for package, edges in graph.items():
        room = ".".join(package.split(".")[:2])
        for target, place in edges.items():
            there = ".".join(target.split(".")[:2])
            if there != room:
                merged.setdefault(room, {}).setdefault(there, place)
    return merged


def test_packages_of_the_protocol_import_in_one_direction() -> None:
    assert circles(package_graph("statemachine")) == []


def test_rooms_of_properties_import_in_one_direction() -> None:
    assert circles(rooms(package_graph("properties"))) == []


def test_the_protocol_imports_nothing_of_its_checks() -> None:
    for path in modules_of("statemachine").values():
        assert not list(imported_modules(path, modules_of("properties"))), path


def test_a_circle_would_be_seen() -> None:
    graph = {"a": {"b": "a:1"}, "b": {"c": "b:1"}, "c": {"a": "c:1"}, "d": {"a": "d:1"}}
    assert [line.partition(":")[0] for line in circles(graph)] == ["a <-> b", "a <-> c", "b <-> c"]
