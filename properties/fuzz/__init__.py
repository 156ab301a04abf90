"""Novelty search: a corpus of states, and transactions drawn from them on."""

from properties.fuzz.outcome import Outcome
from properties.fuzz.search import Search

__all__ = ["Outcome", "Search"]
