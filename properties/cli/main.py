"""The group of all commands."""

from typing import Any

import click

from properties.cli.check import check
from properties.cli.conform import conform, serve
from properties.cli.devnet import devnet
from properties.cli.explore import explore_command
from properties.cli.fuzz import fuzz
from properties.cli.genesis import genesis
from properties.cli.laws import laws
from properties.cli.mutants import mutants
from properties.cli.output import throw_away_the_rest
from properties.cli.prove import prove
from properties.cli.replay import replay
from properties.cli.run import run


class Commands(click.Group):
    """Commands that exit with 4 when they are interrupted, or when whoever reads goes away.

    Click's own 1 means refuted.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(4)
        except BrokenPipeError:
            throw_away_the_rest()
            ctx.exit(4)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stakespec")
def main() -> None:
    """A proof-of-stake consensus as one pure function, and what shows it right.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never reached,
    4 undetermined, 5 implementations differ.
    """


for command in (check, devnet, prove, replay, run, laws, mutants, genesis, explore_command, fuzz):
    main.add_command(command)
for command in (conform, serve):
    main.add_command(command)
