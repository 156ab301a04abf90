"""Exhaustive search of small worlds, by the real rules."""

from properties.engines.explore.outcome import Exploration, Refutation
from properties.engines.explore.search import Budget, explore
from properties.engines.explore.world import Branch, World
from properties.engines.explore.worlds import WORLDS

__all__ = ["WORLDS", "Branch", "Budget", "Exploration", "Refutation", "World", "explore"]
