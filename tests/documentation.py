"""Runs the examples of a Markdown document and compares what they print with what it says.

Examples are fenced blocks; the word after the fence says what becomes of one:

console         Commands, each on a line that starts with "$ ", and below each what it prints
                (both streams, as one). The line "..." stands for any number of lines, "[..]"
                within a line for any text. A command that fails ends with the line "[exit 1]"
                (its status). A backslash at a line's end continues a command. Spaces at the
                ends of lines and empty lines at the end of the output count for nothing.
console no-run  Not run; the reason follows.
python          Run, in one namespace for the whole document.
python NAME     Written to the file NAME; so are json, jsonl and toml. Without a name, these
                three must parse.
yaml NAME       Written to the file NAME, and must parse.
bash NAME       Written to the file NAME, to be run by a later command.
text            For the eye only. No other language is taken.

All blocks of a document share one folder, which starts out with a copy of specs/. Every command
starts afresh in it: nothing but files lasts from one to the next.
"""

import contextlib
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from properties.cli.backends import VARIABLE
from tests.statemachine.crypto.signers import FASTEST

REPOSITORY = Path(__file__).resolve().parent.parent

COMMAND_TIMEOUT_SECONDS = 120.0

TERMINAL = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
"""The terminal that every document was written at."""

UNWANTED_VARIABLES = frozenset(
    {"BASH_ENV", "CLICOLOR_FORCE", "FORCE_COLOR", "HYPOTHESIS_PROFILE", "PYTHONPATH"}
)
"""What would make a command behave otherwise than in a reader's terminal."""

FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)")
EXIT_LINE = re.compile(r"\[exit (\d+)\]")
ANY_LINES = "..."
ANY_TEXT = "[..]"


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
    """The text between the fences; ends in a newline unless it is empty."""
    line: int
    """Where the text starts: a line number of the document, from 1."""

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
    output: list[str]
    """The lines expected, wildcards among them, without "[exit 1]"."""
    status: int
    """The exit status expected."""
    line: int
    """Where the command starts: a line number of the document, from 1."""


@attrs.frozen
class Session:
    """A document whose blocks are being run."""

    document: Path
    folder: Path
    """Where its blocks run and write."""
    namespace: dict[str, Any]
    """The variables of its Python blocks."""


def parse_blocks(document: str) -> list[Block]:
    """The fenced blocks of a document, in order; raises MalformedDocument."""
    blocks = []
    lines = iter(enumerate(document.splitlines(), start=1))
    for number, opening in lines:
        fence = FENCE.fullmatch(opening)
        if fence is None:
            if "```" in opening or "~~~" in opening:
                raise MalformedDocument(f"line {number}: a fence stands on a line of its own")
            continue
        indent = re.compile(rf" {{0,{len(fence['indent'])}}}")
        closing = re.compile(rf" *{fence['fence']}{fence['fence'][0]}* *")
        source = ""
        for _, line in lines:
            if closing.fullmatch(line):
                break
            source += indent.sub("", line, count=1) + "\n"
        else:
            raise MalformedDocument(f"line {number}: this block is never closed")
        language, _, argument = fence["info"].strip().partition(" ")
        block = Block(language, argument.strip(), source, number + 1)
        _refuse_malformed(block)
        blocks.append(block)
    return blocks


def _refuse_malformed(block: Block) -> None:
    complaint = None
    match block.language:
        case "console" if not block.argument:
            parse_commands(block)
        case "console":
            if not block.no_run_reason:
                complaint = "after console comes nothing, or no-run and a reason"
        case "python" | "json" | "jsonl" | "toml":
            name = Path(block.argument)
            if name.is_absolute() or ".." in name.parts or " " in block.argument:
                complaint = f"{block.argument!r} is not the name of a file in the document's folder"
        case "yaml" | "bash":
            if not re.fullmatch(r"[\w-]+\.\w+", block.argument):
                complaint = f"after {block.language} comes the name of a file"
        case "text":
            pass
        case _:
            complaint = (
                "a block is console, python, json, jsonl, toml, yaml, bash or text,"
                f" not {block.language or 'without a language'}"
            )
    if complaint is not None:
        raise MalformedDocument(f"line {block.line - 1}: {complaint}")


