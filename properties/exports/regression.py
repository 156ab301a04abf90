"""What a regression test written from a counterexample calls."""

from io import StringIO

from rich.console import Console

from properties.exports.trace_report import print_counterexample
from properties.model.protocols import load_protocol
from properties.trace.counterexample import Counterexample

WIDTH = 80
"""Columns in which a story is told."""


def assert_held(package: Counterexample) -> None:
    """Run a counterexample with its protocol; raise AssertionError if a law breaks.

    Prints the story then, so that a test's output has it.
    """
    __tracebackhide__ = True
    told = Console(file=StringIO(), width=WIDTH, highlight=False)
    protocol = load_protocol(package.protocol)
    violations = print_counterexample(told, protocol, package.protocol, package)
    if violations:
        assert isinstance(told.file, StringIO)
        print(told.file.getvalue())
        raise AssertionError(
            "; ".join(f"{violation.law}: {violation.message}" for violation in violations)
        )
