"""Reports of a check for continuous integration: JUnit, SARIF, GitHub annotations, Markdown."""

import json
import re
from collections import Counter
from html import escape
from urllib.parse import quote
from xml.etree import ElementTree

from properties.cli.inputs import replay_command
from properties.cli.source_place import place_of
from properties.engines.check import CheckReport
from properties.engines.engine import Engine, Verdict
from properties.laws.describe import describe
from properties.model.design import law_of
from properties.trace.failures import Failure, Key, Origin
from statemachine.protocol import Protocol

SARIF_VERSION = "2.1.0"

LONGEST_ANNOTATION = 3_000
"""Characters in the longest annotation; GitHub truncates much longer ones."""

Files = dict[Key, str]
"""The files of the counterexamples."""


def steps_of(failure: Failure, origin: Origin, files: Files) -> str:
    """Return as plain text the transactions that break the law, and how to replay them."""
    numbered = enumerate(failure.trial.transactions, start=1)
    lines = [f"{number}. {describe(transaction)}" for number, transaction in numbered]
    lines.append(f"replay: {replay_command(files[failure.key], origin.protocol)}")
    lines.append(f"repeat: {failure.command(origin)}")
    return _printable("\n".join(lines))


def _printable(text: str) -> str:
    """Return text without the control characters that XML cannot hold."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text
    )


# --- JUnit -------------------------------------------------------------------------------


def as_junit(report: CheckReport, origin: Origin, files: Files) -> str:
    """Return a suite for each engine, with a case for each law that it judges."""
    root = ElementTree.Element("testsuites", name=f"stakespec check {report.protocol}")
    for engine in report.results:
        root.append(_suite(report, engine, origin, files))
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(
    report: CheckReport, engine: Engine, origin: Origin, files: Files
) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=engine.name)
    for law in report.laws:
        verdict = report.verdict_by(engine, law.id)
        if verdict is None:
            continue
        name = f"{law.id} {law.name}"
        case = ElementTree.SubElement(suite, "testcase", classname=engine.name, name=name)
        if verdict is Verdict.UNDETERMINED:
            ElementTree.SubElement(case, "skipped", message="undetermined")
        if verdict is Verdict.REFUTED:
            for failure in report.failures:
                if (failure.engine, failure.violation.law) == (engine.name, law.id):
                    message = _printable(failure.violation.message)
                    broken = ElementTree.SubElement(case, "failure", message=message, type=law.id)
                    broken.text = steps_of(failure, origin, files)
    cases = list(suite)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("errors", "0")
    suite.set("time", f"{report.results[engine].seconds:.3f}")
    return suite


# --- SARIF -------------------------------------------------------------------------------


def as_sarif(report: CheckReport, protocol: Protocol, origin: Origin, files: Files) -> str:
    """Return a SARIF log: a rule for each law, a result for each failure."""
    rules = [
        {
            "id": law.id,
            "name": law.name,
            "shortDescription": {"text": law.name},
            "fullDescription": {"text": law.statement},
        }
        for law in report.laws
    ]
    driver = {"name": "stakespec", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": not report.cut_short}],
        "results": [_sarif_result(failure, protocol, origin, files) for failure in report.failures],
    }
    log = {"version": SARIF_VERSION, "runs": [run]}
    return json.dumps(log, indent=1) + "\n"


def _sarif_result(
    failure: Failure, protocol: Protocol, origin: Origin, files: Files
) -> dict[str, object]:
    place = place_of(protocol, failure)
    file, line = (place.file, place.line) if place else (files[failure.key], 1)
    text = f"{failure.violation.message}\n{steps_of(failure, origin, files)}"
    location = {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": line}}
    return {
        "ruleId": failure.violation.law,
        "level": "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"lawAndLastTransaction/v1": "/".join(failure.key)},
    }


# --- GitHub ------------------------------------------------------------------------------


def annotations(report: CheckReport, protocol: Protocol, origin: Origin, files: Files) -> list[str]:
    """Return a workflow command for each failure, which GitHub shows beside the code."""
    lines = []
    for failure in report.failures:
        law = law_of(protocol, failure.violation.law)
        place = place_of(protocol, failure)
        title = _escaped(f"{law.id} {law.name}", ",:")
        where = f"file={_escaped(place.file, ',:')},line={place.line}," if place else ""
        text = f"{failure.violation.message}\n{steps_of(failure, origin, files)}"
        lines.append(f"::error {where}title={title}::{_escaped(text[:LONGEST_ANNOTATION])}")
    return lines


def _escaped(text: str, more: str = "") -> str:
    """Return text in which nothing ends a workflow command, or one of its properties."""
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


# --- Markdown ----------------------------------------------------------------------------


def as_markdown(
    report: CheckReport, origin: Origin, verdict: str, repeat: str, files: Files
) -> str:
    """Return a page for people: the verdict, each failure with its steps, laws by verdict."""
    counts = Counter(report.verdict(law.id) for law in report.laws)
    tally = ", ".join(f"{counts[found]} {found.value}" for found in Verdict if counts[found])
    lines = [f"## {_inline(report.protocol)}: {_inline(verdict)}", ""]
    lines += [
        f"{len(report.laws)} laws: {tally}; {report.coverage.steps:,} steps; seed {report.seed}"
    ]
    if report.known:
        lines += ["", "Counterexamples of earlier runs:", ""]
        lines += [f"- {_inline(one.told())}" for one in report.known]
    for failure in report.failures:
        violation = failure.violation
        title = f"{violation.law} by {failure.key[1]}: {violation.message}"
        lines += ["", f"<details><summary>{escape(_printable(title))}</summary>", ""]
        lines += _fenced(steps_of(failure, origin, files))
        lines += ["", "</details>"]
    lines += ["", "To repeat it:", "", *_fenced(_printable(repeat)), ""]
    return "\n".join(lines)


def _fenced(text: str) -> list[str]:
    """Return lines of a code block, whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, text, fence]


def _inline(text: str) -> str:
    """Return text in which nothing is taken for Markdown or HTML."""
    return re.sub(r"([\\`*_\[\]|#])", r"\\\1", escape(_printable(text), quote=False))
