"""`stakespec examples`: the files that commands in the documentation read."""

from importlib.resources import files
from pathlib import Path

import click

from properties.cli.files import BadInput, explain, shown, write_atomically

DEFAULT_FOLDER = "specs/examples"
"""Where commands in the documentation look for them."""


@click.command()
@click.argument("folder", metavar="[DIR]", default=DEFAULT_FOLDER)
def examples(folder: str) -> None:
    """Copy the documentation's examples to DIR, by default specs/examples.

    The commands in README and specs/ read them from there. Files that are already in DIR
    are kept.

    Exit codes: 0 done, 2 bad input or usage.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        problem = explain(shown(folder), error, "made") if isinstance(error, OSError) else error
        raise BadInput(str(problem)) from error
    for example in sorted(files("properties").joinpath("examples").iterdir(), key=str):
        target = Path(folder) / example.name
        if target.exists():
            click.echo(f"kept {shown(target)}, which is already there")
            continue
        write_atomically(target, example.read_text(encoding="utf-8"))
        click.echo(f"written to {shown(target)}")
