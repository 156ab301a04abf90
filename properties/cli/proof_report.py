"""Proofs as a matrix of rules and laws."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from properties.cli.inputs import replay_command
from properties.engines.engine import Verdict
from properties.engines.prove.campaign import Campaign
from properties.engines.prove.contract import LEMMA, Contract
from properties.engines.prove.findings import Finding
from properties.engines.prove.laws import GENERAL, laws_of_promise
from properties.trace.plurals import counted

COLUMNS = {
    "conserves": "conservation",
    "never_negative": "non-negative",
    "covers_stake": "stake",
    "covers_rewards": "rewards",
    "does_as_ordered": "effect",
    "bounds_commission": "commission",
    "stays_final": "finality",
    "links_by_two_thirds": "quorum",
    "final_by_a_link": "child",
    "certified_by_two_thirds": "quorum",
    "punishes_once": "once",
    "releases_late": "release",
    "_": "lemma",
}
"""What each promise is called; the general ones have columns, the others lines of their own."""


def column_of(promise: str) -> str:
    """Return what a promise is called; a law that a design adds goes by its id."""
    return COLUMNS.get(promise, promise)


STYLES = {Verdict.PROVED: "green", Verdict.REFUTED: "bold red", Verdict.UNDETERMINED: "yellow"}

SHORT = {Verdict.PROVED: "proved", Verdict.REFUTED: "REFUTED", Verdict.UNDETERMINED: "undet."}

Files = Mapping[tuple[str, str], str]
"""The file of a counterexample, by contract and promise."""


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return what several findings come to."""
    verdicts = {finding.verdict for finding in findings}
    for verdict in (Verdict.REFUTED, Verdict.UNDETERMINED):
        if verdict in verdicts:
            return verdict
    return Verdict.PROVED


def print_proof(console: Console, campaign: Campaign, files: Files) -> None:
    """Print the matrix, what more is promised, what is not proved and why, and the sum."""
    findings = campaign.findings
    rules = list(dict.fromkeys(finding.rule for finding in findings if finding.rule != LEMMA))
    if rules:
        console.print(_matrix(rules, findings))
    others = [finding for finding in findings if finding.law not in GENERAL]
    if others:
        console.print(_others(others))
    for finding in findings:
        if finding.verdict is not Verdict.PROVED:
            _print_unproved(console, finding, files.get((finding.contract, finding.law)))
    _print_sum(console, campaign)


def _print_unproved(console: Console, finding: Finding, file: str | None) -> None:
    title = f"{SHORT[finding.verdict]} {finding.rule}, {column_of(finding.law)}"
    console.print(f"\n{title}: {finding.reason}", style=STYLES[finding.verdict], markup=False)
    package = finding.counterexample
    if package is not None and file is not None:
        console.print(f"{package.law}: {package.message}")
        console.print(f"written to {file}; see it again with:", markup=False)
        again = replay_command(file, package.protocol)
        console.print(f"  {again}", markup=False, soft_wrap=True)


def _matrix(rules: Sequence[str], findings: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule", no_wrap=True)
    for promise in GENERAL:
        table.add_column(COLUMNS[promise], no_wrap=True)
    for rule in rules:
        of_rule = [finding for finding in findings if finding.rule == rule]
        table.add_row(
            rule,
            *(_cell([finding for finding in of_rule if finding.law == law]) for law in GENERAL),
        )
    return table


def _cell(findings: Sequence[Finding]) -> str:
    if not findings:
        return "-"
    verdict = verdict_of(findings)
    seconds = sum(finding.seconds for finding in findings)
    return f"[{STYLES[verdict]}]{SHORT[verdict]}[/] {seconds:.1f} s"


def _others(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("contract", "law", "verdict"):
        table.add_column(title, no_wrap=True)
    for finding in findings:
        table.add_row(finding.contract, column_of(finding.law), _cell([finding]))
    return table


def last_word(campaign: Campaign) -> str:
    """Return the verdict in a line."""
    findings = campaign.findings
    counts = Counter(finding.verdict for finding in findings)
    contracts = len({finding.contract for finding in findings})
    return (
        f"{verdict_of(findings).value.upper()}: {counted(counts[Verdict.PROVED], 'law')} of"
        f" {counted(contracts, 'contract')} proved,"
        f" {counts[Verdict.REFUTED]} refuted, {counts[Verdict.UNDETERMINED]} undetermined"
    )


def _print_sum(console: Console, campaign: Campaign) -> None:
    findings = campaign.findings
    walked = {finding.contract: (finding.paths, finding.accepted) for finding in findings}
    paths = sum(count for count, _ in walked.values())
    accepted = sum(count for _, count in walked.values())
    console.print(f"\n{last_word(campaign)}", style=STYLES[verdict_of(findings)], markup=False)
    spent = sum(finding.seconds for finding in findings)
    console.print(
        f"{counted(paths, 'path')} walked, on {accepted:,} of them the rule accepted;"
        f" {spent:.0f} s of processor time, {campaign.seconds:.0f} s in all"
    )
    if campaign.interrupted:
        console.print("interrupted: what is not proved above was not done", style="yellow")


def print_contracts(console: Console, contracts: Iterable[Contract]) -> None:
    """List contracts: the rule, the name, and what is done in it."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule", no_wrap=True)
    table.add_column("contract", no_wrap=True)
    table.add_column("for all numbers")
    for contract in contracts:
        table.add_row(contract.rule, contract.name, contract.summary)
    console.print(table)


def as_jsonable(campaign: Campaign, files: Files) -> dict[str, object]:
    """Return what is known as JSON's own types."""
    return {
        "verdict": verdict_of(campaign.findings).value,
        "exit_code": campaign.exit_code(),
        "interrupted": campaign.interrupted,
        "seconds": round(campaign.seconds, 1),
        "cells": [
            {
                "rule": finding.rule,
                "contract": finding.contract,
                "column": column_of(finding.law),
                "laws": list(laws_of_promise(finding.law)),
                "verdict": finding.verdict.value,
                "seconds": round(finding.seconds, 2),
                "paths": finding.paths,
                "accepted": finding.accepted,
                "reason": finding.reason,
                "file": files.get((finding.contract, finding.law)),
            }
            for finding in campaign.findings
        ],
    }
