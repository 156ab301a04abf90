"""Standard output: for people 80 columns at most, for programs JSON that names its format."""

import json
from collections.abc import Mapping

import click
from rich.console import Console

from properties.cli.start import throw_away_the_rest

WIDTH = 80


class Output(Console):
    """What commands print on.

    Whoever reads it may stop in the middle (`| head`): the rest is thrown away, and the exit
    code is what it would have been.
    """

    def __init__(self, *, quiet: bool = False, markup: bool = True) -> None:
        super().__init__(
            width=min(WIDTH, Console().width),
            highlight=False,
            emoji=False,
            quiet=quiet,
            markup=markup,
        )

    def on_broken_pipe(self) -> None:
        """Go on without a reader."""
        throw_away_the_rest()


def print_json(kind: str, content: Mapping[str, object]) -> None:
    """Print an outcome as one document, which specs/schemas/outcomes/KIND.schema.json describes."""
    click.echo(json.dumps(_named(kind, content), indent=1))


def print_json_line(kind: str, content: Mapping[str, object]) -> None:
    """Print a part of an outcome as one line; the same schema describes every line."""
    click.echo(json.dumps(_named(kind, content)))


def _named(kind: str, content: Mapping[str, object]) -> dict[str, object]:
    return {"format": f"stakespec/{kind}/1", **content}
