"""Known failures first: the counterexamples of earlier runs, replayed before a search begins."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from properties.cli.failure_report import broken_laws
from properties.cli.files import BadInput, read_text, shown
from properties.cli.output import Output
from properties.exports.trace_report import print_counterexample
from properties.model.design import set_aside_by, types_in_files_of
from properties.trace.counterexample import Counterexample
from properties.trace.failures import Failures
from properties.trace.known import Known, still_breaking
from properties.trace.plurals import counted
from statemachine.codec import Malformed
from statemachine.protocol import Protocol

LINES = 20
"""How many files are named before the others are only counted."""


def known_failures(folder: str, protocol: Protocol, path: str) -> tuple[Known, ...]:
    """Replay the counterexamples of a folder that are about a protocol.

    Those of other protocols are left alone: to replay one is to run the code that it names.
    """
    if not os.path.isdir(folder):
        return ()
    files = sorted(Path(folder).glob("*.json"))
    return tuple(one for file in files for one in _replayed(str(file), protocol, path))


class _OfAnother(Exception):
    """A counterexample of another protocol, whose records this one may not have."""


def _replayed(file: str, protocol: Protocol, path: str) -> Iterator[Known]:
    def types_of(named: str) -> tuple[type, ...]:
        if named != path:
            raise _OfAnother
        return types_in_files_of(protocol)

    try:
        package = Counterexample.from_text(read_text(file), types_of)
    except _OfAnother:
        return
    except (Malformed, BadInput) as error:
        yield Known(file, "", None, f"it cannot be read: {error}")
        return
    yield judged_again(file, package, protocol, path)


def judged_again(file: str, package: Counterexample, protocol: Protocol, path: str) -> Known:
    """Replay a counterexample on a protocol; say whether a law breaks still."""
    aside = set_aside_by(protocol)
    if package.law in aside:
        return Known(file, package.law, None, f"{package.law} is set aside: {aside[package.law]}")
    try:
        violations = print_counterexample(Output(quiet=True), protocol, path, package)
    except Exception as error:
        return Known(file, package.law, None, f"{type(error).__name__}: {error}")
    first = next((one for one in violations if one.law == package.law), None)
    first = first or next(iter(violations), None)
    return Known(file, package.law, f"{first.law}: {first.message}" if first else None)


def lines_of(known: tuple[Known, ...]) -> Iterator[str]:
    """Say what became of known failures, those that break still first."""
    if not known:
        return
    breaking = still_breaking(known)
    judged = sum(not one.note for one in known)
    yield (
        f"{counted(judged, 'known counterexample')} replayed: {len(breaking)} still broken,"
        f" {judged - len(breaking)} mended"
    )
    others = [one for one in known if one.breaks is None]
    for one in [*breaking, *others][:LINES]:
        yield f"  {shown(one.told())}"
    if len(known) > LINES:
        yield f"  and {len(known) - LINES} more"


def known_as_jsonable(known: Iterable[Known]) -> list[dict[str, object]]:
    """Return what became of known failures as JSON's own types."""
    return [
        {"file": one.file, "law": one.law, "breaks": one.breaks, "note": one.note or None}
        for one in known
    ]


def refutation(protocol: Protocol, failures: Failures, known: tuple[Known, ...]) -> str:
    """Return the last word on a protocol that is refuted, by a search or by what was known."""
    if failures:
        return f"REFUTED {broken_laws(protocol, failures)}"
    first, *others = still_breaking(known)
    more = f", and {len(others)} more" if others else ""
    return f"REFUTED again by {shown(first.file)}{more}"
