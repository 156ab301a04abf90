"""`python -m properties.cli`: the same as `stakespec`."""

from properties.cli.start import main

main()
