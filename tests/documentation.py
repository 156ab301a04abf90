"""Runs the examples of a Markdown document and compares what they print with what it says.

Examples are fenced blocks; the word after the fence says what becomes of one:

console         Commands, each on a line that starts with "$ ", and below each what it prints
                (both streams, in one). The line "..." stands for any number of lines, "[..]"
                within a line for any text. A command that fails prints "[exit 1]" (its status)
                as its last line. A backslash at a line's end continues a command.
console no-run  Not run; the reason must follow.
python          Run, in one namespace for the whole document.
python NAME     Written to the file NAME; so are json, jsonl and toml. Without a name, these
                three must parse.
text            For the eye only. No other language is taken.

All blocks of a document share one folder, which starts out with a copy of specs/. Every command
starts afresh in it: nothing but files lasts from one to the next.
"""

import json
import os
import re
import signal
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

COMMAND_TIMEOUT_SECONDS = 240

UNWANTED_VARIABLES = frozenset(
    {"BASH_ENV", "CLICOLOR_FORCE", "FORCE_COLOR", "HYPOTHESIS_PROFILE", "PYTHONPATH"}
)
"""What would make a command behave otherwise than in a reader's terminal."""

FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)")
EXIT_LINE = re.compile(r"\[exit (\d+)\]")


class MalformedDocument(Exception):
    """A document whose blocks break the rules above: says where, and what to write instead."""


@attrs.frozen
class Block:
    """A fenced block."""

    language: str
    """The first word after the fence."""
    argument: str
    """The rest of that line: a file name, or no-run with its reason; may be empty."""
    source: str
    """The text between the fences, ending in a newline unless empty."""
    line: int
    """The number of the text's first line in the document, from 1."""

    @property
    def no_run_reason(self) -> str | None:
        """Why the block is not run; None if it is."""
        keyword, _, reason = self.argument.partition(" ")
        return reason if self.language == "console" and keyword == "no-run" else None


@attrs.frozen
class Command:
    """A command of a console block, and what it is to print."""

    text: str
    """What bash is given."""
    output: tuple[str, ...]
    """The lines expected, without "[exit N]"."""
    status: int
    """The exit status expected."""
    line: int
    """The number of its first line in the document, from 1."""


def parse_blocks(document: str) -> list[Block]:
    """The fenced blocks of a document, in order; raises MalformedDocument."""
    blocks = []
    lines = iter(enumerate(document.splitlines(), start=1))
    for number, opening in lines:
        fence = FENCE.fullmatch(opening)
        if fence is None:
            continue
        indent = len(fence["indent"])
        content: list[str] = []
        for _, line in lines:
            if re.fullmatch(rf" *{fence['fence']}{fence['fence'][0]}* *", line):
                break
            content.append(line[min(indent, len(line) - len(line.lstrip(" "))) :] + "\n")
        else:
            raise MalformedDocument(f"line {number}: this block is never closed")
        language, _, argument = fence["info"].strip().partition(" ")
        block = Block(language, argument.strip(), "".join(content), number + 1)
        _check_block(block)
        blocks.append(block)
    return blocks


def _check_block(block: Block) -> None:
    opening = block.line - 1
    match block.language:
        case "console":
            if block.argument and not block.no_run_reason:
                raise MalformedDocument(
                    f"line {opening}: after console comes nothing, or no-run and a reason"
                )
            if not block.argument:
                parse_commands(block)
        case "python" | "json" | "jsonl" | "toml":
            name = Path(block.argument)
            if name.is_absolute() or ".." in name.parts or " " in block.argument:
                raise MalformedDocument(
                    f"line {opening}: {block.argument!r} does not name a file below the document's"
                    " folder"
                )
        case "text":
            pass
        case _:
            raise MalformedDocument(
                f"line {opening}: a block is console, python, json, jsonl, toml or text,"
                f" not {block.language!r}"
            )


def parse_commands(block: Block) -> list[Command]:
    """The commands of a console block, in order; raises MalformedDocument."""
    commands = []
    lines = block.source.splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        raise MalformedDocument(f"line {block.line}: a console block starts with '$ ' and a command")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        line = block.line + start
        text = lines[start].removeprefix("$ ")
        output = lines[start + 1 : end]
        while text.endswith("\\") and output:
            text += "\n" + output.pop(0).removeprefix("> ")
        if re.match(r"(cd|export|source|\.) ", text) and not re.search(r"[;&|\n]", text):
            raise MalformedDocument(
                f"line {line}: {text!r} has no effect on the commands after it; join them with &&"
            )
        output = _trimmed(output)
        exit_line = EXIT_LINE.fullmatch(output[-1]) if output else None
        if exit_line is not None:
            output = _trimmed(output[:-1])
        status = 0 if exit_line is None else int(exit_line[1])
        commands.append(Command(text, tuple(output), status, line))
    return commands


def _trimmed(lines: list[str]) -> list[str]:
    """Lines without spaces at their ends, or empty lines after the last."""
    return "\n".join(line.rstrip() for line in lines).rstrip("\n").splitlines()


def differences(expected: list[str], actual: list[str]) -> list[str]:
    """The lines of a diff that turns what is expected into what is there; empty if they match.

    An expected line `...` matches any number of lines and `[..]` any text within one. The diff is
    the shortest, so that a line is reported only where no reading of the wildcards explains it.
    """
    patterns = [_pattern(line) for line in expected]
    rows, columns = len(expected), len(actual)
    # cost[row][column]: the fewest differences between expected[row:] and actual[column:].
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows, -1, -1):
        for column in range(columns, -1, -1):
            cost[row][column] = min(
                (step + cost[next_row][next_column])
                for step, next_row, next_column, _ in _steps(patterns, actual, row, column)
            )
    if cost[0][0] == 0:
        return []
    lines: list[str] = []
    row = column = 0
    while (row, column) != (rows, columns):
        for step, next_row, next_column, sign in _steps(patterns, actual, row, column):
            if step + cost[next_row][next_column] == cost[row][column]:
                break
        lines.append(f"{sign}{expected[row] if sign == '-' else actual[column]}")
        row, column = next_row, next_column
    return lines
