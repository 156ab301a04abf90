"""The function that generated regression tests call."""

from io import StringIO

from rich.console import Console

from properties.exports.trace_report import print_counterexample
from properties.model.protocols import load_protocol
from properties.trace.counterexample import Counterexample

WIDTH = 80
"""The width of a printed trace."""


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
