"""Standard output, for people: 80 columns at most, and a reader who may go away."""

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
