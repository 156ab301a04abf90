"""Records as Python source, formatted as ruff does."""

import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum

import attrs

from statemachine.records import fields_of

WIDTH = 88
"""Columns that a line may have. What is spread over lines stays so under wider limits."""

PIECE = 64
"""Characters of a long text on a line."""

LONE = 92
"""Characters of a text that ruff would put on a line of its own where 100 columns are allowed."""

Names = Mapping[bytes, str]
"""Variable names of addresses."""


@attrs.frozen
class Source:
    """An expression: on a line, and, where that is too long, how to spread it over several."""

    line: str
    opening: str = ""
    parts: tuple[tuple[str, "Source"], ...] = ()
    """What goes on lines of its own, each with what stands before it."""
    closing: str = ""
    separator: str = ","

    def spread(self, indent: int, used: int, force: bool = False) -> str:
        """Return the expression, given how many columns of the first line are taken."""
        if not self.parts or (used + len(self.line) < WIDTH and not force):
            return self.line
        inner = indent + 4
        # A lone item with a comma would be joined again if it were on one line itself.
        lone = self.opening == "(" and len(self.parts) == 1
        lines = [
            " " * inner + label + source.spread(inner, inner + len(label), lone) + self.separator
            for label, source in self.parts
        ]
        return "\n".join([self.opening, *lines, " " * indent + self.closing])


def source_of(content: object, names: Names) -> Source:
    """Return the source of a value."""
    match content:
        case Enum():
            return Source(f"{type(content).__name__}.{content.name}")
        case bool() | None:
            return Source(str(content))
        case int():
            return Source(f"{content:_}")
        case str():
            return _pieces("", "(", content, _words(content), ")")
        case bytes():
            return _bytes(content, names)
        case tuple():
            items = tuple(("", source_of(item, names)) for item in content)
            line = ", ".join(item.line for _, item in items)
            return Source(f"({line},)" if len(items) == 1 else f"({line})", "(", items, ")")
    name = type(content).__name__
    fields = tuple(
        (f"{field.name}=", source_of(getattr(content, field.name), names))
        for field in fields_of(type(content))
        if field.default is attrs.NOTHING or getattr(content, field.name) != field.default
    )
    line = ", ".join(label + source.line for label, source in fields)
    return Source(f"{name}({line})", f"{name}(", fields, ")")


def parts_of(content: object) -> Iterator[object]:
    """Yield a value and everything in it."""
    yield content
    if isinstance(content, tuple):
        for item in content:
            yield from parts_of(item)
    elif attrs.has(type(content)):
        for field in fields_of(type(content)):
            yield from parts_of(getattr(content, field.name))


def quoted(text: str) -> str:
    """Return text as a literal, in double quotes unless there are such in it."""
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def _bytes(content: bytes, names: Names) -> Source:
    if content in names:
        return Source(names[content])
    if not any(content):
        return Source(f"bytes({len(content)})")
    digits, opening = content.hex(), "bytes.fromhex("
    pieces = [digits[place : place + PIECE] for place in range(0, len(digits), PIECE)]
    return _pieces(opening, opening, digits, pieces, ")")


def _words(text: str) -> list[str]:
    """Split a text between words, without losing a character."""
    return textwrap.wrap(
        text, PIECE, drop_whitespace=False, replace_whitespace=False, expand_tabs=False
    ) or [text]


def _pieces(before: str, opening: str, text: str, pieces: list[str], closing: str) -> Source:
    """Return a text that is spread over lines where it would not fit on the widest."""
    literal = Source(quoted(text))
    if not before and (len(pieces) == 1 or len(literal.line) <= LONE):
        return literal
    line = f"{before}{literal.line}{closing}" if before else literal.line
    if len(pieces) == 1:
        return Source(line, opening, (("", literal),), closing)
    parts = tuple(("", Source(quoted(piece))) for piece in pieces)
    return Source(line, opening, parts, closing, separator="")
