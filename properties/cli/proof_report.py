"""Proofs as a matrix of rules and laws."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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
    verdicts = {one.verdict for one in findings}
    for verdict in (Verdict.REFUTED, Verdict.UNDETERMINED):
        if verdict in verdicts:
            return verdict
    return Verdict.PROVED


def print_proof(console: Console, campaign: Campaign, files: Files) -> None:
    """Print the matrix, what more is promised, what is not proved and why, and the sum."""
    findings = campaign.findings
    rules = list(dict.fromkeys(one.rule for one in findings if one.rule != LEMMA))
    if rules:
        console.print(_matrix(rules, findings))
    others = [one for one in findings if one.law not in GENERAL]
    if others:
        console.print(_others(others))
    for one in findings:
        if one.verdict is not Verdict.PROVED:
            console.print(
                f"\n{SHORT[one.verdict]} {one.rule}, {column_of(one.law)}: {one.reason}",
                style=STYLES[one.verdict],
                markup=False,
            )
            file = files.get((one.contract, one.law))
            if one.counterexample is not None and file is not None:
                console.print(f"{one.counterexample.law}: {one.counterexample.message}")
                again = replay_command(file, one.counterexample.protocol)
                console.print(f"written to {file}; see it again with:", markup=False)
                console.print(f"  {again}", markup=False, soft_wrap=True)
    _print_sum(console, campaign)


def _matrix(rules: Sequence[str], findings: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule", no_wrap=True)
    for promise in GENERAL:
        table.add_column(COLUMNS[promise], no_wrap=True)
    for rule in rules:
        of_rule = [one for one in findings if one.rule == rule]
        table.add_row(rule, *(_cell([one for one in of_rule if one.law == law]) for law in GENERAL))
    return table


def _cell(findings: Sequence[Finding]) -> str:
    if not findings:
        return "-"
    verdict = verdict_of(findings)
    seconds = sum(one.seconds for one in findings)
    return f"[{STYLES[verdict]}]{SHORT[verdict]}[/] {seconds:.1f} s"


def _others(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in ("contract", "law", "verdict"):
        table.add_column(title, no_wrap=True)
    for one in findings:
        table.add_row(one.contract, column_of(one.law), _cell([one]))
    return table


def _print_sum(console: Console, campaign: Campaign) -> None:
    findings = campaign.findings
    counts = {verdict: sum(one.verdict is verdict for one in findings) for verdict in Verdict}
    walked = {one.contract: (one.paths, one.accepted) for one in findings}
    paths = sum(one for one, _ in walked.values())
    accepted = sum(one for _, one in walked.values())
    verdict = verdict_of(findings)
    console.print(
        f"\n{verdict.value.upper()}: {counted(counts[Verdict.PROVED], 'law')} of"
        f" {counted(len(walked), 'contract')} proved,"
        f" {counts[Verdict.REFUTED]} refuted, {counts[Verdict.UNDETERMINED]} undetermined",
        style=STYLES[verdict],
        markup=False,
    )
    spent = sum(one.seconds for one in findings)
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
    for one in contracts:
        table.add_row(one.rule, one.name, one.summary)
    console.print(table)


def as_jsonable(campaign: Campaign, files: Files) -> dict[str, Any]:
    """Return what is known as JSON's own types."""
    return {
        "verdict": verdict_of(campaign.findings).value,
        "exit_code": campaign.exit_code(),
        "interrupted": campaign.interrupted,
        "seconds": round(campaign.seconds, 1),
        "cells": [
            {
                "rule": one.rule,
                "contract": one.contract,
                "column": column_of(one.law),
                "laws": list(laws_of_promise(one.law)),
                "verdict": one.verdict.value,
                "seconds": round(one.seconds, 2),
                "paths": one.paths,
                "accepted": one.accepted,
                "reason": one.reason,
                "file": files.get((one.contract, one.law)),
            }
            for one in campaign.findings
        ],
    }
