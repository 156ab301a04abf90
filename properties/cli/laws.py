"""`stakespec laws`: the list of all laws."""

import click
from rich.table import Table

from properties.cli.options import json_option
from properties.cli.output import Output, print_json
from properties.laws import LAWS


@click.command()
@json_option("Print the laws as JSON.")
def laws(as_json: bool) -> None:
    """List every law: its id, what it is about, and its statement.

    Exit code: 0.
    """
    if as_json:
        rows = [
            {
                "id": law.id,
                "name": law.name,
                "looks_at": law.check.looks_at,
                "statement": law.statement,
                "source": law.source,
            }
            for law in LAWS
        ]
        print_json("laws", {"laws": rows})
        return
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("law", no_wrap=True)
    table.add_column("looks at", no_wrap=True)
    table.add_column("name and statement")
    for law in LAWS:
        table.add_row(law.id, law.check.looks_at, f"[bold]{law.name}[/bold]: {law.statement}")
    Output().print(table)
