"""Reading and writing files for the commands, with errors that say what to do."""

import os
import stat
import sys
from pathlib import Path
from typing import IO, Any

import click

from properties.trace.durable import replace_file
from statemachine.codec import MAX_TEXT, Malformed, parse_json

DEFAULT_LIMIT = MAX_TEXT
"""Bytes in the largest file that is read when no other limit is given."""

STANDARD_INPUT = "-"
"""The file name that stands for standard input."""


class BadInput(click.ClickException):
    """Input that cannot be used; the message says why, and what to type next."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message on standard error."""
        click.echo(f"error: {self.format_message()}", file=file or sys.stderr)


def read_text(path: str | Path, limit_bytes: int = DEFAULT_LIMIT) -> str:
    """Return a file's text, or that of standard input for `-`. Raises BadInput."""
    name = shown(path)
    try:
        content = _read(path, limit_bytes)
    except OSError as error:
        raise BadInput(explain(name, error, "read")) from error
    except ValueError as error:
        raise BadInput(f"{name}: not the name of a file ({error})") from error
    if len(content) > limit_bytes:
        raise BadInput(f"{name}: larger than {limit_bytes:,} bytes, the most that is read")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{name}: not UTF-8 text (byte {error.start:,}); unpack it first if it is compressed"
        ) from error


def read_json(path: str | Path, limit_bytes: int = DEFAULT_LIMIT) -> Any:
    """Parse a file strictly, as `parse_json` does. Raises BadInput."""
    text = read_text(path, limit_bytes)
    try:
        return parse_json(text, longest=limit_bytes)
    except Malformed as error:
        raise BadInput(f"{shown(path)}: {error}") from error


def write_atomically(path: str | Path, text: str) -> None:
    """Write a file whole or not at all. Raises BadInput, and then leaves nothing behind."""
    name = shown(path)
    try:
        target = Path(path).resolve()
        if target.is_dir():
            raise BadInput(f"{name}: is a directory; name a file in it")
        if target.exists() and not target.is_file():
            raise BadInput(f"{name}: is not a regular file; name another")
        if not target.parent.is_dir():
            raise BadInput(f"{name}: there is no directory {target.parent}; make it first")
        replace_file(target, text)
    except OSError as error:
        raise BadInput(explain(name, error, "written")) from error
    except (ValueError, RuntimeError) as error:
        raise BadInput(f"{name}: cannot be written: {error}") from error


def check_output(output: str, option: str = "--output") -> None:
    """Reject an output that cannot be written, before any work. Raises BadInput."""
    where = f"{option} {shown(output)}"
    if output == STANDARD_INPUT:
        raise BadInput(f"{option} -: standard output is for what is shown; name a file")
    try:
        target = Path(output).resolve()
        if target.is_dir():
            raise BadInput(f"{where}: is a directory; name a file in it")
        if not target.parent.is_dir():
            raise BadInput(f"{where}: there is no such folder")
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInput(f"{where}: cannot be written: {error}") from error


def _read(path: str | Path, limit_bytes: int) -> bytes:
    """Return at most one byte more than the limit."""
    if str(path) == STANDARD_INPUT:
        content: bytes = sys.stdin.buffer.read(limit_bytes + 1)
        return content
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_size > limit_bytes:
            raise BadInput(
                f"{shown(path)}: {status.st_size:,} bytes, but at most {limit_bytes:,}"
                " are read; cut it down first, for example with jq"
            )
        return file.read(limit_bytes + 1)


def shown(path: str | Path) -> str:
    """Return how messages name a file."""
    if str(path) == STANDARD_INPUT:
        return "standard input"
    text = str(path)
    return text if text.isprintable() and text else repr(text)


def explain(name: str, error: OSError, attempted: str) -> str:
    """Return the message for a file that cannot be read or written."""
    if isinstance(error, FileNotFoundError):
        return f"{name}: there is no such file; check the path"
    if isinstance(error, IsADirectoryError):
        return f"{name}: is a directory; name a file in it"
    if isinstance(error, PermissionError):
        return f"{name}: may not be {attempted}; check its permissions with ls -l"
    return f"{name}: cannot be {attempted}: {error.strerror or error}"
