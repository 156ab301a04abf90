"""Exhaustive search of small worlds, by the real rules."""

from properties.explore.outcome import Outcome, Refutation
from properties.explore.search import Budget, explore
from properties.explore.world import Branch, World
from properties.explore.worlds import WORLDS

__all__ = ["WORLDS", "Branch", "Budget", "Outcome", "Refutation", "World", "explore"]
