"""The command line: `stakespec`.

Exit codes, everywhere: 0 held, 1 refuted, 2 bad input or usage, 3 a witness was never
reached, 4 undetermined, 5 implementations differ.
"""


def main() -> None:
    """Run `stakespec` with the command line's arguments, and exit."""
    # Before anything else is imported, so that an early Ctrl-C has somewhere to go.
    import os
    import signal

    def leave(_signal: int, _frame: object) -> None:
        os.write(2, b"interrupted\n")
        os._exit(4)

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, leave)
    from properties.cli.start import main as start

    start()


__all__ = ["main"]
