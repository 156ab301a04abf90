"""`python -m properties.cli`: the same as `stakespec`."""

from properties.cli import main

if __name__ == "__main__":
    main()
