"""Proofs as a matrix of rule and law."""

from rich.console import Console
from rich.table import Table

from properties.contracts.campaign import Campaign
from properties.contracts.prover import Finding, Verdict

COLUMNS = {
    "conserves": "conservation",
    "never_negative": "non-negative",
    "covers_stake": "stake",
    "covers_rewards": "rewards",
    "stays_final": "finality",
}
STYLES = {Verdict.PROVED: "green", Verdict.REFUTED: "bold red", Verdict.UNDETERMINED: "yellow"}


def print_matrix(console: Console, campaign: Campaign) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule", no_wrap=True)
    for title in COLUMNS.values():
        table.add_column(title, no_wrap=True)
    for rule in dict.fromkeys(one.rule for one in campaign.findings):
        of_rule = [one for one in campaign.findings if one.rule == rule]
        table.add_row(rule, *(_cell([o for o in of_rule if o.law == law]) for law in COLUMNS))
    console.print(table)


def _cell(findings: list[Finding]) -> str:
    if not findings:
        return "-"
    seconds = sum(one.seconds for one in findings)
    verdicts = {one.verdict for one in findings}
    verdict = next(v for v in (Verdict.REFUTED, Verdict.UNDETERMINED, Verdict.PROVED) if v in verdicts)
    return f"[{STYLES[verdict]}]{verdict.value} {seconds:.1f} s[/]"
