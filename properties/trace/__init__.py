"""Runs, counterexamples, and making them small."""
