"""Standard output: for people 80 columns at most, for programs JSON that names its format."""

import json
from collections.abc import Mapping

import click
from rich.console import Console

from properties.cli.start import throw_away_the_rest

WIDTH = 80


QUIET = "stakespec.quiet"
"""Where the context of a command keeps that it was called with `--quiet`."""

AS_JSON = "stakespec.json"
"""Where it keeps that it was called with `--json`."""


def is_quiet() -> bool:
    """Say whether nothing but the last word is wanted."""
    return _is_set(QUIET)


def note(text: str) -> None:
    """Say on standard error what is being done, unless only the outcome is wanted."""
    if not _is_set(QUIET) and not _is_set(AS_JSON):
        click.echo(text, err=True)


def _is_set(name: str) -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(name))


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

    def conclude(self, text: str, style: str | None = "bold") -> None:
        """Print the last word; in one line where it is not a person who reads it."""
        self.print(text, style=style, markup=False, soft_wrap=not self.is_terminal)

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
