"""Starting the command: signals, standard output, and faults that no command foresaw.

This runs before anything large is imported, so that also an early Ctrl-C, a full disk or a
foreign package ends in one line, and never in a traceback or in an exit code that stands
for a verdict.
"""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

UNDETERMINED = 4
"""The exit code of a command that did not come to its end."""

TRACEBACK_VARIABLE = "STAKESPEC_TRACEBACK"
"""The environment variable that asks for the traceback of a fault in stakespec itself."""

COMPLETION_VARIABLE = "_STAKESPEC_COMPLETE"
"""The environment variable with which a shell asks for completions."""

REINSTALL = "pip install --force-reinstall stakespec"


def main() -> NoReturn:
    """Run `stakespec` with the command line's arguments, and exit."""
    for number, handler in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGTERM, _interrupt),
    ):
        # Whoever started the command may have asked for it to be left alone.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    _watch_streams()
    if sys.stdout is None:
        _say("error: standard output is closed")
        sys.exit(UNDETERMINED)
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say("interrupted")
        code = UNDETERMINED
    except OutputFailed as error:
        throw_away_the_rest()
        _say(f"error: standard output cannot be written: {error}")
        code = UNDETERMINED
    except BrokenPipeError:
        throw_away_the_rest()
        code = UNDETERMINED
    except Exception as error:
        _say(_explain(error))
        code = UNDETERMINED
    sys.exit(code)


def _run() -> int:
    """Run a command; return its exit code."""
    with leaving_at_once():
        import click

        from properties.cli.commands import commands
    try:
        code: Any = commands.main(prog_name="stakespec", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit:
        # Click exits with 1 where nobody reads its help; a rule of a fork may exit with anything.
        if COMPLETION_VARIABLE in os.environ:
            raise
        return UNDETERMINED
    return code or 0


# --- signals -----------------------------------------------------------------------------


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Take a polite kill for Ctrl-C."""
    raise KeyboardInterrupt


@contextmanager
def leaving_at_once() -> Iterator[None]:
    """Have Ctrl-C and a polite kill end the process without a word while modules are imported.

    An exception that is raised in the middle of an import may end up in a callback of the
    import machinery, which prints a traceback and goes on.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {
        number: signal.signal(number, _leave)
        for number in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"interrupted\n")
    os._exit(UNDETERMINED)


# --- standard output and standard error -----------------------------------------------------


class OutputFailed(Exception):
    """Standard output cannot be written: the disk is full, for example."""


class _Output(io.FileIO):
    """Standard output; what cannot be written is told apart from other files."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputFailed(error.strerror or str(error)) from error


class _Errors(io.FileIO):
    """Standard error; what cannot be written there is lost, since nobody can be told."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except OSError:
            return len(content)


def _watch_streams() -> None:
    for name, kind in (("stdout", _Output), ("stderr", _Errors)):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        stream.flush()
        watched = io.TextIOWrapper(
            io.BufferedWriter(kind(stream.fileno(), "w", closefd=False)),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, watched)


def throw_away_the_rest() -> None:
    """Have whatever is printed from here on go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


# --- faults ------------------------------------------------------------------------------


def _explain(error: Exception) -> str:
    """Say in a line what went wrong, and what to do about it."""
    if os.environ.get(TRACEBACK_VARIABLE):
        import traceback

        traceback.print_exc()
    if isinstance(error, ImportError) and (error.name or "").split(".")[0] == "statemachine":
        return _about_a_foreign_package()
    return (
        f"error: {type(error).__name__}: {error}\nThis is a fault of stakespec, and no verdict;"
        f" {TRACEBACK_VARIABLE}=1 shows where it lies"
    )


def _about_a_foreign_package() -> str:
    """Say whose package stands where ours should."""
    import importlib.metadata
    import importlib.util

    spec = importlib.util.find_spec("statemachine")
    if spec is None:
        return f"error: the package statemachine is missing; type {REINSTALL}"
    owners = set(importlib.metadata.packages_distributions().get("statemachine", ()))
    others = " ".join(sorted(owners - {"stakespec"}))
    remedy = f"pip uninstall {others}" if others else f"rm {spec.origin}"
    return (
        f"error: the package statemachine at {spec.origin} is not the one of stakespec"
        f"; type {remedy}, then {REINSTALL}"
    )
