"""`pytest --stakespec MODULE:NAME`: a check as tests, one for each law.

pytest loads this file in every run, with or without the option, so nothing of ours is imported
before somebody asks for a check.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from functools import cached_property
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from properties.engines.check import CheckReport
    from properties.engines.engine import Plan
    from properties.laws import Law
    from properties.trace.failures import Failure, Key
    from properties.trace.known import Known

DEFAULT_SECONDS = 30.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare our options."""
    group = parser.getgroup("stakespec", "check a proof-of-stake protocol")
    group.addoption(
        "--stakespec",
        action="append",
        default=[],
        metavar="MODULE:NAME",
        help="Check this protocol: a test for each law. Repeatable.",
    )
    group.addoption(
        "--stakespec-seconds",
        type=float,
        default=DEFAULT_SECONDS,
        metavar="SECONDS",
        help=f"Time for each check; {DEFAULT_SECONDS:g} by default.",
    )
    group.addoption(
        "--stakespec-runs",
        type=int,
        metavar="RUNS",
        help="Make exactly this many runs of each engine, however long they take.",
    )
    group.addoption(
        "--stakespec-seed", type=int, metavar="SEED", help="Repeat a check with this seed."
    )
    group.addoption(
        "--stakespec-output",
        metavar="DIR",
        default="counterexamples",
        help="Folder for counterexamples; those in it are replayed first.",
    )


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the tests of each check that is asked for."""
    for path in config.getoption("--stakespec"):
        items += _tests_of(session, Checking(path, config))


def _tests_of(session: pytest.Session, checking: Checking) -> Iterator[pytest.Item]:
    yield Mended.of(session, checking, "known counterexamples")
    for law in checking.laws:
        yield Holds.of(session, checking, f"{law.id} {law.name}", law=law)
    yield Reached.of(session, checking, "everything is reached")


# --- the check ---------------------------------------------------------------------------


class Checking:
    """A check that is run when the first of its tests asks for its report."""

    def __init__(self, path: str, config: pytest.Config) -> None:
        """Load the protocol. Raises pytest.UsageError."""
        from properties.cli.failure_report import check_folder
        from properties.cli.files import BadInput
        from properties.cli.inputs import protocol_at
        from properties.cli.options import SECONDS
        from properties.trace.failures import Origin

        self.path = path
        self.seconds: float = config.getoption("--stakespec-seconds")
        self.runs: int | None = config.getoption("--stakespec-runs")
        seed: int | None = config.getoption("--stakespec-seed")
        self.output: str = config.getoption("--stakespec-output")
        self.seed = secrets.randbelow(2**32) if seed is None else seed
        self.origin = Origin(path)
        self.files: dict[Key, str] = {}
        least, most = SECONDS.min, SECONDS.max
        if not least <= self.seconds <= most:
            raise pytest.UsageError(
                f"--stakespec-seconds {self.seconds:g}: must be from {least} to {most}"
            )
        if self.runs is not None and self.runs < 1:
            raise pytest.UsageError(f"--stakespec-runs {self.runs}: must be at least 1")
        if self.seed < 0:
            raise pytest.UsageError(f"--stakespec-seed {self.seed}: must be at least 0")
        try:
            self.protocol = protocol_at(path, "--stakespec")
            check_folder(self.output)
        except BadInput as error:
            raise pytest.UsageError(error.format_message()) from None

    @property
    def laws(self) -> tuple[Law, ...]:
        """The laws that the protocol is held to."""
        from properties.model.design import laws_of

        return laws_of(self.protocol)

    @property
    def repeat(self) -> str:
        """The command that makes the same check."""
        from properties.cli.check import repeat_command

        return repeat_command(self.plan, self.origin)

    @cached_property
    def plan(self) -> Plan:
        """What is checked, and for how long."""
        from properties.engines import registry
        from properties.engines.engine import Plan

        return Plan(
            self.protocol,
            self.path,
            self.seed,
            self.seconds,
            runs=self.runs,
            engines=registry.ENGINES,
            workers=os.cpu_count() or 1,
        )

    @cached_property
    def known(self) -> tuple[Known, ...]:
        """What became of the counterexamples of earlier runs."""
        from properties.cli.known import known_failures

        return known_failures(self.output, self.protocol, self.path)

    @cached_property
    def report(self) -> CheckReport:
        """What the check came to."""
        import attrs

        from properties.cli.findings import Findings
        from properties.engines.check import execute

        # Before this run writes its own beside them, whatever the order of the tests.
        known = self.known
        findings = Findings(self.origin, self.output)
        report = execute(attrs.evolve(self.plan, keep=findings.keep))
        report.known = known
        self.files = findings.finish(report.failures)
        return report

    def story_of(self, failure: Failure) -> str:
        """Tell a failure step by step."""
        from rich.console import Console

        from properties.cli.failure_report import print_story
        from properties.cli.inputs import replay_command
        from properties.cli.output import WIDTH

        told = StringIO()
        console = Console(file=told, width=WIDTH, highlight=False, emoji=False)
        print_story(console, self.protocol, failure.trial, [failure])
        return (
            f"{told.getvalue().strip()}\n\n"
            f"see it again with: {replay_command(self.files[failure.key], self.path)}\n"
            f"find it again with: {failure.command(self.origin)}"
        )


# --- the tests ---------------------------------------------------------------------------


class Broken(Exception):
    """What a check found, told for people."""


class Part(pytest.Item):
    """A test that asks for a part of a check's report."""

    def __init__(self, *, checking: Checking, **others: Any) -> None:
        """Take the check."""
        super().__init__(**others)
        self.checking = checking
        # Each process of pytest-xdist would make the whole check; with --dist loadgroup one does.
        if self.config.pluginmanager.hasplugin("xdist"):
            self.add_marker(pytest.mark.xdist_group(f"stakespec {checking.path}"))

    @classmethod
    def of(cls, session: pytest.Session, checking: Checking, name: str, **others: Any) -> Part:
        """Make a test, by a name like those of functions in files."""
        nodeid = f"{checking.path}::{name}"
        part: Part = cls.from_parent(session, name=name, nodeid=nodeid, checking=checking, **others)
        return part

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Tell what is broken without a traceback."""
        if isinstance(excinfo.value, Broken):
            return f"{excinfo.value}\nrepeat: {self.checking.repeat}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Name the test in reports."""
        return self.checking.path, None, self.name


