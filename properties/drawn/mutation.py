"""A mutation: a small change to the source of a module of the rules."""

import ast
import difflib
from collections.abc import Iterator

import attrs

CONTEXT_LINES = 2
"""Lines that a diff shows around a change."""


@attrs.frozen
class Edit:
    """Text that replaces a stretch of a source."""

    start: int
    """In bytes, where it begins."""
    end: int
    text: str


@attrs.frozen
class Mutation:
    """A change that a programmer could have made by mistake."""

    kind: str
    """What kind of mistake it is."""
    module: str
    line: int
    edits: tuple[Edit, ...]

    def applied(self, source: str) -> str:
        """Return the source with the mistake in it."""
        content = source.encode()
        for edit in sorted(self.edits, key=lambda edit: edit.start, reverse=True):
            content = content[: edit.start] + edit.text.encode() + content[edit.end :]
        return content.decode()

    def diff(self, source: str) -> list[str]:
        """Return the change as lines of a unified diff, without its heads."""
        lines = difflib.unified_diff(
            source.splitlines(), self.applied(source).splitlines(), lineterm="", n=CONTEXT_LINES
        )
        return list(lines)[2:]


@attrs.frozen(eq=False)
class Source:
    """A module's text, and where its syntax tree lies in it."""

    module: str
    text: str
    tree: ast.Module
    starts: tuple[int, ...]
    """Where each line begins, in bytes."""

    @classmethod
    def of(cls, module: str, text: str) -> "Source":
        """Parse a module."""
        starts = [0]
        for line in text.encode().splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return cls(module, text, ast.parse(text), tuple(starts))

    def start(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """Return where a node begins."""
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """Return where a node ends."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def text_of(self, node: ast.expr | ast.stmt) -> str:
        """Return a node as it is written."""
        return self.text.encode()[self.start(node) : self.end(node)].decode()

    def put(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        """Return what writes something else in the place of a node."""
        return Edit(self.start(node), self.end(node), text)

    def functions(self) -> Iterator[ast.FunctionDef]:
        """Go through the functions, those of classes too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                yield node
