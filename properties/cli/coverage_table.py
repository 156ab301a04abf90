"""The table of rules: how often each accepted or rejected a transaction, and why."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from properties.laws.coverage import Coverage


def print_rules(console: Console, coverage: Coverage) -> None:
    """Print a row for each rule, unless no transaction was accepted at all."""
    if not coverage.steps:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule")
    table.add_column("accepted", justify="right")
    table.add_column("rejected, by reason")
    for kind in coverage.types:
        name = kind.__name__
        reasons = coverage.rejected.get(name, Counter()).most_common()
        by_reason = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
        table.add_row(name, f"{coverage.fired[name]:,}", by_reason)
    console.print()
    console.print(table)
