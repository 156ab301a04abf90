"""Ethereum's files: states of the beacon chain, and what its validators have signed."""
