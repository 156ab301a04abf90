"""Worlds in which several runs grow from one genesis, and validators may sign on each."""
