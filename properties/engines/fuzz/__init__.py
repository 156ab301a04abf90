"""Coverage-guided search: a corpus of states, and transactions drawn from there."""

from properties.engines.fuzz.outcome import SearchReport
from properties.engines.fuzz.search import Search

__all__ = ["Search", "SearchReport"]
