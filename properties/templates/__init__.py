"""What `stakespec new` copies: a first design, its test and its workflow."""
