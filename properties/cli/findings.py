"""The folder of counterexamples: written as soon as they are found, and nobody else's lost.

A file that is there already stays, unless it says the same: another gets a number.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

import attrs

from properties.cli.files import BadInput, shown, write_atomically
from properties.trace.counterexample import Counterexample
from properties.trace.failures import Failure, Key, Origin


def file_name(key: Key, number: int = 1) -> str:
    """Return the name of the file of a failure, the first or a further one."""
    law, kind = key
    return f"{law}-{kind}.json" if number == 1 else f"{law}-{kind}-{number}.json"


def write_package(package: Counterexample, key: Key, output: str) -> str:
    """Write a counterexample into a folder, which may have to be made; return the file's name.

    Raises BadInput.
    """
    _make(output)
    text = package.to_text()
    file = _free_or_same(key, text, output)
    write_atomically(file, text)
    return file


def _make(output: str) -> None:
    try:
        os.makedirs(output, exist_ok=True)
    except OSError as error:
        raise BadInput(f"--output {shown(output)}: cannot be made: {error}") from error


def _free_or_same(key: Key, text: str, output: str, own: str | None = None) -> str:
    """Return the first name that is not taken, or is this run's own, or says just this."""
    for number in count(1):
        file = os.path.join(output, file_name(key, number))
        if file == own or not os.path.lexists(file) or _says(file, text):
            return file
    raise AssertionError("there always is a larger number")


def _says(file: str, text: str) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return Path(file).read_text(encoding="utf-8") == text
    return False


@attrs.define
class Findings:
    """What one run of a command has written into its folder."""

    origin: Origin
    output: str
    files: dict[Key, str] = attrs.field(factory=dict)

    def keep(self, failures: Iterable[Failure]) -> None:
        """Write what was found just now, as it was found. Raises BadInput."""
        for failure in failures:
            package = failure.package(self.origin)
            own = self.files.get(failure.key)
            if own is None:
                self.files[failure.key] = write_package(package, failure.key, self.output)
            else:
                write_atomically(own, package.to_text())

    def finish(self, failures: Iterable[Failure]) -> dict[Key, str]:
        """Write what was found as it is in the end; return the names. Raises BadInput."""
        earlier, self.files = self.files, {}
        for failure in failures:
            _make(self.output)
            key, text = failure.key, failure.package(self.origin).to_text()
            self.files[key] = _free_or_same(key, text, self.output, earlier.get(key))
            write_atomically(self.files[key], text)
        for file in {*earlier.values()} - {*self.files.values()}:
            with suppress(OSError):
                os.unlink(file)
        return self.files
