"""Standard output, for people: 80 columns at most, and a reader who may go away."""

import os
import sys

from rich.console import Console

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


def throw_away_the_rest() -> None:
    """Have whatever is printed from here on go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
