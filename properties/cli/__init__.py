"""The command line: `stakespec`.

Exit codes, everywhere: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never
reached, 4 undetermined, 5 implementations differ.
"""

from properties.cli.start import main

__all__ = ["main"]