class Mended(Part):
    """Counterexamples of earlier runs break nothing any more."""

    def runtest(self) -> None:
        """Replay them."""
        from properties.trace.known import still_breaking

        checking = self.checking
        if not checking.known:
            pytest.skip(f"no counterexamples of {checking.path} in {checking.output}")
        breaking = still_breaking(checking.known)
        if breaking:
            raise Broken("\n".join(one.told() for one in breaking))


class Holds(Part):
    """A law holds."""

    def __init__(self, *, law: Law, **others: Any) -> None:
        """Take the law."""
        super().__init__(**others)
        self.law = law

    def runtest(self) -> None:
        """Read the verdict on the law."""
        from properties.engines.engine import Verdict

        report = self.checking.report
        found = [failure for failure in report.failures if failure.violation.law == self.law.id]
        if found:
            raise Broken(f"{found[0].violation.message}\n{self.checking.story_of(found[0])}")
        if report.verdict(self.law.id) is Verdict.UNDETERMINED:
            pytest.skip(f"undetermined: {report.cut_short or 'no engine came to judge it'}")


class Reached(Part):
    """What must happen sometimes has happened, and no engine ended early."""

    def runtest(self) -> None:
        """Read what was never reached."""
        from properties.cli.check_report import last_word

        report = self.checking.report
        verdict = last_word(report, self.checking.protocol)
        if report.exit_code() == 4:
            pytest.skip(verdict)
        if report.exit_code() == 3:
            raise Broken(f"{verdict}\nGive the check more time with --stakespec-seconds.")
