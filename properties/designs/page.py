"""The page of all designs in specs/, made from the designs themselves.

python -m properties.designs.page specs
"""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from properties.designs.catalogue import ENTRIES, Entry
from properties.laws import LAWS
from properties.model.design import Aside, asides_of

PAGE = "designs.md"

HEAD = """# Designs

Protocols of other chains, and of designers' trials, each a fork of ours in a file of
[`properties/designs/`](../properties/designs/): what to begin from when your own protocol is like
one of them. Rules are taken as facts from public specifications; what was simplified is said in
the file. `python -m properties.designs.page specs` writes this page, a test runs every brief check
and holds its verdict against this page, and [findings.md](findings.md) tells what the refutations
mean.

Lines are lines of code, without comments, docstrings, imports and blank lines, of the whole file.
What designs take from stake at a boundary they take by `penalty.py`, and the law that parts pay
alike is in `splitting.py`; neither is counted here.

| design | lines | sets aside | brief check | breaks |
|---|--:|--:|---|---|
"""


def code_lines(source: str) -> int:
    """Return how many lines of code there are, without docstrings and imports."""
    tree = ast.parse(source)
    counted: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom):
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not text:
                counted.update(range(node.lineno, _head_end(node) + 1))
    lines = source.splitlines()
    return sum(bool(lines[number - 1].strip(" )],}")) for number in counted)


def _head_end(node: ast.stmt) -> int:
    """Return the last line of a statement, or of its head where statements stand in it."""
    body = getattr(node, "body", None)
    if not body:
        return node.end_lineno or node.lineno
    return max(node.lineno, body[0].lineno - 1 if not _is_text(body[0]) else node.lineno)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def lines_of(entry: Entry) -> int:
    """Return how many lines of code the file of a design has."""
    file = importlib.import_module(entry.module).__file__
    assert file is not None
    return code_lines(Path(file).read_text(encoding="utf-8"))


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_rows()) + "\n" + "".join(_sections()).rstrip() + "\n"


def _rows() -> Iterator[str]:
    for entry in ENTRIES:
        engines = ", ".join(entry.engines)
        verdict = ", ".join(entry.refuted) or "none"
        yield (
            f"| `{entry.path}`: {entry.question} | {lines_of(entry)} |"
            f" {len(asides_of(entry.design))} | {engines}, {entry.runs} runs | {verdict} |\n"
        )


def _sections() -> Iterator[str]:
    names = {law.id: law.name for law in LAWS}
    for module in dict.fromkeys(entry.module for entry in ENTRIES):
        text = importlib.import_module(module).__doc__ or ""
        name = module.rpartition(".")[2]
        yield f"## {name}\n\n{text.strip()}\n\n"
        for entry in ENTRIES:
            if entry.module != module:
                continue
            yield f"At length: `{entry.command(brief=False)}`\n\n"
            asides = asides_of(entry.design)
            for law, why in asides.items():
                called = f" ({names[law]})" if law in names else ""
                scope = "" if not isinstance(why, Aside) else _for(why)
                reason = why.why if isinstance(why, Aside) else why
                yield f"- sets aside {law}{called}{scope}: {reason}\n"
            yield "\n" if asides else ""


def _for(aside: Aside) -> str:
    return f" for {', '.join(kind.__name__ for kind in aside.types)}"


if __name__ == "__main__":
    (Path(sys.argv[1]) / PAGE).write_text(page(), encoding="utf-8")