def parse_commands(block: Block) -> list[Command]:
    """The commands of a console block, in order; raises MalformedDocument."""
    lines = block.source.splitlines()
    starts = [index for index, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        raise MalformedDocument(
            f"line {block.line}: a console block starts with '$ ' and a command"
        )
    commands = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text = lines[start].removeprefix("$ ")
        output = lines[start + 1 : end]
        while text.endswith("\\") and output:
            text += "\n" + output.pop(0)
        if re.fullmatch(r"(cd|export|source|\.) [^;&|\n]*", text):
            raise MalformedDocument(
                f"line {block.line + start}: {text!r} does nothing to the commands after it;"
                " join them with &&"
            )
        output = _trimmed(output)
        exit_line = EXIT_LINE.fullmatch(output[-1]) if output else None
        if exit_line is not None:
            output = _trimmed(output[:-1])
        status = 0 if exit_line is None else int(exit_line[1])
        commands.append(Command(text, output, status, block.line + start))
    return commands


def _trimmed(lines: list[str]) -> list[str]:
    """Lines without spaces at their ends, and without the empty ones after the last."""
    return "\n".join(line.rstrip() for line in lines).rstrip("\n").splitlines()


def differences(expected: list[str], printed: list[str]) -> list[str]:
    """A diff from expected to printed lines, each under "-", "+" or " "; empty if they match.

    No diff is shorter: a line stands under "-" or "+" only if no reading of the wildcards saves it.
    """
    patterns = [_pattern(line) for line in expected]
    end = (len(expected), len(printed))
    # fewest[row, column]: the fewest differences between expected[row:] and printed[column:].
    fewest = {end: 0}

    def moves(row: int, column: int) -> Iterator[tuple[int, int, int, str]]:
        """From one pair of positions to the next: differences, row, column, line of the diff."""
        expects, prints = row < len(expected), column < len(printed)
        if expects and expected[row] == ANY_LINES:
            yield 0, row + 1, column, ""
            if prints:
                yield 0, row, column + 1, f" {printed[column]}"
        elif expects and prints and patterns[row].fullmatch(printed[column]):
            yield 0, row + 1, column + 1, f" {printed[column]}"
        if expects:
            yield 1, row + 1, column, f"-{expected[row]}"
        if prints:
            yield 1, row, column + 1, f"+{printed[column]}"

    def total(move: tuple[int, int, int, str]) -> int:
        return move[0] + fewest[move[1], move[2]]

    for row in range(len(expected), -1, -1):
        for column in range(len(printed), -1, -1):
            if (row, column) != end:
                fewest[row, column] = min(map(total, moves(row, column)))
    if fewest[0, 0] == 0:
        return []
    lines = []
    row, column = 0, 0
    while (row, column) != end:
        _, row, column, line = min(moves(row, column), key=total)
        if line:
            lines.append(line)
    return lines


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(text) for text in line.split(ANY_TEXT)))


@contextlib.contextmanager
def session(document: Path, folder: Path) -> Iterator[Session]:
    """Run the blocks of a document inside this: its folder is the current one, and importable."""
    specifications = REPOSITORY / "specs"
    if specifications.is_dir():
        shutil.copytree(specifications, folder / "specs")
    sys.path.insert(0, str(folder))
    try:
        with contextlib.chdir(folder):
            yield Session(document, folder, {"__name__": "__main__"})
    finally:
        sys.path.remove(str(folder))
        for name, module in list(sys.modules.items()):
            origin = getattr(module, "__file__", None)
            if origin is not None and Path(origin).is_relative_to(folder):
                del sys.modules[name]


def run_block(block: Block, opened: Session) -> str:
    """Run, write or parse a block, and say what is wrong; empty if nothing is.

    What a Python block raises goes through to the caller, with the document's own lines.
    """
    if block.no_run_reason is not None or block.language == "text":
        return ""
    if block.language == "console":
        return "\n".join(
            complaint
            for command in parse_commands(block)
            if (complaint := _run_command(command, opened))
        )
    if block.argument:
        path = opened.folder / block.argument
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.source, encoding="utf-8")
        return _parse(block, opened) if block.language == "yaml" else ""
    if block.language == "python":
        importlib.invalidate_caches()
        # The empty lines make a traceback show the lines of the document.
        source = "\n" * (block.line - 1) + block.source
        exec(compile(source, opened.document, "exec", dont_inherit=True), opened.namespace)
        return ""
    return _parse(block, opened)


def _parse(block: Block, opened: Session) -> str:
    try:
        match block.language:
            case "yaml":
                YAML(typ="safe", pure=True).load(block.source)
            case "toml":
                tomllib.loads(block.source)
            case "jsonl":
                for line in block.source.splitlines():
                    json.loads(line)
            case _:
                json.loads(block.source)
    except (ValueError, YAMLError) as error:
        return f"{opened.document}:{block.line}: not {block.language}: {error}"
    return ""


def _run_command(command: Command, opened: Session) -> str:
    title = f"{opened.document}:{command.line}: $ {command.text}"
    process = subprocess.Popen(
        ["bash", "-c", command.text],
        cwd=opened.folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=COMMAND_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return (
            f"{title}\nstill running after {COMMAND_TIMEOUT_SECONDS:g} s, having printed:\n{output}"
        )
    # A shell reports the end by signal n as the status 128 + n.
    status = process.returncode if process.returncode >= 0 else 128 - process.returncode
    diff = differences(command.output, _trimmed(output.splitlines()))
    if status != command.status:
        diff += [f"-[exit {command.status}]", f"+[exit {status}]"]
    return "\n".join([title, "--- expected", "+++ printed", *diff]) if diff else ""


def _environment() -> dict[str, str]:
    inherited = {
        name: text
        for name, text in os.environ.items()
        if name not in UNWANTED_VARIABLES and not name.startswith("PYTEST_")
    }
    path = os.pathsep.join([sysconfig.get_path("scripts"), inherited.get("PATH", os.defpath)])
    return {**inherited, **TERMINAL, VARIABLE: FASTEST, "PATH": path}
