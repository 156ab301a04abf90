"""`python -m properties`: the same as `stakespec`."""

from properties.cli.start import main

main()
