"""The group of all commands."""

import click

from properties.cli.check import check
from properties.cli.genesis import genesis
from properties.cli.laws import laws
from properties.cli.replay import replay
from properties.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="stakespec")
def main() -> None:
    """A proof-of-stake consensus as one pure function, and what shows it right.

    Exit codes: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never reached,
    4 undetermined, 5 implementations differ.
    """


for command in (check, replay, run, laws, genesis):
    main.add_command(command)
